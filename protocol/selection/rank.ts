/**
 * From scores to picks, the same for all policies: the best first, ties in random order, and for each pick a word that says why.
 */

import { compareUnits } from "../core/bytes.ts";
import { contextOf } from "./context.ts";
import type { ChoiceRequest, Picked, Picks, Reason, Scored } from "./selector.ts";

/** What a policy thinks of each candidate, in their order. One allocation a choice. */
interface Scoring {
  /** Expectation of the reward, and what is added for not knowing. */
  readonly means: Float64Array;
  readonly bonuses: Float64Array;
  /** What the choice goes by. */
  readonly scores: Float64Array;
  /** The score that it would have without its bonus. */
  readonly plain: Float64Array;
}

export function createScoring(size: number): Scoring {
  return {
    means: new Float64Array(size),
    bonuses: new Float64Array(size),
    scores: new Float64Array(size),
    plain: new Float64Array(size),
  };
}

/** Places of the candidates, best first. What is no number is worst of all. */
export function orderBy(scores: Float64Array, { candidates, draw }: ChoiceRequest): number[] {
  const order: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) scores[i] = Number.NEGATIVE_INFINITY;
    order.push(i);
  }
  return order.sort((a, b) => {
    // Infinities are equal to themselves, and their difference is no number.
    if (scores[a]! > scores[b]!) return -1;
    if (scores[a]! < scores[b]!) return 1;
    return compareUnits(draw(candidates[a]!.agent), draw(candidates[b]!.agent));
  });
}

/** The places of the candidates in a random order. */
export const orderByLot = (request: ChoiceRequest): number[] =>
  orderBy(new Float64Array(request.candidates.length), request);

/** The first `count` places of `order` with distinct agents. */
export function firstOf(order: readonly number[], { candidates }: ChoiceRequest, count: number): number[] {
  const first: number[] = [];
  for (const at of order) {
    if (first.length >= count) break;
    if (!first.some((other) => candidates[other]!.agent === candidates[at]!.agent)) first.push(at);
  }
  return first;
}

function scoredAt(request: ChoiceRequest, scoring: Scoring, at: number): Scored {
  const { agent } = request.candidates[at]!;
  return { agent, score: scoring.scores[at]!, mean: scoring.means[at]!, bonus: scoring.bonuses[at]! };
}

/** Picks at these places, with the reason of each. */
export function picksAt(
  request: ChoiceRequest,
  scoring: Scoring,
  order: readonly number[],
  chosen: readonly number[],
  reasonAt: (at: number, seat: number) => Reason,
): Picks {
  const picked = chosen.map((at, seat): Picked => {
    const { agent, score, mean, bonus } = scoredAt(request, scoring, at);
    return { agent, score, mean, bonus, context: contextOf(request.candidates[at]!, request), why: reasonAt(at, seat) };
  });
  return { ranked: order.map((at) => scoredAt(request, scoring, at)), picked };
}

/** The `count` best by score, and why. */
export function pickBest(request: ChoiceRequest, scoring: Scoring, count: number): Picks {
  const order = orderBy(scoring.scores, request);
  const chosen = firstOf(order, request, count);
  let next = Number.NaN; // the best score of those that are not picked
  let rival = Number.NEGATIVE_INFINITY;
  for (const at of order) {
    if (chosen.includes(at)) continue;
    if (Number.isNaN(next)) next = scoring.scores[at]!;
    rival = Math.max(rival, scoring.plain[at]!);
  }
  return picksAt(request, scoring, order, chosen, (at) => {
    if (scoring.scores[at] === next) return "draw";
    if (scoring.plain[at]! >= rival) return "best";
    return request.candidates[at]!.isNewcomer ? "newcomer" : "explore";
  });
}
