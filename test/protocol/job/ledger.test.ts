/**
 * The ledger alone (protocol.md 4-7): whatever commands come, in whatever order and at whatever time, it never throws, its
 * books hold (the checkers of the simulator look at every block), and a block that is taken back leaves no trace.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IdentifiedCommand } from "../../../protocol/job/commands.ts";
import { FAILURE_REASONS } from "../../../protocol/wire/command.ts";
import type { NodeSpec } from "../../../protocol/wire/genesis.ts";
import { chain, firstPolicy, map, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";
import { runs } from "../../support/runs.ts";

const WORKERS = ["w0", "w1", "w2", "w3", "w4"];

describe("tasks", () => {
  test("a chain is unfolded step by step, each fed the step before, and certified at its end", () => {
    const book = new Book([chain("c", 3, 1)]);
    expect(book.kinds([book.offer("w0")])).toEqual(["unfolded", "award"]);
    expect(book.kinds([book.result("w0", "c/0", 1, 2)])).toEqual(["result", "accepted", "award"]);
    expect(book.kinds([book.result("w0", "c/1", 1, 3)])).toEqual(["result", "accepted", "award"]);
    const last = book.block([book.result("w0", "c/2", 1, 4)]);
    expect(last.at(-1)).toMatchObject({ kind: "completed", status: "certified" });
    expect(book.state.spent.get()).toBe(3);
  });

  test("a node waits for what it needs", () => {
    const book = new Book([map("m", [1, 2]), single("r", { from: "m" })]);
    book.block([book.offer("w0")]);
    book.block([book.result("w0", "m/0", 1, 1)]);
    expect(book.state.nodes.get("r")?.status).toBe("waiting");
    expect(book.kinds([book.result("w0", "m/1", 1, 1)])).toContain("unfolded");
    expect(book.state.nodes.get("r")?.status).toBe("open");
  });

  test("without offers it asks in windows, each longer, and then fails", () => {
    const book = new Book([single("a", 1)]);
    expect(book.kinds([])).toEqual(["unfolded", "window"]);
    expect(book.kinds([], 500)).toEqual(["window"]);
    expect(book.kinds([], 1_000)).toEqual(["window"]);
    expect(book.block([], 2_000).at(-1)).toMatchObject({
      kind: "completed",
      status: "failed",
      reason: "task a: no-offers (nobody offers work)",
    });
  });
});

test.each([
  [["w0"], "task a: too-few-agents (work needs 3 agents, there is 1)"],
  [["w0", "w1"], "task a: too-few-agents (work needs 3 agents, there are 2)"],
])("a rule that %j cannot meet fails in plain words", (workers, reason) => {
  const policy = sealedPolicy({ redundancy: 3, redundancyMax: 3, accept: { kind: "quorum", q: 3 } });
  const book = new Book([single("a", 1, { policy })]);
  book.block(workers.map((worker) => book.offer(worker)));
  for (let i = 0; i < 4; i++) book.block([], 1_000);
  expect(book.end).toBe(`failed ${reason}`);
});

describe("sealed batches", () => {
  const policy = sealedPolicy({ timeoutMs: 5_000 });
  const seated = (): Book => {
    const book = new Book([single("a", 1, { policy })]);
    book.block(["w0", "w1", "w2"].map((worker) => book.offer(worker)));
    return book;
  };

  test("open when all have sealed; a reveal before that changes nothing", () => {
    const book = seated();
    expect(book.kinds([book.seal("w0", "a", 1, 7), book.result("w0", "a", 1, 7, NONCE)])).toEqual([]);
    expect(book.kinds([book.seal("w1", "a", 1, 7), book.seal("w2", "a", 1, 8)])).toEqual(["opened"]);
    const results = ["w0", "w1"].map((worker) => book.result(worker, "a", 1, 7, NONCE));
    const last = book.block([...results, book.result("w2", "a", 1, 8, NONCE)]);
    expect(last.map((event) => event.kind)).toEqual([
      "result",
      "result",
      "result",
      "accepted",
      "nodeAccepted",
      "completed",
    ]);
    expect(last[3]).toMatchObject({ rejected: ["w2"] });
  });

  test("what is not revealed counts as wrong", () => {
    const book = seated();
    book.block(["w0", "w1", "w2"].map((worker) => book.seal(worker, "a", 1, 7)));
    book.block([book.result("w0", "a", 1, 7, NONCE), book.result("w1", "a", 1, 7, NONCE)]);
    expect(book.kinds([], 6_000)).toEqual(["ended", "accepted", "nodeAccepted", "completed"]);
  });

  test("a worker that was voted dead may come back and reveal in time", () => {
    const book = new Book([map("a", [1, 2], { policy })]);
    book.block([]);
    book.block(["w0", "w1", "w2"].map((worker) => book.offer(worker, 1)));
    book.block(["w0", "w1", "w2"].map((worker) => book.seal(worker, "a/0", 1, worker === "w1" ? 8 : 7)));
    book.block([book.result("w0", "a/0", 1, 7, NONCE), book.result("w1", "a/0", 1, 8, NONCE)]);
    book.block(["m0", "m1", "m2"].map((member) => book.suspicion(member, "w2")));
    const events = book.block([book.result("w2", "a/0", 1, 7, NONCE)]);
    expect(events.find(({ kind }) => kind === "accepted")).toMatchObject({ task: "a/0", rejected: ["w1"] });
  });

  test("a worker that was voted dead with a seal before the batch is open may come back and reveal", () => {
    const book = seated();
    book.block(["w0", "w1"].map((worker) => book.seal(worker, "a", 1, 7)));
    book.block(["m0", "m1", "m2"].map((member) => book.suspicion(member, "w1")));
    book.block([book.seal("w2", "a", 1, 7)]);
    const reveals = ["w0", "w1", "w2"].map((worker) => book.result(worker, "a", 1, 7, NONCE));
    expect(book.block(reveals).find(({ kind }) => kind === "accepted")).toMatchObject({ rejected: [], silent: [] });
  });

  test("a reveal of something else than was sealed changes nothing", () => {
    const book = seated();
    book.block(["w0", "w1", "w2"].map((worker) => book.seal(worker, "a", 1, 7)));
    expect(book.kinds([book.result("w0", "a", 1, 8, NONCE)])).toEqual([]);
  });

  test("when the leases end, the minimum opens the batch", () => {
    const book = seated();
    book.block([book.seal("w0", "a", 1, 7), book.seal("w1", "a", 1, 7)]);
    expect(book.kinds([], 5_100)).toContain("opened");
  });
});

describe("budget", () => {
  test("a task that nobody can do for what is left fails, and says so", () => {
    const book = new Book([single("a", 1)], 5);
    book.block([book.offer("w0", 6)]);
    book.idle(10, 1_500);
    expect(book.end).toBe("failed task a: budget (no offer fits into what is left of the budget)"); // after windows in which somebody cheaper might offer
  });

  test("seals that wait for each other's seats do not wait for ever", () => {
    const policy = sealedPolicy({ timeoutMs: 1_000, retries: 20 });
    const book = new Book([map("m", [1, 2], { policy })], 3);
    book.block(["w0", "w1", "w2"].map((worker) => book.offer(worker, 1)));
    book.block([book.seal("w0", "m/0", 1, 1)]);
    book.idle(30, 1_000);
    expect(book.state.status.get()).toBe("failed");
  });

  test("a late result takes its seat again only while the budget allows", () => {
    const book = new Book([map("m", [1, 2, 3])], 4);
    book.block([book.offer("w0", 2, 1)]);
    const late = book.result("w0", "m/0", 1, 1);
    book.block([book.offer("w2", 1, 1)], 1_000);
    // The lease of w0 ends. Its seat finds only w1, whom nothing is left for; m/2 takes w0, and the money.
    book.block([book.offer("w1", 5, 1)], 4_001);
    expect(book.state.reserved.get()).toBe(3);
    expect(book.kinds([late])).toEqual([]);
  });
});

// --- anything at all ----------------------------------------------------------------------------------

const worker = fc.constantFrom(...WORKERS, "m0", "owner", "stranger");
const task = fc.constantFrom("a", "m/0", "m/1", "m/2", "c/0", "c/1", "b", "nobody");
const attempt = fc.integer({ min: 1, max: 3 });
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("offer" as const),
      worker,
      price: fc.integer({ min: 0, max: 9 }),
      slots: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("seal" as const), worker, task, attempt, value: fc.nat({ max: 2 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("result" as const),
      worker,
      task,
      attempt,
      value: fc.nat({ max: 2 }),
      sealed: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("failure" as const),
      worker,
      task,
      attempt,
      reason: fc.constantFrom(...FAILURE_REASONS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("suspicion" as const),
      worker: fc.constantFrom("m0", "m1", "m2"),
      target: fc.constantFrom("w0", "m3", "m1"),
      suspected: fc.boolean(),
    }),
  },
);
const blocks = fc.array(
  fc.record({
    actions: fc.array(action, { maxLength: 8 }),
    afterMs: fc.constantFrom(0, 1, 100, 600, 2_500, 7_000),
    kept: fc.boolean(),
  }),
  { maxLength: 40 },
);

function toCommand(book: Book, one: typeof action extends fc.Arbitrary<infer T> ? T : never): IdentifiedCommand {
  switch (one.kind) {
    case "offer":
      return book.offer(one.worker, one.price, one.slots);
    case "seal":
      return book.seal(one.worker, one.task, one.attempt, one.value);
    case "result":
      return book.result(one.worker, one.task, one.attempt, one.value, one.sealed ? NONCE : null);
    case "failure":
      return book.failure(one.worker, one.task, one.attempt, one.reason);
    case "suspicion":
      return book.suspicion(one.worker, one.target, one.suspected);
  }
}

const sealed = sealedPolicy({ timeoutMs: 2_000, redundancyMax: 5 });
const JOBS: readonly (readonly NodeSpec[])[] = [
  [single("a", 1), map("m", [1, 2, 3], { needs: ["a"] })],
  [map("m", [1, 2, 3], { policy: sealed }), single("b", { from: "m" }, { policy: sealed })],
  [chain("c", 2, 1, { policy: firstPolicy({ retries: 1 }) }), single("a", 2, { policy: sealed })],
];

test("any commands at any time: it never throws, its books hold, and what is taken back was never there", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...JOBS),
      fc.integer({ min: 1, max: 60 }),
      blocks,
      fc.boolean(),
      (nodes, budget, plan, isNew) => {
        const book = isNew ? new Book(nodes, budget).unasked() : new Book(nodes, budget);
        for (const { actions, afterMs, kept } of plan) {
          const commands = actions.map((one) => toCommand(book, one));
          const before = book.ledger.digest;
          const { commands: chosen, execution } = book.ledger.select(book.timeMs + afterMs, commands);
          expect(book.ledger.digest).toBe(before);
          // What one member selects, every other one executes to the same end.
          const again = book.ledger.execute(book.timeMs + afterMs, chosen)!;
          expect(book.ledger.digest).toBe(before);
          expect(again.outcome.eventsHash).toBe(execution.outcome.eventsHash);
          // And what one changed fits the state of every other one (executions.ts).
          expect(again.changes).toEqual(execution.changes);
          if (kept) book.block(commands, afterMs);
        }
      },
    ),
    { numRuns: runs(400) },
  );
});
