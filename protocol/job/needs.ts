/**
 * The facts by which seats are filled (decisions.ts): of each need (a skill with labels), the offers that stand for it; of
 * each of its tasks, who may sit in it, who of them is free, and what they cost together. Changes nothing.
 *
 * Source: protocol.md 6 (1-4), and its end (budget).
 */

import { freeSeats, isAnswered, sealedSeats } from "./batch.ts";
import { chooseWorkers } from "./choosing.ts";
import type { AnsweredFacts, Choose, LastFacts, LateFacts, NeedFacts, SeatFacts } from "./decisions.ts";
import { admissible, hasSlot, isAwaited, type Standing, standingOf, type Takers, takersOf } from "./eligible.ts";
import { lackingToGather } from "./gathering.ts";
import { needKey } from "./keys.ts";
import { isFull } from "./offers.ts";
import { BATCHES_MAX, minimumResults } from "./policy.ts";
import type { Offer, Task, Window } from "./state.ts";
import { type LedgerView, moneyLeft, policyOf, specOf } from "./view.ts";

/** A skill with labels, and who offers it. */
export interface Need extends Standing {
  readonly key: string;
  readonly skill: string;
  readonly labels: readonly string[];
  /** Its window ends in this block. */
  readonly hasEnded: boolean;
}

/** `ended`: needs whose windows end in this block. */
export function needOf(view: LedgerView, task: Pick<Task, "node">, ended: ReadonlySet<string>): Need {
  const { skill, labels } = specOf(view, task);
  const key = needKey(skill, labels);
  return { ...standingOf(view, skill, labels), key, skill, labels, hasEnded: ended.has(key) };
}

const windowOf = ({ state }: LedgerView, { key }: Need): Window | undefined => state.windows.get(key);
const openedOf = (view: LedgerView, need: Need): number => windowOf(view, need)?.opened ?? 0;

const isAnybodyAwaited = (view: LedgerView, { offers }: Standing, opened: number): boolean =>
  offers.some((offer) => isAwaited(view, offer, opened));

/** Somebody works for the job. */
const isWorkedOn = ({ state }: LedgerView): boolean => state.liveBySkill.sorted().some(([, live]) => live.count > 0);

function chooserOf(view: LedgerView, task: Task, takersFor: (seats: number) => Takers): Choose {
  return (seats) => {
    const takers = takersFor(seats);
    return seats === 0 || takers.places < seats ? null : chooseWorkers(view, task, takers, seats, moneyLeft(view));
  };
}

// --- who may sit in a task ----------------------------------------------------------------------------

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

/** Those who failed a task come again only after others were asked: one cheap agent could hold it for ever. */
export function wereOthersAsked(view: LedgerView, need: Need): boolean {
  const window = windowOf(view, need);
  return window !== undefined && (need.hasEnded || window.endsMs === 0 || window.attempt + window.opened > 1);
}

/** A task whose workers all failed begins a new batch when nobody else is free: then they may try again. null: it need not. */
export function renewalOf(view: LedgerView, task: Task, { offers }: Standing): Task | null {
  if (task.awards.length === 0 || task.attempt >= BATCHES_MAX) return null;
  if (task.awards.some((given) => given.status !== "ended") || isAnswered(view, task)) return null;
  const isAnyFree = (of: Task): boolean => admissible(view, of, offers, true).some((offer) => hasSlot(view, offer));
  const renewed = { ...task, attempt: task.attempt + 1, awards: [], hedged: false };
  if (isAnyFree(task) || (!isAnyFree(renewed) && admissible(view, task, offers).length > 0)) return null;
  return renewed;
}

// --- facts --------------------------------------------------------------------------------------------

export const isAnybodyFree = (view: LedgerView, { offers }: Standing): boolean =>
  offers.some((offer) => hasSlot(view, offer));

/** Of a task in its turn, where somebody is free. */
export function seatFactsOf(view: LedgerView, task: Task, need: Need): SeatFacts {
  const opened = openedOf(view, need);
  const seats = freeSeats(task);
  const eligible = eligibleFor(view, task, need, opened, wereOthersAsked(view, need));
  const takers = takersOf(view, eligible, need.newcomers, { seats, opened });
  return {
    kind: "some-free",
    seats,
    places: takers.places,
    get isAnybodyAwaited() {
      return isAnybodyAwaited(view, need, opened);
    },
    choose: chooserOf(view, task, () => takers),
    get isMoneyAwaited() {
      const left = moneyLeft(view);
      return isWorkedOn(view) && need.offers.some((offer) => offer.price > left);
    },
  };
}

export function needFactsOf(view: LedgerView, need: Need): NeedFacts {
  return {
    window: windowOf(view, need),
    hasEnded: need.hasEnded,
    offers: need.offers.length,
    isAnybodyAwaited: isAnybodyAwaited(view, need, openedOf(view, need)),
    isWorkedOn: (view.state.liveBySkill.get(need.skill)?.count ?? 0) > 0,
  };
}

export function answeredFactsOf(view: LedgerView, task: Task, need: Need): AnsweredFacts {
  return {
    window: windowOf(view, need),
    hasEnded: need.hasEnded,
    get isAnswered() {
      return isAnswered(view, task);
    },
    get isAnybodyAtWork() {
      const allowed = admissible(view, task, need.offers);
      return allowed.some((offer) => !need.newcomers.has(offer.agent) && !isFull(offer));
    },
  };
}

/** Of a task after the last window of its need. */
export function lastFactsOf(view: LedgerView, task: Task, need: Need): LastFacts {
  const opened = openedOf(view, need);
  const everybody = eligibleFor(view, task, need, opened).filter(
    (offer) => !isFull(offer) || isAwaited(view, offer, opened),
  );
  const free = everybody.filter((offer) => hasSlot(view, offer));
  const sealed = sealedSeats(task);
  const left = moneyLeft(view);
  return {
    free: free.length,
    isAwaited: everybody.length > free.length || task.awards.some((given) => given.status === "live"),
    freeSeats: freeSeats(task),
    sealed,
    lacking: minimumResults(policyOf(view, task)) - task.results.length - sealed,
    choose: chooserOf(view, task, (seats) => takersOf(view, free, need.newcomers, { seats, opened })),
    isAnybodyTooExpensive: need.offers.some((offer) => offer.price > left),
    // Seals of batches that themselves wait for a seat do not count: they would wait for each other for ever.
    get isMoneyAwaited() {
      return isWorkedOn(view) || view.state.deadlines.list().some(({ value }) => value.kind === "reveal");
    },
  };
}

/** Of a task whose worker is late. `toCome`: what the job still has to pay for comes before a hedge. */
export function lateFactsOf(view: LedgerView, task: Task, toCome: number): LateFacts {
  const { skill, labels } = specOf(view, task);
  return {
    isHedged: task.hedged,
    isSeating: task.phase === "seating",
    choose: chooserOf(view, task, () => {
      const { offers, newcomers } = standingOf(view, skill, labels);
      const toSpare = moneyLeft(view) - toCome;
      const affordable = admissible(view, task, offers).filter(({ price }) => price <= toSpare);
      return takersOf(view, affordable, newcomers, { seats: 1, opened: 0 });
    }),
  };
}

/** Whether a task that waits could be given to those whose offers stand. */
export function couldBeSeated(view: LedgerView, task: Task, { offers, newcomers }: Standing): boolean {
  const seats = freeSeats(task);
  const { places } = takersOf(view, admissible(view, task, offers), newcomers, { seats, opened: 0 });
  return places >= seats || (places > 0 && offers.some((offer) => isAwaited(view, offer, 0)));
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
