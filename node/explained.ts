/** Choices of workers as other agents and traces tell them (protocol/selection/explain.ts): read, and checked. */

import { z } from "zod";
import { limits } from "../protocol/core/limits.ts";

const known = z.looseObject({
  accepted: z.number(),
  rejected: z.number(),
  acceptedBefore: z.number(),
  rejectedBefore: z.number(),
  timeouts: z.number(),
  similarity: z.number(),
  live: z.number(),
  slots: z.number(),
  price: z.number(),
  expectedMs: z.number(),
});

const candidate = z.looseObject({
  agent: z.string(),
  place: z.number().nullable(),
  score: z.number().nullable(),
  mean: z.number().nullable(),
  bonus: z.number().nullable(),
  picked: z.string().nullable(),
  known,
  context: z.array(z.number()),
});

const choice = z.looseObject({
  attempt: z.number(),
  height: z.number(),
  skill: z.string(),
  features: z.array(z.string()),
  candidates: z.array(candidate),
});

export const explainedSchema = z.array(choice);
export type ExplainedChoice = z.output<typeof choice>;
export type ExplainedCandidate = z.output<typeof candidate>;

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
/** Or the name of the embedder that the one who is asked has instead. */
export const foundAgentsSchema = z.union([z.array(foundAgent), z.string()]);
/** Agents of the parts of a large mesh that the one who is asked does not hear. */
export const contactsSchema = z
  .array(z.looseObject({ agent: z.string(), addresses: z.array(z.string()) }))
  .max(2 * 2 ** limits.shardBits);
/** An agent that says it can do something like what was asked for. Prices in micro-credits. */
export type FoundAgent = z.output<typeof foundAgent>;
