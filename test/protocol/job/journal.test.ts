/** Tables, cells and agendas under a journal, against plain copies: what is taken back was never there, until it is put in again. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareUnits } from "../../../protocol/core/bytes.ts";
import { Cell, Journal, OrderedSet, Table } from "../../../protocol/job/journal.ts";
import { runs } from "../../support/runs.ts";

type Operation =
  | { readonly kind: "set"; readonly key: string; readonly value: number }
  | { readonly kind: "delete"; readonly key: string }
  | { readonly kind: "cell"; readonly value: number }
  | { readonly kind: "add" | "remove"; readonly at: number; readonly name: string }
  | { readonly kind: "keep" | "takeBack" | "putIn" };

// Few keys, so that operations meet; with a pair beyond U+FFFF, which UTF-16 would sort elsewhere.
const key = fc.constantFrom("a", "b", "ab", "\u{1f600}", "\uffff");
const small = fc.integer({ min: -2, max: 2 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("set" as const), key, value: small }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cell" as const), value: small }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("add" as const), at: small, name: key }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), at: small, name: key }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("keep" as const, "takeBack" as const, "putIn" as const) }),
  },
);

interface State {
  readonly table: ReadonlyMap<string, number>;
  readonly cell: number;
  /** `at|name`. */
  readonly agenda: ReadonlySet<string>;
}
const EMPTY: State = { table: new Map(), cell: 0, agenda: new Set() };

/** The dumb oracle: every change copies all of the state. */
function applied(state: State, operation: Operation): State {
  const table = new Map(state.table);
  const agenda = new Set(state.agenda);
  if (operation.kind === "set") table.set(operation.key, operation.value);
  if (operation.kind === "delete") table.delete(operation.key);
  if (operation.kind === "add") agenda.add(`${operation.at}|${operation.name}`);
  if (operation.kind === "remove") agenda.delete(`${operation.at}|${operation.name}`);
  return { table, cell: operation.kind === "cell" ? operation.value : state.cell, agenda };
}

class Journaled {
  readonly journal = new Journal();
  readonly table = new Table<string, number>(this.journal);
  readonly cell = new Cell(this.journal, 0);
  readonly agenda = new OrderedSet(this.journal, (name: string) => name);

  do(operation: Operation): void {
    if (operation.kind === "set") this.table.set(operation.key, operation.value);
    else if (operation.kind === "delete") this.table.delete(operation.key);
    else if (operation.kind === "cell") this.cell.set(operation.value);
    else if (operation.kind === "add") this.agenda.add(operation.at, operation.name);
    else if (operation.kind === "remove") this.agenda.remove(operation.at, operation.name);
    else if (operation.kind === "keep") this.journal.keep();
    else {
      // What was done since the last `keep`, taken back, and put in once more.
      const changes = this.journal.takeBack();
      if (operation.kind === "putIn") this.journal.putIn(changes);
    }
  }

  expectIs(state: State): void {
    expect(new Map(this.table.sorted())).toEqual(state.table);
    expect(this.table.sorted().map(([name]) => name)).toEqual([...state.table.keys()].sort(compareUnits));
    expect(this.table.size).toBe(state.table.size);
    for (const name of ["a", "b", "ab", "\u{1f600}", "\uffff"]) {
      expect(this.table.get(name)).toBe(state.table.get(name));
      expect(this.table.has(name)).toBe(state.table.has(name));
    }
    expect(this.cell.get()).toBe(state.cell);
    const items = this.agenda.list();
    expect(new Set(items.map(({ at, name }) => `${at}|${name}`))).toEqual(state.agenda);
    expect(items.length).toBe(state.agenda.size);
    expect(this.agenda.size).toBe(items.length);
    expect(this.agenda.first).toEqual(items[0]);
    for (const [index, item] of items.entries()) {
      const before = items[index - 1];
      if (before === undefined) continue;
      expect(before.at < item.at || (before.at === item.at && compareUnits(before.name, item.name) < 0)).toBe(true);
    }
  }
}

describe("journal", () => {
  test("is at every moment what copies would be", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60, size: "max" }), (operations) => {
        const journaled = new Journaled();
        let kept = EMPTY;
        let now = EMPTY;
        for (const each of operations) {
          journaled.do(each);
          if (each.kind === "keep") kept = now;
          else if (each.kind === "takeBack") now = kept;
          else if (each.kind !== "putIn") now = applied(now, each);
          journaled.expectIs(now);
        }
        const changes = journaled.journal.takeBack();
        journaled.expectIs(kept);
        journaled.journal.putIn(changes);
        journaled.expectIs(now);
      }),
      { numRuns: runs(300) },
    );
  });

  test("what is taken back twice is taken back once", () => {
    const journaled = new Journaled();
    journaled.do({ kind: "set", key: "a", value: 1 });
    journaled.journal.keep();
    journaled.do({ kind: "set", key: "a", value: 2 });
    journaled.journal.takeBack();
    journaled.journal.takeBack();
    expect(journaled.table.get("a")).toBe(1);
  });

  test("a list of an agenda is a snapshot", () => {
    const { agenda } = new Journaled();
    agenda.add(1, "a");
    const before = agenda.list();
    agenda.add(0, "b");
    agenda.remove(1, "a");
    expect(before).toEqual([{ at: 1, name: "a", value: "a" }]);
  });
});
