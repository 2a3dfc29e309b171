/** Failing plans become small, and stay failing. */

import { expect, test } from "vitest";
import { drawPlan } from "../../sim/search/draw-plan.ts";
import { CALM_NETWORK, type SeedPlan } from "../../sim/search/plan.ts";
import { shrink } from "../../sim/search/shrink.ts";
import { smallerPlans as smaller } from "../../sim/search/smaller-plan.ts";

/** A plan with much in it. */
const rich = (): SeedPlan => {
  for (let seed = 1; ; seed++) {
    const plan = drawPlan(seed);
    const kinds = new Set(plan.faults.map((fault) => fault.kind));
    if (plan.faults.length >= 4 && kinds.size >= 2 && plan.byzantine.length > 0 && plan.workers.length > 2) return plan;
  }
};

test("what does not matter goes, what the failure needs stays", () => {
  const plan = rich();
  const { kind } = plan.faults[plan.faults.length - 1]!;
  const liar = plan.byzantine[0]!.name;
  let runs = 0;
  const small = shrink(plan, {
    smaller,
    budget: 500,
    fails: (candidate) => {
      runs++;
      return (
        candidate.faults.some((fault) => fault.kind === kind) && candidate.byzantine.some(({ name }) => name === liar)
      );
    },
  });
  expect(small.runs).toBe(runs);
  expect(small.plan.faults.map((fault) => fault.kind)).toEqual([kind]);
  expect(small.plan.byzantine.map(({ name }) => name)).toEqual([liar]);
  expect(small.plan.byzantine[0]!.strategies).toHaveLength(1);
  expect(small.plan.workers).toHaveLength(1);
  expect(small.plan.network).toEqual(CALM_NETWORK);
});

test("a plan of which everything matters stays as it is", () => {
  const plan = rich();
  expect(shrink(plan, { smaller, budget: 500, fails: () => false }).plan).toBe(plan);
});

test("no more runs than it may take", () => {
  let runs = 0;
  const counted = shrink(rich(), { smaller, budget: 7, fails: () => ++runs > 0 });
  expect([runs, counted.runs]).toEqual([7, 7]);
});
