/** The Towers of Hanoi in small: the steps, what simulated workers say, and towers that are moved through the simulated mesh. */

import { describe, expect, test } from "vitest";
import { compileSchema, fits, isOutputSchema } from "../../../protocol/answer/output-schema.ts";
import { simHost as host } from "../../../scripts/sim-host.ts";
import type { Figures } from "../../../sim/experiments/experiment.ts";
import { type HanoiParams, hanoi, moveTower, planOf } from "../../../sim/experiments/hanoi.ts";
import { lineOf, measure } from "../../../sim/experiments/results.ts";
import {
  isMoved,
  nextStep,
  replyOf,
  stepSchema,
  stepsOf,
  type TowerStep,
  towerStart,
} from "../../../sim/experiments/tower.ts";

const params = hanoi.params as HanoiParams;

/** All states on the way, the first one too. */
function wayOf(disks: number): TowerStep[] {
  const way = [towerStart(disks)];
  for (let i = 0; i < stepsOf(disks); i++) way.push(nextStep(way.at(-1)!));
  return way;
}

describe("the tower", () => {
  test.each([1, 2, 3, 4, 7, 10])("of %d disks is moved in 2^disks - 1 legal steps, and not before", (disks) => {
    const way = wayOf(disks);
    expect(way).toHaveLength(2 ** disks);
    expect(way.map(isMoved).indexOf(true)).toBe(way.length - 1);
    for (const [i, { move, pegs }] of way.slice(1).entries()) {
      const [disk, from, to] = move!;
      expect(way[i]!.pegs[from]!.at(-1)).toBe(disk);
      expect(pegs[to]!.at(-1)).toBe(disk);
      for (const peg of pegs) expect(peg).toEqual([...peg].sort((a, b) => b - a));
    }
  });

  test("workers err and miss the form as often as they are told, alone or alike, and in clusters", () => {
    const { mistakes } = params;
    const schema = compileSchema(stepSchema(10));
    if (!isOutputSchema(schema)) throw new Error("the schema is one");
    const way = wayOf(10).slice(0, -1);
    const workers = 40;
    const counts = { malformed: 0, wrong: 0, hard: 0, slips: 0, own: 0 };
    for (const given of way) {
      const right = JSON.stringify(nextStep(given));
      const replies = Array.from({ length: workers }, (_, worker) => replyOf(mistakes, 3, worker, given));
      expect(replyOf(mistakes, 3, 7, given)).toEqual(replies[7]);
      const readable = replies.filter((reply) => fits(schema, reply)).map((reply) => JSON.stringify(reply));
      const wrong = readable.filter((reply) => reply !== right);
      counts.malformed += workers - readable.length;
      counts.wrong += wrong.length;
      if (workers - readable.length > 4) counts.hard++;
      if (wrong.length === 2) counts[wrong[0] === wrong[1] ? "slips" : "own"]++;
    }
    const replies = way.length * workers;
    // Deviations: 0.0005 of wrong ones; malformed ones are as frequent as steps are hard, so 0.0024.
    expect(Math.abs(counts.wrong / (replies - counts.malformed) - mistakes.wrong)).toBeLessThan(0.002);
    expect(Math.abs(counts.malformed / replies - mistakes.malformed)).toBeLessThan(0.01);
    expect(Math.abs(counts.hard / way.length - mistakes.hard.steps)).toBeLessThan(0.04);
    // Two wrong replies agree where both are the usual slip: one in four.
    expect(counts.slips).toBeGreaterThan(5);
    expect(counts.own).toBeGreaterThan(counts.slips);
  });
});

describe("the plan", () => {
  test("of ten disks has MAKER's lead and samples; clusters cost a little", () => {
    const plan = planOf(params, stepsOf(10));
    expect(plan.k).toBe(3);
    expect(plan.samples).toBeGreaterThan(3.06 / 0.97);
    expect(plan.samples).toBeLessThan(3.25);
    expect(plan.success).toBeGreaterThan(0.95);
  });

  test("of fifteen disks needs all the workers that a job takes", () => {
    const { k, redundancyMax, success } = planOf(params, stepsOf(15));
    expect([k, redundancyMax]).toEqual([3, params.workers]);
    expect(success).toBeGreaterThan(0.95);
  });
});

async function figuresOf(disks: number, changes: Partial<HanoiParams> = {}): Promise<Figures> {
  if (hanoi.kind !== "computed") throw new Error("it computes");
  const of = { disks, driver: "virtual" };
  const [row] = await hanoi.compute(of, 7, { ...params, ...changes }, host);
  expect(row!.labels).toEqual(of);
  expect(Object.keys(row!.figures)).toEqual(hanoi.metrics.map(({ name }) => name));
  return row!.figures;
}

describe("through the mesh", () => {
  test("a tower of five disks is moved without a wrong step, by several jobs as by one", async () => {
    const one = await figuresOf(5);
    expect(one).toMatchObject({ success: 1, wrongSteps: 0, k: 2 });
    expect(one.samples!).toBeGreaterThanOrEqual(2);
    expect(one.samples!).toBeLessThan(3);
    expect(one.creditsPerStep).toBeCloseTo(one.samples!, 6);
    expect(one.stepMs!).toBeGreaterThan(5);
    expect(await figuresOf(5, { jobSteps: 12 })).toMatchObject({ success: 1, wrongSteps: 0 });
  });

  test("the next job takes up the state that the one before left", async () => {
    const options = { disks: 4, driver: "virtual", seed: 3, params, host };
    const first = await moveTower(towerStart(4), 9, options);
    expect(first).toMatchObject({ steps: 9, wrong: 0, failure: null, left: wayOf(4)[9] });
    const second = await moveTower(first.left, 6, options);
    expect([second.steps, isMoved(second.left)]).toEqual([6, true]);
  });

  test("wrong steps are counted, and the tower is not moved, where a plan allows them", async () => {
    const mistakes = { ...params.mistakes, wrong: 0.3 };
    const { success, wrongSteps, k, successPredicted } = await figuresOf(5, { mistakes, target: 1e-9 });
    expect([success, k]).toEqual([0, 1]);
    expect(wrongSteps!).toBeGreaterThan(3);
    expect(successPredicted!).toBeLessThan(0.01);
  });

  test("a step that nobody decides ends the tower", async () => {
    const mistakes = { ...params.mistakes, malformed: 0.2, hard: { steps: 0.3, malformed: 0.6 } };
    expect(await figuresOf(5, { mistakes, workers: 3 })).toMatchObject({ success: 0, wrongSteps: 0, most: 3 });
  });
});

test("says nothing of rows that are not there, and where it is behind of those that are", () => {
  if (hanoi.kind !== "computed") throw new Error("it computes");
  const labels = { disks: 10, driver: "libp2p" };
  const { metrics } = hanoi;
  const figures = Object.fromEntries(metrics.map(({ name }) => [name, 1]));
  const said = (rows: Figures): string =>
    hanoi.verdict!(measure([{ labels, seed: 1, figures: rows }], metrics))
      .map(lineOf)
      .join("\n");
  expect(said(figures)).toContain("Behind: a step takes 1 ms");
  expect(said({})).toBe("");
});
