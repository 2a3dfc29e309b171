/** Pools of runs, their progress, and their results as people read them. */

import { describe, expect, test } from "vitest";
import { pageOf, painter, table, wrap } from "../../../node/platform/terminal/terminal-text.ts";
import { type PoolProgress, type Runner, runTasks, type SeedTask } from "../../../sim/batch/seed-pool.ts";
import { compareMetrics, renderComparison } from "../../../sim/cli/compare.ts";
import { estimateCells, plusMinus, unitsOf, valueText } from "../../../sim/cli/figures.ts";
import { progressText, RunsProgress } from "../../../sim/cli/progress.ts";
import { renderSummary } from "../../../sim/cli/render-summary.ts";
import { renderSweepTables } from "../../../sim/cli/render-sweep.ts";
import type { RunResult, Summary } from "../../../sim/model/result.ts";
import { reportFixture, sweepFixture } from "../../support/report-fixture.ts";

// --- pools --------------------------------------------------------------------------------------------

const tasks = (count: number): SeedTask[] => Array.from({ length: count }, (_, seed) => ({ overrides: [], seed }));
const resultOf = (seed: number): RunResult => ({ ...reportFixture({ seeds: [1] }).results[0]!, seed });

/** A runner whose runs end when they are told to. */
class FakeRunners {
  readonly begun: number[] = [];
  closed = 0;
  readonly #ends = new Map<number, { resolve(result: RunResult): void; reject(error: Error): void }>();

  create = (): Runner => ({
    run: ({ seed }, onProgress) => {
      this.begun.push(seed);
      onProgress(0.5, 2_000);
      return new Promise((resolve, reject) => this.#ends.set(seed, { resolve, reject }));
    },
    close: async () => void this.closed++,
  });

  async end(seed: number): Promise<void> {
    this.#ends.get(seed)!.resolve(resultOf(seed));
    await new Promise(setImmediate);
  }

  async crash(seed: number): Promise<void> {
    this.#ends.get(seed)!.reject(new Error("out of luck"));
    await new Promise(setImmediate);
  }
}

describe("a pool", () => {
  test("runs so many at a time, and gives results in the order of their tasks", async () => {
    const fake = new FakeRunners();
    const { signal } = new AbortController();
    const done = runTasks(tasks(4), { createRunner: fake.create, workers: 2, signal });
    expect(fake.begun).toEqual([0, 1]);
    await fake.end(1);
    expect(fake.begun).toEqual([0, 1, 2]);
    for (const seed of [2, 0, 3]) await fake.end(seed);
    const { results, crash } = await done;
    expect(results.map((result) => result?.seed)).toEqual([0, 1, 2, 3]);
    expect([crash, fake.closed]).toEqual([null, 2]);
  });

  test("makes no more runners than there are tasks", async () => {
    const fake = new FakeRunners();
    const done = runTasks(tasks(1), { createRunner: fake.create, workers: 8, signal: new AbortController().signal });
    await fake.end(0);
    await done;
    expect(fake.closed).toBe(1);
  });

  test("begins nothing more once it is interrupted, and keeps what there is", async () => {
    const fake = new FakeRunners();
    const controller = new AbortController();
    const done = runTasks(tasks(4), { createRunner: fake.create, workers: 1, signal: controller.signal });
    await fake.end(0);
    controller.abort();
    await fake.end(1);
    expect((await done).results.map((result) => result?.seed)).toEqual([0, 1, undefined, undefined]);
  });

  test("ends with the first crash, which says its seed", async () => {
    const fake = new FakeRunners();
    const done = runTasks(tasks(3), { createRunner: fake.create, workers: 1, signal: new AbortController().signal });
    await fake.end(0);
    await fake.crash(1);
    const { results, crash } = await done;
    expect(results.map((result) => result?.seed)).toEqual([0, undefined, undefined]);
    expect(crash).toMatchObject({ message: "seed 1: out of luck", task: { seed: 1 } });
  });

  test("tells how far it is, and how long it will take once a run has ended", async () => {
    const fake = new FakeRunners();
    const told: PoolProgress[] = [];
    let nowMs = 0;
    const done = runTasks(tasks(4), {
      createRunner: fake.create,
      workers: 1,
      signal: new AbortController().signal,
      onProgress: (progress) => told.push(progress),
      now: () => nowMs,
    });
    expect(told.at(-1)).toEqual({ done: 0, total: 4, share: 0.125, simulatedMs: 2_000, leftMs: 0 });
    nowMs = 1_000;
    await fake.end(0);
    expect(told.at(-1)).toEqual({ done: 1, total: 4, share: 0.375, simulatedMs: 4_000, leftMs: 2_500 });
    for (const seed of [1, 2, 3]) await fake.end(seed);
    await done;
    expect(told.at(-1)).toMatchObject({ done: 4, share: 1, leftMs: 0 });
  });
});

describe("progress", () => {
  test.each<[PoolProgress, string]>([
    [
      { done: 0, total: 1, share: 0.236, simulatedMs: 18_340, leftMs: 12_000 },
      "23 %, 18.3 s of virtual time, about 12 s left",
    ],
    [{ done: 0, total: 8, share: 0.1, simulatedMs: 0, leftMs: null }, "0 of 8 seeds, 10 %"],
    [{ done: 2, total: 8, share: 0.3, simulatedMs: 0, leftMs: 95_000 }, "2 of 8 seeds, 30 %, about 95 s left"],
    [{ done: 7, total: 8, share: 0.99, simulatedMs: 0, leftMs: 4 }, "7 of 8 seeds, 99 %, less than a second left"],
    [{ done: 7, total: 8, share: 0.9, simulatedMs: 0, leftMs: 1_499 }, "7 of 8 seeds, 90 %, about 1 s left"],
    [{ done: 8, total: 8, share: 1, simulatedMs: 0, leftMs: 0 }, "8 of 8 seeds, 100 %"],
  ])("%j", (progress, text) => {
    expect(progressText(progress, "seeds")).toBe(text);
  });

  test("without a terminal: a line after two seconds, and then one every five", () => {
    const lines: string[] = [];
    let nowMs = 0;
    const context = { io: { terminal: null, env: {} }, note: (line: string) => void lines.push(line) };
    const progress = new RunsProgress(context, "runs", () => nowMs);
    for (const second of [0, 1, 2, 3, 6, 7, 8, 13, 20]) {
      nowMs = second * 1_000;
      const done = second === 20 ? 1 : 0;
      progress.update({ done, total: 1, share: second / 20, simulatedMs: nowMs, leftMs: null });
    }
    progress.end();
    const said = lines.map((line) => /^\d+ %/.exec(line)![0]);
    expect(said).toEqual(["10 %", "35 %", "65 %"]);
  });

  test("on a terminal: one line, painted over, that fits", () => {
    let written = "";
    const terminal = { isTTY: true, columns: 30, write: (text: string) => void (written += text) };
    const progress = new RunsProgress({ io: { terminal, env: {} }, note: () => undefined }, "seeds", () => 1_000);
    progress.update({ done: 1, total: 3, share: 0.5, simulatedMs: 0, leftMs: 1_000 });
    progress.end();
    expect(written).toBe("\r\x1b[K━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌ 1 of 3 …\r\x1b[K");
  });
});

// --- text ---------------------------------------------------------------------------------------------

describe("text", () => {
  const page = { width: 30, paint: painter(false) };

  test("a table fits its columns", () => {
    const columns = [{ title: "name" }, { title: "value", align: "right" as const }];
    expect(
      table(
        columns,
        [
          ["a", "1"],
          ["long", "1,000,000"],
        ],
        page,
      ),
    ).toEqual(["name      value", "a             1", "long  1,000,000"]);
  });

  test("elastic columns are cut, and rows become blocks where that does not help", () => {
    const wide = "x".repeat(40);
    expect(table([{ title: "what", isElastic: true }, { title: "n" }], [[wide, "1"]], page)[1]).toBe(
      `${"x".repeat(27)}… 1`,
    );
    expect(table([{ title: "n" }, { title: "what" }], [["1", wide]], page)).toEqual(["1", `  what  ${wide}`]);
  });

  test("wrapping", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("  ", 7)).toEqual([""]);
  });

  test("figures", () => {
    expect(valueText(null, "ms")).toBe("not measured");
    expect(valueText(3_000_000, "micro-credits")).toBe("3 credits");
    expect(estimateCells({ mean: 0.5, ci95: null }, "share")).toEqual({ mean: "50.0", unit: "%", interval: "" });
    expect(plusMinus({ mean: 3.9, ci95: [1.8, 6] }, "tasks/s")).toBe("3.9 ± 2.1 tasks/s");
    expect(plusMinus({ mean: 1, ci95: [1, 1] }, "jobs")).toBe("1 job");
  });
});

describe("what is printed", () => {
  const shown = {
    units: unitsOf(),
    files: ["out/ (rows.csv)"],
    command: "meshwork sim run x.yaml --seed 1",
    asked: 10,
  };
  const pages = [60, 80, 100].map((width) => ({ width, paint: painter(false) }));
  const isKept = (line: string): boolean => line.includes("repeat it") || line.includes("out/");

  test.each(pages)("a verdict fits $width columns", (page) => {
    const { scenario, results, summary } = reportFixture({ seeds: [1, 2, 3], violationSeed: 3 });
    const lines = renderSummary(scenario, results, summary, { ...shown, page, asked: results.length });
    for (const line of lines.filter((one) => !isKept(one))) expect(line.length, line).toBeLessThanOrEqual(page.width);
  });

  test("the verdict comes first, then what it rests on", () => {
    const { scenario, results, summary } = reportFixture({ seeds: [1, 2, 3] });
    const page = pages[1]!;
    const text = renderSummary(scenario, results, summary, { ...shown, page, asked: results.length }).join("\n");
    expect(text.trimStart()).toMatch(summary.verdict === "pass" ? /^✓ PASS {2}half-killed/ : /^✗ FAIL {2}half-killed/);
    for (const { expression } of summary.expectations) expect(text).toContain(expression);
    for (const part of ["simulated", "95 % interval", "kill: { share: 0.5", shown.command])
      expect(text).toContain(part);
  });

  test("a partial run says so before anything else, unless an invariant broke", () => {
    const page = pages[1]!;
    const partial = reportFixture({ isPartial: true });
    const lines = renderSummary(
      partial.scenario,
      partial.results,
      { ...partial.summary, partial: true },
      { ...shown, page },
    );
    expect(lines[1]).toMatch(/^ ■ PARTIAL {2}half-killed, \d+ of 10 seeds/);
    expect(lines[2]).toContain("ended before its time");
    expect(lines.join("\n")).not.toContain("✗");
    const broken = reportFixture({ seeds: [1, 2], violationSeed: 1 });
    const heading = renderSummary(
      broken.scenario,
      broken.results,
      { ...broken.summary, partial: true },
      { ...shown, page },
    );
    expect(heading[1]).toContain("✗ FAIL");
    expect(heading.join("\n")).toContain("✗ invariant broken:");
  });

  test.each(pages)("a sweep fits $width columns", (page) => {
    const { scenario, points } = sweepFixture();
    const options = { ...shown, page, asked: points.length, isAll: true };
    const lines = renderSweepTables(scenario, points, options);
    for (const line of lines.filter((one) => !isKept(one)))
      expect(line.length, line).toBeLessThanOrEqual(page.width + 1);
    expect(lines[1]).toMatch(/^ \d+ of \d+ points pass/);
  });

  test("a sweep that was ended is partial, not failed; one seed is one seed", () => {
    const { scenario, points } = sweepFixture();
    const cut = points.map((point) => ({
      ...point,
      summary: { ...point.summary, partial: true, verdict: "fail" as const, seeds: [1] },
    }));
    const options = { ...shown, page: pages[1]!, asked: points.length + 1, isAll: false };
    const lines = renderSweepTables(scenario, cut, options);
    expect(lines[1]).toContain(`■ PARTIAL: ${points.length} of ${points.length + 1} points, 0 of them pass`);
    expect(lines[1]).toMatch(/, 1 seed at each$/);
    expect(lines.join("\n")).not.toContain("✗");
  });

  test("a fault without effect says why", () => {
    const { scenario, results, summary } = reportFixture();
    const shortfall = { what: "at: 3s, kill: {}", why: "no agent was there at 3s", isNothing: true, seeds: [7] };
    const idle = { shortfalls: [shortfall] };
    const lines = renderSummary(scenario, results, { ...summary, ...idle }, { ...shown, page: pages[1]!, asked: 1 });
    const at = lines.indexOf(" ✗ never took effect: at: 3s, kill: {}");
    expect(lines[at + 1]).toBe("   no agent was there at 3s");
  });

  test("two runs are too few for an interval", () => {
    const { scenario, results, summary } = reportFixture({ seeds: [1, 2] });
    const metrics = { completion: { mean: 1, ci95: null, unit: "share" } };
    const text = (seeds: readonly number[]): string =>
      renderSummary(scenario, results, { ...summary, seeds, metrics }, { ...shown, page: pages[1]! }).join("\n");
    expect(text([1, 2])).toMatch(/completion +100 +% +too few runs/);
    expect(text([1])).not.toContain("too few");
  });

  test("a terminal that says 0 columns is taken for one of 80", () => {
    expect(pageOf({ isTTY: true, columns: 0 }, {}).width).toBe(80);
    expect(pageOf({ isTTY: true, columns: 61 }, {}).width).toBe(60);
    expect(pageOf({}, { COLUMNS: "51" }).width).toBe(50);
  });

  test("a comparison marks what lies apart beyond chance", () => {
    const summaryOf = (mean: number, half: number): Summary => ({
      ...reportFixture().summary,
      metrics: {
        completion: { mean, ci95: [mean - half, mean + half], unit: "share" },
        blocks: { mean: 5, ci95: [5, 5], unit: "blocks" },
      },
    });
    const summaries = [summaryOf(0.9, 0.01), summaryOf(0.5, 0.01), summaryOf(0.89, 0.05)];
    const compared = compareMetrics(summaries);
    expect(compared).toEqual([
      { name: "completion", isSame: false, differs: [false, true, false] },
      { name: "blocks", isSame: true, differs: [false, false, false] },
    ]);
    const lines = renderComparison(["A", "B", "C"], summaries, compared, pages[1]!).join("\n");
    expect(lines).toMatch(/completion +90\.0 ± 1\.0 % +50\.0 ± 1\.0 % \* +89\.0 ± 5\.0 %/);
  });
});
