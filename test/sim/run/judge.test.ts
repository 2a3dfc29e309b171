/** Estimates, verdicts and tables over the runs of a scenario. */

import { describe, expect, test } from "vitest";
import { parseExpectation } from "../../../sim/load/expectations.ts";
import type { RunResult } from "../../../sim/model/result.ts";
import { rowsCsv, seriesCsv } from "../../../sim/run/csv.ts";
import { judge } from "../../../sim/run/judge.ts";
import { estimate, studentQuantile } from "../../../sim/run/statistics.ts";
import { reportFixture } from "../../support/report-fixture.ts";

const fixture = reportFixture({ seeds: [1] });
const template = fixture.results[0]!;

const scenarioWith = (...lines: string[]) => ({
  ...fixture.scenario,
  expect: lines.map((line) => parseExpectation(line)!),
});

const run = (seed: number, metrics: RunResult["metrics"], changes: Partial<RunResult> = {}): RunResult => ({
  ...template,
  seed,
  metrics,
  partial: false,
  digest: `digest ${seed}`,
  series: [],
  invariants: [{ id: "1 agreement", first: null }],
  faults: [],
  shortfalls: [],
  ...changes,
});

const VIOLATION = { property: "1 agreement", message: "two blocks", atMs: 1_234.5 };
const broken = (seed: number): RunResult =>
  run(seed, { completion: 0 }, { partial: true, invariants: [{ id: "1 agreement", first: VIOLATION }] });

describe("Student's t, two-sided 95 %", () => {
  // Known to six digits: tables, and scipy.stats.t.ppf(0.975, n).
  test.each([
    [1, 12.706205],
    [2, 4.302653],
    [9, 2.262157],
    [30, 2.042272],
    [31, 2.039513],
    [40, 2.021075],
    [60, 2.000298],
    [100, 1.983972],
    [1_000, 1.962339],
    [1e9, 1.959964],
  ])("%i degrees of freedom: %f", (degrees, quantile) => {
    expect(studentQuantile(degrees)).toBeCloseTo(quantile, 5);
  });

  test("falls with every degree, also where the table ends", () => {
    for (let degrees = 1; degrees < 200; degrees++)
      expect(studentQuantile(degrees + 1)).toBeLessThan(studentQuantile(degrees));
  });
});

describe("an estimate", () => {
  test("of nothing is none, of one value has no interval", () => {
    expect(estimate([])).toBeNull();
    expect(estimate([3])).toEqual({ mean: 3, ci95: null });
  });

  test("of two values has no interval either: it would say nothing", () => {
    expect(estimate([1, 3])).toEqual({ mean: 2, ci95: null });
    expect(estimate([1, 2, 3])!.ci95).not.toBeNull();
  });

  test("stays within what the metric can be", () => {
    const values = [0.9, 1, 1];
    expect(estimate(values)!.ci95![1]).toBeGreaterThan(1);
    const { mean, ci95 } = estimate(values, [0, 1])!;
    expect(ci95![1]).toBe(1);
    expect(ci95![0]).toBeLessThan(mean);
    const runs = [
      { completion: 0, "latencyMs.p50": 1, own: -5 },
      { completion: 0.5, "latencyMs.p50": 900, own: 5 },
    ];
    const { metrics } = judge(
      scenarioWith(),
      [...runs, runs[1]!].map((metric, seed) => run(seed, metric)),
    );
    expect(metrics.completion!.ci95).toEqual([0, 1]);
    expect(metrics["latencyMs.p50"]!.ci95![0]).toBe(0);
    expect(metrics["latencyMs.p50"]!.ci95![1]).toBeGreaterThan(900);
    expect(metrics.own!.ci95![0]).toBeLessThan(-5);
  });

  test("of equal values is exact", () => {
    expect(estimate([0.1, 0.1, 0.1])).toEqual({ mean: 0.1, ci95: [0.1, 0.1] });
  });

  test("of known values", () => {
    // Mean 5, sample deviation sqrt(32 / 7), t(7) = 2.364624: half a width of 1.787488.
    const { mean, ci95 } = estimate([2, 4, 4, 4, 5, 5, 7, 9])!;
    expect(mean).toBe(5);
    expect(ci95![0]).toBeCloseTo(5 - 1.787488, 5);
    expect(ci95![1]).toBeCloseTo(5 + 1.787488, 5);
  });
});

describe("expectations", () => {
  test.each([
    ["completion >= 0.99", { metric: "completion", relation: ">=", bound: 0.99 }],
    ["  detectionMs.p95<=5e3 ", { metric: "detectionMs.p95", relation: "<=", bound: 5_000 }],
    ["regret > -1", { metric: "regret", relation: ">", bound: -1 }],
    ["x == .5", { metric: "x", relation: "==", bound: 0.5 }],
    ["x < 1.5s", { metric: "x", relation: "<", bound: 1_500, isTime: true }],
    ["x < 20 ms", { metric: "x", relation: "<", bound: 20, isTime: true }],
  ])("%s", (text, expectation) => {
    expect(parseExpectation(text)).toEqual({ expression: text.trim(), isTime: false, ...expectation });
  });

  test.each(["", "completion", "completion 0.9", "completion = 1", "0.9 <= completion", "a >= 1 # why", "a >= 1d"])(
    "%j is none",
    (text) => {
      expect(parseExpectation(text)).toBeNull();
    },
  );
});

describe("the verdict", () => {
  test("passes when every seed fulfils every expectation; shown is the worst", () => {
    const runs = [run(2, { completion: 0.995, wrongAccepted: 0.002 }), run(1, { completion: 1, wrongAccepted: 0 })];
    const summary = judge(scenarioWith("completion >= 0.99", "wrongAccepted <= 0.01"), runs);
    expect(summary).toMatchObject({
      verdict: "pass",
      partial: false,
      simulated: true,
      seeds: [1, 2],
      traceDigests: ["digest 1", "digest 2"],
      expectations: [
        { expression: "completion >= 0.99", value: 0.995, pass: true, failedSeeds: [] },
        { expression: "wrongAccepted <= 0.01", value: 0.002, pass: true, failedSeeds: [] },
      ],
      invariants: [{ id: "1 agreement", pass: true }],
    });
    expect(summary.metrics.completion!.mean).toBeCloseTo(0.9975, 12);
  });

  test.each([
    ["x >= 2", [3, 1, 2], 1, [2]],
    ["x > 2", [3, 1, 2], 1, [2, 3]],
    ["x <= 2", [3, 1, 2], 3, [1]],
    ["x < 2", [3, 1, 2], 3, [1, 3]],
    ["x == 2", [3, 2, 0], 0, [1, 3]],
  ])("fails with %s of %j", (line, values, value, failedSeeds) => {
    const runs = values.map((x, index) => run(index + 1, { x }));
    const { verdict, expectations } = judge(scenarioWith(line), runs);
    expect(verdict).toBe("fail");
    expect(expectations).toEqual([{ expression: line, value, pass: false, failedSeeds }]);
  });

  test("fails where a seed had nothing to measure", () => {
    const { expectations } = judge(scenarioWith("x <= 2"), [run(1, { x: 1 }), run(2, { x: null })]);
    expect(expectations).toEqual([{ expression: "x <= 2", value: null, pass: false, failedSeeds: [2] }]);
  });

  test("fails with a fault that never took effect", () => {
    const short = (seed: number) => ({ what: "at: 9s, kill: {}", why: `nobody was there in ${seed}`, isNothing: true });
    const summary = judge(scenarioWith(), [run(1, {}), ...[2, 3].map((n) => run(n, {}, { shortfalls: [short(n)] }))]);
    expect(summary).toMatchObject({ verdict: "fail", shortfalls: [{ ...short(2), seeds: [2, 3] }] });
  });

  test("fails with a broken invariant, and says where; its figures do not count among those of whole runs", () => {
    const summary = judge(scenarioWith("completion == 1"), [run(1, { completion: 1 }), broken(2)]);
    expect(summary).toMatchObject({
      verdict: "fail",
      partial: false,
      expectations: [{ pass: true, value: 1 }],
      invariants: [{ id: "1 agreement", pass: false, first: "seed 2, 1235 ms: two blocks" }],
      metrics: { completion: { mean: 1, ci95: null, unit: "share" } },
    });
  });

  test("of an interruption: whole runs count, a fault still to come is not idle, and it says that it is partial", () => {
    const shortfalls = [{ what: "at: 9s, kill: {}", why: "", isNothing: true }];
    const runs = [run(1, { x: 3 }), run(2, { x: 0 }, { partial: true, shortfalls })];
    expect(judge(scenarioWith("x == 3"), runs)).toMatchObject({ verdict: "pass", partial: true, shortfalls: [] });
    expect(judge(scenarioWith("x == 3"), runs.slice(1))).toMatchObject({ verdict: "fail", partial: true });
  });

  test("of nothing at all is fail, and partial", () => {
    const summary = judge(scenarioWith(), [], { partial: true });
    expect(summary).toMatchObject({ verdict: "fail", partial: true, seeds: [], metrics: {} });
  });

  test("leaves out metrics that nobody measured", () => {
    const { metrics } = judge(scenarioWith(), [run(1, { x: null, y: 1 }), run(2, { x: null, y: null })]);
    expect(metrics).toEqual({ y: { mean: 1, ci95: null, unit: "" } });
  });
});

describe("tables", () => {
  test("a line for each seed, with all metrics of all of them", () => {
    const runs = [run(1, { x: 1, y: null }, { endedMs: 10 }), run(2, { x: 0.5, z: 3 }, { endedMs: 20, partial: true })];
    expect(rowsCsv([{ labels: new Map(), results: runs }])).toBe(
      "seed,partial,endedMs,digest,x,y,z\n1,false,10,digest 1,1,,\n2,true,20,digest 2,0.5,,3\n",
    );
  });

  test("of a sweep: the parameters first", () => {
    const point = (share: string, seed: number) => ({
      labels: new Map([["faults[0].kill.share", share]]),
      results: [run(seed, { x: seed }, { endedMs: 5, digest: 'a "b", c' })],
    });
    expect(rowsCsv([point("0.1", 1), point("{ a: 1, b: 2 }", 2)])).toBe(
      'faults[0].kill.share,seed,partial,endedMs,digest,x\n0.1,1,false,5,"a ""b"", c",1\n"{ a: 1, b: 2 }",2,false,5,"a ""b"", c",2\n',
    );
  });

  test("a line for each point of each series", () => {
    const series = [{ tMs: 500, metric: "throughput", value: 2.5 }];
    expect(seriesCsv([run(1, {}, { series }), run(2, {}, { series })])).toBe(
      "t,metric,value,seed\n500,throughput,2.5,1\n500,throughput,2.5,2\n",
    );
  });
});
