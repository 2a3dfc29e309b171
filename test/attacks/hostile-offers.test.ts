/** Offers that take the places of others or make a job give up: the ledger keeps only offers that some node of the job can use. */

import { expect, test } from "vitest";
import { limits } from "../../protocol/core/limits.ts";
import { OFFER_MAX_MS } from "../../protocol/job/policy.ts";
import { firstPolicy, map, sealedPolicy, single } from "../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../support/book.ts";

/** Leases that nobody waits for here. */
const patient = { timeoutMs: 100_000 };
const slow = { expectedMs: 1_000_000 };
const PLACES = Array.from({ length: limits.offersPerSkill }, (_, i) => `d${String(i).padStart(2, "0")}`);

const judge = (
  book: Book,
  worker: string,
  ...terms: Parameters<Book["offer"]> extends [string, ...infer R] ? R : never
) => book.ledger.judge(book.offer(worker, ...terms).command, book.timeMs);

test("agents that died do not keep new ones out of the book", () => {
  const book = new Book([map("m", [1], { policy: firstPolicy(patient) })]);
  book.block(PLACES.map((worker) => book.offer(worker, 1, 1, { ...slow, lifeMs: 500_000 })));
  expect(judge(book, "fresh")).toBe("enough-offers");
  // Each is awarded the task in turn, and voted dead.
  for (let i = 0; i < PLACES.length; i++) {
    const award = book.task("m/0")!.awards.find((given) => given.status === "live")!;
    book.block(["m0", "m1", "m2"].map((member) => book.suspicion(member, award.worker)));
  }
  expect(judge(book, "fresh")).toBeNull();
});

test("offers that no node of the job could take do not fill the book", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ priceMax: 10 }) })]);
  book.block(PLACES.map((worker) => book.offer(worker, 1_000_000)));
  expect(judge(book, "honest")).toBeNull();
  expect(judge(book, "dear", 11)).toBe("of-no-use");
  expect(judge(book, "other", 1, 1, { skill: "other" })).toBe("skill-not-asked-for");
});

test("an offer stands for ten minutes at most", () => {
  const book = new Book([single("a", 1)]);
  expect(judge(book, "w", 1, 1, { lifeMs: OFFER_MAX_MS })).toBeNull();
  expect(judge(book, "w", 1, 1, { lifeMs: OFFER_MAX_MS + 1 })).toBe("too-long");
});

test("somebody's expensive offer does not end a job that others would do for the remaining budget", () => {
  const book = new Book([single("a", 1, { policy: sealedPolicy(patient) })], 10);
  book.block([book.offer("w0"), book.offer("w1"), book.offer("mallory", 1_000)]);
  expect(book.end).toBe("running"); // a window, in which w2 may offer; or two agents in the end
  book.block([book.offer("w2")]);
  expect(book.task("a")?.awards.length).toBe(3);
});

test("an agent that failed once is asked again before a job fails for the price of a newcomer", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy(patient) })], 10);
  book.block([book.offer("w0")]);
  book.block([book.offer("mallory", 1_000)]);
  book.block([book.failure("w0", "a", 1, "error")]);
  expect(book.task("a")?.awards.map((award) => award.worker)).toEqual(["w0"]);
});

test("a skill that was scarce once is asked for again when its agents' offers have lapsed", () => {
  const policy = sealedPolicy(patient);
  const book = new Book([
    single("a", 1, { policy }),
    single("slow", 1, { skill: "other", needs: ["a"], policy: firstPolicy({ timeoutMs: 500_000 }) }),
    single("b", 1, { policy, needs: ["slow"] }),
  ]);
  const other = book.offer("o", 1, 1, { ...slow, skill: "other", lifeMs: 500_000 });
  book.block([book.offer("w0"), book.offer("w1"), other]);
  book.idle(5, 1_000); // all windows pass: two agents it is
  book.block(["w0", "w1"].map((worker) => book.seal(worker, "a", 1, 7)));
  book.block(["w0", "w1"].map((worker) => book.result(worker, "a", 1, 7, NONCE)));
  expect(book.state.nodes.get("a")?.status).toBe("accepted");
  // The slow step takes 70 s: longer than an offer lives. Both agents are alive and would answer a beacon.
  expect(book.kinds([book.result("o", "slow", 1, 1)], 70_000)).toContain("window");
  expect(book.end).toBe("running");
});
