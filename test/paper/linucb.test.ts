/**
 * Algorithm 1 of "A Contextual-Bandit Approach to Personalized News Article Recommendation" (Li, Chu, Langford, Schapire;
 * arXiv 1003.0146), LinUCB with linear models, worked out by hand for two features: `A` begins as the unit matrix (lambda
 * 1, line 5), and so on, one arm's model. With the algorithm's own parameters, the selector computes the same.
 */

import { describe, expect, test } from "vitest";
import { contextOf, DIMENSION } from "../../protocol/selection/context.ts";
import { learnLinear, meanAt, solveLinear, startLinear, varianceAt } from "../../protocol/selection/linear-model.ts";
import { breadthOf, createLinUcb } from "../../protocol/selection/linucb.ts";
import { candidateOf, requestOf } from "../support/candidates.ts";

const PLAIN = { gamma: 1, lambda: 1 };

describe("Algorithm 1, d = 2", () => {
  const start = startLinear(2, PLAIN);
  const once = learnLinear(start, PLAIN, [0.6, 0.8], 1);

  test("L5-L6: a new arm has A = I and b = 0", () => {
    expect(start).toMatchObject({ matrix: [1, 0, 1], vector: [0, 0] });
    const model = solveLinear(start);
    expect([meanAt(model, [0.6, 0.8]), varianceAt(model, [0.6, 0.8])]).toEqual([0, 1]);
  });

  test("L12-L13: A <- A + xx' and b <- b + rx", () => {
    // A = [[1.36, .48], [.48, 1.64]], its determinant 2, so A^-1 = [[.82, -.24], [-.24, .68]].
    const { inverse } = solveLinear(once);
    for (const [i, expected] of [0.82, -0.24, 0.68].entries()) expect(inverse[i]).toBeCloseTo(expected, 14);
    expect(once.vector).toEqual([0.6, 0.8]);
  });

  test("L8-L9: theta = A^-1 b, and p = theta'x + alpha sqrt(x' A^-1 x)", () => {
    const model = solveLinear(once);
    expect(model.theta[0]).toBeCloseTo(0.3, 14);
    expect(model.theta[1]).toBeCloseTo(0.4, 14);
    const p = (x: number[], alpha: number): number => meanAt(model, x) + alpha * Math.sqrt(varianceAt(model, x));
    expect(p([1, 0], 0.5)).toBeCloseTo(0.3 + 0.5 * Math.sqrt(0.82), 14);
    expect(p([0, 1], 0.5)).toBeCloseTo(0.4 + 0.5 * Math.sqrt(0.68), 14);
    // L11: with little doubt the second is chosen, with more the first: it was seen less.
    expect(p([1, 0], 0.5)).toBeLessThan(p([0, 1], 0.5));
    expect(p([1, 0], 2)).toBeGreaterThan(p([0, 1], 2));
  });

  test("a failure: r = 0 narrows the doubt and draws the mean to zero", () => {
    const twice = solveLinear(learnLinear(once, PLAIN, [0.6, 0.8], 0));
    // Along x both seen twice: x'A^-1 x = 1/3, theta'x = 1/3; across it nothing is known yet.
    expect(varianceAt(twice, [0.6, 0.8])).toBeCloseTo(1 / 3, 14);
    expect(meanAt(twice, [0.6, 0.8])).toBeCloseTo(1 / 3, 14);
    expect(varianceAt(twice, [0.8, -0.6])).toBeCloseTo(1, 14);
  });
});

test("beta_t of Abbasi-Yadkori et al. (2011), Theorem 2, as the protocol writes it", () => {
  // t = e - 1, lambda = 1: ln(1 + t/lambda) = 1; delta = e^-2: 2 ln(1/delta) = 4; sqrt(5 + 4) = 3.
  const parameters = { alpha: 0.5, lambda: 1, delta: Math.exp(-2), norm: 2 };
  expect(breadthOf(Math.E - 1, parameters, 5)).toBeCloseTo(0.5 * 3 + 2, 12);
  expect(breadthOf(0, { ...parameters, lambda: 4 }, 5)).toBeCloseTo(0.5 * 2 + 4, 12);
});

test("the selector is the algorithm: scores before and after one lesson", () => {
  const parameters = { gamma: 1, lambda: 1, alpha: 1, delta: 0.05, norm: 1, prior: 0 };
  const selector = createLinUcb(parameters);
  const [seen, other] = [candidateOf("seen", { accepted: 8 }), candidateOf("other", { rejected: 8 })];
  const request = requestOf([seen, other]);
  const contexts = [seen, other].map((candidate) => contextOf(candidate, request));
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

  const first = selector.choose(selector.start(), request, 1);
  for (const { mean, bonus, agent } of first.ranked) {
    const x = contexts[agent === "seen" ? 0 : 1]!;
    expect(mean).toBe(0);
    expect(bonus).toBeCloseTo((Math.sqrt(2 * Math.log(20)) + 1) * Math.sqrt(dot(x, x)), 12);
  }

  const state = selector.learn!(selector.start(), {
    ...{ kind: "reward", agent: seen.agent, skill: "work", context: contexts[0]!, reward: 0.75 },
  });
  const x = contexts[0]!;
  const length = dot(x, x);
  const beta = Math.sqrt(DIMENSION * Math.log(2) + 2 * Math.log(20)) + 1;
  for (const { mean, bonus, agent } of selector.choose(state, request, 1).ranked) {
    const y = contexts[agent === "seen" ? 0 : 1]!;
    // (I + xx')^-1 = I - xx' / (1 + x'x).
    expect(mean).toBeCloseTo((0.75 * dot(x, y)) / (1 + length), 12);
    expect(bonus).toBeCloseTo(beta * Math.sqrt(dot(y, y) - (dot(x, y) * dot(x, y)) / (1 + length)), 12);
  }
});
