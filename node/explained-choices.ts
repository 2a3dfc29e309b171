/** Choices of workers as other agents and traces tell them (protocol/selection/explain.ts): read, and checked. */

import { z } from "zod";

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
  /** In a list of choices for several tasks. */
  task: z.string().optional(),
  attempt: z.number(),
  height: z.number(),
  skill: z.string(),
  features: z.array(z.string()),
  candidates: z.array(candidate),
});

export const explainedSchema = z.array(choice);
export type ExplainedChoice = z.output<typeof choice>;
export type ExplainedCandidate = z.output<typeof candidate>;
