/**
 * A task's policy: the task's own settings override those of the job, which override the defaults.
 *
 * Responsible for merging them (the defaults are in protocol/job/policy.ts), and for refusing combinations that could never
 * produce an answer. protocol/wire/genesis.ts says what each field does, protocol/answer/ how results become an answer.
 */

import { DEFAULT_POLICY } from "../../protocol/job/policy.ts";
import type { Policy } from "../../protocol/wire/genesis.ts";
import { acceptanceOf } from "../platform/files/acceptance.ts";
import { hedgeOf } from "../platform/files/hedge.ts";
import type { PolicyFile } from "./schema.ts";

/** The job's policy with a task's own put over it. */
export function overlayPolicy(job: PolicyFile, task: PolicyFile): PolicyFile {
  const merged: PolicyFile = { ...job, ...task };
  // What the job says about many workers makes no sense for a task that takes the first result.
  if (task.accept?.rule === "first") {
    if (task.redundancy === undefined) delete merged.redundancy;
    if (task.redundancyMax === undefined) delete merged.redundancyMax;
  }
  if (
    task.redundancy !== undefined &&
    task.redundancyMax === undefined &&
    merged.redundancyMax !== undefined &&
    task.redundancy !== "auto" &&
    merged.redundancyMax < task.redundancy
  ) {
    delete merged.redundancyMax;
  }
  return merged;
}

export function completePolicy(file: PolicyFile, budget: number): Policy {
  return {
    ...acceptanceOf(file),
    timeoutMs: file.timeout ?? DEFAULT_POLICY.timeoutMs,
    retries: file.retries ?? DEFAULT_POLICY.retries,
    priceMax: file.priceMax ?? Math.min(budget, DEFAULT_POLICY.priceMax),
    hedge: hedgeOf(file.hedge),
  };
}
