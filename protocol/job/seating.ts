/**
 * Seating: tasks with free seats meet standing offers, in the order in which they became ready. For each task, and then for
 * each need whose tasks are left over, the facts (needs.ts) lead to one decision (decisions.ts). This file carries it out
 * before it computes the next one.
 *
 * Source: protocol.md 6 (1-4, 6).
 */

import { unreachable } from "../core/assert.ts";
import type { TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { giveUp, openIfComplete, saveTask, sealedSeats } from "./batch.ts";
import type { SeatChoice } from "./choosing.ts";
import type { Deadline } from "./deadlines.ts";
import {
  decideAnswered,
  decideLast,
  decideLate,
  decideNeed,
  decideSeats,
  type LastDecision,
  type NeedDecision,
} from "./decisions.ts";
import { decideGathering, endGathering, limitGathering } from "./gathering.ts";
import { needKey } from "./keys.ts";
import { lateFactsOf, Need } from "./needs.ts";
import { CALLS, hedgeAfterMs, minimumResults, WINDOW_ATTEMPTS } from "./policy.ts";
import type { Award, Offer, Task, Window } from "./state.ts";
import { describeInvalid } from "./tallying.ts";
import { nextOrder, type Transaction, updateAgent } from "./transaction.ts";
import { type LedgerView, policyOf, specOf } from "./view.ts";

/** While everybody is busy, each further window is twice as long, up to 16 times: nobody is in a hurry then. */
const WINDOW_DOUBLINGS = 4;

/** After this many windows in a row everybody is called: directories may be full of agents that do not exist. */
const CALLS_ALL = 3;

const windowDeadline = (need: string): Deadline => ({ kind: "window", need });

// --- all tasks with free seats ------------------------------------------------------------------------

/** A need in this block. */
interface Turn {
  readonly need: Need;
  readonly isGathering: boolean;
  /** Tasks that found fewer offers than free seats, or wait for some to choose among. */
  readonly short: TaskId[];
  /** Nodes of which a task that nobody had yet found too few: as long as nothing but awards happens, all others do. */
  readonly tooFewFor: Set<string>;
}

/** Seats what can be seated; what is left asks for offers. `ended`: needs whose windows end in this block. */
export function seat(tx: Transaction, ended: ReadonlySet<string>): void {
  const turns = new Map<string, Turn>();
  for (const { value } of tx.state.ready.list()) {
    const task = tx.state.tasks.get(value);
    if (task === undefined) continue; // the job ended under way
    const { skill, labels } = specOf(tx, task);
    const key = needKey(skill, labels);
    const turn = turns.get(key) ?? beginTurn(tx, task, ended);
    turns.set(key, turn);
    seatTask(tx, turn, task);
  }
  for (const turn of turns.values()) {
    // A task that failed on the way ended the job: nothing is opened after its last event.
    if (tx.state.status.get() !== "running") return;
    const { need, short } = turn;
    if (short.length > 0) askForOffers(tx, turn);
    if (turn.isGathering && need.couldSeat(tx.state.tasks.get(short[0]!)!)) limitGathering(tx, need);
  }
  closeIdleWindows(tx, turns);
}

function beginTurn(tx: Transaction, task: Task, ended: ReadonlySet<string>): Turn {
  const need = new Need(tx, task, ended);
  const gathering = decideGathering(tx, need, need.hasEnded);
  if (gathering === "ends") endGathering(tx, need);
  return { need, isGathering: gathering === "gather", short: [], tooFewFor: new Set() };
}

function seatTask(tx: Transaction, { need, isGathering, short, tooFewFor }: Turn, task: Task): void {
  const isUntouched = task.awards.length + task.results.length + task.tried.length === 0;
  // Most often everybody is busy, and thousands of tasks wait: nothing else is looked at then.
  const isVain = (isUntouched && tooFewFor.has(task.node)) || !need.isAnybodyFree;
  const isLooked = !isGathering && !isVain;
  const current = isLooked && need.wereOthersAsked ? renew(tx, task, need) : task;
  const decision = decideSeats(
    isGathering ? { kind: "gathering" } : isVain ? { kind: "nobody-free" } : need.seatFacts(current),
  );
  if (decision.kind === "award") award(tx, current, decision.choice, need.offers);
  if (decision.kind === "ask" && decision.why === "too-few" && isUntouched) tooFewFor.add(task.node);
  if (decision.kind === "wait" || (decision.kind === "award" && !decision.isShort)) return;
  short.push(task.id);
}

/** The task, in a new batch if that is due. */
function renew(tx: Transaction, task: Task, need: Need): Task {
  const renewed = need.renewal(task);
  if (renewed !== null) saveTask(tx, renewed);
  return renewed ?? task;
}

/** A late task gets one more worker, if one is free and the budget allows; no window is opened for it. */
export function hedge(tx: Transaction, task: Task, toCome: number): void {
  const decision = decideLate(lateFactsOf(tx, task, toCome));
  if (decision.kind === "hedge")
    award(tx, { ...task, hedged: true }, decision.choice, tx.state.offers.get(specOf(tx, task).skill)!);
}

// --- awarding -----------------------------------------------------------------------------------------

/** Gives seats to those who were chosen; their prices are reserved together. */
function award(tx: Transaction, task: Task, choice: SeatChoice, offers: readonly Offer[]): void {
  tx.onChoice(choice);
  let next = task;
  for (const { agent, context } of choice.picked) {
    const offer = offers.find((standing) => standing.agent === agent)!;
    const granted = give(tx, next, offer, context);
    next = { ...next, awards: [...next.awards, granted] };
  }
  saveTask(tx, next);
}

function give(tx: Transaction, task: Task, offer: Offer, context: readonly number[]): Award {
  const { state, timeMs } = tx;
  const { agent: worker, price } = offer;
  const { skill, policy } = specOf(tx, task);
  const afterMs = hedgeAfterMs(policy, offer.expectedMs);
  const serial = nextOrder(tx);
  const leaseEndsMs = timeMs + policy.timeoutMs;
  const hedgeAtMs = afterMs === null ? 0 : timeMs + afterMs;
  state.reserved.set(state.reserved.get() + price);
  updateAgent(tx, worker, ({ awards, live }) => ({ awards: awards + 1, live: live + 1, awardedMs: timeMs }));
  state.liveBySkill.set(skill, { count: (state.liveBySkill.get(skill)?.count ?? 0) + 1 });
  state.deadlines.add(leaseEndsMs, { kind: "lease", task: task.id, worker });
  if (afterMs !== null) state.deadlines.add(hedgeAtMs, { kind: "hedge", task: task.id, worker });
  tx.emit({ kind: "award", task: task.id, attempt: task.attempt, worker, serial, price, leaseEndsMs });
  const fresh = { graced: false, status: "live", seal: null, late: false } as const;
  return { worker, serial, price, sinceMs: timeMs, leaseEndsMs, hedgeAtMs, ...fresh, context };
}

// --- windows ------------------------------------------------------------------------------------------

function askForOffers(tx: Transaction, turn: Turn): void {
  const { need } = turn;
  acceptAnswered(tx, turn);
  if (turn.short.length === 0 || tx.state.status.get() !== "running") return;
  const decision = decideNeed(need.facts());
  if (decision.kind === "window") openWindow(tx, need, decision);
  else if (decision.kind === "close") closeNeed(tx, turn);
}

/** Tasks that have their answer by number, and have asked long enough what somebody else with a record says. */
function acceptAnswered(tx: Transaction, { need, short }: Turn): void {
  if (!need.hasEnded) return;
  for (const id of short.splice(0)) {
    const task = tx.state.tasks.get(id);
    if (task === undefined) return; // one before it ended the job
    if (decideAnswered(need.answeredFacts(task)).kind === "accept") giveUp(tx, task, "too-few-agents", "");
    else short.push(id);
  }
}

function openWindow(tx: Transaction, need: Need, decision: Extract<NeedDecision, { readonly kind: "window" }>): void {
  const { attempt, opened } = decision;
  const lengthMs = tx.genesis.windowMs * (1 << Math.min(opened, WINDOW_DOUBLINGS));
  const endsMs = tx.timeMs + lengthMs;
  const { key, skill, labels } = need;
  const window: Window = { skill, labels, attempt, opened, endsMs, known: need.offers.length };
  tx.state.windows.set(key, window);
  tx.state.deadlines.add(endsMs, windowDeadline(key));
  tx.emit({ kind: "window", skill, labels, calls: callsOf(attempt, opened), endsMs });
}

/** A repeated window calls twice as many candidates; the last one that counts, everybody. */
const callsOf = (attempt: number, opened: number): number =>
  attempt === WINDOW_ATTEMPTS || opened >= CALLS_ALL
    ? limits.directoryAgents
    : Math.min(CALLS << (attempt - 1 + opened), limits.directoryAgents);

/** Each task proceeds with the agents that exist. */
function closeNeed(tx: Transaction, { need, short }: Turn): void {
  const window = tx.state.windows.get(need.key)!;
  if (window.endsMs > 0) tx.state.windows.set(need.key, { ...window, endsMs: 0, known: need.offers.length });
  for (const id of short) {
    const found = tx.state.tasks.get(id);
    if (found === undefined) return; // one before it ended the job
    const task = renew(tx, found, need);
    const facts = need.lastFacts(task);
    applyLast(tx, task, need, decideLast(facts), facts.sealed + task.results.length + facts.free);
  }
}

/** `found`: results and agents that there are for the task. */
function applyLast(tx: Transaction, task: Task, need: Need, decision: LastDecision, found: number): void {
  const sealed = sealedSeats(task);
  switch (decision.kind) {
    case "wait":
      return;
    case "award":
      return award(tx, { ...task, seats: sealed + decision.seats }, decision.choice, need.offers);
    case "open":
      return openIfComplete(tx, { ...task, seats: sealed });
    case "giveUp":
      return giveUpLast(tx, task, need, decision.reason, found);
    default:
      return unreachable(decision);
  }
}

function giveUpLast(
  tx: Transaction,
  task: Task,
  need: Need,
  reason: Extract<LastDecision, { readonly kind: "giveUp" }>["reason"],
  found: number,
): void {
  // Too few are left because the others had nothing to say but that.
  if (reason !== "budget" && task.invalid.by.length > 0)
    return giveUp(tx, task, "invalid-input", describeInvalid(tx, task));
  giveUp(tx, task, reason, explain(tx, task, need, reason, found));
}

function explain(
  view: LedgerView,
  task: Task,
  { skill, labels, offers }: Need,
  reason: Extract<LastDecision, { readonly kind: "giveUp" }>["reason"],
  found: number,
): string {
  const what = [skill, ...labels].join(" with ");
  if (reason === "budget") return "no offer fits into what is left of the budget";
  if (reason === "too-few-agents" && task.results.length === 0) {
    const needed = minimumResults(policyOf(view, task));
    return `${skill} needs ${needed} agents, ${found === 1 ? "there is 1" : `there are ${found}`}`;
  }
  return offers.length === 0
    ? `nobody offers ${what}`
    : `all ${offers.length} agents that offer ${what} had their turn`;
}

/** A window that no task waits for any more is closed: nothing is due for it. */
function closeIdleWindows(tx: Transaction, turns: ReadonlyMap<string, Turn>): void {
  for (const [key, window] of tx.state.windows.sorted()) {
    // What was learned of a scarce need stays while the job runs: its next task need not wait through all windows again.
    if (window.endsMs === 0 || (turns.get(key)?.short.length ?? 0) > 0) continue;
    tx.state.deadlines.remove(window.endsMs, windowDeadline(key));
    tx.state.windows.delete(key);
  }
}
