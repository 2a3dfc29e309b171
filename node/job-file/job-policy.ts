/**
 * A task's policy: the task's own settings override those of the job, which override the defaults.
 *
 * Responsible for merging them (the defaults are in protocol/job/policy.ts), and for refusing combinations that could never
 * produce an answer. protocol/wire/genesis.ts says what each field does, protocol/answer/ how results become an answer.
 */

import { limits } from "../../protocol/core/limits.ts";
import { DEFAULT_POLICY } from "../../protocol/job/policy.ts";
import type { Policy } from "../../protocol/wire/genesis.ts";
import { comparatorOf, ruleOf } from "../platform/files/acceptance.ts";
import { flagsOf } from "../platform/files/flags.ts";
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
    merged.redundancyMax < task.redundancy
  ) {
    delete merged.redundancyMax;
  }
  return merged;
}

export function completePolicy(file: PolicyFile, budget: number): Policy {
  const redundancy = file.redundancy ?? DEFAULT_POLICY.redundancy;
  const redundancyMax = file.redundancyMax ?? (redundancy === 1 ? 1 : Math.min(2 * redundancy + 1, limits.seats));
  return {
    redundancy,
    redundancyMax,
    accept: ruleOf(file.accept, redundancy),
    compare: comparatorOf(file.compare),
    flags: flagsOf(file.flags),
    timeoutMs: file.timeout ?? DEFAULT_POLICY.timeoutMs,
    retries: file.retries ?? DEFAULT_POLICY.retries,
    priceMax: file.priceMax ?? Math.min(budget, DEFAULT_POLICY.priceMax),
  };
}
