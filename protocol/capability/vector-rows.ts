/**
 * Distinct vectors, one row each, and the ids that have them: agents with the same skill have the same vector, which is
 * stored and compared once. Exact and approximate searches build on it.
 */

import { assert } from "../core/assert.ts";
import { compareText } from "../core/bytes.ts";
import { lowerBound } from "../core/sorted.ts";
import { EMBEDDING_BYTES } from "../wire/genesis.ts";
import { DOT_MAX, similarityOfDot } from "./embedding.ts";

export interface Neighbour<Id extends string = string> {
  readonly id: Id;
  /** From -1 to 1. */
  readonly similarity: number;
}

/** Rows for which there is room at first. */
const ROWS_MIN = 16;

/** The index of `id` in a sorted list, or the index where it would be. */
const placeOf = (ids: readonly string[], id: string): number => lowerBound(ids, (one) => compareText(one, id) < 0);

/** The bytes as text, to look them up by. */
const keyOf = (vector: Int8Array): string =>
  String.fromCharCode.apply(String, new Uint8Array(vector.buffer, vector.byteOffset, EMBEDDING_BYTES) as never);

export class VectorRows<Id extends string = string> {
  #bytes = new Int8Array(ROWS_MIN * EMBEDDING_BYTES);
  /** The ids of each row, sorted; a free row has none. */
  readonly #ids: Id[][] = [];
  readonly #free: number[] = [];
  readonly #rowOfKey = new Map<string, number>();
  readonly #rowOfId = new Map<Id, number>();

  /** How many ids there are. */
  get size(): number {
    return this.#rowOfId.size;
  }

  /** How many different vectors there are. */
  get vectors(): number {
    return this.#rowOfKey.size;
  }

  /** The ids of a row, sorted; none if it is free. */
  ids(row: number): readonly Id[] {
    return this.#ids[row]!;
  }

  /** A row's vector, until the next change. */
  vector(row: number): Int8Array {
    return this.#bytes.subarray(row * EMBEDDING_BYTES, (row + 1) * EMBEDDING_BYTES);
  }

  allIds(): Id[] {
    return [...this.#rowOfId.keys()];
  }

  /** A copy; null if it is not there. */
  vectorOf(id: Id): Int8Array | null {
    const row = this.#rowOfId.get(id);
    return row === undefined ? null : this.vector(row).slice();
  }

  has(id: Id, vector: Int8Array): boolean {
    assert(vector.length === EMBEDDING_BYTES, "a vector has 256 places");
    const row = this.#rowOfId.get(id);
    return row !== undefined && this.#rowOfKey.get(keyOf(vector)) === row;
  }

  /** Adds an id that is not there. Returns its row, which is a new one if it is the only id there. */
  add(id: Id, vector: Int8Array): number {
    assert(vector.length === EMBEDDING_BYTES, "a vector has 256 places");
    const key = keyOf(vector);
    const known = this.#rowOfKey.get(key);
    const row = known ?? this.#free.pop() ?? this.#ids.push([]) - 1;
    this.#rowOfId.set(id, row);
    const ids = this.#ids[row]!;
    ids.splice(placeOf(ids, id), 0, id);
    if (known !== undefined) return row;
    this.#rowOfKey.set(key, row);
    if (this.#bytes.length <= row * EMBEDDING_BYTES) {
      const larger = new Int8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(vector, row * EMBEDDING_BYTES);
    return row;
  }

  /** The row that the id was in, which is free now if it was the only one; null if it was nowhere. */
  remove(id: Id): number | null {
    const row = this.#rowOfId.get(id);
    if (row === undefined) return null;
    this.#rowOfId.delete(id);
    const ids = this.#ids[row]!;
    ids.splice(placeOf(ids, id), 1);
    if (ids.length === 0) {
      this.#rowOfKey.delete(keyOf(this.vector(row)));
      this.#free.push(row);
    }
    return row;
  }

  /**
   * The `k` ids nearest to `vector`, best first, equal ones by id: of all rows, or of those that `among` names, each
   * once. Nothing is made for a comparison.
   */
  nearest(vector: Int8Array, k: number, among?: ArrayLike<number>): Neighbour<Id>[] {
    assert(vector.length === EMBEDDING_BYTES, "a vector has 256 places");
    if (k < 1) return [];
    const best = new BestRows(this.#ids, k);
    const count = among?.length ?? this.#ids.length;
    for (let i = 0; i < count; i++) {
      const row = among === undefined ? i : among[i]!;
      if (this.#ids[row]!.length > 0) best.offer(row, this.#dot(row, vector));
    }
    return best.take();
  }

  /** What lies beyond the greatest product of unit vectors is rounding, and counts as no more. */
  #dot(row: number, vector: Int8Array): number {
    const bytes = this.#bytes;
    let at = row * EMBEDDING_BYTES;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < EMBEDDING_BYTES; i += 4, at += 4) {
      a += vector[i]! * bytes[at]!;
      b += vector[i + 1]! * bytes[at + 1]!;
      c += vector[i + 2]! * bytes[at + 2]!;
      d += vector[i + 3]! * bytes[at + 3]!;
    }
    return Math.max(-DOT_MAX, Math.min(DOT_MAX, a + b + c + d));
  }
}

/** The best rows so far: a heap with the worst of them on top. */
class BestRows<Id extends string> {
  readonly #ids: readonly (readonly Id[])[];
  readonly #limit: number;
  readonly #rows: number[] = [];
  readonly #dots: number[] = [];

  constructor(ids: readonly (readonly Id[])[], limit: number) {
    this.#ids = ids;
    this.#limit = limit;
  }

  offer(row: number, dot: number): void {
    const size = this.#rows.length;
    if (size < this.#limit) {
      this.#rows.push(row);
      this.#dots.push(dot);
      this.#rise(size);
    } else if (dot >= this.#dots[0]! && this.#isWorse(this.#rows[0]!, this.#dots[0]!, row, dot)) {
      this.#rows[0] = row;
      this.#dots[0] = dot;
      this.#sink();
    }
  }

  /** As many ids of these rows as there may be, best first, equal ones by id. */
  take(): Neighbour<Id>[] {
    const order = this.#rows.map((_, i) => i).sort((i, j) => (this.#isWorseAt(i, j) ? 1 : -1));
    const taken: Neighbour<Id>[] = [];
    let from = 0;
    while (from < order.length && taken.length < this.#limit) {
      const dot = this.#dots[order[from]!]!;
      const equal: Id[] = [];
      while (from < order.length && this.#dots[order[from]!] === dot)
        equal.push(...this.#ids[this.#rows[order[from++]!]!]!.slice(0, this.#limit));
      equal.sort(compareText);
      for (const id of equal.slice(0, this.#limit - taken.length)) taken.push({ id, similarity: similarityOfDot(dot) });
    }
    return taken;
  }

  /** Among equal rows the one whose first id comes later is worse. */
  #isWorse(a: number, dotA: number, b: number, dotB: number): boolean {
    return dotA !== dotB ? dotA < dotB : compareText(this.#ids[a]![0]!, this.#ids[b]![0]!) > 0;
  }

  #isWorseAt(i: number, j: number): boolean {
    return this.#isWorse(this.#rows[i]!, this.#dots[i]!, this.#rows[j]!, this.#dots[j]!);
  }

  #swap(i: number, j: number): void {
    [this.#rows[i], this.#rows[j]] = [this.#rows[j]!, this.#rows[i]!];
    [this.#dots[i], this.#dots[j]] = [this.#dots[j]!, this.#dots[i]!];
  }

  #rise(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#isWorseAt(i, parent)) return;
      this.#swap(i, parent);
      i = parent;
    }
  }

  #sink(): void {
    for (let i = 0; ; ) {
      let worst = i;
      for (const child of [2 * i + 1, 2 * i + 2])
        if (child < this.#rows.length && this.#isWorseAt(child, worst)) worst = child;
      if (worst === i) return;
      this.#swap(i, worst);
      i = worst;
    }
  }
}
