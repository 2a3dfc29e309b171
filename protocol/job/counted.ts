/**
 * What the ledger says, beside its events, about how tasks came to their answers: the results that were counted, and awards
 * that brought nothing. Follows from the log, and is not hashed.
 */

import type { Output } from "../answer/grouping.ts";
import type { Given, Tally } from "../answer/rules.ts";
import type { AgentId, TaskId } from "../core/ids.ts";
import type { Policy } from "../wire/genesis.ts";
import type { EndReason } from "./event.ts";

export interface Counted {
  readonly outcome: Tally;
  /** What the rule saw. */
  readonly given: readonly Given[];
  /** The outputs, and by the same index the workers that gave them. */
  readonly outputs: readonly Output[];
  readonly workers: readonly AgentId[];
  /** The serial numbers of their awards. */
  readonly serials: readonly number[];
}

/** What a tally came to. `checking`: verifiers look at the answer; `failed`: nobody else may be asked, or nobody is there. */
export type TallyDecision = "accepted" | "undecided" | "checking" | "failed";

/** A tally of a task's results so far. */
export interface TaskTally {
  readonly task: TaskId;
  readonly attempt: number;
  readonly decision: TallyDecision;
  readonly policy: Policy;
  readonly counted: Counted;
  /** Workers that sealed a result and did not show it in time. */
  readonly silent: readonly AgentId[];
  /** The job's outputs are kept out of reports. */
  readonly isRedacted: boolean;
}

/** An award that ended without a result. `message`: what its worker said; "" if it said nothing, or the job is redacted. */
export interface LostAward {
  readonly task: TaskId;
  readonly attempt: number;
  readonly worker: AgentId;
  readonly reason: EndReason;
  readonly message: string;
}
