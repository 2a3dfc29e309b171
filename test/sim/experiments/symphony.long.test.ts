/** Experiments 2 and 3 of Symphony-Coord, small and under other seeds than theirs. */

import { describe, expect, test } from "vitest";
import { simHost as host } from "../../../scripts/sim-host.ts";
import type { Measured } from "../../../sim/experiments/experiment.ts";
import { computeExp2, type Exp2Params, recoveryOf, symphonyExp2 } from "../../../sim/experiments/symphony-exp2.ts";
import { computeExp3, type Exp3Params, symphonyExp3 } from "../../../sim/experiments/symphony-exp3.ts";
import { costPerCorrect, runMarket, type Step, successOf } from "../../../sim/experiments/symphony-market.ts";

const namesOf = ({ metrics }: typeof symphonyExp2): string[] =>
  metrics.map((metric) => (typeof metric === "string" ? metric : metric.name));

describe("the market", () => {
  const market = { steps: 120, hard: 0.7 };

  test("the oracle beats a random choice; each step has its answer; the same seed gives the same steps", async () => {
    const oracle = await runMarket(market, "oracle", [], { seed: 7, host });
    const random = await runMarket(market, "random", [], { seed: 7, host });
    expect(oracle.map(({ place }) => place)).toEqual(Array.from({ length: 120 }, (_, place) => place));
    // 0.95 and 0.68 are expected, with deviations of 0.02 and 0.043.
    expect(successOf(oracle)!).toBeGreaterThan(0.87);
    expect(successOf(random)!).toBeLessThan(0.85);
    expect(oracle.filter(({ worker }) => worker === "A1").length).toBeGreaterThan(60);
    expect(random.every(({ success, awards }) => success === (awards === 1))).toBe(true);
    expect(await runMarket(market, "random", [], { seed: 7, host })).toEqual(random);
  });

  test("an agent that is loaded says so, and is not asked while it is full", async () => {
    const [name, burst] = ["A", { load: 1, fromTask: 40, toTask: 80 }];
    const steps = await runMarket(market, "oracle", [{ [name]: burst }], { seed: 8, host });
    const ofA = (from: number, to: number): number =>
      steps.slice(from, to).filter(({ worker }) => worker === "A1").length;
    expect(ofA(10, 40)).toBeGreaterThan(20);
    // Its offer arrives with the next block.
    expect(ofA(42, 80)).toBe(0);
    expect(ofA(85, 120)).toBeGreaterThan(20);
  });
});

describe("symphony-exp2", () => {
  const params = {
    ...(symphonyExp2.params as Exp2Params),
    steps: 160,
    shockAt: 80,
    selectors: ["oracle", "random"],
    window: 20,
  };

  test("a row for each selector, with every metric, held against the oracle of the same seed", async () => {
    const rows = await computeExp2({ shock: "unavailable" }, 9, params, host);
    expect(rows.map(({ labels }) => labels)).toEqual([
      { selector: "oracle", shock: "unavailable" },
      { selector: "random", shock: "unavailable" },
    ]);
    for (const { figures } of rows) expect(Object.keys(figures)).toEqual(namesOf(symphonyExp2));
    const [oracle, random] = rows.map(({ figures }) => figures);
    expect(oracle).toMatchObject({ beforeOfOracle: 1, afterOfOracle: 1 });
    expect(random!.before!).toBeLessThan(oracle!.before!);
    expect(oracle!.after!).toBeLessThan(oracle!.before! - 0.2);
    expect(oracle!.costPerStep!).toBeGreaterThan(0);
  });

  test("the verdict says what was reached and missed, by the rows", () => {
    const row = (selector: string, after: number, afterOfOracle: number): Measured => ({
      labels: { selector, shock: "degraded" },
      metrics: Object.fromEntries(
        Object.entries({ after, afterOfOracle, beforeOfOracle: 0.98 }).map(([metric, mean]) => [
          metric,
          { mean, ci95: null },
        ]),
      ),
    });
    const said = symphonyExp2.verdict!([row("oracle", 0.6, 1), row("linucb", 0.48, 0.8), row("random-top", 0.5, 0.83)]);
    expect(said.join("\n")).toMatch(/80\.0 % of the oracle's success after the shock \(aim 90\.0 %: missed\)/);
    expect(said.join("\n")).toContain("degraded: LinUCB is behind random-top after the shock.");
  });

  test("recovery is the first window at the level", () => {
    const steps = [0, 0, 1, 0, 1, 1, 1].map((success) => ({ success: success === 1 }) as Step);
    expect(recoveryOf(steps, 0.6, 3)).toBe(5);
    expect(recoveryOf(steps, 1, 4)).toBe(null);
    expect(costPerCorrect(steps.slice(0, 2))).toBe(null);
  });
});

test("symphony-exp3: a row of every metric for a selector and a condition", async () => {
  const params = { ...(symphonyExp3.params as Exp3Params), steps: 60 };
  const of = { selector: "linucb", condition: "combined" };
  const [row] = await computeExp3(of, 9, params, host);
  expect(row!.labels).toEqual(of);
  expect(Object.keys(row!.figures)).toEqual(namesOf(symphonyExp3));
  expect(row!.figures["latencyMs.p95"]!).toBeGreaterThan(row!.figures["latencyMs.mean"]!);
  const usual = await computeExp3({ selector: "linucb", condition: "bursts" }, 9, params, host);
  expect(row!.figures["latencyMs.mean"]!).not.toBe(usual[0]!.figures["latencyMs.mean"]);
});
