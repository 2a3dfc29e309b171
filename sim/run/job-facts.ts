/**
 * The facts about tasks of simulated jobs, from their geneses: kind, difficulty, and place in the workload. Changes that begin
 * at the n-th task, and load that fades from task to task, depend on that place.
 */

import { type JobId, type TaskId, taskParts } from "../../protocol/core/ids.ts";
import { plannedTasks, withChecks } from "../../protocol/job/graph.ts";
import { DEFAULT_POLICY } from "../../protocol/job/policy.ts";
import type { Comparator, Data, Genesis, NodeSpec } from "../../protocol/wire/genesis.ts";
import { decodeValue, type Value } from "../../protocol/wire/value.ts";
import { factsOf, type SimulatedTask } from "../parts/workloads/truth.ts";

export interface TaskFacts extends Pick<SimulatedTask, "kind" | "difficulty"> {
  /** Who has it not cannot do the task. */
  readonly skill: string;
  /** From 0: jobs in the order of their submission, their nodes in the genesis's. */
  readonly place: number;
}

/** Tasks of a node. Of a map over an output, whose number its genesis does not say: one place for all. */
const sizeOf = (node: NodeSpec): number => plannedTasks(node) ?? 1;

interface PlacedNode {
  readonly spec: NodeSpec;
  readonly from: number;
  readonly size: number;
}

export class JobFacts {
  /** The place of each planned job's first task. */
  readonly #first: readonly number[];
  /** How many tasks all planned jobs have together. */
  readonly tasks: number;
  readonly #nodes = new Map<JobId, ReadonlyMap<string, PlacedNode>>();

  /** `planned`: the jobs in the order of their submission. */
  constructor(planned: readonly (readonly NodeSpec[])[]) {
    let next = 0;
    this.#first = planned.map((nodes) => {
      const first = next;
      for (const node of nodes) next += sizeOf(node);
      return first;
    });
    this.tasks = next;
  }

  /** How many tasks the job has that was planned at this index. */
  tasksOf(index: number): number {
    return (this.#first[index + 1] ?? this.tasks) - (this.#first[index] ?? this.tasks);
  }

  /** A job that was planned at this index came to be. */
  add(job: JobId, index: number, { nodes }: Pick<Genesis, "nodes">): void {
    let from = this.#first[index] ?? 0;
    const placed = new Map<string, PlacedNode>();
    for (const spec of nodes) {
      const size = sizeOf(spec);
      for (const one of withChecks([spec])) placed.set(one.id, { spec: one, from, size });
      from += size;
    }
    this.#nodes.set(job, placed);
  }

  placeOf(job: JobId, task: TaskId): number {
    const { node, index } = taskParts(task);
    const placed = this.#nodes.get(job)?.get(node);
    return placed === undefined ? 0 : placed.from + Math.min(index ?? 0, placed.size - 1);
  }

  compareOf(job: JobId, task: TaskId): Comparator {
    return this.#nodes.get(job)?.get(taskParts(task).node)?.spec.policy.compare ?? DEFAULT_POLICY.compare;
  }

  of(job: JobId, task: TaskId): TaskFacts {
    const { node, index } = taskParts(task);
    const spec = this.#nodes.get(job)?.get(node)?.spec;
    const value = spec === undefined ? undefined : inputOf(spec, index);
    return { ...factsOf(value), skill: spec?.skill ?? "", place: this.placeOf(job, task) };
  }
}

function inputOf({ input, generator }: NodeSpec, index: number | null): Value | undefined {
  if (generator.kind === "map" && generator.items.kind === "list" && index !== null)
    return decoded(generator.items.items[index]);
  return input.kind === "value" ? decoded(input.data) : undefined;
}

function decoded(data: Data | undefined): Value | undefined {
  const value = data?.kind === "inline" ? decodeValue(data.bytes) : null;
  return value?.ok === true ? value.value : undefined;
}
