/** Failing fast earns nothing: an agent that brings no results gets no work from any selector that goes by results. */

import { expect, test } from "vitest";
import { chain, firstPolicy } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";

const SELECTORS = ["linucb", "thompson", "ucb1", "epsilon-greedy", "greedy"] as const;
/** UCB1 tries again the longer the other was not tried. */
const TRIES_MAX = 8;
const REASONS = ["error", "crashed", "unavailable", "wrong-answer"] as const;
const cases = SELECTORS.flatMap((selector) => REASONS.map((reason) => [selector, reason] as const));

test.each(cases)("gets no more work from %s than its doubts, when it says %s", (selector, reason) => {
  const tasks = 60;
  const policy = firstPolicy({ timeoutMs: 60_000, retries: 64 });
  const book = new Book([chain("c", tasks, 1, { policy })], 1_000_000, null, { selector });
  book.block([]);
  // It promises to be faster and cheaper, and one task at a time is to be had: each choice is between the two.
  const offers = () => [book.offer("w", 1, 1, { expectedMs: 0 }), book.offer("u", 2, 1, { expectedMs: 5_000 })];
  book.block(offers());
  const given = { u: 0, w: 0 };
  while (book.state.status.get() === "running") {
    const live = book.state.tasks
      .sorted()
      .flatMap(([id, { attempt, awards }]) =>
        awards.filter(({ status }) => status === "live").map(({ worker }) => ({ id, attempt, worker })),
      );
    const said = live.map(({ id, attempt, worker }) => {
      given[worker as "u" | "w"]++;
      return worker === "w" ? book.failure("w", id, attempt, reason) : book.result("u", id, attempt, 7);
    });
    book.block(said, 100);
    if (book.timeMs % 30_000 < 100) book.block(offers());
  }
  expect(book.end).toBe("certified");
  expect(given.u).toBe(tasks);
  expect(given.w).toBeLessThanOrEqual(TRIES_MAX);
});
