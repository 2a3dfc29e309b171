/**
 * How awards are made, as decisions: what happens to a task with free seats, to a need (a skill with labels) whose tasks
 * are short of offers, and to an award whose time is up. A decision follows from facts and changes nothing. needs.ts
 * gathers the facts; seating.ts and due.ts carry out the decisions.
 *
 * Source: the tables of protocol.md 6, row by row.
 */

import type { SeatChoice } from "./choosing.ts";
import type { TaskFailure } from "./event.ts";
import { GRACE_MS, OVERDUE_MS, WINDOW_ATTEMPTS } from "./policy.ts";
import type { Award, Window } from "./state.ts";

/** The best workers for this many seats; null if the rest of the budget does not cover them. */
export type Choose = (seats: number) => SeatChoice | null;

// --- a task in its turn -------------------------------------------------------------------------------

export type SeatFacts =
  /** Its need waits for offers to choose among. */
  | { readonly kind: "gathering" }
  /** Nobody has a free slot, or a similar task has just found nobody. */
  | { readonly kind: "nobody-free" }
  | {
      readonly kind: "some-free";
      /** Free seats, and how many of them the free agents may take. */
      readonly seats: number;
      readonly places: number;
      /** Whether it waits for somebody who is busy with other jobs. */
      readonly isAnybodyAwaited: boolean;
      readonly choose: Choose;
      /** Whether somebody asks for more than is left, and a reservation may become free. */
      readonly isMoneyAwaited: boolean;
    };

type SeatDecision =
  | { readonly kind: "gather" }
  /** `isShort`: seats are left over, so its need asks for offers. */
  | { readonly kind: "award"; readonly choice: SeatChoice; readonly isShort: boolean }
  /** Waits for money to become free. */
  | { readonly kind: "wait" }
  /** Waits for offers. `too-few`: the same is true for every similar task. */
  | { readonly kind: "ask"; readonly why: "nobody-free" | "too-few" | "too-expensive" };

export function decideSeats(facts: SeatFacts): SeatDecision {
  if (facts.kind === "gathering") return { kind: "gather" };
  if (facts.kind === "nobody-free") return { kind: "ask", why: "nobody-free" };
  const { seats, places } = facts;
  // If the others are only busy, the free ones begin: waiting until all are free could take for ever.
  const isShort = places < seats;
  const isAwarded = !isShort || (places > 0 && facts.isAnybodyAwaited);
  const choice = isAwarded ? facts.choose(Math.min(places, seats)) : null;
  if (choice !== null) return { kind: "award", choice, isShort };
  if (facts.isMoneyAwaited) return { kind: "wait" };
  return { kind: "ask", why: isAwarded ? "too-expensive" : "too-few" };
}

// --- a need whose tasks ask for offers ----------------------------------------------------------------

export interface NeedFacts {
  readonly window: Window | undefined;
  /** Its window ends in this block. */
  readonly hasEnded: boolean;
  /** Offers that stand. */
  readonly offers: number;
  readonly isAnybodyAwaited: boolean;
  /** Whether somebody works on a task of its skill. */
  readonly isWorkedOn: boolean;
}

export type NeedDecision =
  | { readonly kind: "window"; readonly attempt: number; readonly opened: number }
  | { readonly kind: "wait" }
  /** Nobody else will offer: each task proceeds with the agents that exist. */
  | { readonly kind: "close" };

const FIRST_WINDOW: NeedDecision = { kind: "window", attempt: 1, opened: 0 };

export function decideNeed({ window, hasEnded, offers, isAnybodyAwaited, isWorkedOn }: NeedFacts): NeedDecision {
  if (window === undefined) return FIRST_WINDOW;
  const { attempt, opened } = window;
  const isClosed = window.endsMs === 0;
  if (isClosed && offers !== window.known) return FIRST_WINDOW;
  if (!isClosed && !hasEnded) return { kind: "wait" };
  if (isAnybodyAwaited || (!isClosed && isWorkedOn)) return { kind: "window", attempt, opened: opened + 1 };
  if (!isClosed && attempt < WINDOW_ATTEMPTS) return { kind: "window", attempt: attempt + 1, opened: 0 };
  return { kind: "close" };
}

export interface AnsweredFacts extends Pick<NeedFacts, "window" | "hasEnded"> {
  /** Whether it has enough results by number, and asks only because newcomers made the difference. */
  readonly isAnswered: boolean;
  /** Whether another agent with a record may sit in it, and works for this job until then. */
  readonly isAnybodyAtWork: boolean;
}

type AnsweredDecision =
  | { readonly kind: "ask" }
  /** The answer by number. */
  | { readonly kind: "accept" };

/**
 * It asks agents with a record once (`endAward`), and only through this many windows, because an agent may claim for ever
 * that it is busy with other jobs. Agents that work for this job will become free, or lose their leases.
 */
export function decideAnswered({ window, hasEnded, isAnswered, isAnybodyAtWork }: AnsweredFacts): AnsweredDecision {
  const isAsked = window !== undefined && hasEnded && window.attempt + window.opened >= WINDOW_ATTEMPTS;
  return { kind: isAsked && isAnswered && !isAnybodyAtWork ? "accept" : "ask" };
}

// --- a task after the last window ---------------------------------------------------------------------

export interface LastFacts {
  /** Agents that may sit in it and are free. */
  readonly free: number;
  /** Whether it waits for other agents that may, or somebody works on it. */
  readonly isAwaited: boolean;
  readonly freeSeats: number;
  /** Results of earlier batches, how many seats of this one are filled, and how many more its rule needs. */
  readonly results: number;
  readonly sealed: number;
  readonly lacking: number;
  /** Chooses for `seats` seats, or for fewer: as many as there are places and money for. */
  readonly choose: Choose;
  /** Whether somebody asks for more than is left. */
  readonly isAnybodyTooExpensive: boolean;
  /** Whether somebody works or reveals for this job, so that money may become free. */
  readonly isMoneyAwaited: boolean;
}

export type LastDecision =
  | { readonly kind: "wait" }
  /** Fewer seats than it wanted. */
  | { readonly kind: "award"; readonly choice: SeatChoice; readonly seats: number }
  /** The sealed outputs are enough. */
  | { readonly kind: "open" }
  /** Nobody else can be asked: takes the answer that the results have by number, or ends the job. */
  | { readonly kind: "giveUp"; readonly reason: Extract<TaskFailure, "budget" | "no-offers" | "too-few-agents"> };

export function decideLast(facts: LastFacts): LastDecision {
  const { free, sealed, lacking } = facts;
  if (facts.isAwaited) return { kind: "wait" };
  const isEnough = sealed > 0 && lacking <= 0;
  if (free === 0 && isEnough) return { kind: "open" };
  const fewest = Math.max(1, lacking);
  for (let seats = Math.min(free, facts.freeSeats); seats >= fewest; seats--) {
    const choice = facts.choose(seats);
    if (choice !== null) return { kind: "award", choice, seats };
  }
  if (facts.isAnybodyTooExpensive || free >= fewest) {
    if (facts.isMoneyAwaited) return { kind: "wait" };
    return isEnough ? { kind: "open" } : { kind: "giveUp", reason: "budget" };
  }
  return { kind: "giveUp", reason: free + sealed + facts.results === 0 ? "no-offers" : "too-few-agents" };
}

// --- an award whose time is up ------------------------------------------------------------------------

type LeaseDecision =
  | { readonly kind: "grace"; readonly leaseEndsMs: number }
  /** `timeout`: the award brought nothing. */
  | { readonly kind: "end" };

/** Found long overdue: the job itself stood still, so nobody could have heard the worker. */
export function decideLease(
  { leaseEndsMs, graced }: Pick<Award, "leaseEndsMs" | "graced">,
  timeMs: number,
  timeoutMs: number,
): LeaseDecision {
  if (timeMs - leaseEndsMs <= OVERDUE_MS || graced) return { kind: "end" };
  return { kind: "grace", leaseEndsMs: timeMs + Math.min(GRACE_MS, timeoutMs) };
}

export interface LateFacts {
  readonly isHedged: boolean;
  /** Whether the task still seats workers. */
  readonly isSeating: boolean;
  /** Chooses among the offers whose price leaves enough for later tasks. */
  readonly choose: Choose;
}

type LateDecision = { readonly kind: "hedge"; readonly choice: SeatChoice } | { readonly kind: "wait" };

export function decideLate({ isHedged, isSeating, choose }: LateFacts): LateDecision {
  const choice = isHedged || !isSeating ? null : choose(1);
  return choice === null ? { kind: "wait" } : { kind: "hedge", choice };
}
