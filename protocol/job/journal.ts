/**
 * Tables whose changes can be undone and redone. A member applies a proposed block to find out what it decides. With a
 * journal, that costs as much as the block changes rather than as much as the state holds, and so does applying it again
 * when it is decided. The journal also says what the newest kept block changed, for readers that follow a state.
 *
 * Entries are immutable: a change replaces the entry. The order of insertion is not part of the state (it would not
 * survive undoing), so readers that walk a table sort it.
 *
 * Source: docs/decisions/0026-decided-state.md.
 */

import { compareUnits } from "../core/bytes.ts";
import { lowerBound } from "../core/sorted.ts";

/** Something whose changes a journal takes back. */
interface Changeable {
  /** Puts `value` in the place of what is at `key`, and returns what was there. */
  swap(key: unknown, value: unknown): unknown;
}

/**
 * Changes in their order, which are not in the state at the moment. Three lists instead of a list of objects: a block
 * makes thousands. `parts`: the numbers of the changed parts, so that the changes fit any state that is made and filled
 * in the same way. `values`: what each change puts in.
 */
export interface Changes {
  readonly parts: readonly number[];
  readonly keys: readonly unknown[];
  readonly values: readonly unknown[];
}

export class Journal {
  /** By number. */
  readonly #parts: Changeable[] = [];
  /** Changes since the last `keep` or `takeBack`: numbers of parts, keys, and what was there before each. */
  #changedParts: number[] = [];
  #keys: unknown[] = [];
  #values: unknown[] = [];
  /** What the newest `keep` made final. */
  #kept: Pick<Changes, "parts" | "keys"> = { parts: [], keys: [] };
  #changed: ReadonlyMap<number, ReadonlySet<unknown>> | null = null;

  /** Takes a part under the journal; returns its number. */
  add(part: Changeable): number {
    return this.#parts.push(part) - 1;
  }

  note(part: number, key: unknown, before: unknown): void {
    this.#changedParts.push(part);
    this.#keys.push(key);
    this.#values.push(before);
  }

  /** Takes back all since the last `keep`, newest first. The changes can be put in again as long as nothing else is kept. */
  takeBack(): Changes {
    const [parts, keys, values] = [this.#changedParts, this.#keys, this.#values];
    for (let i = parts.length - 1; i >= 0; i--) values[i] = this.#parts[parts[i]!]!.swap(keys[i], values[i]);
    this.#clear();
    return { parts, keys, values };
  }

  /** Puts changes in again, until `takeBack`. */
  putIn({ parts, keys, values }: Changes): void {
    for (const [i, part] of parts.entries()) this.note(part, keys[i], this.#parts[part]!.swap(keys[i], values[i]));
  }

  /** Puts changes in again for good; default: all since the last `keep`. */
  keep({ parts, keys, values }: Changes = this.takeBack()): void {
    for (let i = 0; i < parts.length; i++) this.#parts[parts[i]!]!.swap(keys[i], values[i]);
    this.#kept = { parts, keys };
    this.#changed = null;
  }

  #clear(): void {
    this.#changedParts = [];
    this.#keys = [];
    this.#values = [];
  }

  /** What the newest `keep` made final: of each part that it touched, the keys, once each (of an ordered set, its items). */
  get changed(): ReadonlyMap<number, ReadonlySet<unknown>> {
    if (this.#changed !== null) return this.#changed;
    const changed = new Map<number, Set<unknown>>();
    const { parts, keys } = this.#kept;
    for (const [i, part] of parts.entries()) {
      const known = changed.get(part);
      if (known === undefined) changed.set(part, new Set([keys[i]]));
      else known.add(keys[i]);
    }
    this.#changed = changed;
    return changed;
  }
}

export class Table<K extends string, V> {
  readonly #entries = new Map<K, V>();
  readonly #journal: Journal;
  readonly #number: number;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#number = journal.add(this);
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
    this.#journal.note(this.#number, key, this.swap(key, value));
  }

  delete(key: K): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#entries.delete(key);
    this.#journal.note(this.#number, key, before);
  }

  swap(key: K, value: V | undefined): V | undefined {
    const before = this.#entries.get(key);
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
    return before;
  }

  /** All entries in the order of their keys. O(n log n). */
  sorted(): [K, V][] {
    return [...this.#entries].sort((a, b) => compareUnits(a[0], b[0]));
  }

  /** Keys that the newest kept block set or deleted, in their order. */
  changed(): K[] {
    return [...((this.#journal.changed.get(this.#number) ?? []) as Iterable<K>)].sort(compareUnits);
  }
}

/** One value under the journal. */
export class Cell<T> {
  #value: T;
  readonly #journal: Journal;
  readonly #number: number;

  constructor(journal: Journal, value: T) {
    this.#journal = journal;
    this.#number = journal.add(this);
    this.#value = value;
  }

  get(): T {
    return this.#value;
  }

  set(value: T): void {
    this.#journal.note(this.#number, null, this.swap(null, value));
  }

  swap(_: null, value: T): T {
    const before = this.#value;
    this.#value = value;
    return before;
  }

  /** Whether the newest kept block set it. */
  isChanged(): boolean {
    return this.#journal.changed.has(this.#number);
  }
}

interface Item<T> {
  readonly at: number;
  readonly name: string;
  readonly value: T;
}

/** Values ordered by a number, then by name. Insertion and removal move O(n) pointers at worst. */
export class OrderedSet<T> {
  readonly #items: Item<T>[] = [];
  readonly #journal: Journal;
  readonly #number: number;
  readonly #nameOf: (value: T) => string;

  /** Values of one name are the same value. */
  constructor(journal: Journal, nameOf: (value: T) => string) {
    this.#journal = journal;
    this.#number = journal.add(this);
    this.#nameOf = nameOf;
  }

  #indexOf(at: number, name: string): number {
    return lowerBound(this.#items, (item) => item.at < at || (item.at === at && item.name < name));
  }

  #isAt(index: number, at: number, name: string): boolean {
    const item = this.#items[index];
    return item !== undefined && item.at === at && item.name === name;
  }

  add(at: number, value: T): void {
    const name = this.#nameOf(value);
    const index = this.#indexOf(at, name);
    if (this.#isAt(index, at, name)) return;
    const item = { at, name, value };
    this.#items.splice(index, 0, item);
    this.#journal.note(this.#number, item, false);
  }

  remove(at: number, value: T): void {
    const name = this.#nameOf(value);
    const index = this.#indexOf(at, name);
    if (!this.#isAt(index, at, name)) return;
    const item = this.#items[index]!;
    this.#items.splice(index, 1);
    this.#journal.note(this.#number, item, true);
  }

  clear(): void {
    for (const item of this.#items.splice(0)) this.#journal.note(this.#number, item, true);
  }

  swap(item: Item<T>, isThere: boolean): boolean {
    const index = this.#indexOf(item.at, item.name);
    if (isThere) this.#items.splice(index, 0, item);
    else this.#items.splice(index, 1);
    return !isThere;
  }

  has(at: number, value: T): boolean {
    const name = this.#nameOf(value);
    return this.#isAt(this.#indexOf(at, name), at, name);
  }

  /** Items that the newest kept block added or removed, in their order, once each. */
  changed(): Item<T>[] {
    const items = [...((this.#journal.changed.get(this.#number) ?? []) as Iterable<Item<T>>)];
    items.sort((a, b) => a.at - b.at || compareUnits(a.name, b.name));
    return items.filter(({ at, name }, i) => i === 0 || items[i - 1]!.at !== at || items[i - 1]!.name !== name);
  }

  get first(): Item<T> | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  /** A snapshot in order: safe to walk while entries come and go. */
  list(): readonly Item<T>[] {
    return this.#items.slice();
  }
}

/** What readers see of each of them. */
export type TableView<K extends string, V> = Pick<Table<K, V>, "size" | "get" | "has" | "sorted" | "changed">;
export type CellView<T> = Pick<Cell<T>, "get" | "isChanged">;
export type OrderedSetView<T> = Pick<OrderedSet<T>, "first" | "size" | "has" | "list" | "changed">;
