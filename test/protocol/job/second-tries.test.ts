/**
 * A worker whose lease ran out gets the same task again only after others were asked: one that offers cheaply and never
 * delivers would hold it until its retries are used up. Explore seed 65850: fifteen leases in a row.
 */

import { expect, test } from "vitest";
import { firstPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";

const policy = firstPolicy({ timeoutMs: 1_000, retries: 3 });

/** Task a is with w, whose lease has just run out; nobody else offers. */
function spent(): Book {
  const book = new Book([single("a", 1, { policy })]);
  book.block([]);
  book.block([book.offer("w", 1, 4, { lifeMs: 600_000 })]);
  expect(book.task("a")!.awards).toMatchObject([{ worker: "w", status: "live" }]);
  expect(book.kinds([], 1_000)).toEqual(["ended", "window"]);
  return book;
}

test("whoever offers in the window gets the task", () => {
  const book = spent();
  const events = book.block([book.offer("other", 5)], 100);
  expect(events).toMatchObject([{ kind: "award", worker: "other" }]);
});

test("if nobody does, the same worker tries again when the window ends", () => {
  const book = spent();
  expect(book.block([], 1_500)).toMatchObject([{ kind: "award", worker: "w", attempt: 2 }]);
  expect(book.kinds([], 1_000)).toEqual(["ended", "window"]);
});

test("nobody waits for one that says busy for ever: seed 72736", () => {
  const book = spent();
  const busy = book.offer("never", 1, 1, { load: 1_000_000, lifeMs: 600_000 });
  book.block([busy], 100);
  expect(book.block([], 1_500)).toMatchObject([{ kind: "award", worker: "w", attempt: 2 }]);
});
