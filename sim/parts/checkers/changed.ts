/**
 * What checkers look at after a block: the entries that it changed. A walk over all of a job after each of its blocks
 * would cost the square of the job.
 */

import type { TableView } from "../../../protocol/job/journal.ts";

/** Keys that the newest block set or deleted; at a checker's first block (`isFirst`), all that are there. */
export const changedKeys = <K extends string, V>(table: TableView<K, V>, isFirst: boolean): readonly K[] =>
  isFirst ? table.sorted().map(([key]) => key) : table.changed();

/** A figure of each entry of a table, kept up to date block by block: what it was before, and what it is now. */
export class Figures<K extends string, V, T> {
  readonly #values = new Map<K, T>();
  readonly #of: (entry: V) => T;
  #isFirst = true;

  constructor(of: (entry: V) => T) {
    this.#of = of;
  }

  /** Calls `visit` for each entry that the newest block changed; null if it was not there, or is not any more. */
  update(table: TableView<K, V>, visit: (before: T | null, now: T | null, key: K) => void): void {
    for (const key of changedKeys(table, this.#isFirst)) {
      const entry = table.get(key);
      const before = this.#values.get(key) ?? null;
      const now = entry === undefined ? null : this.#of(entry);
      if (now === null) this.#values.delete(key);
      else this.#values.set(key, now);
      visit(before, now, key);
    }
    this.#isFirst = false;
  }
}
