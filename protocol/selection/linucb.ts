/**
 * LinUCB: a linear model of the reward over the context of candidate and task, one for the whole job, and optimism where
 * it knows little: theta'x + beta_t sqrt(x' A^-1 x) with
 * `beta_t = alpha sqrt(d ln(1 + t / lambda) + 2 ln(1 / delta)) + sqrt(lambda) S`. With forgetting, t is what is left of
 * the lessons' weights; otherwise the bonus would grow for ever while the variance cannot shrink.
 *
 * Several seats go to the best scores. The reward of a set is the sum over its seats, so the set of the highest bounds
 * is the one with the highest bound (combinatorial UCB, Chen et al. 2013). The cost: all seats may try the same
 * direction before any of them has taught anything. Seats need distinct agents anyway, and the lessons of one tally come
 * together, so there is no penalty for it.
 *
 * Source: LinUCB (arXiv 1003.0146), Algorithm 1 with one model for all arms; the bound: Abbasi-Yadkori et al. 2011,
 * Theorem 2; protocol.md 6.
 */

import { ln } from "../core/math.ts";
import { DIMENSION, writeContext } from "./context.ts";
import { gated, timely } from "./gate.ts";
import { learnLesson } from "./learn-lesson.ts";
import { isLinearState, type LinearState, meanAt, solveLinear, startLinear, varianceAt } from "./linear-model.ts";
import { LINUCB, type LinUcbParameters } from "./parameters.ts";
import { createScoring, pickBest } from "./rank.ts";
import { expectedReward } from "./reward.ts";
import type { Selector } from "./selector.ts";

/** beta_t after lessons of weight `seen`. */
export function breadthOf(
  seen: number,
  { alpha, delta, lambda, norm }: Pick<LinUcbParameters, "alpha" | "delta" | "lambda" | "norm">,
  dimension: number = DIMENSION,
): number {
  return alpha * Math.sqrt(dimension * ln(1 + seen / lambda) + 2 * ln(1 / delta)) + Math.sqrt(lambda) * norm;
}

export function createLinUcb(changes: Partial<LinUcbParameters> = {}): Selector<LinearState> {
  const parameters = { ...LINUCB, ...changes };
  return {
    name: "linucb",
    summary: "who is expected to do best by a linear model of all results so far, doubt counting in favour",
    start: () => startLinear(DIMENSION, parameters),
    choose(state, request, count) {
      const model = solveLinear(state);
      const breadth = breadthOf(state.seen, parameters);
      const { candidates } = request;
      const scoring = createScoring(candidates.length);
      const context = new Float64Array(DIMENSION);
      for (let i = 0; i < candidates.length; i++) {
        const candidate = candidates[i]!;
        writeContext(candidate, request, context);
        const mean = parameters.prior * expectedReward(context) + meanAt(model, context);
        const bonus = breadth * Math.sqrt(varianceAt(model, context));
        const chance = timely(candidate, parameters);
        scoring.means[i] = mean;
        scoring.bonuses[i] = bonus;
        scoring.scores[i] = gated(mean + bonus, chance, parameters);
        scoring.plain[i] = gated(mean, chance, parameters);
      }
      return pickBest(request, scoring, count);
    },
    learn: (state, lesson) => learnLesson(state, parameters, lesson),
    isState: (value): value is LinearState => isLinearState(value, DIMENSION, parameters),
  };
}
