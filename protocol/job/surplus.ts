/**
 * Surplus awards: those that still run when their batch has all its results, because a hedge came first. Their workers
 * did nothing wrong, so a worker that delivers within its lease is paid while the job runs. The delivery decides nothing
 * and nobody reads it: under a rule with seals, the seal is the delivery.
 *
 * Source: protocol.md 6.6 (hedges), 6 (payment).
 */

import type { AgentId, TaskId } from "../core/ids.ts";
import type { CommandBody } from "../wire/command.ts";
import type { Usage } from "../wire/usage.ts";
import type { Deadline } from "./deadlines.ts";
import type { EndReason } from "./event.ts";
import type { SurplusAward } from "./state.ts";
import { noteLease, type Transaction, updateAgent } from "./transaction.ts";
import type { LedgerView } from "./view.ts";

/** Attempts of a task have different numbers, and nobody sits in one twice. */
const keyOf = ({ task, attempt, worker }: Pick<SurplusAward, "task" | "attempt" | "worker">): string =>
  `${task}|${attempt}|${worker}`;

const deadlineOf = (award: SurplusAward): Deadline => ({ kind: "surplus", award: keyOf(award) });

/** The award continues as a surplus award: its slot stays taken, and its price reserved. */
export function keepSurplus({ state }: Transaction, award: SurplusAward): void {
  state.surplus.set(keyOf(award), award);
  state.deadlines.add(award.leaseEndsMs, deadlineOf(award));
}

/** The surplus award that a worker's command is about, if it has one. */
export function surplusOf(
  { state }: Pick<LedgerView, "state">,
  worker: AgentId,
  body: { readonly task: TaskId; readonly attempt: number },
): SurplusAward | undefined {
  return state.surplus.get(keyOf({ ...body, worker }));
}

/** Whether this command delivers what a surplus award is for. */
export const delivers = (award: SurplusAward, body: CommandBody): boolean =>
  award.isSealed ? body.kind === "seal" : body.kind === "result" && body.nonce === null;

function takeOff({ state }: Transaction, award: SurplusAward): void {
  state.surplus.delete(keyOf(award));
  state.deadlines.remove(award.leaseEndsMs, deadlineOf(award));
  state.reserved.set(state.reserved.get() - award.price);
  state.liveBySkill.set(award.skill, { count: state.liveBySkill.get(award.skill)!.count - 1 });
}

export function paySurplus(tx: Transaction, award: SurplusAward, usage: Usage | null): void {
  takeOff(tx, award);
  updateAgent(tx, award.worker, ({ live }) => ({ live: live - 1 }));
  noteLease(tx, award.worker, true);
  payUnread(tx, award, usage);
}

/** Pays for what nobody reads. Its price is no longer reserved. */
export function payUnread(
  tx: Transaction,
  award: Pick<SurplusAward, "task" | "attempt" | "worker" | "serial" | "price">,
  usage: Usage | null,
): void {
  const { task, attempt, worker, serial, price } = award;
  tx.state.spent.set(tx.state.spent.get() + price);
  updateAgent(tx, worker, ({ earned }) => ({ earned: earned + price }));
  tx.emit({ kind: "surplus", task, attempt, worker, serial, paid: price, usage });
}

/** The award ends without a delivery. Nobody waited for it, so it says nothing about the worker, whatever the reason. */
export function endSurplus(tx: Transaction, award: SurplusAward, reason: EndReason): void {
  const { task, attempt, worker, serial } = award;
  takeOff(tx, award);
  updateAgent(tx, worker, ({ live }) => ({ live: live - 1 }));
  tx.emit({ kind: "ended", task, attempt, worker, serial, reason });
}

/** The lease of the award with this key ran out. */
export function endOverdueSurplus(tx: Transaction, key: string): void {
  endSurplus(tx, tx.state.surplus.get(key)!, "late");
}

/** Ends the surplus awards of an agent that was voted dead, or those of all agents (null) when the job ends. */
export function endSurplusOf(tx: Transaction, worker: AgentId | null, reason: EndReason): void {
  for (const [, award] of tx.state.surplus.sorted())
    if (worker === null || award.worker === worker) endSurplus(tx, award, reason);
}
