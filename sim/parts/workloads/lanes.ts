/** A job shape and a behaviour that experiments put into their scenarios beside the built-in ones, as plugins. */

import { z } from "zod";
import { limits } from "../../../protocol/core/limits.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { defineBehaviour, defineShape } from "../../model/define.ts";
import { single } from "./job-builder.ts";
import { policyOf } from "./shapes.ts";
import { rightAnswer } from "./truth.ts";
import { inputValue } from "./work.ts";

/**
 * Tasks in a number of lanes, one after the other in each, so that there are free agents to choose among. The skill of each
 * is drawn by its weight, and is the kind of the task too: records are by agent and skill.
 */
export const LANES = defineShape({
  name: "lanes",
  summary: "tasks one after the other in each of several lanes, of skills that are drawn",
  options: z.strictObject({
    lanes: z.number().int().min(1),
    tasks: z.number().int().min(1).max(limits.nodes),
    skills: z.record(z.string(), z.number().positive()),
  }),
  tasks: ({ tasks }) => tasks,
  nodes(workload, { lanes, tasks, skills }, _index, prng) {
    const policy = policyOf(workload);
    const weights = Object.entries(skills);
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    const draw = (): string => {
      let left = prng.unit() * total;
      return (weights.find(([, weight]) => (left -= weight) < 0) ?? weights[weights.length - 1]!)[0];
    };
    return Array.from({ length: tasks }, (_, i) => {
      const skill = draw();
      const input: Value = { n: prng.below(1_000_000), kind: skill, difficulty: 0.5 };
      const needs = i < lanes ? [] : [laneTask(i - lanes)];
      return single(laneTask(i), input, { skill, needs, policy });
    });
  },
});

/** Id of the task with this place, from 0. */
const laneTask = (place: number): string => `t${place}`;
/** Its place again. */
export const placeOf = (task: string): number => Number(task.slice(1));

/** Where its answer would be wrong it says that it failed: known at once, and nobody has to outvote it. */
export const ADMITS = defineBehaviour({
  name: "admits",
  summary: "says that it failed where its answer would be wrong",
  apply: (agent) => ({
    ...agent,
    skill(call) {
      const outcome = agent.skill(call);
      if ("failure" in outcome || inputValue(call) === undefined || outcome.output === rightAnswer(call))
        return outcome;
      return { afterMs: outcome.afterMs, failure: "wrong-answer", message: "it knows that it is wrong" };
    },
  }),
});
