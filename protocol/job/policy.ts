/**
 * A task's policy: defaults, and what follows from it.
 */

import { NO_FLAGS, type Policy, type Rule } from "../wire/genesis.ts";

/** Used where a job file says nothing. */
export const DEFAULT_POLICY: Policy = {
  /** Workers of the first batch. More: fewer wrong answers, cost in proportion. */
  redundancy: 1,
  redundancyMax: 1,
  accept: { kind: "first" },
  compare: { kind: "exact" },
  flags: NO_FLAGS,
  /** Longer: slow workers are not cut off, lost ones are noticed later (suspicion notices dead ones in seconds). */
  timeoutMs: 60_000,
  /** Awards that may end without a result before the task fails; being busy does not count. */
  retries: 5,
  /** One credit. */
  priceMax: 1_000_000,
  hedge: { kind: "auto" },
};

/**
 * Default length of an offer window, ms: a gossip hop, an offer and a block on a wide network, with room. A fifth of it
 * is what clocks and event loops may be apart (protocol.md A3): with 500 ms, seven agents on two busy cores lost every
 * fourth round to that.
 */
export const DEFAULT_WINDOW_MS = 1_500;
/** Candidates that a first window calls: as many as there are places for offers (limits.offersPerSkill). */
export const CALLS = 16;
/**
 * Parts of a first window. Offers may still come for a fifth of it (300 ms) after enough of them stand. Nobody gets an
 * award in its first quarter (375 ms), so that offering before being asked gains nothing. Greater divisors leave less
 * time, and distant agents come too late for the first tasks.
 */
export const GATHER_PART = 5;
export const HEAR_PART = 4;
/** Windows of a need after which the ledger assumes that nobody else will offer. */
export const WINDOW_ATTEMPTS = 3;
/** Batches of a task. A backstop: retries and redundancyMax end a task long before; a batch's number must fit uint16. */
export const BATCHES_MAX = 1_000;
/** An offer stands at most this long: one that nobody renews takes a place from those who do. */
export const OFFER_MAX_MS = 10 * 60_000;
/** An offer with this load, parts per million, says: I would, and all my slots are in use now. */
export const FULL_LOAD = 1_000_000;
/** Loads that differ by less, ppm, are the same: an offer need not be said again, nor written down, for that. */
const LOAD_STEP = 250_000;
export const isOtherLoad = (load: number, other: number): boolean =>
  Math.abs(load - other) >= LOAD_STEP || load >= FULL_LOAD !== other >= FULL_LOAD;
/** Windows in a row that busy agents are waited for: about a quarter of an hour. */
export const BUSY_WINDOWS = 40;
/** A lease found overdue by more than this is no fault of the worker: the job itself stood still (protocol.md 6.6). */
export const OVERDUE_MS = 2_000;
/** The grace that such a lease gets, ms, at most. */
export const GRACE_MS = 5_000;
/** A task later than this many times its worker's own expectation is hedged, unless its policy says otherwise (protocol.md 6.6). */
const HEDGE_FACTOR = 3;
/** No hedge before this, ms: short expectations are mostly noise. */
const HEDGE_MIN_MS = 2_000;
/** Time to reveal a sealed output, ms, and the more of it per MiB (protocol.md 7: grows with blob size). */
export const REVEAL_MS = 5_000;
export const REVEAL_MS_PER_MIB = 1_000;
/** A suspicion stands this long in the ledger's time unless it is renewed (protocol.md 8). */
export const SUSPICION_MS = 30_000;

/** Sealed: no worker can copy another's output within a batch (protocol.md 7). */
export const isSealed = (policy: Policy): boolean => policy.accept.kind !== "first" && policy.redundancyMax > 1;

/** So many workers must say that an input is invalid: one alone may have a stricter version of the skill, or lie. */
const INVALID_MIN = 2;

/** After so many workers said that a task's input is invalid, the task fails (unless as many gave a result). */
export const invalidAfter = (policy: Policy): number =>
  Math.min(policy.retries + 1, Math.max(INVALID_MIN, minimumResults(policy)));

/** When a task is late, ms after the award, for a worker that expects to take `expectedMs`; null: never. */
export function hedgeAfterMs({ hedge, timeoutMs }: Policy, expectedMs: number): number | null {
  if (hedge.kind === "off") return null;
  const afterMs = hedge.kind === "after" ? hedge.afterMs : Math.max(HEDGE_MIN_MS, HEDGE_FACTOR * expectedMs);
  return afterMs < timeoutMs ? afterMs : null;
}

/** The fewest results of a batch from which the rule can accept anything. */
export function minimumResults(policy: Policy): number {
  const rule: Rule = policy.accept;
  switch (rule.kind) {
    case "first":
    case "verified":
      return 1;
    case "quorum":
      return rule.q;
    case "ahead-by":
      return rule.k;
    default:
      return Math.floor(policy.redundancy / 2) + 1;
  }
}
