/** Formulas of planning: published figures, closed forms, and a count of every sequence of answers by hand. */

import { describe, expect, test } from "vitest";
import type { Output } from "../../../protocol/answer/grouping.ts";
import {
  allRight,
  ceilingOf,
  holdsTimes,
  leadFor,
  leastLead,
  outlookOf,
  samplesUntilAhead,
} from "../../../protocol/answer/planning.ts";
import { type Given, tally } from "../../../protocol/answer/rules.ts";
import { NO_FLAGS, type Policy, type Rule } from "../../../protocol/wire/genesis.ts";

const INDEPENDENT = { valid: 1, correlation: 0 };

describe("first to be ahead by k", () => {
  const STEPS = 1_048_575;

  // MAKER, table of models: 1 - p and k_min for a million steps and t = .95.
  test.each([
    [0.3571, 29],
    [0.004, 4],
    [0.0022, 3],
    [0.0018, 3],
    [0.1839, 12],
    [0.0358, 6],
    [0.2342, 15],
    [0.0569, 6],
    [0.0393, 6],
  ])("an error rate of %d needs k = %d, and no less", (error, k) => {
    expect(leastLead(1 - error, STEPS, 0.95)).toBe(k);
    expect(allRight(1 - error, k, STEPS)).toBeGreaterThanOrEqual(0.95);
    expect(allRight(1 - error, k - 1, STEPS)).toBeLessThan(0.95);
  });

  test.each([
    [0.85, 6, 8.57],
    [0.9, 5, 6.25],
    [0.95, 4, 4.44],
    [0.99, 3, 3.06],
  ])("1,023 steps at p = %d: k = %d, %d samples a step", (p, k, samples) => {
    expect(leastLead(p, 1_023, 0.95)).toBe(k);
    expect(samplesUntilAhead(p, k, 1)).toBeCloseTo(samples, 2);
    expect(samplesUntilAhead(p, k, 0.5)).toBeCloseTo(2 * samples, 1);
  });

  test("nobody reaches a target with answers that are wrong as often as right", () => {
    expect([leastLead(0.5, 1, 0.6), leastLead(0.3, 1, 0.4), leastLead(0.9, 1, 1)]).toEqual([null, null, null]);
    expect([leastLead(1, 1_000, 0.99), leastLead(0.9, 1, 0)]).toEqual([1, 1]);
    expect(allRight(0.3, 3, 1)).toBeCloseTo(1 / (1 + (7 / 3) ** 3), 12);
    expect(samplesUntilAhead(0.5, 3, 1)).toBe(9);
  });

  test.each([
    [0.9, 3],
    [0.7, 4],
    [0.4, 2],
  ])("the ledger's batches reach what the formula says: p = %d, k = %d", (p, k) => {
    const outlook = outlookOf(
      { redundancy: k, redundancyMax: 64, accept: { kind: "ahead-by", k } },
      { right: p, ...INDEPENDENT },
    );
    // What is undecided after 64 results bounds the difference.
    expect(Math.abs(outlook.right - allRight(p, k, 1))).toBeLessThan(outlook.undecided + 1e-9);
    expect(Math.abs(outlook.votes - samplesUntilAhead(p, k, 1))).toBeLessThan(64 * outlook.undecided + 1e-6);
    expect(outlook.undecided).toBeLessThan(0.001);
  });

  test("results that flags discard cost votes, and change no answer", () => {
    const policy = { redundancy: 3, redundancyMax: 64, accept: { kind: "ahead-by", k: 3 } } as const;
    const outlook = outlookOf(policy, { right: 0.95, valid: 0.8, correlation: 0 });
    expect(outlook.right).toBeCloseTo(allRight(0.95, 3, 1), 9);
    expect(outlook.votes).toBeCloseTo(samplesUntilAhead(0.95, 3, 0.8), 6);
  });
});

/** Every sequence of answers, one by one, through the rule. */
function counted({ redundancy, redundancyMax, accept }: Plan, p: number): { right: number; votes: number } {
  const output = (hash: string): Output => ({ hash, data: { kind: "blob", hash, bytes: 99_999 } }) as unknown as Output;
  const given = (isRight: boolean): Given => ({
    ...{ output: output(isRight ? "r" : "w"), isNewcomer: false, isLate: false, isRefuted: false },
    ...{ statedPpm: Math.round(p * 1e6), calibratedPpm: Math.round(p * 1e6) },
  });
  const sums = { right: 0, votes: 0 };
  const goOn = (answers: readonly boolean[], owed: number, weight: number): void => {
    if (owed > 0) {
      goOn([...answers, true], owed - 1, weight * p);
      goOn([...answers, false], owed - 1, weight * (1 - p));
      return;
    }
    const outcome = tally({ accept, compare: { kind: "exact" }, flags: NO_FLAGS }, answers.map(given), 0);
    if (outcome.kind === "more" && answers.length + outcome.results <= redundancyMax) {
      goOn(answers, outcome.results, weight);
      return;
    }
    sums.votes += weight * answers.length;
    if (outcome.kind === "accepted" && answers[outcome.answer]) sums.right += weight;
  };
  goOn([], redundancy, 1);
  return sums;
}

type Plan = Pick<Policy, "redundancy" | "redundancyMax" | "accept">;

const RULES: readonly (readonly [string, Rule, number])[] = [
  ["first", { kind: "first" }, 1],
  ["majority", { kind: "majority" }, 4],
  ["quorum", { kind: "quorum", q: 3 }, 3],
  ["ahead-by", { kind: "ahead-by", k: 2 }, 2],
  ["confidence-weighted", { kind: "confidence-weighted", leastPpm: 900_000 }, 2],
  ["cp-wbft", { kind: "cp-wbft" }, 3],
];

describe("a rule, result by result", () => {
  test.each(RULES)("%s: as a count of all sequences", (_, accept, redundancy) => {
    const plan = { redundancy, redundancyMax: redundancy === 1 ? 1 : 9, accept };
    for (const p of [0.3, 0.8]) {
      const outlook = outlookOf(plan, { right: p, ...INDEPENDENT });
      const by = counted(plan, p);
      expect(outlook.right).toBeCloseTo(by.right, 12);
      expect(outlook.votes).toBeCloseTo(by.votes, 12);
      expect(outlook.right + outlook.wrong + outlook.undecided).toBeCloseTo(1, 12);
    }
  });

  test("a median of numbers is right when most are", () => {
    const plan = { redundancy: 5, redundancyMax: 5, accept: { kind: "median" } } as const;
    const majority = { ...plan, accept: { kind: "majority" } } as const;
    const answers = { right: 0.7, ...INDEPENDENT };
    expect(outlookOf(plan, answers).right).toBeCloseTo(outlookOf(majority, answers).right, 12);
  });
});

describe("errors that correlate", () => {
  const of3 = { redundancy: 3, redundancyMax: 3, accept: { kind: "majority" } } as const;

  test("a majority of three, by the integral over the beta distribution", () => {
    // Beta(2, 1) has the density 2t: the integral of (3t^2 - 2t^3) 2t is 7/10.
    expect(outlookOf(of3, { right: 2 / 3, valid: 1, correlation: 1 / 4 }).right).toBeCloseTo(0.7, 12);
    expect(outlookOf(of3, { right: 0.8, valid: 1, correlation: 1 }).right).toBeCloseTo(0.8, 12);
  });

  test("however many vote, no more than the beta distribution's part above one half", () => {
    expect(ceilingOf({ right: 2 / 3, correlation: 1 / 4 })).toBeCloseTo(3 / 4, 9);
    expect(ceilingOf({ right: 3 / 4, correlation: 1 / 5 })).toBeCloseTo(7 / 8, 9);
    expect(ceilingOf({ right: 1 / 4, correlation: 1 / 5 })).toBeCloseTo(1 / 8, 9);
    expect([ceilingOf({ right: 0.7, correlation: 0 }), ceilingOf({ right: 0.3, correlation: 0 })]).toEqual([1, 0]);
    expect([ceilingOf({ right: 0.7, correlation: 1 }), ceilingOf({ right: 1, correlation: 0.4 })]).toEqual([0.7, 1]);
    expect(ceilingOf({ right: 0.7, correlation: 0.0002 })).toBeCloseTo(1, 9);
  });

  test("majorities come near to that, from below where agents are better than chance", () => {
    const answers = { right: 0.7, valid: 1, correlation: 0.3 };
    const most = ceilingOf(answers);
    const shares = [1, 3, 15, 63].map(
      (n) => outlookOf({ redundancy: n, redundancyMax: n, accept: { kind: "majority" } }, answers).right,
    );
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeLessThan(most);
    expect(most - shares.at(-1)!).toBeLessThan(0.01);
  });
});

describe("a lead for a target", () => {
  test.each([
    [0.9, 1, 0, 1_023],
    [0.99, 0.97, 0, 1_023],
    [0.85, 1, 0.02, 10],
  ])("p = %d, valid %d, correlation %d, %d tasks", (right, valid, correlation, tasks) => {
    const answers = { right, valid, correlation };
    const { k, redundancyMax, outlook } = leadFor(answers, tasks, 0.95)!;
    expect(holdsTimes(outlook.right, tasks)).toBeGreaterThanOrEqual(0.95 - 1e-9);
    const less = outlookOf(
      { redundancy: k, redundancyMax: redundancyMax - 1, accept: { kind: "ahead-by", k } },
      answers,
    );
    expect(holdsTimes(less.right, tasks)).toBeLessThan(0.95);
  });

  test("none where more votes cannot reach it", () => {
    expect(leadFor({ right: 0.5, ...INDEPENDENT }, 1, 0.9)).toBeNull();
    expect(leadFor({ right: 0.7, valid: 1, correlation: 0.3 }, 1, 0.9)).toBeNull();
    expect(leadFor({ right: 0.55, ...INDEPENDENT }, 1_000, 0.95)).toBeNull();
  });
});
