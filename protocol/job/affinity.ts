/**
 * Who has a task's input already: the workers that produced it. Only blobs count, by their bytes; what stands in the log
 * every member sends along with the award.
 *
 * Source: protocol.md 6 (context: input affinity).
 */

import { type AgentId, taskId } from "../core/ids.ts";
import { type Rules, specOf } from "./nodes.ts";
import type { Answer, Task } from "./state.ts";

/** Answers of other tasks that make up this one's input. */
function answersRead(rules: Rules, task: Task): Answer[] {
  const { state } = rules;
  const { id, input, generator } = specOf(rules, task);
  const read = (node: string, from: number | null, to: number): Answer[] => {
    const ids =
      from === null ? [taskId(node, null)] : Array.from({ length: to - from }, (_, i) => taskId(node, from + i));
    return ids.flatMap((id) => state.answers.get(id) ?? []);
  };
  if (generator.kind === "chain" && task.index !== null && task.index > 0) return read(id, null, 0);
  if (generator.kind === "map") {
    const { items, batch } = generator;
    // Items of a list that one task gave as its output stand in the log: the ledger reads no blobs.
    if (items.kind !== "output" || state.nodes.get(items.node)!.shape !== "list" || task.index === null) return [];
    const from = task.index * batch;
    return read(items.node, from, Math.min(from + batch, state.nodes.get(items.node)!.total));
  }
  if (input.kind !== "output") return [];
  const source = state.nodes.get(input.node)!;
  return source.shape === "list" ? read(input.node, 0, source.total) : read(input.node, null, 0);
}

/** Of each agent that produced some of it, its share of the task's input, 0..1. Cost: linear in what the task reads. */
export function affinities(rules: Rules, task: Task): ReadonlyMap<AgentId, number> {
  const bytes = new Map<AgentId, number>();
  let total = 0;
  for (const { data, givers } of answersRead(rules, task)) {
    if (data?.kind !== "blob") continue;
    total += data.bytes;
    for (const giver of givers) bytes.set(giver, (bytes.get(giver) ?? 0) + data.bytes);
  }
  for (const [agent, own] of bytes) bytes.set(agent, own / total);
  return bytes;
}
