/** Reads and checks the choices of workers that other agents and traces report (protocol/selection/explain.ts). */

import { z } from "zod";
import { lostSchema, tallySchema } from "./answer-reports.ts";

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

const usage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  microUsd: z.number(),
  counters: z.array(z.object({ name: z.string(), count: z.number() })).readonly(),
});

const choice = z.looseObject({
  /** In a list of choices for several tasks. */
  task: z.string().optional(),
  attempt: z.number(),
  height: z.number(),
  skill: z.string(),
  features: z.array(z.string()),
  candidates: z.array(candidate),
  /** What those who were chosen used. Agents of an earlier version, and traces, do not say it here. */
  usage: usage.nullish(),
  /** Which of them brought nothing, and how the results were counted last. As with the usage. */
  lost: z.array(lostSchema).readonly().optional(),
  tally: tallySchema.nullish(),
});

export const explainedSchema = z.array(choice);
export type ExplainedChoice = z.output<typeof choice>;
export type ExplainedCandidate = z.output<typeof candidate>;
