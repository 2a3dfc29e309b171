/**
 * Seating: tasks with free seats meet standing offers. Enough eligible offers: awarded at once, but for the first tasks
 * of a need, which wait for some to choose among (gathering.ts). Fewer: a window opens, its beacon asks for offers, and
 * its end, not gossip, counts the attempt. After the last one the task takes what there is if its rule can work with
 * that, or fails.
 *
 * Source: protocol.md 6 (1-4, 6); budget: protocol.md 6, end.
 */

import type { TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { freeSeats, giveUp, isAnswered, openIfComplete, saveTask, sealedSeats } from "./batch.ts";
import { chooseWorkers } from "./choosing.ts";
import type { Deadline } from "./deadlines.ts";
import { admissible, hasSlot, isAwaited, type Standing, standingOf, type Takers, takersOf } from "./eligible.ts";
import { isGathering, lackingToGather, limitGathering } from "./gathering.ts";
import { needKey } from "./keys.ts";
import { isFull } from "./offers.ts";
import { BATCHES_MAX, CALLS, HEDGE_FACTOR, HEDGE_MIN_MS, minimumResults, WINDOW_ATTEMPTS } from "./policy.ts";
import type { Award, Offer, Task, Window } from "./state.ts";
import { nextOrder, type Transaction, updateAgent } from "./transaction.ts";
import { type LedgerView, moneyLeft, policyOf, specOf } from "./view.ts";

/** While everybody is busy, each further window is twice as long, up to 16 times: nobody is in a hurry then. */
const WINDOW_DOUBLINGS = 4;

/** After so many windows in a row everybody is called: directories may be full of agents that are none. */
const CALLS_ALL = 3;

const windowDeadline = (need: string): Deadline => ({ kind: "window", need });

// --- awarding -----------------------------------------------------------------------------------------

type Seated = "seated" | "short" | "unaffordable";

/** Gives `seats` seats to the best of `takers`, all or none; their prices are reserved together. */
function award(tx: Transaction, task: Task, takers: Takers, seats: number): Seated {
  if (seats === 0 || takers.places < seats) return "short";
  const choice = chooseWorkers(tx, task, takers, seats, moneyLeft(tx));
  if (choice === null) return "unaffordable";
  tx.onChoice(choice);
  let next = task;
  for (const { agent, context } of choice.picked)
    next = give(tx, next, takers.free.find((offer) => offer.agent === agent)!, context);
  saveTask(tx, next);
  return "seated";
}

function give(tx: Transaction, task: Task, offer: Offer, context: readonly number[]): Task {
  const { state, timeMs } = tx;
  const spec = specOf(tx, task);
  const hedgeAfterMs = Math.max(HEDGE_MIN_MS, HEDGE_FACTOR * offer.expectedMs);
  const isHedged = hedgeAfterMs < spec.policy.timeoutMs;
  const granted: Award = {
    worker: offer.agent,
    serial: nextOrder(tx),
    price: offer.price,
    sinceMs: timeMs,
    leaseEndsMs: timeMs + spec.policy.timeoutMs,
    graced: false,
    hedgeAtMs: isHedged ? timeMs + hedgeAfterMs : 0,
    status: "live",
    seal: null,
    late: false,
    context,
  };
  state.reserved.set(state.reserved.get() + offer.price);
  updateAgent(tx, offer.agent, (record) => ({
    awards: record.awards + 1,
    live: record.live + 1,
    awardedMs: timeMs,
  }));
  state.liveBySkill.set(spec.skill, { count: (state.liveBySkill.get(spec.skill)?.count ?? 0) + 1 });
  state.deadlines.add(granted.leaseEndsMs, { kind: "lease", task: task.id, worker: offer.agent });
  if (isHedged) state.deadlines.add(granted.hedgeAtMs, { kind: "hedge", task: task.id, worker: offer.agent });
  const { price } = offer;
  tx.emit({
    kind: "award",
    task: task.id,
    attempt: task.attempt,
    worker: offer.agent,
    serial: granted.serial,
    price,
    leaseEndsMs: granted.leaseEndsMs,
  });
  return { ...task, awards: [...task.awards, granted] };
}

/**
 * A late task gets one more worker, if one is free and the budget allows; no window is opened for it. The worker that is
 * late is paid all the same if it delivers in its lease: what the job still has to pay for (`toCome`) comes before a hedge.
 */
export function hedge(tx: Transaction, task: Task, toCome: number): void {
  if (task.hedged || task.phase !== "seating") return;
  const spec = specOf(tx, task);
  const { offers, newcomers } = standingOf(tx, spec.skill, spec.labels);
  const toSpare = moneyLeft(tx) - toCome;
  const affordable = admissible(tx, task, offers).filter(({ price }) => price <= toSpare);
  const takers = takersOf(tx, affordable, newcomers, { seats: 1, opened: 0 });
  award(tx, { ...task, hedged: true }, takers, 1);
}

// --- all tasks with free seats ------------------------------------------------------------------------

interface Need extends Standing {
  readonly key: string;
  readonly skill: string;
  readonly labels: readonly string[];
  /** Its tasks wait for offers to choose among. */
  readonly gathers: boolean;
  /** Tasks that found fewer offers than free seats, or wait. */
  readonly short: TaskId[];
  /** Nodes of which a task that nobody had yet found too few: as long as nothing but awards happens, all others do. */
  readonly spent: Set<string>;
}

/** Seats what can be seated, in the order in which tasks became ready; opens windows for the rest. */
export function seat(tx: Transaction, endedWindows: ReadonlySet<string>): void {
  const needs = new Map<string, Need>();
  for (const { value } of tx.state.ready.list()) {
    const task = tx.state.tasks.get(value);
    if (task === undefined) continue; // the job ended under way
    const { skill, labels } = specOf(tx, task);
    const key = needKey(skill, labels);
    let need = needs.get(key);
    if (need === undefined) {
      const standing = standingOf(tx, skill, labels);
      const gathers = isGathering(tx, { skill, labels, offers: standing.offers }, endedWindows.has(key));
      need = { ...standing, key, skill, labels, gathers, short: [], spent: new Set() };
      needs.set(key, need);
    }
    if (need.gathers) need.short.push(task.id);
    else seatTask(tx, task, need, endedWindows.has(key));
  }
  for (const need of needs.values()) {
    // A task that failed on the way ended the job: nothing is opened after its last event.
    if (tx.state.status.get() !== "running") return;
    if (need.short.length > 0) askForOffers(tx, need, endedWindows.has(need.key));
    if (need.gathers && isEnough(tx, need)) limitGathering(tx, need);
  }
  closeIdleWindows(tx, needs);
}

/** Whether the first of the waiting tasks could be given to those whose offers stand. */
function isEnough(view: LedgerView, { offers, newcomers, short }: Need): boolean {
  const task = view.state.tasks.get(short[0]!)!;
  const seats = freeSeats(task);
  const { places } = takersOf(view, admissible(view, task, offers), newcomers, { seats, opened: 0 });
  return places >= seats || (places > 0 && offers.some((offer) => isAwaited(view, offer, 0)));
}

/** Of those that may sit in a task, agents with a record that are there, or that are waited for. */
function knownAmong(view: LedgerView, offers: readonly Offer[], { newcomers }: Standing, opened: number): Offer[] {
  return offers.filter((offer) => !newcomers.has(offer.agent) && (!isFull(offer) || isAwaited(view, offer, opened)));
}

/**
 * Offers for a task's free seats. One that has its answer by number, which newcomers made, asks agents with a record as
 * long as any is there: newcomers would fill its seats up to the policy's maximum, and outvote the others after all.
 */
function eligibleFor(
  view: LedgerView,
  task: Task,
  need: Standing,
  opened: number,
  wereAsked = false,
): readonly Offer[] {
  const allowed = admissible(view, task, need.offers, wereAsked);
  if (!isAnswered(view, task)) return allowed;
  const known = knownAmong(view, allowed, need, opened);
  return known.length > 0 ? known : allowed;
}

/** `hasEnded`: a window of its need ends in this block. */
function seatTask(tx: Transaction, task: Task, need: Need, hasEnded: boolean): void {
  // Most often everybody is busy, and thousands of tasks wait: nothing else is looked at then.
  const isUntouched = task.awards.length + task.results.length + task.tried.length === 0;
  if ((isUntouched && need.spent.has(task.node)) || !need.offers.some((offer) => hasSlot(tx, offer))) {
    need.short.push(task.id);
    return;
  }
  // Those who failed it come again only after others were asked: one cheap agent could hold a task for ever.
  const window = tx.state.windows.get(need.key);
  const wereAsked = window !== undefined && (hasEnded || window.endsMs === 0 || window.attempt + window.opened > 1);
  const current = wereAsked ? renewIfSpent(tx, task, need.offers) : task;
  const seats = freeSeats(current);
  const opened = window?.opened ?? 0;
  const eligible = eligibleFor(tx, current, need, opened, wereAsked);
  const takers = takersOf(tx, eligible, need.newcomers, { seats, opened });
  const { places } = takers;
  // Where the others are only busy, those who are free begin: waiting for all at once could take for ever.
  const isBusy = places < seats && places > 0 && need.offers.some((offer) => isAwaited(tx, offer, opened));
  const outcome = award(tx, current, takers, isBusy ? places : seats);
  if (isBusy && outcome === "seated") need.short.push(task.id);
  if (outcome === "seated" || mayBecomeAffordable(tx, need)) return;
  need.short.push(task.id);
  if (isUntouched && outcome === "short") need.spent.add(task.node);
}

/** Somebody asks for more than is left, and a reservation may still come free: the task waits for that (protocol.md 6). */
function mayBecomeAffordable(view: LedgerView, need: Need): boolean {
  const left = moneyLeft(view);
  return isWorkedOn(view) && need.offers.some((offer) => offer.price > left);
}

const isWorkedOn = ({ state }: LedgerView): boolean => state.liveBySkill.sorted().some(([, live]) => live.count > 0);

/**
 * All windows passed, and no offer fits into what is left: the task waits while somebody works or reveals. Seals of
 * batches that themselves wait for a seat do not count: they would wait for each other for ever.
 */
function failIfHopeless(tx: Transaction, task: Task): void {
  const { state } = tx;
  if (isWorkedOn(tx) || state.deadlines.list().some((item) => item.value.kind === "reveal")) return;
  const filled = sealedSeats(task);
  if (filled > 0 && task.results.length + filled >= minimumResults(policyOf(tx, task)))
    openIfComplete(tx, { ...task, seats: filled });
  else giveUp(tx, task, "budget", "no offer fits into what is left of the budget");
}

/** A task whose workers all failed starts a new batch when nobody else is free: then they may try again. */
function renewIfSpent(tx: Transaction, task: Task, offers: readonly Offer[]): Task {
  if (task.awards.length === 0 || task.attempt >= BATCHES_MAX) return task;
  if (task.awards.some((given) => given.status !== "ended")) return task;
  const isAnyFree = (of: Task): boolean => admissible(tx, of, offers, true).some((offer) => hasSlot(tx, offer));
  const renewed = { ...task, attempt: task.attempt + 1, awards: [], hedged: false };
  if (isAnyFree(task) || (!isAnyFree(renewed) && admissible(tx, task, offers).length > 0)) return task;
  saveTask(tx, renewed);
  return renewed;
}

/** Tasks are short of offers: wait for those that are busy, open a window, or, after the last, decide without more. */
function askForOffers(tx: Transaction, need: Need, hasEnded: boolean): void {
  const { state } = tx;
  const window = state.windows.get(need.key);
  if (window === undefined) {
    openWindow(tx, need, { attempt: 1, opened: 0 });
    return;
  }
  const isExhausted = window.endsMs === 0;
  // Agents that are busy with other jobs will be free.
  const isBusy = need.offers.some((offer) => isAwaited(tx, offer, window.opened));
  if (isExhausted && need.offers.length !== window.known) openWindow(tx, need, { attempt: 1, opened: 0 });
  else if (isExhausted && isBusy) openWindow(tx, need, { attempt: window.attempt, opened: window.opened + 1 });
  else if (isExhausted) settleForLess(tx, need);
  else if (hasEnded) {
    if (window.attempt + window.opened >= WINDOW_ATTEMPTS) settleAnswered(tx, need, window.opened);
    if (need.short.length === 0) return;
    const isWorkedOn = (state.liveBySkill.get(need.skill)?.count ?? 0) > 0;
    if (isBusy || isWorkedOn) openWindow(tx, need, { attempt: window.attempt, opened: window.opened + 1 });
    else if (window.attempt < WINDOW_ATTEMPTS) openWindow(tx, need, { attempt: window.attempt + 1, opened: 0 });
    else {
      state.windows.set(need.key, { ...window, endsMs: 0, known: need.offers.length });
      settleForLess(tx, need);
    }
  }
}

function openWindow(tx: Transaction, need: Need, { attempt, opened }: { attempt: number; opened: number }): void {
  const lengthMs = tx.genesis.windowMs * (1 << Math.min(opened, WINDOW_DOUBLINGS));
  const endsMs = tx.timeMs + lengthMs;
  const { skill, labels } = need;
  const window: Window = { skill, labels, attempt, opened, endsMs, known: need.offers.length };
  tx.state.windows.set(need.key, window);
  tx.state.deadlines.add(endsMs, windowDeadline(need.key));
  tx.emit({ kind: "window", skill, labels, calls: callsOf(attempt, opened), endsMs });
}

/** A repeated window calls twice as many candidates; the last one that counts, everybody. */
const callsOf = (attempt: number, opened: number): number =>
  attempt === WINDOW_ATTEMPTS || opened >= CALLS_ALL
    ? limits.directoryAgents
    : Math.min(CALLS << (attempt - 1 + opened), limits.directoryAgents);

/**
 * Tasks that have their answer by number, and ask what somebody else with a record says: where none will be free, they
 * ask through so many windows and no longer. Any stranger that says it is busy could hold them up else.
 */
function settleAnswered(tx: Transaction, need: Need, opened: number): void {
  for (const id of need.short.splice(0)) {
    const task = tx.state.tasks.get(id);
    if (task === undefined) return; // one before it ended the job
    const known = knownAmong(tx, admissible(tx, task, need.offers), need, opened);
    if (known.length > 0 || !isAnswered(tx, task)) need.short.push(id);
    else giveUp(tx, task, "too-few-agents", "");
  }
}

/** All windows passed: fill as many seats as there are agents and money, if the rule can work with that. */
function settleForLess(tx: Transaction, need: Need): void {
  for (const id of need.short) {
    const task = tx.state.tasks.get(id);
    if (task === undefined) return; // one before it ended the job
    settleTask(tx, need, renewIfSpent(tx, task, need.offers));
  }
}

function settleTask(tx: Transaction, need: Need, task: Task): void {
  const opened = tx.state.windows.get(need.key)?.opened ?? 0;
  const everybody = eligibleFor(tx, task, need, opened).filter(
    (offer) => !isFull(offer) || isAwaited(tx, offer, opened),
  );
  const free = everybody.filter((offer) => hasSlot(tx, offer));
  // Busy agents are waited for.
  if (everybody.length > free.length || task.awards.some((given) => given.status === "live")) return;
  const filled = sealedSeats(task);
  const needed = minimumResults(policyOf(tx, task));
  const lacking = needed - task.results.length - filled;
  if (free.length === 0 && filled > 0 && lacking <= 0) {
    openIfComplete(tx, { ...task, seats: filled });
    return;
  }
  for (let seats = Math.min(free.length, freeSeats(task)); seats >= Math.max(1, lacking); seats--) {
    const takers = takersOf(tx, free, need.newcomers, { seats, opened });
    if (award(tx, { ...task, seats: filled + seats }, takers, seats) === "seated") return;
  }
  const left = moneyLeft(tx);
  if (need.offers.some((offer) => offer.price > left) || free.length >= Math.max(1, lacking)) failIfHopeless(tx, task);
  else if (free.length === 0 && filled === 0) giveUp(tx, task, "no-offers", explainNoOffers(need));
  else {
    const there = task.results.length + filled + free.length;
    const found = there === 1 ? "there is 1" : `there are ${there}`;
    giveUp(tx, task, "too-few-agents", `${need.skill} needs ${needed} agents, ${found}`);
  }
}

function explainNoOffers({ skill, labels, offers }: Need): string {
  const what = [skill, ...labels].join(" with ");
  return offers.length === 0
    ? `nobody offers ${what}`
    : `all ${offers.length} agents that offer ${what} had their turn`;
}

/** A window that no task waits for any more is closed: nothing is due for it. */
function closeIdleWindows(tx: Transaction, needs: ReadonlyMap<string, Need>): void {
  for (const [key, window] of tx.state.windows.sorted()) {
    const need = needs.get(key);
    if (need !== undefined && need.short.length > 0) continue;
    if (window.endsMs > 0) tx.state.deadlines.remove(window.endsMs, windowDeadline(key));
    // What was learned of a scarce need stays while the job runs: its next task need not wait through all windows again.
    if (window.endsMs > 0) tx.state.windows.delete(key);
  }
}

/**
 * Offers that a need lacks for its first waiting task; 0 if it has enough or nobody waits. For arming (protocol.md A1).
 */
export function shortage(view: LedgerView, skill: string): number {
  for (const { value } of view.state.ready.list()) {
    const task = view.state.tasks.get(value)!;
    const spec = specOf(view, task);
    if (spec.skill !== skill) continue;
    const standing = standingOf(view, skill, spec.labels);
    const { offers, newcomers } = standing;
    const seats = freeSeats(task);
    const { places } = takersOf(view, eligibleFor(view, task, standing, 0), newcomers, { seats, opened: 0 });
    const lacking = Math.max(0, seats - places);
    if (lacking === 0) return lackingToGather(view, { skill, labels: spec.labels, offers });
    return offers.some(isFull) ? Math.min(1, lacking) : lacking;
  }
  return 0;
}
