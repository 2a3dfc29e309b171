/** Figures of runs: jobs by what they met, ranges of plugins' metrics, progress that does not jump. */

import { describe, expect, test } from "vitest";
import type { Plugin } from "../../../sim/model/registry.ts";
import { phaseOf } from "../../../sim/run/job-phases.ts";
import { judge } from "../../../sim/run/judge.ts";
import { runText, SMALL } from "../../support/run-scenario-text.ts";

describe("a job's phase", () => {
  const moment = [{ atMs: 10, endMs: 10 }];
  test.each([
    [0, 9, moment, "beforeFault"],
    [0, 10, moment, "atFault"],
    [10, 12, moment, "atFault"],
    [11, 12, moment, "afterFault"],
    [0, null, moment, "atFault"],
    [5, 6, [{ atMs: 1, endMs: 9 }], "atFault"],
    [5, 6, [{ atMs: 1, endMs: Number.POSITIVE_INFINITY }], "atFault"],
    [5, 6, [...moment, { atMs: 1, endMs: 2 }], "afterFault"],
    [5, 6, [], "beforeFault"],
  ] as const)("%s to %s ms", (submittedMs, endedMs, faults, phase) => {
    expect(phaseOf({ submittedMs, endedMs }, faults)).toBe(phase);
  });

  test("divides completion and latency, and every job is counted once", async () => {
    const jobs = "  jobs: { count: 12, arrival: { every: 2s } }\n";
    const { result } = await runText(`${SMALL}${jobs}faults:\n  - { at: 15s, kill: { count: 2, which: [worker] } }\n`);
    const { metrics } = result;
    const phases = ["beforeFault", "atFault", "afterFault"];
    const counts = phases.map((phase) => metrics[`submitted.${phase}`]!);
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(counts.reduce((sum, count) => sum + count)).toBe(metrics.submitted);
    for (const phase of phases) expect(metrics[`completion.${phase}`]).toBe(1);
    expect(metrics["latencyMs.p50.beforeFault"]).not.toBeNull();
  });

  test("is none without faults", async () => {
    const { result } = await runText(`${SMALL}  jobs: { count: 1 }\n`);
    expect(Object.keys(result.metrics).filter((name) => name.includes("Fault"))).toEqual([]);
  });
});

describe("a plugin's metric", () => {
  const plugin = (value: number, range?: readonly [number, number], unit = "rooms"): Plugin => ({
    metrics: [
      {
        name: "own",
        unit,
        summary: "",
        ...(range === undefined ? {} : { range }),
        create: () => ({ value: () => value }),
      },
    ],
  });
  const text = `${SMALL}  jobs: { count: 1 }\n`;
  const intervalOf = async (values: readonly number[], range?: readonly [number, number], unit?: string) => {
    const runs = await Promise.all(values.map((value) => runText(text, { plugins: [plugin(value, range, unit)] })));
    const results = runs.map(({ result }, seed) => ({ ...result, seed }));
    return judge(runs[0]!.scenario, results).metrics.own!;
  };

  test("keeps its unit, and its interval within what it can be", async () => {
    expect(await intervalOf([0, 0, 9])).toMatchObject({ unit: "rooms", ci95: [0, expect.any(Number)] });
    expect(await intervalOf([0, 1, 1], undefined, "share")).toMatchObject({ unit: "share", ci95: [0, 1] });
    expect(await intervalOf([2, 2, 3], [2, 3])).toMatchObject({ ci95: [2, 3] });
    const open = await intervalOf([-3, 0, 1], [Number.NEGATIVE_INFINITY, 5]);
    expect(open.ci95![0]).toBeLessThan(-3);
  });

  test("says so where it is outside of what it can be", async () => {
    await expect(runText(text, { plugins: [plugin(-1)] })).rejects.toThrow(
      'the metric "own" of a plugin gave -1, and can be 0 to Infinity: let it say what it can be',
    );
  });
});

test("progress of a run goes by its work, without a jump to the end", async () => {
  const shares: number[] = [];
  const bag = SMALL.replace("width: 6", "width: 240");
  const { result } = await runText(`maxTime: 10m\n${bag}  jobs: { count: 1 }\n`, {
    onProgress: (share) => void shares.push(share),
  });
  expect(result.endedMs).toBeLessThan(60_000);
  const steps = shares.map((share, index) => share - (shares[index - 1] ?? 0));
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...steps)).toBeLessThan(0.3);
  expect(shares.at(-1)).toBe(1);
});
