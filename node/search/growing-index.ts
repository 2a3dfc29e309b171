/**
 * The index of a node: exact while its directory is small, and a graph (hnsw-index.ts) once it is large. Vectors move to the
 * graph a few at a time, so that nothing else waits. If the package of the graph is missing, it stays exact and says so.
 */

import { ExactIndex, type VectorIndex } from "../../protocol/capability/vector-index.ts";
import type { Neighbour } from "../../protocol/capability/vector-rows.ts";
import { type CreateGraph, EXACT_MAX, HnswIndex, loadUsearch } from "./hnsw-index.ts";

/** Vectors that are moved at a time: about 5 ms. */
const MOVED_AT_ONCE = 32;

interface GrowingIndexOptions {
  /** Called once if the search will be slower than it could be. */
  readonly warn: (message: string) => void;
  /** Where the graph comes from; for tests. */
  readonly load?: () => Promise<CreateGraph>;
  /** With more different vectors than this it uses a graph. */
  readonly exactMax?: number;
}

export class GrowingIndex<Id extends string = string> implements VectorIndex<Id> {
  readonly #options: Required<GrowingIndexOptions>;
  /** The index that answers. */
  #current: VectorIndex<Id>;
  /** The exact index; null once the graph is complete. */
  #exact: ExactIndex<Id> | null;
  /** The graph; it receives every change from the moment when its building begins. */
  #graph: HnswIndex<Id> | null = null;
  #moving: Promise<void> | null = null;

  constructor(options: GrowingIndexOptions) {
    this.#options = { load: loadUsearch, exactMax: EXACT_MAX, ...options };
    this.#exact = new ExactIndex<Id>();
    this.#current = this.#exact;
  }

  get size(): number {
    return this.#current.size;
  }

  /** Whether it searches by the graph now. */
  get isApproximate(): boolean {
    return this.#exact === null;
  }

  set(id: Id, vector: Int8Array): void {
    this.#exact?.set(id, vector);
    this.#graph?.set(id, vector);
    if (this.#exact !== null && this.#exact.vectors > this.#options.exactMax) this.#moving ??= this.#move(this.#exact);
  }

  delete(id: Id): boolean {
    const wasThere = this.#current.delete(id);
    if (this.#graph !== this.#current) this.#graph?.delete(id);
    return wasThere;
  }

  nearest(vector: Int8Array, k: number): Neighbour<Id>[] {
    return this.#current.nearest(vector, k);
  }

  /** Resolves when the index has the form that this many vectors need. */
  async whenMoved(): Promise<void> {
    await this.#moving;
  }

  async #move(exact: ExactIndex<Id>): Promise<void> {
    const { load, exactMax, warn } = this.#options;
    try {
      this.#graph = new HnswIndex<Id>(await load(), exactMax);
    } catch (error) {
      const why = (error instanceof Error ? error.message : String(error)).split("\n")[0];
      warn(`large directories are searched vector by vector: usearch cannot be loaded (${why}); npm install usearch`);
      return;
    }
    let moved = 0;
    for (const id of exact.ids()) {
      const vector = exact.vectorOf(id);
      if (vector !== null) this.#graph.set(id, vector);
      if (++moved % MOVED_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#current = this.#graph;
    this.#exact = null;
  }
}
