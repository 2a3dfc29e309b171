/**
 * Tables whose changes can be taken back. A member applies a proposed block to find out what it decides, and takes
 * it back if another block wins; a journal makes that cost what the block changed, not what the state holds.
 *
 * Entries are immutable: a change replaces the entry. The order of insertion is not part of the state (it would not
 * survive taking back): whoever walks a table sorts.
 */

import { compareText } from "../core/bytes.ts";

export class Journal {
  #undo: (() => void)[] = [];

  note(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Takes back all since the last `keep`, newest first. */
  rollBack(): void {
    for (let i = this.#undo.length - 1; i >= 0; i--) this.#undo[i]!();
    this.#undo = [];
  }

  keep(): void {
    this.#undo = [];
  }
}

export class Table<K extends string, V> {
  readonly #entries = new Map<K, V>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  set(key: K, value: V): void {
    const before = this.#entries.get(key);
    this.#entries.set(key, value);
    this.#journal.note(before === undefined ? () => this.#entries.delete(key) : () => this.#entries.set(key, before));
  }

  delete(key: K): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#entries.delete(key);
    this.#journal.note(() => this.#entries.set(key, before));
  }

  /** All entries by key, in code-point order. O(n log n). */
  sorted(): [K, V][] {
    return [...this.#entries].sort((a, b) => compareText(a[0], b[0]));
  }
}

/** One value under the journal. */
export class Cell<T> {
  #value: T;
  readonly #journal: Journal;

  constructor(journal: Journal, value: T) {
    this.#journal = journal;
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    const before = this.#value;
    this.#value = value;
    this.#journal.note(() => {
      this.#value = before;
    });
  }
}

/** An agenda: names ordered by a number, then by name. Insertion and removal move O(n) pointers at worst. */
export class Agenda {
  readonly #items: { readonly at: number; readonly name: string }[] = [];
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  #indexOf(at: number, name: string): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const item = this.#items[middle]!;
      if (item.at < at || (item.at === at && compareText(item.name, name) < 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isAt(index: number, at: number, name: string): boolean {
    const item = this.#items[index];
    return item !== undefined && item.at === at && item.name === name;
  }

  add(at: number, name: string): void {
    const index = this.#indexOf(at, name);
    if (this.#isAt(index, at, name)) return;
    this.#items.splice(index, 0, { at, name });
    this.#journal.note(() => this.#items.splice(this.#indexOf(at, name), 1));
  }

  remove(at: number, name: string): void {
    const index = this.#indexOf(at, name);
    if (!this.#isAt(index, at, name)) return;
    const [item] = this.#items.splice(index, 1);
    this.#journal.note(() => this.#items.splice(this.#indexOf(at, name), 0, item!));
  }

  get first(): { readonly at: number; readonly name: string } | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  /** A snapshot in order: safe to walk while entries come and go. */
  list(): readonly { readonly at: number; readonly name: string }[] {
    return this.#items.slice();
  }

  at(index: number): { readonly at: number; readonly name: string } | undefined {
    return this.#items[index];
  }
}
