/**
 * The task graphs of simulated jobs: how wide, how deep, and what their tasks are like.
 */

import type { Prng } from "../../protocol/core/prng.ts";
import type { NodeSpec, Policy } from "../../protocol/wire/genesis.ts";
import type { Value } from "../../protocol/wire/value.ts";
import type { JobShape, TaskMix, Workload } from "../scenario/scenario.ts";
import { createDistribution } from "../virtual/distribution.ts";
import { chain, map, single } from "./job-builder.ts";
import type { SimulatedTask } from "./truth.ts";

/** Draws tasks of a mix. */
function tasksOf(mix: TaskMix, prng: Prng): () => SimulatedTask {
  const difficulty = createDistribution(mix.difficulty);
  const kinds = [...mix.kinds];
  const total = kinds.reduce((sum, [, share]) => sum + share, 0);
  return () => {
    let left = prng.unit() * total;
    const [kind] = kinds.find(([, share]) => (left -= share) < 0) ?? kinds[kinds.length - 1] ?? [""];
    // A thousandth is fine enough, and short on the wire.
    const level = Math.round(Math.min(1, Math.max(0, difficulty(prng))) * 1_000) / 1_000;
    return { n: prng.below(1_000_000), kind, difficulty: level };
  };
}

type BuiltInShape = Extract<JobShape, { kind: "bag" | "map-reduce" | "chain" | "single" }>;

/** The nodes of a job of a built-in shape. */
export function nodesOf(shape: BuiltInShape, policy: Policy, prng: Prng): NodeSpec[] {
  const draw = tasksOf(shape.tasks, prng);
  const { skill } = shape.tasks;
  const options = { skill, policy };
  const task = (): Value => draw() as unknown as Value;
  switch (shape.kind) {
    case "single":
      return [single("task", task(), options)];
    case "chain":
      return [chain("chain", shape.steps, task(), options)];
    case "bag":
      return [map("tasks", Array.from({ length: shape.width }, task), options)];
    case "map-reduce":
      return [
        map("map", Array.from({ length: shape.width }, task), options),
        single("reduce", { from: "map" }, options),
      ];
  }
}

export const policyOf = ({ policy }: Pick<Workload, "policy">): Policy => ({ ...policy });
