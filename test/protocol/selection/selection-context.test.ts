/** What a selector sees of a candidate, and what it is told afterwards: by hand, and for whatever others may say. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import { contextOf, DIMENSION, FEATURES, priceShare, typicalPrice } from "../../../protocol/selection/context.ts";
import { gated, timely } from "../../../protocol/selection/gate.ts";
import { inverseNormal, normalOf, uniformOf } from "../../../protocol/selection/random-draws.ts";
import { expectedReward, lessonOf, rewardOf } from "../../../protocol/selection/reward.ts";
import type { Candidate } from "../../../protocol/selection/selector.ts";
import { candidateOf, drawOf } from "../../support/candidates.ts";
import { runs } from "../../support/runs.ts";

const SCALE = { targetMs: 1_000, typicalPrice: 10 };
const ROOT = Math.sqrt(DIMENSION);
const named = (candidate: Candidate, scale = SCALE): { [name: string]: number } =>
  Object.fromEntries(contextOf(candidate, scale).map((x, i) => [FEATURES[i]!, Number((x * ROOT).toFixed(6))]));

/** Whatever a peer could put there, and what no peer can. */
const wild = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1e12, -1, 1e308, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const wildCandidate = fc
  .record({
    similarity: wild,
    isNewcomer: fc.boolean(),
    price: wild,
    expectedMs: wild,
    live: wild,
    slots: wild,
    load: wild,
    awards: wild,
    accepted: wild,
    rejected: wild,
    acceptedBefore: wild,
    rejectedBefore: wild,
    timeouts: wild,
    idleMs: wild,
    affinity: wild,
  })
  .map((changes) => candidateOf("a", changes));

describe("the context", () => {
  test("of a newcomer", () => {
    expect(named(candidateOf("a", { isNewcomer: true }))).toEqual({
      ...{ one: 1, similarity: 1, load: 0, price: 0.5, latency: 0.5, success: 0.5, width: 1, reliability: 0.5 },
      ...{ "similarity x success": 0.5, recency: 0, affinity: 0 },
    });
  });

  test("of an agent with a record", () => {
    const known = candidateOf("a", {
      ...{ similarity: 0.5, live: 1, slots: 4, load: 600_000, price: 30, expectedMs: 4_000, accepted: 5, rejected: 1 },
      ...{ acceptedBefore: 1.5, rejectedBefore: 0.5, awards: 10, timeouts: 2, idleMs: 30_000, affinity: 0.25 },
    });
    // success (6.5 + 1) / (8 + 2) = 3/4; width sqrt(12 * 3/16 / 11); reliability (8 + 1) / (10 + 2) = 3/4.
    expect(named(known)).toEqual({
      ...{ one: 1, similarity: 0.5, load: 0.6, price: 0.75, latency: 1, success: 0.75, reliability: 0.75 },
      ...{ width: 0.452267, "similarity x success": 0.375, recency: 0.25, affinity: 0.25 },
    });
    expect(named({ ...known, load: 0 }).load).toBe(0.25);
  });

  test("is never longer than 1, never negative, and always a number", () => {
    fc.assert(
      fc.property(wildCandidate, wild, wild, (candidate, targetMs, typical) => {
        const context = contextOf(candidate, { targetMs, typicalPrice: typical });
        for (const x of context) expect(x >= 0 && x <= 1 / ROOT && !Object.is(x, -0)).toBe(true);
        expect(context.reduce((sum, x) => sum + x * x, 0)).toBeLessThanOrEqual(1 + 1e-12);
        const reward = rewardOf(context, { correct: candidate.similarity, tookMs: candidate.expectedMs, targetMs });
        expect(reward >= -0.5 - 1e-12 && reward <= 1).toBe(true);
      }),
      { numRuns: runs(2_000) },
    );
  });
});

test("the typical price is the lower median: of a few absurd offers it takes no notice", () => {
  const typicalOf = (...prices: number[]): number => typicalPrice(prices.map((price) => ({ price })));
  expect([typicalOf(), typicalOf(0), typicalOf(7), typicalOf(9, 3), typicalOf(5, 1e15, 4)]).toEqual([1, 1, 7, 3, 5]);
  expect([0, 10, 30, 1e12, Number.POSITIVE_INFINITY].map((price) => priceShare(price, 10))).toEqual([
    ...[0, 0.5, 0.75],
    ...[1 - 10 / (10 + 1e12), 1],
  ]);
});

describe("the reward", () => {
  const context = contextOf(candidateOf("a", { accepted: 2 }), SCALE);

  test("is what was right, less price and delay", () => {
    const took = (correct: number, tookMs: number, targetMs = 1_000) =>
      rewardOf(context, { correct, tookMs, targetMs });
    expect(took(1, 0)).toBeCloseTo(1 - 0.15, 12);
    expect(took(1, 250)).toBeCloseTo(1 - 0.15 - 0.1, 12);
    expect(took(0, 9_999)).toBeCloseTo(-0.15 - 0.2, 12);
    expect(took(1, 5, 0)).toBeCloseTo(1 - 0.15 - 0.2, 12);
    expect(took(1, 0, 0)).toBeCloseTo(1 - 0.15, 12);
    expect(expectedReward(context)).toBeCloseTo(0.75 - 0.15 - 0.1, 12);
  });

  test("counts by the margin of the tally", () => {
    const outcome = { correct: 1, tookMs: 250, targetMs: 1_000, margin: 0.4 };
    const award = { agent: "a" as AgentId, context };
    expect(lessonOf(award, "work", outcome)).toMatchObject({ kind: "reward", skill: "work", context, weight: 0.4 });
    expect(lessonOf(award, "work", { ...outcome, margin: Number.NaN })).toMatchObject({ weight: 0 });
  });
});

test("the gate: reliable agents are worth what they deliver, dead ones cost", () => {
  const parameters = { timelyBefore: 2, timeoutCost: 0.5 };
  expect(timely(candidateOf("new"), parameters)).toBe(1);
  expect(timely(candidateOf("late", { awards: 2, timeouts: 1 }), parameters)).toBe(0.75);
  expect(gated(0.8, 0.75, parameters)).toBeCloseTo(0.6 - 0.125, 12);
  expect(gated(0.8, 0, parameters)).toBe(-0.5);
});

describe("draws", () => {
  test.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.99, 2.3263478740408408],
    [0.001, -3.090232306167813],
    [1e-6, -4.753424308822899],
  ])("the normal quantile of %d is %d", (p, x) => {
    expect(Math.abs(inverseNormal(p) - x)).toBeLessThan(6e-9);
  });

  test("draws give normal numbers: mean 0, variance 1, independent for each index", () => {
    let [sum, squares, products] = [0, 0, 0];
    const count = 4_000;
    for (let i = 0; i < count; i++) {
      const drawn = drawOf(`task ${i}`)("a" as AgentId);
      const [x, y] = [normalOf(drawn, 0), normalOf(drawn, 10)];
      sum += x;
      squares += x * x;
      products += x * y;
    }
    expect(Math.abs(sum / count)).toBeLessThan(0.05);
    expect(Math.abs(squares / count - 1)).toBeLessThan(0.07);
    expect(Math.abs(products / count)).toBeLessThan(0.05);
  });

  test("the ends are never reached", () => {
    for (const digit of ["0", "f"]) {
      const drawn = digit.repeat(64) as Hash;
      expect(uniformOf(drawn, 10) > 0 && uniformOf(drawn, 10) < 1).toBe(true);
      expect(Math.abs(normalOf(drawn, 0))).toBeLessThan(5.1);
    }
  });
});
