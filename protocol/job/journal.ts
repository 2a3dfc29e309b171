/**
 * Tables whose changes can be taken back. A member applies a proposed block to find out what it decides, and takes
 * it back if another block wins; a journal makes that cost what the block changed, not what the state holds. It also
 * says what the newest kept block changed, for those that follow a state without walking over it.
 *
 * Entries are immutable: a change replaces the entry. The order of insertion is not part of the state (it would not
 * survive taking back): whoever walks a table sorts.
 */

import { compareUnits } from "../core/bytes.ts";
import { lowerBound } from "../core/sorted.ts";

/** Something whose changes a journal takes back. */
interface Undoable {
  /** Puts back what `note` was told. */
  undo(key: unknown, before: unknown): void;
}

/** Three lists instead of a list of closures: a block notes thousands of changes, and is often taken back. */
export class Journal {
  #targets: Undoable[] = [];
  #keys: unknown[] = [];
  #befores: unknown[] = [];
  /** What the newest `keep` made final. */
  #kept: { readonly targets: readonly Undoable[]; readonly keys: readonly unknown[] } = { targets: [], keys: [] };
  #changes: ReadonlyMap<Undoable, ReadonlySet<unknown>> | null = null;

  note(target: Undoable, key: unknown, before: unknown): void {
    this.#targets.push(target);
    this.#keys.push(key);
    this.#befores.push(before);
  }

  /** Takes back all since the last `keep`, newest first. */
  rollBack(): void {
    for (let i = this.#targets.length - 1; i >= 0; i--) this.#targets[i]!.undo(this.#keys[i], this.#befores[i]);
    this.#clear();
  }

  keep(): void {
    this.#kept = { targets: this.#targets, keys: this.#keys };
    this.#changes = null;
    this.#clear();
  }

  #clear(): void {
    this.#targets = [];
    this.#keys = [];
    this.#befores = [];
  }

  /** What the newest `keep` made final: of each part that it touched, the keys, once each (of an agenda, its items). */
  get changes(): ReadonlyMap<Undoable, ReadonlySet<unknown>> {
    if (this.#changes !== null) return this.#changes;
    const changes = new Map<Undoable, Set<unknown>>();
    const { targets, keys } = this.#kept;
    for (let i = 0; i < targets.length; i++) {
      const known = changes.get(targets[i]!);
      if (known === undefined) changes.set(targets[i]!, new Set([keys[i]]));
      else known.add(keys[i]);
    }
    this.#changes = changes;
    return changes;
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
    this.#journal.note(this, key, before);
  }

  delete(key: K): void {
    const before = this.#entries.get(key);
    if (before === undefined) return;
    this.#entries.delete(key);
    this.#journal.note(this, key, before);
  }

  undo(key: K, before: V | undefined): void {
    if (before === undefined) this.#entries.delete(key);
    else this.#entries.set(key, before);
  }

  /** All entries in the order of their keys. O(n log n). */
  sorted(): [K, V][] {
    return [...this.#entries].sort((a, b) => compareUnits(a[0], b[0]));
  }

  /** Keys that the newest kept block set or deleted, in their order. */
  changed(): K[] {
    return [...((this.#journal.changes.get(this) ?? []) as Iterable<K>)].sort(compareUnits);
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
    this.#journal.note(this, null, before);
  }

  undo(_: null, before: T): void {
    this.#value = before;
  }

  /** Whether the newest kept block set it. */
  isChanged(): boolean {
    return this.#journal.changes.has(this);
  }
}

export interface Item {
  readonly at: number;
  readonly name: string;
}

/** An agenda: names ordered by a number, then by name. Insertion and removal move O(n) pointers at worst. */
export class Agenda {
  readonly #items: Item[] = [];
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  #indexOf(at: number, name: string): number {
    return lowerBound(this.#items, (item) => item.at < at || (item.at === at && item.name < name));
  }

  #isAt(index: number, at: number, name: string): boolean {
    const item = this.#items[index];
    return item !== undefined && item.at === at && item.name === name;
  }

  add(at: number, name: string): void {
    const index = this.#indexOf(at, name);
    if (this.#isAt(index, at, name)) return;
    const item = { at, name };
    this.#items.splice(index, 0, item);
    this.#journal.note(this, item, false);
  }

  remove(at: number, name: string): void {
    const index = this.#indexOf(at, name);
    if (!this.#isAt(index, at, name)) return;
    const item = this.#items[index]!;
    this.#items.splice(index, 1);
    this.#journal.note(this, item, true);
  }

  undo(item: Item, wasThere: boolean): void {
    const index = this.#indexOf(item.at, item.name);
    if (wasThere) this.#items.splice(index, 0, item);
    else this.#items.splice(index, 1);
  }

  has({ at, name }: Item): boolean {
    return this.#isAt(this.#indexOf(at, name), at, name);
  }

  /** Items that the newest kept block added or removed, in their order, once each. */
  changed(): Item[] {
    const items = [...((this.#journal.changes.get(this) ?? []) as Iterable<Item>)];
    items.sort((a, b) => a.at - b.at || compareUnits(a.name, b.name));
    return items.filter(({ at, name }, i) => i === 0 || items[i - 1]!.at !== at || items[i - 1]!.name !== name);
  }

  get first(): Item | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  /** A snapshot in order: safe to walk while entries come and go. */
  list(): readonly Item[] {
    return this.#items.slice();
  }
}
