/** The experiments on lying selectors, newcomers, regret and drift, in small and under seeds of their own. */

import { describe, expect, test } from "vitest";
import { simHost } from "../../../scripts/sim-host.ts";
import { AwardLog } from "../../../sim/experiments/award-log.ts";
import { byzantineSelector } from "../../../sim/experiments/byzantine-selector.ts";
import { coldStart } from "../../../sim/experiments/cold-start.ts";
import { drift } from "../../../sim/experiments/drift.ts";
import type { Experiment, ExperimentRow, Figures, Labels } from "../../../sim/experiments/experiment.ts";
import { exponentOf, regret, regretBound } from "../../../sim/experiments/regret.ts";
import { lineOf, measure } from "../../../sim/experiments/results.ts";
import { pointsMore } from "../../../sim/experiments/statistics.ts";

/** Rows of one case with changed parameters. */
async function rowsOf(
  experiment: Experiment,
  of: Labels,
  seed: number,
  changes: object,
): Promise<readonly ExperimentRow[]> {
  if (experiment.kind !== "computed") throw new Error("it computes");
  return experiment.compute(of, seed, { ...(experiment.params as object), ...changes }, simHost);
}

async function figuresOf(experiment: Experiment, of: Labels, seed: number, changes: object): Promise<Figures> {
  const rows = await rowsOf(experiment, of, seed, changes);
  expect(rows.map(({ labels }) => labels)).toEqual([of]);
  if (experiment.kind === "computed")
    expect(Object.keys(rows[0]!.figures)).toEqual(experiment.metrics.map(({ name }) => name));
  return rows[0]!.figures;
}

test("what a worker brings when it is asked again is not its first award's", () => {
  const log = new AwardLog();
  const { onDecided } = log.watch({ index: 3 });
  const decide = (atMs: number, event: object): void => onDecided!({ events: [event], atMs } as never);
  const award = (worker: string) => ({ kind: "award", task: "t0", worker, price: 2_000_000 });
  const ended = (worker: string, reason: string) => ({ kind: "ended", task: "t0", worker, reason });
  decide(10, award("a"));
  decide(30, ended("a", "error"));
  decide(30, award("b"));
  decide(40, ended("b", "busy"));
  decide(40, award("a"));
  decide(90, { kind: "result", task: "t0", worker: "a" });
  decide(90, { kind: "accepted", task: "t0", supporters: ["a"] });
  expect(log.all.map(({ worker, price, end, isAccepted }) => [worker, price, end?.how, end?.atMs, isAccepted])).toEqual(
    [
      ["a", 2, "failure", 30, false],
      ["b", 2, "busy", 40, false],
      ["a", 2, "result", 90, true],
    ],
  );
  expect(log.first()).toEqual([log.all[0]]);
});

describe("byzantine-selector", () => {
  const SMALL = { tasks: 60 };
  const under = (trick: string, committee = 4): Promise<Figures> =>
    figuresOf(byzantineSelector, { trick, committee, friends: "worse" }, 7, SMALL);

  test("blocks that give awards to friends are refused, each of them, and cost rounds", async () => {
    const [fair, awards] = [await under("none"), await under("awards")];
    expect(fair.changed).toBe(0);
    expect(awards.changed).toBeGreaterThan(5);
    expect(awards.refused).toBe(1);
    expect(awards.laterRounds!).toBeGreaterThan(fair.laterRounds! + 0.05);
    expect(awards.friendShare!).toBeLessThan(0.3);
  });

  test("a central selector gives friends most of the awards, and the owner fewer right answers", async () => {
    const [fair, central] = [await under("none"), await under("central", 1)];
    expect(central.friendShare!).toBeGreaterThan(0.55);
    expect(central.success!).toBeLessThan(fair.success!);
  });

  test("what is left out for a moment passes, and late proposals cost rounds", async () => {
    const [omits, delays] = [await under("omits"), await under("delays")];
    expect(omits.changed).toBeGreaterThan(5);
    expect(omits.refused!).toBeLessThan(0.5);
    expect(delays.laterRounds!).toBeGreaterThan(0.15);
  });

  test("grinding forges nothing: what it proposes is taken, or was too late", async () => {
    const grinds = await under("grinds");
    expect(grinds.friendShare!).toBeLessThan(0.3);
    expect(grinds.refused ?? 0).toBeLessThan(1);
  });
});

describe("regret", () => {
  const SMALL = { tasks: 300, checkpoints: [50, 100, 300], fitFrom: 50 };
  const last = async (selector: string, seed: number): Promise<number> => {
    const rows = await rowsOf(regret, { selector }, seed, SMALL);
    expect(rows.map(({ labels }) => labels)).toEqual([50, 100, 300].map((tasks) => ({ tasks, selector })));
    return rows.at(-1)!.figures.regret!;
  };

  test("linucb loses less than half of what random choice loses, and the oracle next to nothing", async () => {
    const [linucb, random, oracle] = [await last("linucb", 7), await last("random", 7), await last("oracle", 7)];
    expect(linucb).toBeLessThan(random / 2);
    expect(oracle).toBeLessThan(random / 20);
  });

  test("the same seed gives the same rows", async () => {
    const of = { selector: "linucb (nothing fades)" };
    const short = { ...SMALL, tasks: 60, checkpoints: [20, 60] };
    expect(await rowsOf(regret, of, 8, short)).toEqual(await rowsOf(regret, of, 8, short));
  });

  test("exponents are those of powers", () => {
    const powers = (p: (x: number) => number) => [1, 4, 16, 64].map((x) => ({ x, y: 3 * p(x) }));
    expect(exponentOf(powers(Math.sqrt))).toBeCloseTo(0.5, 12);
    expect(exponentOf(powers((x) => x))).toBeCloseTo(1, 12);
    expect(
      exponentOf([
        { x: 1, y: 0 },
        { x: 2, y: 1 },
      ]),
    ).toBeNull();
    expect(exponentOf([{ x: 1, y: 1 }])).toBeNull();
  });

  test("the bound grows like a root with logarithms", () => {
    const grown = exponentOf([1e6, 1e9, 1e12].map((x) => ({ x, y: regretBound(x) })))!;
    expect(grown).toBeGreaterThan(0.5);
    expect(grown).toBeLessThan(0.6);
  });
});

describe("drift", () => {
  const SMALL = { jobs: 6, tasksPerJob: 40 };
  const under = (scenario: string, selector: string): Promise<Figures> =>
    figuresOf(drift, { scenario, selector }, 7, SMALL);

  test("a selector that learns routes better than a random one, and the oracle loses next to nothing", async () => {
    const [linucb, random, oracle] = [
      await under("A: stays", "linucb"),
      await under("A: stays", "random"),
      await under("A: stays", "oracle"),
    ];
    expect(Math.abs(random.routing! - 0.5)).toBeLessThan(0.15);
    expect(linucb.routing!).toBeGreaterThan(random.routing! + 0.15);
    expect(oracle.regret!).toBeLessThan(random.regret! / 4);
    expect([linucb.trough, linucb.firstUse]).toEqual([null, null]);
  });

  test("a flip is felt, and forgotten again", async () => {
    const [linucb, random, oracle] = [
      await under("B: flips", "linucb"),
      await under("B: flips", "random"),
      await under("B: flips", "oracle"),
    ];
    expect(linucb.trough!).toBeLessThan(oracle.trough!);
    expect(linucb["routing.after"]!).toBeGreaterThan(random["routing.after"]! + 0.1);
    // The oracle knows at once, so the flip itself costs it nothing.
    expect(oracle.trough!).toBeGreaterThan(0.8);
  });

  test("who joins is used in the next job", async () => {
    // Newcomers are drawn, so now and then a short run passes without one: several runs together say it.
    const shares: number[] = [];
    for (const seed of [7, 8, 9, 10])
      shares.push((await figuresOf(drift, { scenario: "C: joins", selector: "linucb" }, seed, SMALL)).joinersShare!);
    expect(shares.filter((share) => share > 0).length, String(shares)).toBeGreaterThanOrEqual(3);
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThan(0.05);
  });
});

describe("cold-start", () => {
  const SMALL = { known: 16, newcomers: 16, jobs: 3, tasks: 20 };

  test("newcomers get work beside known agents, and more of it when they are better", async () => {
    const under = (newcomers: string, selector: string): Promise<Figures> =>
      figuresOf(coldStart, { newcomers, selector }, 7, SMALL);
    const [better, worse] = [await under("better", "linucb"), await under("worse", "linucb")];
    expect(better["newcomerShare.last"]!).toBeGreaterThan(worse["newcomerShare.last"]!);
    expect([better.topShare! > 0.7, worse.topShare]).toEqual([true, 0]);
    expect([worse.found, worse.neverFound]).toEqual([null, null]);
    expect((await under("better", "oracle"))["regret.last"]!).toBeLessThan(better["regret.first"]!);
  });
});

test.each([byzantineSelector, regret, drift, coldStart])(
  "$name says nothing of rows that are not there",
  (experiment) => {
    if (experiment.kind !== "computed") throw new Error("it computes");
    const [of] = experiment.cases(experiment.params);
    const figures = Object.fromEntries(experiment.metrics.map(({ name }) => [name, null]));
    const rows = measure([{ labels: of!, seed: 1, figures }], experiment.metrics);
    for (const finding of experiment.verdict!(rows)) expect(lineOf(finding)).not.toMatch(/NaN|undefined|null/);
  },
);

test("differences of shares are said in points, with their interval where both have one", () => {
  const share = (mean: number, half: number | null) => ({
    mean,
    ci95: half === null ? null : ([mean - half, mean + half] as const),
  });
  expect(pointsMore(share(0.35, 0.03), share(0.3, 0.04))).toBe("+5.0 ± 5.0");
  expect(pointsMore(share(0.3, null), share(0.35, 0.04))).toBe("−5.0");
  expect(pointsMore(share(0.30001, null), share(0.30002, null))).toBe("0.0");
});
