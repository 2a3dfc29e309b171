/** What results used: one form for one usage, and sums that end. */

import { describe, expect, test } from "vitest";
import type { AgentId, Hash, TaskId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { UsageTotals } from "../../../protocol/job/usage-totals.ts";
import { decode, encode } from "../../../protocol/wire/codec.ts";
import { type Usage, UsageSum, usageCodec } from "../../../protocol/wire/usage.ts";

const usageOf = (counters: readonly (readonly [string, number])[] = [], changes: Partial<Usage> = {}): Usage => ({
  ...{ inputTokens: 3, outputTokens: 2, microUsd: 1, ...changes },
  counters: counters.map(([name, count]) => ({ name, count })),
});

describe("on the wire", () => {
  test.each<[string, Usage, string]>([
    [
      "in order",
      usageOf([
        ["a", 1],
        ["b", 2],
      ]),
      "ok",
    ],
    [
      "out of order",
      usageOf([
        ["b", 2],
        ["a", 1],
      ]),
      "counters-out-of-order",
    ],
    [
      "one name twice",
      usageOf([
        ["a", 1],
        ["a", 2],
      ]),
      "counters-out-of-order",
    ],
    ["at the limit", usageOf([], { inputTokens: limits.usageCount }), "ok"],
  ])("counters %s", (_what, usage, expected) => {
    const decoded = decode(usageCodec, encode(usageCodec, usage));
    expect(decoded).toEqual(expected === "ok" ? { ok: true, value: usage } : { ok: false, code: expected });
  });
});

describe("a sum", () => {
  test("of nothing said is nothing", () => {
    const sum = new UsageSum();
    sum.add(null);
    expect(sum.sum).toBeNull();
  });

  test("is the same in any order", () => {
    const all = [
      usageOf([["b", 2]]),
      usageOf([
        ["a", 1],
        ["b", 1],
      ]),
      usageOf([["c", 5]]),
    ];
    const sums = [all, [...all].reverse()].map((usages) => {
      const sum = new UsageSum();
      for (const usage of usages) sum.add(usage);
      return sum.sum;
    });
    expect(sums[0]).toEqual(
      usageOf(
        [
          ["a", 1],
          ["b", 3],
          ["c", 5],
        ],
        { inputTokens: 9, outputTokens: 6, microUsd: 3 },
      ),
    );
    expect(sums[1]).toEqual(sums[0]);
  });

  test("stays exact, and of bounded size, whatever is added", () => {
    const sum = new UsageSum();
    for (let i = 0; i < 10_000; i++) sum.add(usageOf([[`c${i}`, limits.usageCount]], { microUsd: limits.usageCount }));
    expect(sum.sum!.microUsd).toBe(Number.MAX_SAFE_INTEGER);
    expect(sum.sum!.counters.length).toBeLessThanOrEqual(65);
    expect(sum.sum!.counters.find(({ name }) => name === "other")!.count).toBe(Number.MAX_SAFE_INTEGER);
  });
});

test("totals by job, agent and task; tasks beyond the bound are counted", () => {
  const totals = new UsageTotals(1);
  const result = (task: string, worker: string, usage: Usage | null) =>
    totals.note({
      ...{ kind: "result", task: task as TaskId, attempt: 1, worker: worker as AgentId, output: "" as Hash, paid: 1 },
      usage,
    });
  result("a", "w", usageOf());
  result("a", "x", usageOf());
  result("b", "w", usageOf());
  result("b", "y", null);
  expect(totals.job.sum).toMatchObject({ inputTokens: 9 });
  expect(totals.of("w" as AgentId)).toMatchObject({ inputTokens: 6 });
  expect(totals.of("y" as AgentId)).toBeNull();
  expect(totals.byTask).toMatchObject([["a", { inputTokens: 6 }]]);
  expect(totals.leftOut).toBe(1);
});
