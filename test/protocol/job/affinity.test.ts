/** Input affinity: who has a task's input already, since it made it. */

import { expect, test } from "vitest";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import { FEATURES } from "../../../protocol/selection/context.ts";
import type { Data } from "../../../protocol/wire/genesis.ts";
import { firstPolicy, map, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";
import { countCalls } from "../../support/driven-agent.ts";

const AFFINITY = FEATURES.indexOf("affinity");
const blob = (name: string, bytes: number): Data => ({
  kind: "blob",
  hash: name.repeat(64).slice(0, 64) as Hash,
  bytes,
});
const both = { policy: sealedPolicy({ redundancy: 2, accept: { kind: "quorum", q: 2 } }) };

/** Affinity by worker, as the awards of a task keep it. */
function affinityOf(book: Book, task: string): Map<AgentId, number> {
  const scale = Math.sqrt(FEATURES.length);
  return new Map(book.task(task)!.awards.map(({ worker, context }) => [worker, context[AFFINITY]! * scale]));
}

test("is the share of the input's blobs that a worker made", () => {
  const book = new Book([map("parts", [1, 2]), single("sum", { from: "parts" }, both)]);
  book.block([book.offer("w", 1, 4), book.offer("v", 1, 4)], 100);
  book.block([], 1_500);
  const makers = [0, 1].map((i) => book.task(`parts/${i}`)!.awards[0]!.worker);
  book.block([book.result(makers[0]!, "parts/0", 1, blob("a", 30_000))], 100);
  book.block([book.result(makers[1]!, "parts/1", 1, blob("b", 90_000))], 100);
  const affinity = affinityOf(book, "sum");
  expect([...affinity.keys()].sort((a, b) => (a < b ? -1 : 1))).toEqual(["v", "w"]);
  for (const worker of ["v", "w"] as AgentId[]) {
    const made = (makers[0] === worker ? 30_000 : 0) + (makers[1] === worker ? 90_000 : 0);
    expect(affinity.get(worker)).toBeCloseTo(made / 120_000, 10);
  }
});

test("many tasks that read the same long list cost a block one walk over it", () => {
  const [items, readers] = [100, 50];
  const policy = firstPolicy();
  const nodes = Array.from({ length: readers }, (_, i) => single(`r${i}`, { from: "m" }, { policy }));
  const numbers = Array.from({ length: items }, (_, i) => i);
  const book = new Book([map("m", numbers, { policy }), ...nodes], 1_000_000, []);
  book.block(["v", "w"].map((name) => book.offer(name, 1, 1_024)));
  const given = numbers.map((i) => book.result(book.task(`m/${i}`)!.awards[0]!.worker, `m/${i}`, 1, i));
  const reads = countCalls(book.state.answers, "get");
  expect(book.block(given).filter(({ kind }) => kind === "award")).toHaveLength(readers);
  expect(reads.count).toBeLessThan(10 * items);
});

test("is nothing where the input stands in the log", () => {
  const book = new Book([single("a", 1), single("b", { from: "a" }, both)]);
  book.block([book.offer("w", 1, 4), book.offer("v", 1, 4)], 100);
  book.block([], 1_500);
  book.block([book.result(book.task("a")!.awards[0]!.worker, "a", 1, 7)], 100);
  expect([...affinityOf(book, "b").values()]).toEqual([0, 0]);
});
