/**
 * The task graphs of simulated jobs: how wide, how deep, and what their tasks are like.
 */

import type { Prng } from "../../../protocol/core/prng.ts";
import type { NodeSpec, Policy } from "../../../protocol/wire/genesis.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import type { JobShape, Stage, TaskMix, Workload } from "../../model/scenario.ts";
import { createDistribution } from "../../world/distribution.ts";
import { chain, map, single, type TaskOptions } from "./job-builder.ts";
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

type BuiltInShape = Extract<JobShape, { kind: "bag" | "map-reduce" | "chain" | "single" | "stages" }>;

/** The nodes of a job of a built-in shape. */
export function nodesOf(shape: BuiltInShape, policy: Policy, prng: Prng): NodeSpec[] {
  const draw = tasksOf(shape.tasks, prng);
  const { skill, like } = shape.tasks;
  const options = { skill, policy, ...(like === null ? {} : { like }) };
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
    case "stages":
      return shape.stages.map((stage, place) => stageNode(stage, place, task, options));
  }
}

const stageName = (place: number): string => `stage${place + 1}`;

function stageNode(stage: Stage, place: number, task: () => Value, options: TaskOptions): NodeSpec {
  const id = stageName(place);
  const { kind, tasks, batch, takesOutput } = stage;
  const waits = place === 0 || takesOutput ? options : { ...options, needs: [stageName(place - 1)] };
  if (kind === "map") return map(id, Array.from({ length: tasks }, task), { ...waits, batch });
  const input = takesOutput ? { from: stageName(place - 1) } : task();
  return kind === "single" ? single(id, input, waits) : chain(id, tasks, input, waits);
}

export const policyOf = ({ policy }: Pick<Workload, "policy">): Policy => ({ ...policy });
