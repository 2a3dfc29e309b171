/**
 * Linear Thompson sampling: draws one of the models that the results so far leave possible, theta ~ N(A^-1 b, v^2 A^-1),
 * and believes it for one choice. What is drawn comes from the lowest draw among the candidates: nobody can know it before
 * the candidates of this attempt stand. All seats of a task believe the same draw; tasks draw anew.
 *
 * Source: Agrawal and Goyal 2013 (arXiv 1209.3352); protocol.md 6. The same model as LinUCB's.
 */

import { DIMENSION, writeContext } from "./context.ts";
import { gated, timely } from "./gate.ts";
import { learnLesson } from "./learn-lesson.ts";
import {
  cholesky,
  isLinearState,
  type LinearState,
  meanAt,
  type Solved,
  solveLinear,
  startLinear,
} from "./linear-model.ts";
import { THOMPSON, type ThompsonParameters } from "./parameters.ts";
import { lowestDraw, normalOf } from "./random-draws.ts";
import { createScoring, pickBest } from "./rank.ts";
import { expectedReward } from "./reward.ts";
import type { ChoiceRequest, Selector } from "./selector.ts";

/** theta + v L z with L L' = A^-1 and normal z. */
function drawModel(model: Solved, request: ChoiceRequest, spread: number): Solved {
  const factor = cholesky(model.inverse, DIMENSION);
  const lowest = lowestDraw(request);
  const theta = Float64Array.from(model.theta);
  for (let j = 0; j < DIMENSION; j++) {
    const z = spread * normalOf(lowest, j);
    for (let i = j; i < DIMENSION; i++) theta[i]! += factor[(i * (i + 1)) / 2 + j]! * z;
  }
  return { theta, inverse: model.inverse };
}

export function createThompson(changes: Partial<ThompsonParameters> = {}): Selector<LinearState> {
  const parameters = { ...THOMPSON, ...changes };
  return {
    name: "thompson",
    summary: "who does best in a linear model drawn from those that the results so far leave possible",
    start: () => startLinear(DIMENSION, parameters),
    choose(state, request, count) {
      const { candidates } = request;
      const scoring = createScoring(candidates.length);
      if (candidates.length === 0) return pickBest(request, scoring, count);
      const model = solveLinear(state);
      const drawn = drawModel(model, request, parameters.spread);
      const context = new Float64Array(DIMENSION);
      for (let i = 0; i < candidates.length; i++) {
        const candidate = candidates[i]!;
        writeContext(candidate, request, context);
        const believed = parameters.prior * expectedReward(context);
        const mean = believed + meanAt(model, context);
        const sample = believed + meanAt(drawn, context);
        const chance = timely(candidate, parameters);
        scoring.means[i] = mean;
        scoring.bonuses[i] = sample - mean;
        scoring.scores[i] = gated(sample, chance, parameters);
        scoring.plain[i] = gated(mean, chance, parameters);
      }
      return pickBest(request, scoring, count);
    },
    learn: (state, lesson) => learnLesson(state, parameters, lesson),
    isState: (value): value is LinearState => isLinearState(value, DIMENSION, parameters),
  };
}
