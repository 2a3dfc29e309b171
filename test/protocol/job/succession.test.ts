/** Who takes the seat of a member that leaves: the first standby that may hold as much power, or nobody. */

import { expect, test } from "vitest";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import { isReplaceable } from "../../../protocol/job/committee-changes.ts";
import { single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";

const MEMBERS = [
  { agent: "strong", power: 3 },
  { agent: "a", power: 2 },
  { agent: "b", power: 2 },
  { agent: "c", power: 2 },
  { agent: "d", power: 2 },
];

function bookWith(standbys: readonly { readonly agent: string; readonly power: number }[]): Book {
  const book = new Book([single("t", 1)], 1_000_000, null, { committee: MEMBERS, standbys });
  book.block([]);
  return book;
}

/** These say that it seems dead. */
const bury = (book: Book, target: string, by: readonly string[]): void =>
  void book.block(by.map((member) => book.suspicion(member, target)));

const committeeOf = ({ state }: Book) => state.committee.get().map(({ agent, power }) => `${agent} ${power}`);
const standbysOf = ({ state }: Book) => state.standbys.get().map(({ agent, power }) => `${agent} ${power}`);

test("a standby with less power than the seat is passed over, and keeps its place for a smaller seat", () => {
  const book = bookWith([
    { agent: "new", power: 1 },
    { agent: "old", power: 4 },
    { agent: "middle", power: 2 },
  ]);
  bury(book, "strong", ["a", "b", "c"]);
  expect(committeeOf(book)).toEqual(["old 3", "a 2", "b 2", "c 2", "d 2"]);
  expect(standbysOf(book)).toEqual(["new 1", "middle 2"]);
  bury(book, "a", ["old", "b", "c"]);
  expect(committeeOf(book)).toEqual(["old 3", "middle 2", "b 2", "c 2", "d 2"]);
  expect(standbysOf(book)).toEqual(["new 1"]);
});

test("where nobody may hold as much, the member stays as it is, and nothing is to be decided", () => {
  const book = bookWith([{ agent: "new", power: 2 }]);
  const isReplaceableNow = (agent: string): boolean => isReplaceable(book.ledger.viewAt(book.timeMs), agent as AgentId);
  expect(["strong", "a", "new", "stranger"].map(isReplaceableNow)).toEqual([false, true, false, false]);
  expect(book.ledger.judge(book.suspicion("a", "strong").command, book.timeMs)).toBe("nothing-hangs-on-it");
});

test("evidence against a member that nobody may replace is taken once: owners know it from then on", () => {
  const vote = (book: Book, block: string | null) => ({
    ...{ kind: "prevote" as const, job: book.job, height: 1, round: 0, block: block as Hash | null },
    ...{ voter: "strong" as AgentId, signature: new Uint8Array(64) },
  });
  const convict = (book: Book) =>
    book.command("a", { kind: "equivocation", first: vote(book, null), second: vote(book, "0".repeat(64)) });
  const kept = bookWith([{ agent: "new", power: 2 }]);
  expect(kept.kinds([convict(kept)])).toContain("convicted");
  expect(committeeOf(kept)[0]).toBe("strong 3");
  expect(kept.ledger.judge(convict(kept).command, kept.timeMs)).toBe("no-member-or-convicted");
  const replaced = bookWith([{ agent: "old", power: 3 }]);
  expect(replaced.kinds([convict(replaced)])).toContain("replaced");
  expect(committeeOf(replaced)[0]).toBe("old 3");
});
