/**
 * What a selector that learns sees of a candidate: eleven numbers between 0 and 1, divided by sqrt(11) so that the
 * vector is never longer than 1, as the bound of LinUCB wants. A constant divisor keeps rewards linear in the features;
 * dividing each vector by its own length would not.
 *
 *  0 one          1: what an agent of which nothing else is known is worth
 *  1 similarity   of the skill's vector to the one asked for
 *  2 load         max(live / slots, load): the greater of what the ledger sees and what the agent says, so that saying
 *                 nothing does not help
 *  3 price        1 - typical / (typical + price): 0 for free, 1/2 at the typical price. Bounded whatever is asked for,
 *                 and one absurd offer does not squeeze the others together, as dividing by the greatest would
 *  4 latency      sqrt(min(1, expected / target)): the shape that the reward punishes, so that the weight can match it
 *  5 success      (right + 1) / (right + wrong + 2) of agent and skill, knowledge included: Laplace's rule on a record
 *                 whose old answers fade (job/recent.ts)
 *  6 width        standard deviation of that estimate, as a share of a newcomer's: sqrt(12 s (1 - s) / (n + 3)), n
 *                 answers. 1 for newcomers: what trying somebody new is worth is learned
 *  7 reliability  (kept + 1) / (kept + lost + 2): Laplace's rule for leases that brought a result, old ones faded
 *  8 similarity x success: a record counts for as much as the skill is the one asked for; no sum of the two says that
 *  9 recency      T / (T + idle), T = 10 s: 1 right after an award, 0 if there was none. Warm caches, or tired agents
 * 10 affinity     share of the task's input that it produced itself: it need not be moved
 *
 * What is not a number, or out of range, counts as the nearest bound (0 for NaN): candidates hold what others said.
 *
 * Source: protocol.md 6 (context); Symphony-Coord, stage 2.
 */

import { RECENCY_MS } from "./parameters.ts";
import type { Candidate, ChoiceRequest } from "./selector.ts";

export const DIMENSION = 11;
/** Names of the features, for explanations. */
export const FEATURES: readonly string[] = [
  ...["one", "similarity", "load", "price", "latency", "success", "width", "reliability"],
  ...["similarity x success", "recency", "affinity"],
];
const ROOT = Math.sqrt(DIMENSION);
const PRICE = 3;
const LATENCY = 4;
const SUCCESS = 5;

/** `x` between 0 and 1; 0 if it is no number. */
export const unit = (x: number): number => (x >= 1 ? 1 : x > 0 ? x : 0);

/** Laplace's rule of succession: a newcomer stands at one half, and one success does not make it certain. */
const successRate = (good: number, bad: number): number => (good + 1) / (good + bad + 2);

/** Its record for the skill, and for being in time: what has not faded of it. */
export const recentOf = (candidate: Candidate): NonNullable<Candidate["recent"]> => {
  const { recent, accepted, acceptedBefore, rejected, rejectedBefore, awards, timeouts } = candidate;
  if (recent !== undefined) return recent;
  const kept = Math.max(0, awards - timeouts);
  return { right: accepted + acceptedBefore, wrong: rejected + rejectedBefore, kept, lost: timeouts };
};

export const successOf = (candidate: Candidate): number => {
  const { right, wrong } = recentOf(candidate);
  return unit(successRate(right, wrong));
};

export const reliabilityOf = (candidate: Candidate): number => {
  const { kept, lost } = recentOf(candidate);
  return unit(successRate(kept, lost));
};

export const loadOf = ({ live, slots, load }: Candidate): number =>
  Math.max(unit(live / slots), unit(load / 1_000_000));

/** 0 for free, 1/2 at the typical price, 1 for whatever no budget pays. */
export const priceShare = (price: number, typical: number): number => unit(1 - typical / (typical + price));

/** 0 at once, 1 at the target or later. The root: the first second hurts more than the tenth. */
export const slowness = (latencyMs: number, targetMs: number): number => Math.sqrt(unit(latencyMs / targetMs));

/** The lower median of what is asked for, at least 1. Half of the offers would have to agree to move it far. */
export function typicalPrice(offers: readonly { readonly price: number }[]): number {
  const prices = new Float64Array(offers.length);
  for (let i = 0; i < prices.length; i++) prices[i] = offers[i]!.price;
  prices.sort((a, b) => a - b);
  return Math.max(1, prices[(prices.length - 1) >> 1] ?? 1);
}

type Scale = Pick<ChoiceRequest, "targetMs" | "typicalPrice">;

/** Writes a candidate's context into the first places of `into`. */
export function writeContext(candidate: Candidate, scale: Scale, into: Float64Array): void {
  const similarity = unit(candidate.similarity);
  const success = successOf(candidate);
  const { right, wrong } = recentOf(candidate);
  const answers = right + wrong;
  into[0] = 1 / ROOT;
  into[1] = similarity / ROOT;
  into[2] = loadOf(candidate) / ROOT;
  into[PRICE] = priceShare(candidate.price, scale.typicalPrice) / ROOT;
  into[LATENCY] = slowness(candidate.expectedMs, scale.targetMs) / ROOT;
  into[SUCCESS] = success / ROOT;
  into[6] = unit(Math.sqrt((12 * success * (1 - success)) / (answers + 3))) / ROOT;
  into[7] = reliabilityOf(candidate) / ROOT;
  into[8] = (similarity * success) / ROOT;
  into[9] = unit(RECENCY_MS / (RECENCY_MS + Math.max(0, candidate.idleMs))) / ROOT;
  into[10] = unit(candidate.affinity) / ROOT;
}

export function contextOf(candidate: Candidate, scale: Scale): readonly number[] {
  const written = new Float64Array(DIMENSION);
  writeContext(candidate, scale, written);
  const context: number[] = []; // Array.from takes several times as long
  for (let i = 0; i < DIMENSION; i++) context.push(written[i]!);
  return context;
}

/** Features of a context as they were between 0 and 1. O(1). */
export const successIn = (context: ArrayLike<number>): number => context[SUCCESS]! * ROOT;
export const priceShareIn = (context: ArrayLike<number>): number => context[PRICE]! * ROOT;
export const slownessIn = (context: ArrayLike<number>): number => context[LATENCY]! * ROOT;
