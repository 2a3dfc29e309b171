/** The approximate index on the real package, and what a node does without it. */

import { describe, expect, test } from "vitest";
import { GrowingIndex } from "../../../node/search/growing-index.ts";
import { HnswIndex, loadUsearch } from "../../../node/search/hnsw-index.ts";
import { embed } from "../../../protocol/capability/embedding.ts";
import { ExactIndex, type VectorIndex } from "../../../protocol/capability/vector-index.ts";
import { EMBEDDING_BYTES } from "../../../protocol/wire/genesis.ts";
import { makeQuestions, makeSkills } from "../../../scripts/bench/skill-texts.ts";

const COUNT = 3_000;
const NEAREST = 10;
const skills = makeSkills(COUNT, 3).map(embed);
const queries = makeQuestions(100, 3).map(({ text }) => embed(text));
const createGraph = await loadUsearch();

function fill(index: VectorIndex): VectorIndex {
  for (const [i, vector] of skills.entries()) index.set(`agent-${i}`, vector);
  return index;
}
/** One that asks its graph whatever its size. */
const approximate = (): VectorIndex => new HnswIndex(createGraph, 0);

function recall(index: VectorIndex, exact: VectorIndex): number {
  const found = queries.map((query) => {
    const ids = new Set(index.nearest(query, NEAREST).map(({ id }) => id));
    return exact.nearest(query, NEAREST).filter(({ id }) => ids.has(id)).length;
  });
  return found.reduce((sum, count) => sum + count, 0) / (NEAREST * queries.length);
}

describe("an approximate index", () => {
  test("finds nearly all of what the exact one finds, with the same similarities", () => {
    const [index, exact] = [fill(approximate()), fill(new ExactIndex())];
    expect(index.size).toBe(COUNT);
    expect(recall(index, exact)).toBeGreaterThan(0.98); // 0.999 when this was written
    const all = new Map(exact.nearest(queries[0]!, COUNT).map(({ id, similarity }) => [id, similarity]));
    for (const { id, similarity } of index.nearest(queries[0]!, NEAREST)) expect(similarity).toBe(all.get(id));
  });

  test("comes to the same after the same calls", () => {
    const [one, other] = [fill(approximate()), fill(approximate())];
    for (const query of queries) expect(one.nearest(query, NEAREST)).toEqual(other.nearest(query, NEAREST));
  });

  test("forgets what is deleted or replaced, and finds what came instead", () => {
    const [index, exact] = [fill(approximate()), fill(new ExactIndex())];
    for (const one of [index, exact]) {
      for (let i = 0; i < COUNT; i += 3) expect(one.delete(`agent-${i}`)).toBe(true);
      // All of them change places, several times: rows are freed and taken again.
      for (let turn = 1; turn <= 3; turn++)
        for (let i = 1; i < COUNT; i += 3) one.set(`agent-${i}`, skills[(i + 3 * turn) % COUNT]!);
      expect(one.delete("agent-0")).toBe(false);
      expect(one.size).toBe((COUNT / 3) * 2);
    }
    expect(recall(index, exact)).toBeGreaterThan(0.98);
  });

  test("lists all agents with the same skill in the order of their ids, however many they are", () => {
    const index = fill(approximate());
    for (let i = 0; i < 500; i++) index.set(`same-${String(999 - i)}`, skills[7]!);
    const nearest = index.nearest(skills[7]!, 20).map(({ id }) => id);
    expect(nearest).toEqual(["agent-7", ...Array.from({ length: 19 }, (_, i) => `same-${500 + i}`)]);
  });

  test("takes vectors of texts without words", () => {
    const index = fill(approximate());
    const nothing = new Int8Array(EMBEDDING_BYTES);
    index.set("silent", nothing);
    expect(index.nearest(nothing, 3)).toHaveLength(3);
    expect(index.nearest(queries[0]!, NEAREST)).toHaveLength(NEAREST);
    expect(index.delete("silent")).toBe(true);
  });

  test("gives everything when it is asked for more than half", () => {
    const [index, exact] = [fill(approximate()), fill(new ExactIndex())];
    expect(index.nearest(queries[1]!, COUNT + 1)).toEqual(exact.nearest(queries[1]!, COUNT));
  });

  test("of few vectors is exact", () => {
    const [index, exact] = [fill(new HnswIndex(createGraph)), fill(new ExactIndex())];
    expect(recall(index, exact)).toBe(1);
  });
});

describe("an index that grows", () => {
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const missing = (): never => {
    throw new Error("Cannot find package 'usearch'\nRequire stack: …");
  };

  test("is exact while it is small, and never loads the graph then", async () => {
    const index = new GrowingIndex({ warn, load: async () => missing() });
    fill(index);
    await index.whenMoved();
    expect(index.isApproximate).toBe(false);
    expect(warnings).toEqual([]);
  });

  test("moves to a graph when it is large, and misses no change on the way", async () => {
    const [index, exact] = [new GrowingIndex({ warn, exactMax: 1_000 }), fill(new ExactIndex())];
    fill(index);
    const moved = index.whenMoved();
    // While it moves: some go, some change places, and it answers exactly.
    await new Promise((resolve) => setImmediate(resolve));
    for (const one of [index, exact]) {
      for (let i = 0; i < COUNT; i += 3) expect(one.delete(`agent-${i}`)).toBe(true);
      for (let i = 1; i < COUNT; i += 3) one.set(`agent-${i}`, skills[(i + 3) % COUNT]!);
    }
    expect(index.isApproximate).toBe(false);
    expect(index.nearest(queries[0]!, NEAREST)).toEqual(exact.nearest(queries[0]!, NEAREST));
    await moved;
    expect(index.isApproximate).toBe(true);
    expect(index.size).toBe(exact.size);
    expect(recall(index, exact)).toBeGreaterThan(0.98);
    for (const one of [index, exact]) expect(one.delete("agent-4")).toBe(true);
    expect(index.nearest(skills[7]!, 1)).toEqual(exact.nearest(skills[7]!, 1));
    expect(warnings).toEqual([]);
  });

  test.each([
    ["is missing", async () => missing()],
    ["has no binary that works here", async () => missing],
  ])("searches exactly and says so once where the package %s", async (_, load) => {
    const index = new GrowingIndex({ warn, load, exactMax: 1_000 });
    fill(index);
    await index.whenMoved();
    expect(index.isApproximate).toBe(false);
    expect(index.nearest(skills[5]!, 1)).toMatchObject([{ id: "agent-5" }]);
    expect(warnings.splice(0)).toEqual([
      "large directories are searched vector by vector: usearch cannot be loaded (Cannot find package 'usearch'); npm install usearch",
    ]);
  });
});
