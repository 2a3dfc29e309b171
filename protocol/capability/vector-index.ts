/**
 * Which vectors are nearest to a given one: the interface of an index, and the exact index. The protocol gets its index from
 * outside: a node with a large directory passes an approximate one (node/search/).
 *
 * Source: protocol.md 3.
 */

import { type Neighbour, VectorRows } from "./vector-rows.ts";

export interface VectorIndex<Id extends string = string> {
  /** How many ids it holds. */
  readonly size: number;
  /** Adds `id`, or gives it another vector. Keeps a copy. */
  set(id: Id, vector: Int8Array): void;
  /** False if it was not there. */
  delete(id: Id): boolean;
  /**
   * The `k` most similar, best first, equal ones by id; fewer if it holds fewer. Similarities are exact; an approximate
   * index may miss some ids.
   */
  nearest(vector: Int8Array, k: number): Neighbour<Id>[];
}

/** Compares with every different vector: about 0.2 µs each. */
export class ExactIndex<Id extends string = string> implements VectorIndex<Id> {
  readonly #rows = new VectorRows<Id>();

  get size(): number {
    return this.#rows.size;
  }

  /** How many different vectors it holds. */
  get vectors(): number {
    return this.#rows.vectors;
  }

  /** As they are now. */
  ids(): Id[] {
    return this.#rows.allIds();
  }

  /** A copy; null if it is not there. */
  vectorOf(id: Id): Int8Array | null {
    return this.#rows.vectorOf(id);
  }

  set(id: Id, vector: Int8Array): void {
    if (this.#rows.has(id, vector)) return;
    this.#rows.remove(id);
    this.#rows.add(id, vector);
  }

  delete(id: Id): boolean {
    return this.#rows.remove(id) !== null;
  }

  nearest(vector: Int8Array, k: number): Neighbour<Id>[] {
    return this.#rows.nearest(vector, k);
  }
}
