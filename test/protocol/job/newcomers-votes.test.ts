/** Newcomers cost nothing to make: they do not outvote agents with a record while others can be asked (protocol.md 6.3). */

import { expect, test } from "vitest";
import { boundNewcomers } from "../../../protocol/answer/weights.ts";
import { firstPolicy, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const GOOD = 7;
const BAD = 8;

const BUSY = { load: 1_000_000, lifeMs: 600_000 };

/** A task of three seats, of which `known` agents have a record. */
function seated(known: readonly string[], workers: readonly string[], changes = {}): Book {
  const records = known.map((agent) => ({
    agent: agent as never,
    skill: "work",
    accepted: 5_000,
    rejected: 0,
    stated: [],
  }));
  const policy = sealedPolicy({ redundancyMax: 5, ...changes });
  const knowledge = { records, learned: new Uint8Array(0) };
  const book = new Book([single("a", 1, { policy })], 1_000_000, null, { knowledge });
  book.block(workers.map((worker) => book.offer(worker)));
  return book;
}

/** Everybody who holds a seat answers; whose names begin with n say BAD. Returns the events of the last block. */
function answer(book: Book, attempt: number) {
  const workers = book.task("a")!.awards.map(({ worker }) => worker);
  const said = (worker: string): number => (worker.startsWith("n") ? BAD : GOOD);
  book.block(workers.map((worker) => book.seal(worker, "a", attempt, said(worker))));
  return book.block(workers.map((worker) => book.result(worker, "a", attempt, said(worker), NONCE)));
}

test("all newcomers together weigh less than half, and alone they weigh alike", () => {
  const results = (count: number, isNewcomer: boolean) =>
    Array.from({ length: count }, () => ({ isNewcomer, weight: 1 }));
  for (let newcomers = 0; newcomers <= 64; newcomers++) {
    expect(boundNewcomers(results(newcomers, true))).toEqual({ weights: new Array(newcomers).fill(1), unit: 1 });
    for (let known = 1; known <= 64 - newcomers; known++) {
      const { weights, unit } = boundNewcomers([...results(newcomers, true), ...results(known, false)]);
      const sum = (from: number, to: number): number =>
        weights.slice(from, to).reduce((all, weight) => all + weight, 0);
      expect(sum(0, newcomers)).toBeLessThan(sum(newcomers, weights.length));
      expect(sum(newcomers, weights.length)).toBe(known * unit);
      if (newcomers > 0) expect(weights[0]).toBeGreaterThan(0);
    }
  }
});

test("two newcomers against one with a record decide nothing: others are asked, and theirs is the answer", () => {
  const book = seated(["k0", "k1", "k2"], ["n0", "n1", "k0"]);
  expect(answer(book, 1)).toContainEqual(expect.objectContaining({ kind: "undecided", attempt: 1, more: 1 }));
  book.block([book.offer("k1")]);
  expect(answer(book, 2).map(({ kind }) => kind)).toContain("undecided"); // two and two
  book.block([book.offer("k2")]);
  expect(answer(book, 3)).toContainEqual(
    expect.objectContaining({ kind: "accepted", supporters: ["k0", "k1", "k2"], unproven: false }),
  );
  expect(book.state.outcome.get()).toMatchObject({ status: "certified", unproven: 0 });
});

test("where nobody else can be asked, the number decides, and the answer is marked", () => {
  const book = seated(["k0"], ["n0", "n1", "k0"]);
  answer(book, 1);
  book.idle(10, 1_000); // nobody comes in any window
  expect(book.end).toBe("certified");
  expect(book.state.outcome.get()).toMatchObject({ unproven: 1 });
  expect(book.state.reserved.get()).toBe(0);
});

test("what comes after such an answer begins in the same block, and so does the job's end", () => {
  const policy = sealedPolicy({ redundancyMax: 5 });
  const records = [{ agent: "k0" as never, skill: "work", accepted: 5_000, rejected: 0, stated: [] }];
  const next = single("b", 1, { needs: ["a"], policy: firstPolicy() });
  const book = new Book([single("a", 1, { policy }), next], 1_000_000, null, {
    knowledge: { records, learned: new Uint8Array(0) },
  });
  book.block(["n0", "n1", "k0"].map((worker) => book.offer(worker)));
  answer(book, 1);
  for (let i = 0; i < 3; i++) book.block([], 1_500);
  expect(book.state.nodes.get("a")?.status).toBe("accepted");
  expect(book.task("b")?.awards).toHaveLength(1);
  const alone = seated(["k0"], ["n0", "n1", "k0"]);
  answer(alone, 1);
  for (let i = 0; i < 3; i++) alone.block([], 1_500);
  expect(alone.end).toBe("certified");
});

/** Blocks at the ends of windows, until the job has ended or so much time has passed. `offers`: in each. */
function wait(book: Book, ms: number, offers: () => ReturnType<Book["offer"]>[]): number {
  const fromMs = book.timeMs;
  while (book.end === "running" && book.timeMs - fromMs < ms) book.block(offers(), 500);
  return book.timeMs - fromMs;
}
test("newcomers do not fill the seats of those with a record while one of these is waited for", () => {
  const book = seated(["k0", "k1"], ["n0", "n1", "k0"]);
  book.block([book.offer("k1", 1, 1, BUSY), ...["n2", "n3"].map((agent) => book.offer(agent))]);
  answer(book, 1);
  wait(book, 3_000, () => []);
  expect(book.task("a")?.awards).toEqual([]);
  book.block([book.offer("k1")]);
  expect(book.task("a")?.awards.map(({ worker }) => worker)).toEqual(["k1"]);
});

test("strangers that say they are busy do not hold up such an answer", () => {
  const book = seated(["k0"], ["n0", "n1", "k0"]);
  book.block([book.offer("mallory", 1, 1, BUSY)]);
  answer(book, 1);
  expect(wait(book, 900_000, () => [])).toBeLessThan(30_000);
  expect(book.end).toBe("certified");
});

test("somebody with a record who is busy is waited for through three windows, and no longer", () => {
  const busy = (): Book => {
    const book = seated(["k0", "k1"], ["n0", "n1", "k0"]);
    book.block([book.offer("k1", 1, 1, BUSY)]);
    answer(book, 1);
    return book;
  };
  const heard = busy();
  wait(heard, 3_000, () => []);
  expect(heard.end).toBe("running");
  heard.block([heard.offer("k1")]);
  expect(answer(heard, 2).map(({ kind }) => kind)).toContain("undecided"); // two and two
  const unheard = busy();
  expect(wait(unheard, 900_000, () => [])).toBeLessThan(5_000);
  expect(unheard.state.outcome.get()).toMatchObject({ status: "certified", unproven: 1 });
});

test("where the policy lets nobody else be asked, too", () => {
  const book = seated(["k0"], ["n0", "n1", "k0"], { redundancyMax: 3 });
  expect(answer(book, 1)).toContainEqual(expect.objectContaining({ kind: "accepted", unproven: true }));
});

test("in a fresh mesh everybody weighs alike, and the first answer is marked", () => {
  const book = seated([], ["n0", "n1", "k0"]);
  expect(answer(book, 1)).toContainEqual(
    expect.objectContaining({ kind: "accepted", supporters: expect.arrayContaining(["n0", "n1"]), unproven: true }),
  );
});
