/**
 * Surplus awards: those that still run when their batch has what it wanted, because a hedge came first.
 * Their workers did nothing wrong: whoever delivers inside its lease is paid, as long as the job runs. What it delivers
 * decides nothing and is read by nobody: under a rule with seals, the seal is the delivery.
 *
 * Source: protocol.md 6.6 (hedges), 6 (payment).
 */

import type { AgentId, TaskId } from "../core/ids.ts";
import type { CommandBody } from "../wire/command.ts";
import type { EndReason } from "./event.ts";
import { type Books, noteLease, updateAgent } from "./state.ts";

export interface SurplusAward {
  readonly task: TaskId;
  readonly attempt: number;
  readonly worker: AgentId;
  readonly serial: number;
  readonly skill: string;
  readonly price: number;
  readonly leaseEndsMs: number;
  /** It delivers by a seal. */
  readonly isSealed: boolean;
}

/** Attempts of a task have different numbers, and nobody sits in one twice. */
const keyOf = ({ task, attempt, worker }: Pick<SurplusAward, "task" | "attempt" | "worker">): string =>
  `${task}|${attempt}|${worker}`;

export const SURPLUS = "surplus";
const deadlineOf = (award: SurplusAward): string => `${SURPLUS}|${keyOf(award)}`;

/** The award goes on as a surplus award: its slot stays taken, and its price reserved. */
export function keepSurplus({ state }: Pick<Books, "state">, award: SurplusAward): void {
  state.surplus.set(keyOf(award), award);
  state.deadlines.add(award.leaseEndsMs, deadlineOf(award));
}

/** The surplus award that a worker's command is about, if it has one. */
export function surplusOf(
  { state }: Pick<Books, "state">,
  worker: AgentId,
  body: { readonly task: TaskId; readonly attempt: number },
): SurplusAward | undefined {
  return state.surplus.get(keyOf({ ...body, worker }));
}

/** Whether this command delivers what a surplus award is for. */
export const delivers = (award: SurplusAward, body: CommandBody): boolean =>
  award.isSealed ? body.kind === "seal" : body.kind === "result" && body.nonce === null;

function takeOff({ state }: Books, award: SurplusAward): void {
  state.surplus.delete(keyOf(award));
  state.deadlines.remove(award.leaseEndsMs, deadlineOf(award));
  state.reserved.set(state.reserved.get() - award.price);
  state.liveBySkill.set(award.skill, { count: state.liveBySkill.get(award.skill)!.count - 1 });
}

export function paySurplus(books: Books, award: SurplusAward): void {
  takeOff(books, award);
  updateAgent(books, award.worker, ({ live }) => ({ live: live - 1 }));
  noteLease(books, award.worker, true);
  payUnread(books, award);
}

/** Pays for what nobody reads. Its price is no longer reserved. */
export function payUnread(
  books: Books,
  award: Pick<SurplusAward, "task" | "attempt" | "worker" | "serial" | "price">,
): void {
  const { task, attempt, worker, serial, price } = award;
  books.state.spent.set(books.state.spent.get() + price);
  updateAgent(books, worker, ({ earned }) => ({ earned: earned + price }));
  books.emit({ kind: "surplus", task, attempt, worker, serial, paid: price });
}

/** The award ends without a delivery. Nobody waited for it, so it says nothing about the worker, whatever the reason. */
export function endSurplus(books: Books, award: SurplusAward, reason: EndReason): void {
  const { task, attempt, worker, serial } = award;
  takeOff(books, award);
  updateAgent(books, worker, ({ live }) => ({ live: live - 1 }));
  books.emit({ kind: "ended", task, attempt, worker, serial, reason });
}

/** The lease of the award with this deadline ran out. `rest`: the deadline's name without its kind. */
export function endOverdueSurplus(books: Books, rest: string): void {
  endSurplus(books, books.state.surplus.get(rest)!, "late");
}

/** Ends the surplus awards of an agent that was voted dead, or those of all agents (null) when the job ends. */
export function endSurplusOf(books: Books, worker: AgentId | null, reason: EndReason): void {
  for (const [, award] of books.state.surplus.sorted())
    if (worker === null || award.worker === worker) endSurplus(books, award, reason);
}
