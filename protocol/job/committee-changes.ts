/**
 * Members that leave the committee: caught equivocating (A5), or voted dead by more than half of the power
 * (protocol.md 8). The first standby takes the seat, with its power, from the next height on (A7).
 */

import type { AgentId, TaskId } from "../core/ids.ts";
import type { BodyOf, Command } from "../wire/command.ts";
import { afterEnd, awardOf, endAward } from "./batch.ts";
import type { Rules } from "./nodes.ts";
import { SUSPICION_MS } from "./policy.ts";
import { type Suspicion, suspicionKey, updateAgent } from "./state.ts";
import { endSurplusOf } from "./surplus.ts";

type SuspicionCommand = Pick<Command, "author" | "counter"> & { readonly body: BodyOf<"suspicion"> };

export const isMember = (rules: Pick<Rules, "state">, agent: AgentId): boolean =>
  rules.state.committee.get().some((member) => member.agent === agent);

const powerOf = (rules: Pick<Rules, "state">, agent: AgentId): number =>
  rules.state.committee.get().find((member) => member.agent === agent)?.power ?? 0;

/** Whether replacing `agent` would change anything: it is a member, and somebody can take its seat. */
export const isReplaceable = (rules: Pick<Rules, "state">, agent: AgentId): boolean =>
  isMember(rules, agent) && rules.state.standbys.get().length > 0;

export function replaceMember(rules: Rules, out: AgentId, reason: "equivocation" | "dead"): void {
  const { state } = rules;
  const [standby, ...rest] = state.standbys.get();
  if (standby === undefined) return;
  const committee = state.committee.get();
  // The seat keeps its power: were it to shrink with its holder, those that stay would weigh more, and members that
  // held less than 1/3 of the total together could come to hold more.
  state.committee.set(
    committee.map((member) => (member.agent === out ? { agent: standby, power: member.power } : member)),
  );
  state.standbys.set(rest);
  state.suspicions.delete(out);
  for (const [target, suspicions] of state.suspicions.sorted()) {
    state.suspicions.set(
      target,
      suspicions.filter((suspicion) => suspicion.by !== out),
    );
  }
  rules.emit({ kind: "replaced", out, in: standby, reason });
}

// --- suspicion ----------------------------------------------------------------------------------------

const standing = (rules: Pick<Rules, "state">, target: AgentId, timeMs: number): Suspicion[] =>
  (rules.state.suspicions.get(target) ?? []).filter(
    (suspicion) => suspicion.untilMs > timeMs && isMember(rules, suspicion.by),
  );

/** Whether anything hangs on `target` being alive: a seat that a standby can take, or live awards. */
export const matters = (rules: Pick<Rules, "state">, target: AgentId): boolean =>
  isReplaceable(rules, target) || (rules.state.agents.get(target)?.live ?? 0) > 0;

/** Why a suspicion would change nothing, or null. */
export function judgeSuspicion(
  rules: Pick<Rules, "state">,
  { author: by, counter, body: { target, suspected } }: SuspicionCommand,
  timeMs: number,
): string | null {
  if (!isMember(rules, by)) return "not-a-member";
  if ((rules.state.suspicionCounters.get(suspicionKey(by, target))?.counter ?? 0) >= counter) return "older-word";
  if (by === target) return "suspects-itself";
  const mine = standing(rules, target, timeMs).some((suspicion) => suspicion.by === by);
  if (!suspected) return mine ? null : "not-suspected";
  if (mine) return "suspected-already";
  return matters(rules, target) ? null : "nothing-hangs-on-it";
}

/** Power of the members that would suspect `target` if those `more` did too. */
export function suspicionPower(
  rules: Pick<Rules, "state">,
  target: AgentId,
  more: Iterable<AgentId>,
  timeMs: number,
): number {
  const by = new Set([...standing(rules, target, timeMs).map((suspicion) => suspicion.by), ...more]);
  let power = 0;
  for (const agent of by) power += powerOf(rules, agent);
  return power;
}

/** More than half of the power. */
export function isVotedDead(rules: Pick<Rules, "state">, power: number): boolean {
  let total = 0;
  for (const member of rules.state.committee.get()) total += member.power;
  return 2 * power > total;
}

export function applySuspicion(
  rules: Rules,
  { author: by, counter, body: { target, suspected } }: SuspicionCommand,
): void {
  const { state, timeMs } = rules;
  state.suspicionCounters.set(suspicionKey(by, target), { counter });
  const others = standing(rules, target, timeMs).filter((suspicion) => suspicion.by !== by);
  const suspicions = suspected ? [...others, { by, untilMs: timeMs + SUSPICION_MS }] : others;
  if (suspicions.length === 0) state.suspicions.delete(target);
  else state.suspicions.set(target, suspicions);
  if (suspected && isVotedDead(rules, suspicionPower(rules, target, [], timeMs))) bury(rules, target);
}

/** The agent was voted dead: its awards end, its offers lapse, and its seat in the committee goes to a standby. */
function bury(rules: Rules, agent: AgentId): void {
  const { state } = rules;
  rules.emit({ kind: "dead", agent });
  state.suspicions.delete(agent);
  if (state.agents.has(agent)) updateAgent(rules, agent, () => ({ dead: true }));
  // Before its awards end: that may end the job, and nothing comes after its last event.
  if (isMember(rules, agent)) replaceMember(rules, agent, "dead");
  endSurplusOf(rules, agent, "dead");
  for (const [id] of state.tasks.sorted()) {
    const task = state.tasks.get(id as TaskId);
    if (task === undefined || awardOf(task, agent)?.status !== "live") continue;
    afterEnd(rules, endAward(rules, task, agent, "dead"), "dead");
  }
}
