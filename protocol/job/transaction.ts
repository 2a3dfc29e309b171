/**
 * A block that is being applied: the state that the rules change, and the events by which they say what they decided. Only
 * the ledger creates one, and then keeps or undoes its changes.
 */

import type { AgentId } from "../core/ids.ts";
import type { Lesson } from "../selection/selector.ts";
import type { SeatChoice } from "./choosing.ts";
import type { LostAward, TaskTally } from "./counted.ts";
import type { LedgerEvent } from "./event.ts";
import { skillKey } from "./keys.ts";
import { ANSWERS_KEPT, LEASES_KEPT, noteEnd, noteInBin } from "./recent.ts";
import type { AgentRecord, LedgerState, SkillRecord } from "./state.ts";
import { agentOf, answersOf, type LedgerView } from "./view.ts";

export interface Transaction extends LedgerView {
  readonly state: LedgerState;
  /** Nodes to open in this block: all that they need was accepted. */
  readonly toOpen: string[];
  /** Checks that began in this block. */
  readonly begun: { checks: number };
  emit(event: LedgerEvent): void;
  /** Told of every choice of workers, for explanations. */
  onChoice(choice: SeatChoice): void;
  /** Told of every tally that decided something, and of every award that ended without a result, for the same. */
  onTally(tally: TaskTally): void;
  onLost(award: LostAward): void;
  /** Teaches the selector. */
  learn(lesson: Lesson): void;
}

/** Tasks and awards are numbered together, in the order in which they come to be. */
export function nextOrder({ state }: Transaction): number {
  const order = state.order.get() + 1;
  state.order.set(order);
  return order;
}

export function updateAgent(
  tx: Transaction,
  agent: AgentId,
  change: (record: AgentRecord) => Partial<AgentRecord>,
): void {
  const record = agentOf(tx, agent);
  tx.state.agents.set(agent, { ...record, ...change(record) });
}

const NEW_RECORD: SkillRecord = {
  accepted: 0,
  rejected: 0,
  answers: null,
  stated: [],
  offerCounter: 0,
  busyUntilMs: 0,
};

export function updateRecord(
  tx: Transaction,
  agent: AgentId,
  skill: string,
  change: (record: SkillRecord) => Partial<SkillRecord>,
): void {
  const key = skillKey(agent, skill);
  const record = tx.state.records.get(key) ?? NEW_RECORD;
  tx.state.records.set(key, { ...record, ...change(record) });
}

/** An answer of which its worker stated how sure it was. */
export function noteStated(tx: Transaction, agent: AgentId, skill: string, isRight: boolean, statedPpm: number): void {
  updateRecord(tx, agent, skill, ({ stated }) => ({ stated: noteInBin(stated, isRight, statedPpm) }));
}

/** Leases of an agent that end: with a result, or lost. */
export function noteLease(tx: Transaction, agent: AgentId, isKept: boolean): void {
  updateAgent(tx, agent, ({ leases }) => ({ leases: noteEnd(leases, isKept, LEASES_KEPT) }));
}

export function noteAnswer(tx: Transaction, agent: AgentId, skill: string, isRight: boolean): void {
  const answers = noteEnd(answersOf(tx, skillKey(agent, skill)), isRight, ANSWERS_KEPT);
  updateRecord(tx, agent, skill, () => ({ answers }));
}
