/** An honest agent that crashed once, and is busy, is waited for. */

import { expect, test } from "vitest";
import { firstPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";

const busyOffer = (book: Book, worker: string) => book.offer(worker, 1, 1, { load: 1_000_000, lifeMs: 120_000 });

test("a worker that crashed once and came back busy is waited for", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ timeoutMs: 60_000, retries: 5 }) })]);
  book.block([]);
  book.block([book.offer("w", 1)]);
  book.block(
    ["m0", "m1", "m2"].map((member) => book.suspicion(member, "w")),
    4_000,
  );
  book.block([busyOffer(book, "w")], 1_000);
  for (let i = 0; i < 40 && book.state.status.get() === "running"; i++) book.block([], 500);
  expect(book.end).toBe("running"); // 20 s later it has a free slot
});
