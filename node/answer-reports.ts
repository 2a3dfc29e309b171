/** Reads and checks how a task came to its answer, as other agents and traces tell it (protocol/job/tally-report.ts). */

import { z } from "zod";
import type { TaskId } from "../protocol/core/ids.ts";
import { taskParts } from "../protocol/core/ids.ts";
import type { TallyReport } from "../protocol/job/tally-report.ts";
import { checkIdOf, isCheck } from "../protocol/job/verification.ts";

const group = z.object({
  hash: z.string(),
  answer: z.string().nullable(),
  results: z.number(),
  weight: z.number(),
  isChosen: z.boolean(),
  isRefuted: z.boolean(),
});

const result = z.object({
  worker: z.string(),
  hash: z.string().nullable(),
  answer: z.string().nullable(),
  group: z.number().nullable(),
  stated: z.number().nullable(),
  calibrated: z.number().nullable(),
  weight: z.number().nullable(),
  isNewcomer: z.boolean(),
  isLate: z.boolean(),
  discarded: z.string().nullable(),
});

export const tallySchema: z.ZodType<TallyReport> = z.object({
  attempt: z.number(),
  decision: z.enum(["accepted", "undecided", "checking", "failed"]),
  rule: z.string(),
  comparator: z.string(),
  posterior: z.number(),
  margin: z.number().nullable(),
  groups: z.array(group).readonly(),
  results: z.array(result).readonly(),
});

export const lostSchema = z.object({ worker: z.string(), reason: z.string(), message: z.string() });
export type LostReport = z.output<typeof lostSchema>;

/** The task in which verifiers check the answers of this one, if its rule has any; a check itself has none, so null. */
export function checkOf(task: string): string | null {
  const parts = taskParts(task as TaskId);
  return isCheck(parts) ? null : checkIdOf(parts);
}
