/**
 * How much selectors lose against the best choice, in small worlds (test/support/market.ts). Sums over five seeds; the
 * figures are printed where the test is run with `--reporter verbose`. Bounds leave room: a change of parameters that
 * breaks one has changed what is learned.
 */

import { describe, expect, test } from "vitest";
import { SELECTORS } from "../../../protocol/selection/catalog.ts";
import { createLinUcb } from "../../../protocol/selection/linucb.ts";
import type { Selector } from "../../../protocol/selection/selector.ts";
import { createThompson } from "../../../protocol/selection/thompson.ts";
import { type Regrets, runLinear, runMarket, sumOf } from "../../support/market.ts";

const ROUNDS = 800;
const HALF = ROUNDS / 2;
const SEEDS = ["1", "2", "3", "4", "5"];
const byName = (name: string): Selector => SELECTORS.find((selector) => selector.name === name)!;
const total = (runOf: (seed: string) => Regrets, from = 0, to = ROUNDS): number =>
  SEEDS.reduce((sum, seed) => sum + sumOf(runOf(seed), from, to), 0);

function show(what: string, figures: { readonly [name: string]: number }): void {
  const list = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(0)}`);
  console.info(`${what}: ${list.join(", ")}`);
}

describe("rewards that are linear", () => {
  const linear = (selector: Selector) => (seed: string) => runLinear(selector, { seed, rounds: ROUNDS });
  const published = createLinUcb({ gamma: 1, prior: 0 });

  test("LinUCB's regret is a small part of random's, with or without what the reward's definition says", () => {
    const random = total(linear(byName("random")));
    const figures = {
      random,
      linucb: total(linear(byName("linucb"))),
      "linucb, gamma 1, prior 0": total(linear(published)),
      thompson: total(linear(byName("thompson"))),
    };
    show("regret, linear, 800 tasks", figures);
    for (const name of ["linucb", "linucb, gamma 1, prior 0", "thompson"] as const)
      expect(figures[name]).toBeLessThan(random / 6);
  });

  test("and grows less and less", () => {
    const quarters = [0, 1, 2, 3].map((quarter) => total(linear(published), quarter * 200, quarter * 200 + 200));
    show(
      "regret by quarters, gamma 1, prior 0",
      Object.fromEntries(quarters.map((sum, i) => [`quarter ${i + 1}`, sum])),
    );
    expect(quarters[1]!).toBeLessThan(quarters[0]! / 2);
    expect(quarters[3]!).toBeLessThan(quarters[0]! / 3);
  });

  test("when the world flips, who forgets recovers several times as fast", () => {
    const FLIP = 1_000;
    // Little exploration and no prior: what brings it back is forgetting alone.
    const runs = (gamma: number): readonly Regrets[] =>
      SEEDS.map((seed) =>
        runLinear(createLinUcb({ gamma, prior: 0, alpha: 0.03, norm: 0 }), { seed, rounds: FLIP + 600, flipAt: FLIP }),
      );
    /** Tasks after the flip until 20 in a row lose less than a third of what random choices do. */
    const recovery = (regrets: Regrets): number => {
      for (let at = FLIP; at + 20 <= regrets.length; at++)
        if (sumOf(regrets, at, at + 20) < 20 * 0.08) return at - FLIP;
      return regrets.length - FLIP;
    };
    const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
    const figures: { [name: string]: number } = {};
    for (const gamma of [1, 0.995, 0.99, 0.98]) {
      const found = runs(gamma);
      figures[`regret at ${gamma}`] = mean(found.map((regrets) => sumOf(regrets, FLIP)));
      figures[`tasks at ${gamma}`] = mean(found.map(recovery));
    }
    show("after a flip, linear", figures);
    for (const gamma of [0.995, 0.99, 0.98]) {
      expect(figures[`regret at ${gamma}`]).toBeLessThan(0.4 * figures["regret at 1"]!);
      expect(figures[`tasks at ${gamma}`]).toBeLessThan(0.4 * figures["tasks at 1"]!);
    }
  });
});

describe("agents with a hidden chance of being right", () => {
  const market = (selector: Selector) => (seed: string) => runMarket(selector, { seed, rounds: ROUNDS, keep: 0.95 });

  test("learning selectors lose a part of what random loses, and less than random among the best", () => {
    const names = ["random", "random-top", "round-robin", "ucb1", "epsilon-greedy", "thompson", "linucb"];
    const figures = Object.fromEntries(names.map((name) => [name, total(market(byName(name)))]));
    show("regret, market, 800 tasks", figures);
    expect(figures.linucb!).toBeLessThan(figures.random! / 3);
    expect(figures.linucb!).toBeLessThan(figures["random-top"]!);
    expect(figures.thompson!).toBeLessThan(figures.random! / 3);
    expect(figures.ucb1!).toBeLessThan(figures.random!);
    expect(figures["epsilon-greedy"]!).toBeLessThan(figures.random! / 2);
  });

  test("knowing what the reward is made of helps from the first task on", () => {
    const figures = {
      "prior 1": total(market(createLinUcb() as Selector), 0, 100),
      "prior 0": total(market(createLinUcb({ prior: 0 }) as Selector), 0, 100),
    };
    show("regret of the first 100 tasks", figures);
    expect(figures["prior 1"]).toBeLessThan(figures["prior 0"]);
  });

  test("when the best become the worst: records that fade recover, with Thompson sampling too", () => {
    const flip = (selector: Selector, keep: number) => (seed: string) =>
      runMarket(selector, { seed, rounds: ROUNDS, flipAt: HALF, keep });
    const figures = {
      random: total(flip(byName("random"), 1), HALF),
      linucb: total(flip(byName("linucb"), 0.95), HALF),
      "linucb, records for ever": total(flip(byName("linucb"), 1), HALF),
      thompson: total(flip(createThompson() as Selector, 0.95), HALF),
    };
    show("regret after a flip, market", figures);
    expect(figures.linucb).toBeLessThan(0.65 * figures.random);
    expect(figures.thompson).toBeLessThan(0.75 * figures.random);
  });
});
