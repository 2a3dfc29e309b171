/** Newcomers cost nothing to make: they may fill a fresh mesh, and must not keep out those with a record (protocol.md 6.3). */

import { expect, test } from "vitest";
import { limits } from "../../protocol/core/limits.ts";
import { firstPolicy, map } from "../../sim/workloads/job-builder.ts";
import { Book } from "../support/book.ts";

const known = (count: number): string[] => Array.from({ length: count }, (_, i) => `known${i}`);

/** Agents `known0`… have a record by the genesis; all places are taken by newcomers. */
function crowded(count: number): Book {
  const records = known(count).map((agent) => ({ agent: agent as never, skill: "work", accepted: 5_000, rejected: 0 }));
  const knowledge = { records, learned: new Uint8Array(0) };
  const book = new Book([map("a", [1], { policy: firstPolicy({ timeoutMs: 600_000 }) })], 1_000_000, null, {
    knowledge,
  });
  book.block([]);
  for (let i = 0; i < limits.offersPerSkill; i++) book.block([book.offer(`new${i}`)]);
  return book;
}
const agents = (book: Book): string[] => book.state.offers.get("work")!.map(({ agent }) => agent);

test("agents with a record get in, until five newcomers are left", () => {
  const book = crowded(20);
  expect(agents(book)).toHaveLength(limits.offersPerSkill);
  for (const agent of known(20)) book.block([book.offer(agent)]);
  expect(agents(book)).toHaveLength(limits.offersPerSkill);
  expect(agents(book).filter((agent) => agent.startsWith("new"))).toHaveLength(limits.newcomersPerSkill);
});

test("a newcomer more finds no place, and the offers of those with a record stay", () => {
  const book = crowded(2);
  const offer = book.offer("late");
  expect(book.ledger.judge(offer.command, book.timeMs)).toBe("enough-offers");
  for (const agent of known(2)) book.block([book.offer(agent)]);
  expect(agents(book)).toEqual(expect.arrayContaining(known(2)));
  expect(book.ledger.judge(book.offer("late").command, book.timeMs)).toBe("enough-offers");
});
