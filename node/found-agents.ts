/** Reads and checks what other agents answer to the question who can do something. */

import { z } from "zod";
import { CONTACTS } from "../protocol/capability/directory.ts";
import { limits } from "../protocol/core/limits.ts";

const foundAgent = z.looseObject({
  agent: z.string(),
  name: z.string(),
  skill: z.string(),
  description: z.string(),
  // Lengths of vectors are rounded: the same text may seem a little more similar than the same.
  similarity: z.number().transform((similarity) => Math.min(1, Math.max(0, similarity))),
  price: z.number().min(0),
  expectedMs: z.number().min(0),
  labels: z.array(z.string()),
});
/** An agent that says it can do something like what was asked for. Prices in micro-credits. */
export type FoundAgent = z.output<typeof foundAgent>;

/** Or the name of the embedder that the one who is asked has instead. */
export const foundAgentsSchema = z.union([z.array(foundAgent), z.string()]);

/** Agents of the parts of a large mesh that the one who is asked does not hear. */
export const contactsSchema = z
  .array(z.looseObject({ agent: z.string(), addresses: z.array(z.string()) }))
  .max(CONTACTS * 2 ** limits.shardBits);
