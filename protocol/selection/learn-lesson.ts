/**
 * What a lesson does to the linear model of LinUCB and Thompson sampling: the model learns by how much a reward differed
 * from the one that its definition predicts.
 */

import { unit } from "./context.ts";
import { type LinearState, learnLinear } from "./linear-model.ts";
import type { ModelParameters } from "./parameters.ts";
import { boundedReward, expectedReward } from "./reward.ts";
import type { Lesson } from "./selector.ts";

/** Timeouts are no lesson for a model of quality; nor is what is no number, or has no weight. */
export function learnLesson(state: LinearState, parameters: ModelParameters, lesson: Lesson): LinearState {
  if (lesson.kind !== "reward") return state;
  const surprise = boundedReward(lesson.reward) - parameters.prior * expectedReward(lesson.context);
  return learnLinear(state, parameters, lesson.context, surprise, unit(lesson.weight ?? 1));
}
