/**
 * Who has a task's input already: the workers that produced it. Only blobs count, by their bytes; what stands in the log
 * every member sends along with the award.
 *
 * Source: protocol.md 6 (context: input affinity).
 */

import { type AgentId, type TaskId, taskId } from "../core/ids.ts";
import type { Answer, Task } from "./state.ts";
import { type BlobsRead, type LedgerView, specOf } from "./view.ts";

function blobsOf(answers: readonly Answer[]): BlobsRead {
  const byGiver = new Map<AgentId, number>();
  let total = 0;
  for (const { data, givers } of answers) {
    if (data?.kind !== "blob") continue;
    total += data.bytes;
    for (const giver of givers) byGiver.set(giver, (byGiver.get(giver) ?? 0) + data.bytes);
  }
  return { total, byGiver };
}

/** The blobs among the answers of other tasks that make up this task's input. */
function blobsRead(view: LedgerView, task: Task): BlobsRead {
  const { state } = view;
  const { id, input, generator } = specOf(view, task);
  const read = (tasks: readonly TaskId[]): BlobsRead => blobsOf(tasks.flatMap((of) => state.answers.get(of) ?? []));
  const one = (node: string): BlobsRead => read([taskId(node, null)]);
  const list = (node: string, from: number, to: number): BlobsRead =>
    read(Array.from({ length: to - from }, (_, i) => taskId(node, from + i)));
  if (generator.kind === "chain" && task.index !== null && task.index > 0) return one(id);
  if (generator.kind === "map") {
    const { items, batch } = generator;
    // Items of a list that one task gave as its output stand in the log: the ledger reads no blobs.
    if (items.kind !== "output" || state.nodes.get(items.node)!.shape !== "list" || task.index === null)
      return blobsOf([]);
    const from = task.index * batch;
    return list(items.node, from, Math.min(from + batch, state.nodes.get(items.node)!.total));
  }
  if (input.kind !== "output") return blobsOf([]);
  const { shape, total } = state.nodes.get(input.node)!;
  if (shape !== "list") return one(input.node);
  // Thousands of tasks may read the same fifty thousand answers: they are looked through once a block.
  const blobs = view.blobsRead.get(input.node) ?? list(input.node, 0, total);
  view.blobsRead.set(input.node, blobs);
  return blobs;
}

/** The share of the task's input, 0..1, that each agent produced. Cost: linear in what the task reads. */
export function affinities(view: LedgerView, task: Task): ReadonlyMap<AgentId, number> {
  const { total, byGiver } = blobsRead(view, task);
  return new Map([...byGiver].map(([agent, bytes]) => [agent, bytes / total]));
}
