/** A reveal that is in time counts, also of a worker that is voted dead in the same block, or was a moment ago. */

import { expect, test } from "vitest";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import { map, sealedPolicy } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const policy = sealedPolicy({ timeoutMs: 60_000, redundancyMax: 3 });
const suspected = (book: Book) => ["m0", "m1", "m2"].map((member) => book.suspicion(member, "w2"));

/** Batch a/0 is open; w0 was right, w1 lies, w2 is right and has still to reveal. */
function open(): Book {
  const book = new Book([map("a", [1, 2], { policy })]);
  book.block([]);
  book.block(["w0", "w1", "w2"].map((worker) => book.offer(worker, 1)));
  book.block([book.seal("w0", "a/0", 1, 7), book.seal("w1", "a/0", 1, 666), book.seal("w2", "a/0", 1, 7)]);
  book.block([book.result("w0", "a/0", 1, 7, NONCE), book.result("w1", "a/0", 1, 666, NONCE)]);
  expect(book.task("a/0")).toMatchObject({ phase: "open" });
  return book;
}

const supportersOf = (events: readonly LedgerEvent[]): string[] =>
  events.flatMap((event) => (event.kind === "accepted" && event.task === "a/0" ? event.supporters : [])).sort();

test("a reveal in the same block as the vote counts", () => {
  const book = open();
  const events = book.block([...suspected(book), book.result("w2", "a/0", 1, 7, NONCE)]);
  expect(supportersOf(events)).toEqual(["w0", "w2"]);
});

test("a worker that was treated as dead by mistake may still reveal until the reveal deadline", () => {
  const book = open();
  book.block(suspected(book));
  expect(book.end).toBe("running");
  const events = book.block([book.offer("w2", 1), book.result("w2", "a/0", 1, 7, NONCE)], 500);
  expect(supportersOf(events)).toEqual(["w0", "w2"]);
});
