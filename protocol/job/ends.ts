/**
 * What it means that an award ended without a result, by the reason. Only a wrong answer counts against an agent's record
 * for a skill; an error says nothing about how good its answers are, and counts against its reliability.
 *
 * Source: protocol.md 6.6.
 */

import type { AgentId } from "../core/ids.ts";
import type { EndReason } from "./event.ts";
import { noteLease, type Transaction, updateAgent } from "./transaction.ts";

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

/** An award of the agent ended for this reason. */
export function noteEndOf(tx: Transaction, agent: AgentId, skill: string, reason: EndReason): void {
  const { counter } = MEANINGS[reason];
  if (counter !== null) countAgainst(tx, agent, skill, counter);
}

/** The agent said that an input is invalid for which others found the answer. */
export const blame = (tx: Transaction, agent: AgentId, skill: string): void =>
  countAgainst(tx, agent, skill, "failures");

function countAgainst(tx: Transaction, agent: AgentId, skill: string, counter: "timeouts" | "failures"): void {
  updateAgent(tx, agent, (record) => ({ [counter]: record[counter] + 1 }));
  noteLease(tx, agent, false);
  tx.learn({ kind: "timeout", agent, skill });
}
