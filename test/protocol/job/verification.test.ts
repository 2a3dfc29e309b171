/** The rule `verified`: other agents check an answer before it is accepted, and a wrong one is not the end of the task. */

import { expect, test } from "vitest";
import type { AgentId } from "../../../protocol/core/ids.ts";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import { explainBadGenesis } from "../../../protocol/job/graph.ts";
import { inputOf } from "../../../protocol/job/nodes.ts";
import type { Policy } from "../../../protocol/wire/genesis.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { buildGenesis, inline, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const CHECK = "a~check";
const verified = { kind: "verified", skill: "check", verifiers: 3, quorum: 2 } as const;
const policyOf = (changes: Partial<Policy> = {}): Policy =>
  sealedPolicy({ redundancy: 1, redundancyMax: 3, accept: verified, ...changes });

function bookOf(changes: Partial<Policy> = {}): Book {
  const book = new Book([single("a", 1, { policy: policyOf(changes) }), single("b", 1, { needs: ["a"] })]);
  book.block(["w0", "w1", "w2"].map((worker) => book.offer(worker)));
  return book;
}

const seated = (book: Book, task: string): string[] =>
  book
    .task(task)!
    .awards.flatMap(({ worker, status }) => (status === "live" ? [String(worker)] : []))
    .sort();

/** All that hold seats of a task give these outputs, in the order of their names. */
function answer(book: Book, task: string, outputs: readonly Value[]): readonly LedgerEvent[] {
  const { attempt } = book.task(task)!;
  const workers = seated(book, task);
  expect(workers).toHaveLength(outputs.length);
  const given = workers.map((worker, i) => [worker, inline(outputs[i]!)] as const);
  const events = [...book.block(given.map(([worker, output]) => book.seal(worker, task, attempt, output)))];
  events.push(...book.block(given.map(([worker, output]) => book.result(worker, task, attempt, output, NONCE))));
  return events;
}

function offerChecks(book: Book, ...agents: readonly string[]): void {
  book.block(agents.map((agent) => book.offer(agent, 1, 4, { skill: "check", lifeMs: 600_000 })));
  book.block([], 2_000); // the first check gathers offers
}

test("an answer is accepted when enough verifiers find it right; they see the input and the output", () => {
  const book = bookOf();
  answer(book, "a", ["x"]);
  expect(book.task("a")!.phase).toBe("checking");
  offerChecks(book, "v0", "v1", "v2");
  const given = inputOf(book.ledger.viewAt(book.timeMs), book.task(CHECK)!);
  expect(given).toEqual({ kind: "check", input: { kind: "value", data: inline(1), path: "" }, output: inline("x") });
  const events = answer(book, CHECK, [true, false, true]);
  expect(events).toContainEqual(expect.objectContaining({ kind: "accepted", task: "a" }));
  expect(book.task(CHECK)).toBeUndefined();
  expect(book.task("b")).toBeDefined();
  // Verifiers earn records for their own skill.
  expect(book.state.records.get("v1\ncheck")).toMatchObject({ rejected: 1 });
  expect(book.state.records.get("v0\ncheck")).toMatchObject({ accepted: 1 });
});

test("who gave a result checks none for the same task", () => {
  const book = bookOf();
  const [worker] = seated(book, "a");
  answer(book, "a", ["x"]);
  offerChecks(book, worker!, "v0", "v1");
  expect(seated(book, CHECK)).not.toContain(worker);
  offerChecks(book, "v2");
  expect(seated(book, CHECK)).toEqual(["v0", "v1", "v2"]);
});

test("a wrong answer is refuted, and another worker is asked", () => {
  const book = bookOf();
  const [first] = seated(book, "a");
  answer(book, "a", ["wrong"]);
  offerChecks(book, "v0", "v1", "v2");
  answer(book, CHECK, [false, false, true]);
  expect(book.task("a")).toMatchObject({ phase: "seating", attempt: 2, refuted: [expect.any(Number)] });
  answer(book, "a", ["right"]);
  expect(book.task(CHECK)!.attempt).toBe(2);
  const events = answer(book, CHECK, [true, true, true]);
  const accepted = events.find((event) => event.kind === "accepted" && event.task === "a");
  expect(accepted).toMatchObject({ rejected: [first] });
});

test("a verifier that refuted takes the task's next seat only if nobody else is there", () => {
  const book = bookOf();
  answer(book, "a", ["right"]);
  offerChecks(book, "v0", "v1", "v2");
  book.block(["v0", "v1", "v2"].map((worker) => book.offer(worker))); // they would do the task too
  answer(book, CHECK, [false, false, false]);
  expect(["w0", "w1", "w2"]).toContain(seated(book, "a")[0]);
  answer(book, "a", ["right"]);
  answer(book, CHECK, [false, false, false]);
  expect(["w0", "w1", "w2"]).toContain(seated(book, "a")[0]);
});

test("an answer that another worker finds again is checked again: verifiers err, too", () => {
  const book = bookOf();
  answer(book, "a", ["right"]);
  offerChecks(book, "v0", "v1", "v2");
  answer(book, CHECK, [false, false, true]);
  answer(book, "a", ["right"]);
  expect(book.task(CHECK)!.attempt).toBe(2);
  const events = answer(book, CHECK, [true, false, true]);
  const accepted = events.find((event) => event.kind === "accepted" && event.task === "a");
  expect(accepted).toMatchObject({ supporters: [expect.any(String), expect.any(String)], rejected: [] });
});

test("an answer that is refuted each time fails the task when its maximum is reached", () => {
  const book = bookOf();
  for (let results = 1; results <= 3; results++) {
    answer(book, "a", ["wrong"]);
    if (results === 1) offerChecks(book, "v0", "v1", "v2");
    answer(book, CHECK, [false, false, false]);
  }
  expect(book.task(CHECK)).toBeUndefined();
  expect(book.end).toContain("disagreement");
  expect(book.end).toContain("2 of 3 verifiers");
});

test("of several candidates the one with most supporters is checked first, then the next", () => {
  const book = bookOf({ redundancy: 3 });
  answer(book, "a", ["x", "y", "x"]);
  offerChecks(book, "v0", "v1", "v2");
  answer(book, CHECK, [false, false, false]);
  expect(inputOf(book.ledger.viewAt(book.timeMs), book.task(CHECK)!)).toMatchObject({ output: inline("y") });
  answer(book, CHECK, [true, true, true]);
  expect(book.task("a")).toBeUndefined();
});

test("where nobody checks, the task fails and says so", () => {
  const book = bookOf();
  answer(book, "a", ["x"]);
  book.idle(20, 2_000);
  expect(book.end).toBe("failed task a: no-offers (its answer was not checked: nobody offers check)");
});

test("prices of checks are paid, and nothing stays reserved", () => {
  const book = bookOf();
  answer(book, "a", ["x"]);
  offerChecks(book, "v0", "v1", "v2");
  answer(book, CHECK, [true, true, true]);
  expect(book.state.spent.get()).toBe(4);
});

test("a check that nobody ends refutes nothing: the task fails as not checked, who sealed is paid, and nothing stays reserved", () => {
  const book = bookOf({ retries: 0 });
  answer(book, "a", ["right"]);
  offerChecks(book, "v0", "v1", "v2");
  const { attempt } = book.task(CHECK)!;
  const [sealing, failing] = seated(book, CHECK);
  book.block([book.seal(sealing!, CHECK, attempt, inline(true))]);
  book.block([book.failure(failing!, CHECK, attempt, "error")]);
  expect(book.end).toContain("task a: retries (its answer was not checked: 1 award brought no result");
  expect(book.state.spent.get()).toBe(2); // the answer and the sealed verdict
  expect(book.state.reserved.get()).toBe(0);
});

test("a hedge that still runs when the answer is checked is paid, and ends nothing", () => {
  const book = new Book([single("a", 1, { policy: policyOf({ redundancyMax: 1, retries: 0 }) })]);
  book.block([book.offer("w0", 1, 1, { expectedMs: 10 })]);
  book.block([book.offer("w1", 1, 1, { expectedMs: 10 })]);
  book.block([], 3_000);
  expect(seated(book, "a")).toEqual(["w0", "w1"]);
  book.block([book.result("w0", "a", 1, inline("x"))]);
  expect(book.task("a")!.phase).toBe("checking");
  expect(book.state.surplus.sorted().map(([, { worker }]) => worker)).toEqual(["w1"]);
  book.block([book.failure("w1", "a", 1, "error")]);
  expect(book.end).toBe("running");
  expect(book.state.reserved.get()).toBe(0);
});

test("agents of the operator whose answer is checked verify only where nobody else does", () => {
  const book = new Book([single("a", 1, { policy: policyOf() })]);
  const acme = { labels: ["operator.acme"], lifeMs: 600_000 };
  book.block([book.offer("w0", 1, 1, acme)]);
  answer(book, "a", ["x"]);
  const verifier = (name: string, labels: readonly string[]) =>
    book.offer(name, 1, 1, { skill: "check", labels, lifeMs: 600_000 });
  book.block([
    ...["a0", "a1"].map((name) => verifier(name, ["operator.acme"])),
    ...["v0", "v1", "v2"].map((name) => verifier(name, ["operator.bond"])),
  ]);
  book.block([], 2_000);
  expect(seated(book, CHECK)).toEqual(["v0", "v1", "v2"]);
});

test.each([
  ["more than the verifiers", { ...verified, quorum: 4 }, "verifiers-out-of-reach"],
  ["no majority of them", { ...verified, verifiers: 4, quorum: 2 }, "verifiers-out-of-reach"],
  ["the skill itself", { ...verified, skill: "work" }, "checks-itself"],
])("a genesis whose quorum is %s is refused", (_, accept, code) => {
  const genesis = buildGenesis("mesh" as never, {
    owner: "owner" as AgentId,
    nodes: [single("a", 1, { policy: policyOf({ accept }) })],
    committee: ["m0"],
  });
  expect(explainBadGenesis(genesis)?.code).toBe(code);
});
