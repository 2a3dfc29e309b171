/** Workers that work against their job: refusals, lies and odd forms of an answer that stall or fail the work of others. */

import { expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { tally } from "../../protocol/answer/rules.ts";
import { limits } from "../../protocol/core/limits.ts";
import { hashOfResult } from "../../protocol/job/certificate.ts";
import { BATCHES_MAX } from "../../protocol/job/policy.ts";
import type { CommandBody } from "../../protocol/wire/command.ts";
import { type Data, dataHash, NO_FLAGS } from "../../protocol/wire/genesis.ts";
import { firstPolicy, inline, map, sealedPolicy, single } from "../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../support/book.ts";

const patient = { timeoutMs: 100_000 };
const slow = { expectedMs: 1_000_000 };
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test("three agents that are all busy for a moment do not end the job: busy is no fault", () => {
  const book = new Book([single("a", 1, { policy: sealedPolicy({ ...patient, retries: 0 }) })]);
  const all = ["w0", "w1", "w2"];
  book.block(all.map((worker) => book.offer(worker, 1, 4, slow)));
  book.block(all.map((worker) => book.failure(worker, "a", 1, "busy")));
  const again = all.map((worker) => book.offer(worker, 1, 4, slow));
  book.block(again, 100); // free again, and they say so
  book.idle(6, 1_000);
  expect(book.end).toBe("running");
});

test("a worker that refuses for ever ends a task by its retries", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ retries: 64 }) })]);
  book.block([book.offer("w", 1, 4, { lifeMs: 600_000 })]);
  for (let blocks = 0; blocks <= 64; blocks++) {
    expect(book.end).toBe("running");
    book.block([book.failure("w", "a", book.task("a")!.attempt, "refused")], 1);
    book.idle(1, 1_500); // others are asked before it gets the task again
  }
  expect(book.end).toBe("failed task a: retries (65 awards brought no result, the last: refused)");
});

test("workers that are busy for ever do not bring a task to a batch that no block can name", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ timeoutMs: 1_000 }) })]);
  book.block([book.offer("w")]);
  for (let blocks = 0; blocks < 3 * BATCHES_MAX && book.end === "running"; blocks++) {
    const { attempt } = book.task("a")!;
    expect(attempt).toBeLessThanOrEqual(BATCHES_MAX);
    book.block([book.failure("w", "a", attempt, "busy"), book.offer("w")], 1);
  }
  book.idle(10, 60_000); // nobody offers any more
  expect(book.end).toMatch(/^failed task a/);
});

test("who reveals last cannot choose its confidence, its cost or its usage by what the others revealed", () => {
  const book = new Book([single("a", 1, { policy: sealedPolicy(patient) })]);
  const all = ["w0", "w1", "w2"];
  book.block(all.map((worker) => book.offer(worker)));
  book.block(all.map((worker) => book.seal(worker, "a", 1, 7)));
  const honest = book.result("w2", "a", 1, 7, NONCE);
  const usage = { inputTokens: 1, outputTokens: 0, microUsd: 0, counters: [] };
  for (const change of [{ confidence: 1_000_000 }, { cost: 2 }, { usage }]) {
    book.block([book.command("w2", { ...honest.command.body, ...change } as CommandBody)]);
    expect(book.task("a")!.awards.find(({ worker }) => worker === "w2")?.status).toBe("sealed");
  }
  book.block([honest]);
  expect(book.task("a")!.awards.find(({ worker }) => worker === "w2")?.status).toBe("done");
});

test("one liar's huge number does not swallow everybody's answers in a relative tolerance", () => {
  const compare = { kind: "number" as const, absolute: 0, relativePpm: 1_000 };
  const given = [-1.7e308, 7].map((value) => ({
    output: { data: inline(value), hash: dataHash(hasher, inline(value)) },
    ...{ isNewcomer: true, isLate: false, isRefuted: false, statedPpm: 1_000_000, calibratedPpm: 666_666 },
  }));
  expect(tally({ accept: { kind: "majority" }, compare, flags: NO_FLAGS }, given, 0).kind).toBe("more");
});

test("one of three who reveals the same answer as a blob does not end a job that maps over it", () => {
  const list = inline([1, 2, 3]) as Extract<Data, { kind: "inline" }>;
  const asBlob: Data = { kind: "blob", hash: dataHash(hasher, list), bytes: list.bytes.length };
  const book = new Book([single("a", 1, { policy: sealedPolicy(patient) }), map("m", { from: "a" })]);
  const all = ["w0", "w1", "w2"];
  book.block(all.map((worker) => book.offer(worker)));
  book.block(all.map((worker) => book.seal(worker, "a", 1, list)));
  book.block([book.result("w0", "a", 1, asBlob, NONCE)]); // it reveals first
  book.block(["w1", "w2"].map((worker) => book.result(worker, "a", 1, list, NONCE)));
  expect(book.end).toBe("running");
});

test("a result of too many items has no hash, and nothing throws", () => {
  expect(hashOfResult({ hash: hasher }, "list", Array<number>(limits.mapItems + 1).fill(0))).toBeNull();
});

// --- seats --------------------------------------------------------------------------------------------

test("a task of one seat gets one award, however many tasks wait in front of it", () => {
  const two = sealedPolicy({ ...patient, redundancy: 2 });
  const book = new Book([
    single("first", 1, { policy: sealedPolicy(patient) }),
    map("m", range(64), { policy: two, needs: ["first"] }),
    single("go", 1, { skill: "other", policy: firstPolicy({ timeoutMs: 500_000 }) }),
    single("z", 1, { policy: firstPolicy(patient), needs: ["go"] }),
  ]);
  const terms = { ...slow, lifeMs: 500_000 };
  const other = book.offer("o", 1, 1, { ...terms, skill: "other" });
  book.block([book.offer("x", 1, 1_000, terms), book.offer("y", 1, 1_000, terms), other]);
  book.idle(5, 1_000);
  book.block(["x", "y"].map((worker) => book.seal(worker, "first", 1, 7)));
  book.block(["x", "y"].map((worker) => book.result(worker, "first", 1, 7, NONCE)));
  book.block(range(64).map((i) => book.failure("y", `m/${i}`, 1, "refused")));
  book.block([book.result("o", "go", 1, 1)]);
  expect(book.task("z")?.awards.length).toBe(1);
});

test("tasks that cannot be seated do not hold up those behind them for which enough offers stand", () => {
  const policy = sealedPolicy(patient);
  const book = new Book([map("m", range(64), { policy }), single("z", 1, { policy: firstPolicy(patient) })]);
  book.block([book.offer("x"), book.offer("y")]);
  expect(book.task("z")?.awards.length).toBe(1);
});
