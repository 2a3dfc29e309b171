/**
 * A task's policy: the task's own settings override those of the job, which override the defaults.
 *
 * Responsible for merging them (the defaults are in protocol/job/policy.ts), and for refusing combinations that could never
 * produce an answer. protocol/wire/genesis.ts says what each field does, protocol/answer/ how results become an answer.
 */

import { limits } from "../../protocol/core/limits.ts";
import { DEFAULT_POLICY } from "../../protocol/job/policy.ts";
import type { Comparator, Policy } from "../../protocol/wire/genesis.ts";
import type { PolicyFile } from "./schema.ts";

/** A combination that cannot work: which key to look at, what is wrong, what to do. */
interface PolicyProblem {
  readonly key: string;
  readonly what: string;
  readonly remedy: string;
}

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
  const accept = file.accept ?? (redundancy === 1 ? { rule: "first" as const } : { rule: "majority" as const });
  const redundancyMax = file.redundancyMax ?? (redundancy === 1 ? 1 : Math.min(2 * redundancy + 1, limits.seats));
  return {
    redundancy,
    redundancyMax,
    accept: accept.rule === "quorum" ? { kind: "quorum", q: accept.q } : { kind: accept.rule },
    compare: comparator(file.compare),
    timeoutMs: file.timeout ?? DEFAULT_POLICY.timeoutMs,
    retries: file.retries ?? DEFAULT_POLICY.retries,
    priceMax: file.priceMax ?? Math.min(budget, DEFAULT_POLICY.priceMax),
  };
}

function comparator(compare: PolicyFile["compare"]): Comparator {
  if (compare === undefined || compare.as === "exact") return { kind: "exact" };
  return { kind: "number", absolute: compare.absolute ?? 0, relativePpm: compare.relative ?? 0 };
}

export function policyProblem(policy: Policy): PolicyProblem | null {
  const { redundancy, redundancyMax, accept } = policy;
  if (redundancyMax < redundancy) {
    const what = `redundancyMax ${redundancyMax} is less than redundancy ${redundancy}`;
    return { key: "redundancyMax", what, remedy: "raise it, or leave it out" };
  }
  if (accept.kind === "first" && redundancyMax > 1) {
    const what = `rule "first" takes redundancy 1, not ${redundancyMax}`;
    return { key: "accept", what, remedy: 'use rule "majority", or redundancy 1' };
  }
  if (accept.kind === "quorum" && accept.q > redundancyMax) {
    const what = `a quorum of ${accept.q} can never be met by at most ${redundancyMax} results`;
    return { key: "accept", what, remedy: "lower q, or raise redundancyMax" };
  }
  return null;
}
