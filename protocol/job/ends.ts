/**
 * What it means that an award ended without a result, by the reason. Only wrong answers count against an agent's record for a
 * skill, those that the agent itself admits included. An error says nothing about how good its answers are: it counts against its
 * reliability.
 *
 * Source: protocol.md 6.6.
 */

import type { AgentId } from "../core/ids.ts";
import type { EndReason } from "./event.ts";
import { learnFromAdmission } from "./lessons.ts";
import type { Award, Task } from "./state.ts";
import { noteAnswer, noteLease, type Transaction, updateAgent, updateRecord } from "./transaction.ts";
import { specOf } from "./view.ts";

interface Meaning {
  /** It counts towards the policy's `retries`. */
  readonly isFailure: boolean;
  /** Which of the agent's counts grows; the lease then counts against its reliability. null: it is nobody's fault. */
  readonly counter: "timeouts" | "failures" | null;
}

const LATE: Meaning = { isFailure: true, counter: "timeouts" };
const FAILED: Meaning = { isFailure: true, counter: "failures" };
const NO_FAULT: Meaning = { isFailure: true, counter: null };
const NO_FAILURE: Meaning = { isFailure: false, counter: null };

const MEANINGS: { readonly [reason in EndReason]: Meaning } = {
  timeout: LATE,
  dead: LATE,
  error: FAILED,
  crashed: FAILED,
  unavailable: FAILED,
  "too-large": FAILED,
  "wrong-answer": FAILED,
  refused: NO_FAULT,
  "lost-input": NO_FAULT,
  // Whether that is true, the others show: see `blame`.
  "invalid-input": NO_FAULT,
  busy: NO_FAILURE,
  // It counts as wrong, with the answer.
  unrevealed: NO_FAILURE,
  "not-needed": NO_FAILURE,
  late: NO_FAILURE,
};

export const isFailure = (reason: EndReason): boolean => MEANINGS[reason].isFailure;

/** An award of a task ended for this reason. */
export function noteEndOf(tx: Transaction, task: Task, award: Award, reason: EndReason): void {
  const { counter } = MEANINGS[reason];
  const { skill } = specOf(tx, task);
  if (counter !== null) countAgainst(tx, award.worker, counter);
  if (reason === "wrong-answer") {
    updateRecord(tx, award.worker, skill, (record) => ({ rejected: record.rejected + 1 }));
    noteAnswer(tx, award.worker, skill, false);
    learnFromAdmission(tx, task, award);
  } else if (counter !== null) tx.learn({ kind: "timeout", agent: award.worker, skill });
}

/** The agent said that an input is invalid for which others found the answer. */
export function blame(tx: Transaction, agent: AgentId, skill: string): void {
  countAgainst(tx, agent, "failures");
  tx.learn({ kind: "timeout", agent, skill });
}

function countAgainst(tx: Transaction, agent: AgentId, counter: "timeouts" | "failures"): void {
  updateAgent(tx, agent, (record) => ({ [counter]: record[counter] + 1 }));
  noteLease(tx, agent, false);
}
