/**
 * The index for large directories: a graph of near vectors (HNSW, by the package `usearch`) names candidates, and their
 * exact products put them in order. The package is optional (growing-index.ts).
 *
 * Source: protocol.md 3; Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
 * Hierarchical Navigable Small World graphs" (arXiv 1603.09320).
 */

import type { VectorIndex } from "../../protocol/capability/vector-index.ts";
import type { Neighbour } from "../../protocol/capability/vector-rows.ts";
import { VectorRows } from "../../protocol/capability/vector-rows.ts";
import { EMBEDDING_BYTES } from "../../protocol/wire/genesis.ts";

/** What is used of the package. Its numbers of threads: one, so that the same calls make the same graph. */
export interface Graph {
  add(key: bigint, vector: Int8Array, threads: number): void;
  remove(key: bigint): unknown;
  search(vector: Int8Array, k: number, threads: number): { readonly keys: BigUint64Array };
}
export type CreateGraph = () => Graph;

/**
 * Links of a vector in the graph (twice as many on the lowest level), and how many candidates are looked at to choose
 * them. More of both finds more and takes longer to build: 0.2 ms a vector with 100,000.
 */
const CONNECTIVITY = 16;
const EXPANSION_ADD = 128;
/** Candidates that a search looks at, at least: recall@10 is 0.99 with 128 among 100,000, 0.97 with 64. */
const CANDIDATES_MIN = 128;
/** Up to here the exact search takes no more than 1 ms, and misses nothing. */
export const EXACT_MAX = 4_096;

/** Loads the package; throws where it is missing or has no binary for this machine. */
export async function loadUsearch(): Promise<CreateGraph> {
  const { Index, MetricKind, ScalarKind } = await import("usearch");
  return () =>
    new Index({
      dimensions: EMBEDDING_BYTES,
      metric: MetricKind.IP,
      quantization: ScalarKind.I8,
      connectivity: CONNECTIVITY,
      expansion_add: EXPANSION_ADD,
      expansion_search: CANDIDATES_MIN,
      multi: false,
    });
}

export class HnswIndex<Id extends string = string> implements VectorIndex<Id> {
  readonly #rows = new VectorRows<Id>();
  /** Holds the rows that are not free, by number. */
  readonly #graph: Graph;
  readonly #exactMax: number;

  /** Up to `exactMax` different vectors the graph is kept, but not asked. */
  constructor(createGraph: CreateGraph, exactMax: number = EXACT_MAX) {
    this.#graph = createGraph();
    this.#exactMax = exactMax;
  }

  get size(): number {
    return this.#rows.size;
  }

  set(id: Id, vector: Int8Array): void {
    if (this.#rows.has(id, vector)) return;
    this.delete(id);
    const row = this.#rows.add(id, vector);
    if (this.#rows.ids(row).length === 1) this.#graph.add(BigInt(row), this.#rows.vector(row), 1);
  }

  delete(id: Id): boolean {
    const row = this.#rows.remove(id);
    if (row !== null && this.#rows.ids(row).length === 0) this.#graph.remove(BigInt(row));
    return row !== null;
  }

  nearest(vector: Int8Array, k: number): Neighbour<Id>[] {
    const { vectors } = this.#rows;
    if (vectors <= this.#exactMax || 2 * k > vectors) return this.#rows.nearest(vector, k);
    const { keys } = this.#graph.search(vector, Math.max(CANDIDATES_MIN, 2 * k), 1);
    return this.#rows.nearest(vector, k, Array.from(keys, Number));
  }
}
