/** The experiment cp-wbft in small: topologies, the local step, the grid, and the mesh that decides as the rule alone does. */

import { describe, expect, test } from "vitest";
import { createPrng } from "../../../protocol/core/prng.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { advised, graphOf, type Said, TOPOLOGIES } from "../../../sim/experiments/advice.ts";
import { BY_RECORD, CALIBRATE } from "../../../sim/experiments/calibrate.ts";
import { cpWbft } from "../../../sim/experiments/cp-wbft.ts";
import type { Figures } from "../../../sim/experiments/experiment.ts";
import { meshAnswers } from "../../../sim/experiments/mesh-answers.ts";
import { lineOf, measure } from "../../../sim/experiments/results.ts";

describe("topologies of seven", () => {
  test.each([
    ["complete", 21],
    ["star", 6],
    ["chain", 6],
    ["tree", 6],
  ] as const)("%s has %d edges", (topology, edges) => {
    expect(graphOf(topology, 7, createPrng(1)).flat().length / 2).toBe(edges);
  });

  test.each(TOPOLOGIES)("%s: whoever hears is heard, and nobody is cut off", (topology) => {
    for (let seed = 0; seed < 20; seed++) {
      const graph = graphOf(topology, 7, createPrng(seed));
      for (const [a, heard] of graph.entries()) {
        expect(heard.length).toBeGreaterThan(0);
        for (const b of heard) expect(graph[b]).toContain(a);
      }
    }
  });
});

describe("one step of advice", () => {
  const said = (answer: string, stated: number, calibrated = 0.6, isStubborn = false): Said => ({
    ...{ answer, isStubborn },
    ...{ statedPpm: 1e6 * stated, calibratedPpm: 1e6 * calibrated },
  });
  const chain = graphOf("chain", 3, createPrng(1));
  const answers = (of: readonly Said[]): string => of.map(({ answer }) => answer).join("");

  test("the published one follows the surest neighbour, and its confidence", () => {
    const after = advised([said("a", 0.6), said("b", 0.4), said("c", 0.9)], chain, { kind: "cp-wbft" });
    expect(answers(after)).toBe("acc");
    expect(after[1]!.statedPpm).toBe(900_000);
  });

  test("under a majority, those who see one follow it", () => {
    const majority = { kind: "majority" } as const;
    expect(answers(advised([said("a", 0.6), said("b", 0.4), said("a", 0.9)], chain, majority))).toBe("aaa");
    expect(answers(advised([said("a", 0.6), said("b", 1, 0.6, true), said("a", 0.9)], chain, majority))).toBe("aba");
  });

  test("ours believes records and not what is stated", () => {
    const ours = { kind: "confidence-weighted", leastPpm: 550_000 } as const;
    expect(answers(advised([said("a", 0.5, 0.95), said("b", 1, 0.3), said("b", 1, 0.3)], chain, ours))).toBe("aab");
  });
});

test("what an agent states counts for what became of such statements before", () => {
  const past = (statedPpm: number, isRight: boolean, count: number) =>
    Array.from({ length: count }, () => ({ statedPpm, isRight }));
  const record = [...past(900_000, true, 40), ...past(100_000, false, 40)];
  expect(CALIBRATE(record, 850_000)).toBeGreaterThan(700_000);
  expect(CALIBRATE(record, 150_000)).toBeLessThan(200_000);
  expect(CALIBRATE(record, 500_000)).toBeLessThan(BY_RECORD(record, 500_000));
  expect(CALIBRATE([], 1_000_000)).toBe(BY_RECORD([], 0));
});

async function rowsOf(wrong: number, confidence: string, changes: object = {}): Promise<ReadonlyMap<string, Figures>> {
  if (cpWbft.kind !== "computed") throw new Error("it computes");
  const params = { ...(cpWbft.params as object), questions: 6, mesh: [], ...changes };
  const rows = await cpWbft.compute({ wrong, confidence }, 7, params, simHost);
  for (const { figures } of rows)
    expect(Object.keys(figures).sort()).toEqual(cpWbft.metrics.map(({ name }) => name).sort());
  return new Map(rows.map(({ labels, figures }) => [String(labels.rule), figures]));
}

describe("the grid", () => {
  test("six honest wrong agents: the published rule and ours with 100 past questions are right, a majority never", async () => {
    const rows = await rowsOf(6, "honest");
    expect(rows.get("majority")).toMatchObject({ IAA: 1 / 7, "RA.sealed": 0, "FAA.complete": 0 });
    for (const rule of ["cp-wbft", "ours, 100 past"]) {
      expect(rows.get(rule)).toMatchObject({ "RA.sealed": 1, "FAA.complete": 1 });
      expect(rows.get(rule)!["BFTI.complete"]).toBeCloseTo(85.71, 2);
      for (const topology of TOPOLOGIES) expect(rows.get(rule)![`RA.${topology}`], topology).toBe(1);
    }
  });

  test.each([1, 2])("%d of seven lying: the published rule falls, ours stays with the majority", async (wrong) => {
    const rows = await rowsOf(wrong, "lying");
    const majority = rows.get("majority")!;
    for (const topology of TOPOLOGIES)
      for (const rule of ["ours, 0 past", "ours, 10 past", "ours, 100 past"])
        expect(rows.get(rule)![`FAA.${topology}`], topology).toBeGreaterThanOrEqual(
          majority[`FAA.${topology}`]! - 0.05,
        );
    expect(rows.get("cp-wbft")).toMatchObject({ "RA.sealed": 0, "FAA.complete": 0 });
  });

  test("liars with a good past are believed", async () => {
    const rows = await rowsOf(4, "turned");
    expect(rows.get("ours, 100 past")!["RA.sealed"]).toBe(0);
  });
});

describe("the mesh", () => {
  test("decides its cells as the rules alone do", async () => {
    const cells = (cpWbft.params as { mesh: { confidence: string; wrong: number; rule: string }[] }).mesh;
    expect(cells).toHaveLength(4);
    for (const cell of cells) {
      const figures = (await rowsOf(cell.wrong, cell.confidence, { mesh: [cell] })).get(cell.rule)!;
      expect(figures["RA.mesh"], JSON.stringify(cell)).toBe(figures["RA.sealed"]);
    }
  });

  test("says of each question whether it was decided right, wrong or not at all", async () => {
    const vote = (isRight: boolean) => ({ isRight, statedPpm: 500_000 });
    const of = (...votes: boolean[]) => votes.map(vote);
    const ask = (...questions: ReturnType<typeof of>[]) =>
      meshAnswers(questions, [[], [], [], []], { kind: "majority" }, 3, simHost);
    expect(await ask(of(true, true, true, false), of(false, true, false, false))).toEqual([true, false]);
    expect(await ask(of(true, true, false, false))).toEqual([null]);
  });
});

test("says nothing of rows that are not there", () => {
  if (cpWbft.kind !== "computed") throw new Error("it computes");
  const figures = Object.fromEntries(cpWbft.metrics.map(({ name }) => [name, null]));
  const rows = measure(
    [{ labels: { wrong: 6, confidence: "honest", rule: "majority" }, seed: 1, figures }],
    cpWbft.metrics,
  );
  for (const finding of cpWbft.verdict!(rows)) expect(lineOf(finding)).not.toMatch(/NaN|undefined|null/);
});
