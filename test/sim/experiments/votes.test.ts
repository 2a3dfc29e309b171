/** The experiments on votes in small: what they simulate by the ledger's rules is what the formulas predict. */

import { describe, expect, test } from "vitest";
import { simHost } from "../../../scripts/sim-host.ts";
import { correlated } from "../../../sim/experiments/correlated.ts";
import type { Experiment, Figures, Labels } from "../../../sim/experiments/experiment.ts";
import { makerTable } from "../../../sim/experiments/maker-table.ts";
import { lineOf, measure } from "../../../sim/experiments/results.ts";
import { poll } from "../../../sim/experiments/votes.ts";

async function figuresOf(experiment: Experiment, of: Labels, changes: object, seed = 7): Promise<Figures> {
  if (experiment.kind !== "computed") throw new Error("it computes");
  const rows = await experiment.compute(of, seed, { ...(experiment.params as object), ...changes }, simHost);
  expect(rows.map(({ labels }) => labels)).toEqual([of]);
  expect(Object.keys(rows[0]!.figures)).toEqual(experiment.metrics.map(({ name }) => name));
  return rows[0]!.figures;
}

describe("a poll", () => {
  const policy = { accept: { kind: "ahead-by", k: 2 }, redundancy: 2, redundancyMax: 7 } as const;
  const votes = (...texts: (string | null)[]) => {
    const left = [...texts];
    return () => {
      const next = left.shift();
      return next === undefined ? undefined : next === null ? null : { answer: next };
    };
  };

  test.each([
    [["a", "a", "b"], "a", 2],
    [["a", "b", "a", "a", "b"], "a", 4],
    [["a", null, "b", "b", "b"], "b", 5], // one that is discarded counts as a result, and as no vote
    [["a", "b", "a", "b", "a", "b", "a"], null, 6], // two more are needed, and one is allowed
    [["a", "b", "a"], null, 3], // nobody else is there
  ])("%j is %j after %d results", (texts, answer, results) => {
    expect(poll(policy, votes(...texts))).toEqual({ answer, results });
  });
});

describe("maker-table", () => {
  test("samples and success are the predicted ones, within four deviations", async () => {
    const small = { steps: 200, chains: 40 };
    for (const lead of ["least", "one less"]) {
      const at = await figuresOf(makerTable, { model: "deepseek-v3.1", lead }, small);
      const { success, successPredicted: p, samples, samplesPredicted } = at as { [name: string]: number };
      expect(Math.abs(success! - p!)).toBeLessThan(4 * Math.sqrt((p! * (1 - p!)) / 40));
      // Results of a step deviate by less than two; there are 8,000 steps.
      expect(Math.abs(samples! - samplesPredicted!)).toBeLessThan((4 * 2) / Math.sqrt(8_000));
      expect([at.kMillion, at.kPublished]).toEqual([6, 6]);
    }
  });

  test("what a task of a job could not decide is counted", async () => {
    const nano = await figuresOf(makerTable, { model: "gpt-4.1-nano", lead: "least" }, { chains: 1 });
    expect(nano.beyond).toBeGreaterThan(0.2);
    expect(nano.k).toBe(17);
  });
});

describe("correlated", () => {
  const under = (team: string, correlation: number, accuracy = 0.7): Promise<Figures> =>
    figuresOf(correlated, { correlation, accuracy, team }, { tasks: 1_500 });

  test.each([
    ["3 of one model", 0],
    ["7 of one model", 0.3],
    ["15 of one model", 1],
  ])("%s at correlation %d: as the beta-binomial formula says", async (team, correlation) => {
    const { right, predicted } = await under(team, correlation);
    expect(Math.abs(right! - predicted!)).toBeLessThan(4 * Math.sqrt(0.25 / 1_500));
  });

  test("a majority amplifies independent answers, and collapses to one agent as errors correlate", async () => {
    const [apart, together] = [await under("15 of one model", 0), await under("15 of one model", 1)];
    expect(apart.right!).toBeGreaterThan(0.9);
    expect(Math.abs(together.right! - 0.7)).toBeLessThan(0.06);
    expect((await under("15 of one model", 0, 0.45)).right!).toBeLessThan(0.41);
  });

  test("different models keep most of it, found by labels or by past errors", async () => {
    const [drawn, labels, errors] = [
      await under("5 drawn", 0.6),
      await under("5 by labels", 0.6),
      await under("5 by past errors", 0.6),
    ];
    expect([labels.models, errors.models]).toEqual([5, 5]);
    expect(drawn.models!).toBeLessThan(3);
    expect(labels.right!).toBeGreaterThan(drawn.right! + 0.06);
    expect(errors.right!).toBeGreaterThan(drawn.right! + 0.06);
  });
});

test.each([makerTable, correlated])("$name says nothing of rows that are not there", (experiment) => {
  if (experiment.kind !== "computed") throw new Error("it computes");
  const [of] = experiment.cases(experiment.params);
  const figures = Object.fromEntries(experiment.metrics.map(({ name }) => [name, null]));
  const rows = measure([{ labels: of!, seed: 1, figures }], experiment.metrics);
  for (const finding of experiment.verdict!(rows)) expect(lineOf(finding)).not.toMatch(/NaN|undefined|null/);
});
