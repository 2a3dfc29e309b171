/** Awards that run on when their batch has what it wanted: who delivers inside its lease is paid, and decides nothing. */

import { describe, expect, test, vi } from "vitest";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import type { NodeSpec } from "../../../protocol/wire/genesis.ts";
import { chain, firstPolicy, map, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const LEASE_MS = 60_000;
const FIRST = firstPolicy({ timeoutMs: LEASE_MS });
const earnedBy = (book: Book, worker: string): number =>
  book.state.agents.sorted().find(([agent]) => agent === worker)?.[1].earned ?? 0;
const has = (events: readonly LedgerEvent[], part: object): void =>
  expect(events).toContainEqual(expect.objectContaining(part));

/** `slow` and `quick` work at task `a`; `quick` came as a hedge. Something else keeps the job running. */
function hedged(policy = FIRST, budget = 1_000, rest: readonly NodeSpec[] = [single("b", 1, { needs: ["a"] })]): Book {
  const book = new Book([single("a", 1, { policy }), ...rest], budget);
  book.block([]);
  book.block([book.offer("slow", 7, 1)]);
  book.block([book.offer("quick", 5, 9)]);
  book.block([], 3_000);
  return book;
}
const workersOf = (book: Book): string[] => book.task("a")!.awards.map(({ worker }) => worker);

describe("a hedge came first", () => {
  test("the result is paid, once, and changes nothing else", () => {
    const book = hedged();
    expect(workersOf(book)).toEqual(["slow", "quick"]);
    has(book.block([book.result("quick", "a", 1, 7)]), { kind: "accepted", task: "a", supporters: ["quick"] });
    expect(book.state.reserved.get()).toBe(7 + 5); // that of slow, and of quick for b
    const late = book.result("slow", "a", 1, 8);
    const events = book.block([late, book.result("slow", "a", 1, 8)]);
    expect(events).toEqual([expect.objectContaining({ kind: "surplus", task: "a", worker: "slow", paid: 7 })]);
    expect(earnedBy(book, "slow")).toBe(7);
    expect(book.ledger.judge(late.command, book.timeMs)).toBe("no-such-task");
    expect(book.ledger.lessons.records.filter(({ agent }) => agent === "slow")).toEqual([
      expect.objectContaining({ accepted: 0, rejected: 0 }),
    ]);
    expect(book.state.spent.get()).toBe(12);
  });

  test("after its lease it is not, and its price and slot come free", () => {
    const book = hedged();
    book.block([book.result("quick", "a", 1, 7)]);
    has(book.block([], LEASE_MS), { kind: "ended", worker: "slow", reason: "late" });
    expect(book.ledger.judge(book.result("slow", "a", 1, 7).command, book.timeMs)).toBe("no-such-task");
    expect(book.state.surplus.size).toBe(0);
    expect(earnedBy(book, "slow")).toBe(0);
  });

  test("the slot of a worker that continues is taken", () => {
    const book = hedged(FIRST, 1_000, [single("b", 1, { needs: ["a"] }), single("c", 1, { needs: ["a"] })]);
    book.block([book.result("quick", "a", 1, 7)]);
    const workers = ["b", "c"].flatMap((task) => book.task(task)!.awards.map(({ worker }) => String(worker)));
    expect(workers).toEqual(["quick", "quick"]);
  });

  test("it says that it failed: nothing is paid, and nothing said of it", () => {
    const book = hedged();
    const serial = book.task("a")!.awards[0]!.serial;
    book.block([book.result("quick", "a", 1, 7)]);
    const body = { kind: "failure", task: "a", attempt: 1, serial, reason: "error", retryMs: 0, message: "" } as const;
    has(book.block([book.command("slow", body as never)]), { kind: "ended", worker: "slow", reason: "error" });
    expect(book.state.reserved.get()).toBe(5);
    const { failures, timeouts } = book.state.agents.sorted().find(([agent]) => agent === "slow")![1];
    expect([failures, timeouts, earnedBy(book, "slow")]).toEqual([0, 0, 0]);
  });

  test("it is voted dead, or the job ends: nothing is left", () => {
    const dead = hedged();
    dead.block([dead.result("quick", "a", 1, 7)]);
    has(dead.block(["m0", "m1", "m2"].map((member) => dead.suspicion(member, "slow"))), {
      ...{ kind: "ended", worker: "slow", reason: "dead" },
    });
    const over = hedged();
    over.block([over.result("quick", "a", 1, 7)]);
    const events = over.block([over.result("quick", "b", 1, 7)]);
    expect(events.map(({ kind }) => kind).slice(-2)).toEqual(["ended", "completed"]);
    expect([over.state.surplus.size, over.state.reserved.get()]).toEqual([0, 0]);
  });
});

describe("under a rule with seals", () => {
  const policy = sealedPolicy({
    timeoutMs: LEASE_MS,
    redundancy: 2,
    redundancyMax: 4,
    accept: { kind: "quorum", q: 2 },
  });

  function opened(): Book {
    const book = new Book([single("a", 1, { policy }), single("b", 1, { needs: ["a"] })], 1_000);
    book.block([]);
    book.block([book.offer("slow", 7, 1), book.offer("u", 5, 1)]);
    book.block([book.seal("u", "a", 1, 3)]);
    book.block([book.offer("quick", 5, 9)]);
    book.block([], 3_000);
    expect(workersOf(book)).toEqual(expect.arrayContaining(["slow", "u", "quick"]));
    has(book.block([book.seal("quick", "a", 1, 3)]), { kind: "opened" });
    return book;
  }

  test("the seal is paid, while others reveal and after the answer", () => {
    const early = opened();
    has(early.block([early.seal("slow", "a", 1, 3)]), { kind: "surplus", worker: "slow", paid: 7 });
    const book = opened();
    book.block([book.result("u", "a", 1, 3, NONCE), book.result("quick", "a", 1, 3, NONCE)]);
    expect(book.task("a")).toBeUndefined();
    has(book.block([book.seal("slow", "a", 1, 4)]), { kind: "surplus", worker: "slow", paid: 7 });
    expect(earnedBy(book, "slow")).toBe(7);
  });

  test("an output without a seal is none", () => {
    const book = opened();
    expect(book.ledger.judge(book.result("slow", "a", 1, 3).command, book.timeMs)).toBe("not-sealed");
    expect(book.ledger.judge(book.result("slow", "a", 1, 3, NONCE).command, book.timeMs)).toBe("not-sealed");
  });
});

describe("a hedge never takes what the job still has to pay for", () => {
  // 7 for slow, 5 each for the steps of b, which quick alone can take.
  const rest = [chain("b", 4, 1, { needs: ["a"], policy: firstPolicy({ priceMax: 5 }) })];

  test.each([
    [7 + 4 * 5 + 4, ["slow"]],
    [7 + 4 * 5 + 5, ["slow", "quick"]],
  ])("with a budget of %i", (budget, workers) => {
    const book = hedged(FIRST, budget, rest);
    expect(workersOf(book)).toEqual(workers);
    const [winner] = workers.slice(-1);
    book.block([book.result(winner!, "a", 1, 7)]);
    if (workers.length > 1) book.block([book.result("slow", "a", 1, 7)]);
    for (let step = 0; step < 4; step++) {
      const task = book.state.tasks.sorted()[0]!;
      const [award] = task[1].awards;
      book.block([book.result(award!.worker, task[0], 1, step)]);
    }
    expect(book.end).toBe("certified");
  });

  // 7 for slow, 5 for u, 5 each for the three tasks over the outputs of these three.
  test.each([
    [7 + 5 + 5 + 3 * 5 + 4, 1],
    [7 + 5 + 5 + 3 * 5 + 5, 2],
  ])("a map over the outputs of a map is to come as well, with a budget of %i", (budget, workers) => {
    const nodes = [map("a", [1, 2, 3], { policy: FIRST }), map("b", { from: "a" }, { policy: FIRST })];
    const book = new Book(nodes, budget);
    book.block([]);
    book.block([book.offer("slow", 7, 1)]);
    book.block([book.offer("u", 5, 2)]);
    const others = book.state.tasks.sorted().filter(([, { awards }]) => awards[0]!.worker !== "slow");
    book.block(others.map(([id]) => book.result("u", id, 1, 7)));
    book.block([], 3_000);
    expect(book.state.tasks.sorted().map(([, { awards }]) => awards.length)).toEqual([workers]);
  });

  test("what is to come is counted once a block, however many tasks are late", () => {
    const items = Array.from({ length: 100 }, (_, i) => i);
    const book = new Book([map("a", items, { policy: FIRST })], 1_000, []);
    book.block([]);
    book.block(["w0", "w1", "w2", "w3", "w4"].map((worker) => book.offer(worker, 1, 10)));
    const walks = vi.spyOn(book.state.ready, "list");
    book.block([], 10);
    const usual = walks.mock.calls.length;
    walks.mockClear();
    book.block([], 3_000);
    expect(walks.mock.calls.length).toBeLessThanOrEqual(usual + 1);
  });
});
