/** Indexes against a list that is sorted anew for each question. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Graph, HnswIndex } from "../../node/search/hnsw-index.ts";
import { embed, quantize, similarity } from "../../protocol/capability/embedding.ts";
import { ExactIndex, type VectorIndex } from "../../protocol/capability/vector-index.ts";
import type { Neighbour } from "../../protocol/capability/vector-rows.ts";
import { compareText } from "../../protocol/core/bytes.ts";
import { EMBEDDING_BYTES } from "../../protocol/wire/genesis.ts";
import { runs } from "../support/runs.ts";

class DumbIndex implements VectorIndex {
  readonly #vectors = new Map<string, Int8Array>();

  get size(): number {
    return this.#vectors.size;
  }
  set(id: string, vector: Int8Array): void {
    this.#vectors.set(id, vector.slice());
  }
  delete(id: string): boolean {
    return this.#vectors.delete(id);
  }
  nearest(vector: Int8Array, k: number): Neighbour[] {
    return [...this.#vectors]
      .map(([id, other]) => ({ id, similarity: similarity(vector, other) }))
      .sort((a, b) => b.similarity - a.similarity || compareText(a.id, b.id))
      .slice(0, Math.max(0, k));
  }
}

/** A graph that names every key; it complains about keys that it has, or has not. */
function fullGraph(): Graph {
  const keys = new Set<bigint>();
  return {
    add(key, vector) {
      expect(keys.has(key)).toBe(false);
      expect(vector).toHaveLength(EMBEDDING_BYTES);
      keys.add(key);
    },
    remove: (key) => void expect(keys.delete(key)).toBe(true),
    search: () => ({ keys: BigUint64Array.from(keys) }),
  };
}

/** Few places of few values: many vectors are equal, and many more equally far. */
const coarse = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -1, max: 1 })), { maxLength: 3 }).map((places) => {
  const values = new Float64Array(EMBEDDING_BYTES);
  for (const [place, value] of places) values[place * 80] = value;
  return quantize(values);
});
/** Any bytes, far too long ones too. */
const wild = fc.int8Array({ minLength: EMBEDDING_BYTES, maxLength: EMBEDDING_BYTES });
const smooth = wild.map((values) => quantize(values));
const vector = fc.oneof({ weight: 4, arbitrary: coarse }, smooth, wild);
/** In UTF-16 the last one comes before the last but one; by code points after it. */
const id = fc.constantFrom("a", "aa", "b", "c", "B", "é", "z", "", "ﬀ", "😀");

type Command =
  | { readonly kind: "set"; readonly id: string; readonly vector: Int8Array }
  | { readonly kind: "delete"; readonly id: string }
  | { readonly kind: "nearest"; readonly vector: Int8Array; readonly k: number };
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), id, vector }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), id }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("nearest" as const), vector, k: fc.integer({ min: -1, max: 12 }) }),
  },
);

function run(index: VectorIndex, commands: readonly Command[]): void {
  const oracle = new DumbIndex();
  for (const one of commands) {
    if (one.kind === "set") {
      const given = one.vector.slice();
      index.set(one.id, given);
      given.fill(99); // it keeps a copy
      oracle.set(one.id, one.vector);
    } else if (one.kind === "delete") expect(index.delete(one.id)).toBe(oracle.delete(one.id));
    else expect(index.nearest(one.vector, one.k)).toEqual(oracle.nearest(one.vector, one.k));
    expect(index.size).toBe(oracle.size);
  }
}

const commands = fc.array(command, { maxLength: 60, size: "max" });

describe("an index", () => {
  test("finds what a list finds, in the same order", () => {
    fc.assert(
      fc.property(commands, (list) => run(new ExactIndex(), list)),
      { numRuns: runs(1_000) },
    );
  });

  test("with a graph keeps it in step with its rows", () => {
    fc.assert(
      fc.property(commands, (list) => run(new HnswIndex(fullGraph, 0), list)),
      { numRuns: runs(1_000) },
    );
  });

  test("holds more than it had room for", () => {
    const many = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), smooth), {
      selector: ([key]) => key,
      minLength: 40,
      maxLength: 80,
    });
    fc.assert(
      fc.property(many, smooth, (entries, query) => {
        const [index, oracle] = [new ExactIndex(), new DumbIndex()];
        for (const [key, value] of entries) {
          index.set(key, value);
          oracle.set(key, value);
        }
        for (const [key] of entries.filter((_, i) => i % 3 === 0)) {
          index.delete(key);
          oracle.delete(key);
        }
        expect(index.nearest(query, 100)).toEqual(oracle.nearest(query, 100));
      }),
      { numRuns: 50 },
    );
  });

  test("takes rows again that have become free", () => {
    const rows = new Set<bigint>();
    const graph = { ...fullGraph(), add: (key: bigint) => void rows.add(key), remove: () => undefined };
    const index = new HnswIndex(() => graph, 0);
    for (let i = 0; i < 1_000; i++) {
      index.set("still", embed("the same"));
      index.set(`moving-${i % 3}`, embed(`text ${i}`));
    }
    expect(rows.size).toBe(4);
  });
});
