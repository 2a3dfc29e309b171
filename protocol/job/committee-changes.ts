/**
 * Members that leave the committee: caught equivocating (A5), or voted dead by more than half of the power
 * (protocol.md 8). The first standby that may hold as much power takes the seat, from the next height on (A7). Where there is none,
 * the member stays: nobody comes to more power than the genesis gives it.
 */

import type { AgentId } from "../core/ids.ts";
import type { CommandOf } from "../wire/command.ts";
import { afterEnd, awardOf, endAward } from "./batch.ts";
import { suspicionKey } from "./keys.ts";
import { SUSPICION_MS } from "./policy.ts";
import type { Suspicion } from "./state.ts";
import { endSurplusOf } from "./surplus.ts";
import { type Transaction, updateAgent } from "./transaction.ts";
import type { LedgerView } from "./view.ts";

export const isMember = (view: Pick<LedgerView, "state">, agent: AgentId): boolean =>
  view.state.committee.get().some((member) => member.agent === agent);

const powerOf = (view: Pick<LedgerView, "state">, agent: AgentId): number =>
  view.state.committee.get().find((member) => member.agent === agent)?.power ?? 0;

/** Who takes the seat of `out`, if it is a member and anybody can. */
function successorOf(view: Pick<LedgerView, "state">, out: AgentId): AgentId | null {
  if (!isMember(view, out)) return null;
  const power = powerOf(view, out);
  return view.state.standbys.get().find((standby) => standby.power >= power)?.agent ?? null;
}

/** Whether replacing `agent` would change anything: it is a member, and somebody can take its seat. */
export const isReplaceable = (view: Pick<LedgerView, "state">, agent: AgentId): boolean =>
  successorOf(view, agent) !== null;

function replaceMember(tx: Transaction, out: AgentId, reason: "equivocation" | "dead"): void {
  const { state } = tx;
  const standby = successorOf(tx, out);
  if (standby === null) return;
  const committee = state.committee.get();
  // The seat keeps its power: were it to shrink with its holder, those that stay would weigh more, and members that
  // held less than 1/3 of the total together could come to hold more.
  state.committee.set(
    committee.map((member) => (member.agent === out ? { agent: standby, power: member.power } : member)),
  );
  state.standbys.set(state.standbys.get().filter(({ agent }) => agent !== standby));
  state.suspicions.delete(out);
  for (const [target, suspicions] of state.suspicions.sorted()) {
    state.suspicions.set(
      target,
      suspicions.filter((suspicion) => suspicion.by !== out),
    );
  }
  tx.emit({ kind: "replaced", out, in: standby, reason });
}

/** Whether evidence against `culprit` would change anything: its seat, or what is known of it. */
export const isConvictable = (view: Pick<LedgerView, "state">, culprit: AgentId): boolean =>
  isReplaceable(view, culprit) || (isMember(view, culprit) && !view.state.convicted.has(culprit));

export function convict(tx: Transaction, culprit: AgentId): void {
  if (isReplaceable(tx, culprit)) return replaceMember(tx, culprit, "equivocation");
  tx.state.convicted.set(culprit, true);
  tx.emit({ kind: "convicted", agent: culprit });
}

// --- suspicion ----------------------------------------------------------------------------------------

const standing = (view: LedgerView, target: AgentId): Suspicion[] =>
  (view.state.suspicions.get(target) ?? []).filter(
    (suspicion) => suspicion.untilMs > view.timeMs && isMember(view, suspicion.by),
  );

/** Whether anything hangs on `target` being alive: a seat that a standby can take, or live awards. */
export const matters = (view: Pick<LedgerView, "state">, target: AgentId): boolean =>
  isReplaceable(view, target) || (view.state.agents.get(target)?.live ?? 0) > 0;

/** Why a suspicion would change nothing, or null. */
export function judgeSuspicion(
  view: LedgerView,
  { author: by, counter, body: { target, suspected } }: CommandOf<"suspicion">,
): string | null {
  if (!isMember(view, by)) return "not-a-member";
  if ((view.state.suspicionCounters.get(suspicionKey(by, target))?.counter ?? 0) >= counter) return "older-word";
  if (by === target) return "suspects-itself";
  const mine = standing(view, target).some((suspicion) => suspicion.by === by);
  if (!suspected) return mine ? null : "not-suspected";
  if (mine) return "suspected-already";
  return matters(view, target) ? null : "nothing-hangs-on-it";
}

/** Power of the members that would suspect `target` if those `more` did too. */
export function suspicionPower(view: LedgerView, target: AgentId, more: Iterable<AgentId>): number {
  const by = new Set([...standing(view, target).map((suspicion) => suspicion.by), ...more]);
  let power = 0;
  for (const agent of by) power += powerOf(view, agent);
  return power;
}

/** More than half of the power. */
export function isVotedDead(view: Pick<LedgerView, "state">, power: number): boolean {
  let total = 0;
  for (const member of view.state.committee.get()) total += member.power;
  return 2 * power > total;
}

export function applySuspicion(
  tx: Transaction,
  { author: by, counter, body: { target, suspected } }: CommandOf<"suspicion">,
): void {
  const { state, timeMs } = tx;
  state.suspicionCounters.set(suspicionKey(by, target), { counter });
  const others = standing(tx, target).filter((suspicion) => suspicion.by !== by);
  const suspicions = suspected ? [...others, { by, untilMs: timeMs + SUSPICION_MS }] : others;
  if (suspicions.length === 0) state.suspicions.delete(target);
  else state.suspicions.set(target, suspicions);
  if (suspected && isVotedDead(tx, suspicionPower(tx, target, []))) bury(tx, target);
}

/** The agent was voted dead: its awards end, its offers lapse, and its seat in the committee goes to a standby. */
function bury(tx: Transaction, agent: AgentId): void {
  const { state } = tx;
  tx.emit({ kind: "dead", agent });
  state.suspicions.delete(agent);
  if (state.agents.has(agent)) updateAgent(tx, agent, () => ({ dead: true }));
  // Before its awards end: that may end the job, and nothing comes after its last event.
  if (isMember(tx, agent)) replaceMember(tx, agent, "dead");
  endSurplusOf(tx, agent, "dead");
  for (const [id] of state.tasks.sorted()) {
    const task = state.tasks.get(id);
    if (task === undefined || awardOf(task, agent)?.status !== "live") continue;
    afterEnd(tx, endAward(tx, task, agent, "dead"), "dead");
  }
}
