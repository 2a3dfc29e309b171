/** Who offers first does not get everything: the first tasks of a need wait for offers to choose among (protocol.md 6.1). */

import { expect, test } from "vitest";
import { SCREEN_PLACES } from "../../../protocol/selection/parameters.ts";
import { firstPolicy, map } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";

/** A job that nobody was asked for yet; its windows last 1,500 ms. `known`: agents with a record. */
function unasked(known: readonly string[] = [], selector = "least-loaded"): Book {
  const records = known.map((agent) => ({
    agent: agent as never,
    skill: "work",
    accepted: 5_000,
    rejected: 0,
    stated: [],
  }));
  const knowledge = { records, learned: new Uint8Array(0) };
  const nodes = [map("m", [1, 2, 3, 4], { policy: firstPolicy({ timeoutMs: 600_000 }) })];
  return new Book(nodes, 1_000_000, null, { windowMs: 1_500, knowledge, selector }).unasked();
}
const names = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const workers = (book: Book): string[] =>
  ["m/0", "m/1", "m/2", "m/3"].flatMap((id) => book.task(id)?.awards.map((award) => award.worker) ?? []);
const offers = (book: Book, agents: readonly string[]) => agents.map((agent) => book.offer(agent, 1, 8));

test("an offer from before anybody was asked meets rivals", () => {
  const book = unasked();
  expect(book.kinds(offers(book, ["early"]))).toEqual(["unfolded", "window"]);
  expect(book.kinds(offers(book, ["a", "b", "c"]), 200)).toEqual([]);
  expect(book.kinds([], 174)).toEqual([]);
  expect(book.kinds([], 1)).toEqual(["award", "award", "award", "award"]);
  expect(new Set(workers(book))).toEqual(new Set(["early", "a", "b", "c"]));
});

test("others have 300 ms from the first that could do it, and the job asks for a block then", () => {
  const book = unasked();
  book.block([]);
  book.block(offers(book, ["first"]), 400);
  expect(book.ledger.nextDeadlineMs).toBe(book.timeMs + 300);
  book.block(offers(book, ["second"]), 100);
  expect(workers(book)).toEqual([]);
  book.block([], 200);
  expect(new Set(workers(book))).toEqual(new Set(["first", "second"]));
});

test("what waits is given out at the window's end at the latest", () => {
  const book = unasked();
  book.block([]);
  book.block(offers(book, ["late"]), 1_400);
  expect(workers(book)).toEqual([]);
  book.block([], 100);
  expect(workers(book)).toHaveLength(4);
});

test("as many offers as the screening has places need not wait", () => {
  const book = unasked();
  book.block([]);
  book.block(offers(book, names("w", SCREEN_PLACES)), 100);
  expect(workers(book)).toHaveLength(4);
  expect(book.ledger.nextDeadlineMs).toBeGreaterThan(book.timeMs + 1_500); // nothing is left to be due
});

test("where some are known, newcomers do not make a gathering over", () => {
  const book = unasked(["k0", "k1"], "greedy");
  book.block([]);
  book.block(offers(book, names("sybil", SCREEN_PLACES)), 100);
  expect(workers(book)).toEqual([]);
  book.block(offers(book, ["k0", "k1"]), 100);
  book.block([], 300);
  expect(workers(book).map((worker) => worker.slice(0, 1))).toEqual(["k", "k", "k", "k"]);
});

test("a need gathers once: later tasks go to what stands", () => {
  const book = unasked();
  book.block([]);
  book.block([book.offer("w", 1, 1)], 100);
  book.block([], 400);
  expect(workers(book)).toEqual(["w"]);
  expect(book.kinds([book.result("w", "m/0", 1, 1)], 100)).toEqual(["result", "accepted", "award"]);
});
