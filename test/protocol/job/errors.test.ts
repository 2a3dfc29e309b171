/** What an award's end without a result means: for the task, for who may have it next, and for what is known of the worker. */

import { describe, expect, test } from "vitest";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { skillKey } from "../../../protocol/job/keys.ts";
import type { CommandBody, FailureReason } from "../../../protocol/wire/command.ts";
import type { Policy } from "../../../protocol/wire/genesis.ts";
import { firstPolicy, sealedPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../../support/book.ts";

const LEASE_MS = 20_000;
const slow = { expectedMs: 1_000_000, lifeMs: 500_000 };
const first = (changes: Partial<Policy> = {}): Policy => firstPolicy({ timeoutMs: LEASE_MS, ...changes });

/** Task a, for which these workers offer, the cheapest first. */
function bookOf(policy: Policy, workers: readonly string[]): Book {
  const book = new Book([single("a", 1, { policy })], 1_000_000, null, { selector: "random" });
  book.block([]);
  book.block(workers.map((worker) => book.offer(worker, 1, 4, slow)));
  return book;
}
const holdersOf = (book: Book): string[] =>
  (book.task("a")?.awards ?? []).filter(({ status }) => status === "live").map(({ worker }) => worker);
const fail = (book: Book, worker: string, reason: FailureReason, message = "") =>
  book.failure(worker, "a", book.task("a")!.attempt, reason, { message });

describe("for what is known of the worker", () => {
  const nothing = { timeouts: 0, failures: 0, lost: 0 };
  const cases: readonly [FailureReason | "timeout", typeof nothing & { readonly retries: number }][] = [
    ["busy", { ...nothing, retries: 0 }],
    ["error", { timeouts: 0, failures: 1, lost: 1_000, retries: 1 }],
    ["crashed", { timeouts: 0, failures: 1, lost: 1_000, retries: 1 }],
    ["unavailable", { timeouts: 0, failures: 1, lost: 1_000, retries: 1 }],
    ["timeout", { timeouts: 1, failures: 0, lost: 1_000, retries: 1 }],
    ["invalid-input", { ...nothing, retries: 1 }],
    ["refused", { ...nothing, retries: 1 }],
    ["lost-input", { ...nothing, retries: 1 }],
  ];

  test.each(cases)("%s counts against its reliability, or not, and never against its answers", (reason, expected) => {
    const book = bookOf(first(), ["w"]);
    expect(holdersOf(book)).toEqual(["w"]);
    if (reason === "timeout") book.block([], LEASE_MS);
    else book.block([fail(book, "w", reason)]);
    const { timeouts, failures, leases } = book.state.agents.get("w" as AgentId)!;
    const { failures: retries } = book.task("a")!;
    expect({ timeouts, failures, lost: leases.bad, retries }).toEqual(expected);
    expect(book.state.records.get(skillKey("w" as AgentId, "work"))).toMatchObject({ rejected: 0, answers: null });
  });

  test("who says that an input is invalid for which others find the answer loses reliability", () => {
    const book = bookOf(first(), ["w", "x"]);
    const [liar] = holdersOf(book);
    const other = liar === "w" ? "x" : "w";
    book.block([fail(book, liar!, "invalid-input")]);
    expect(book.state.agents.get(liar as AgentId)!.leases.bad).toBe(0); // it may be right
    expect(holdersOf(book)).toEqual([other]);
    book.block([book.result(other, "a", 1, 7)]);
    expect(book.end).toBe("certified");
    expect(book.state.agents.get(liar as AgentId)).toMatchObject({ failures: 1, leases: { good: 0, bad: 1_000 } });
  });
});

test("who says that its own answer is wrong has a wrong answer in its record", () => {
  const book = bookOf(first(), ["w"]);
  book.block([fail(book, "w", "wrong-answer")]);
  const answers = { good: 0, bad: 1_000 };
  expect(book.state.records.get(skillKey("w" as AgentId, "work"))).toMatchObject({ rejected: 1, answers });
  expect(book.state.agents.get("w" as AgentId)).toMatchObject({ failures: 1, leases: { good: 0, bad: 1_000 } });
});

describe("busy, with a time", () => {
  const busy = (book: Book, worker: string, retryMs: number) => book.failure(worker, "a", 1, "busy", { retryMs });

  test("its seat is not offered to it before that time, whatever it offers, and is then", () => {
    const book = bookOf(first({ retries: 0 }), ["w"]);
    book.block([busy(book, "w", 5_000)]);
    const untilMs = book.timeMs + 5_000;
    while (book.timeMs < untilMs - 500) {
      book.block([book.offer("w", 1, 4, { ...slow, load: book.timeMs % 2 === 0 ? 0 : 400_000 })], 500);
      if (book.timeMs < untilMs) expect(holdersOf(book)).toEqual([]);
    }
    book.block([], untilMs - book.timeMs);
    expect(holdersOf(book)).toEqual(["w"]);
    expect(book.task("a")).toMatchObject({ failures: 0, tried: [] });
  });

  test("nor after it took its offer back and made it again", () => {
    const book = bookOf(first(), ["w"]);
    book.block([busy(book, "w", 5_000)]);
    const { body } = book.offer("w", 1, 4, slow).command;
    book.block([book.command("w", { ...body, slots: 0 } as CommandBody)], 100);
    expect(book.state.offers.get("work")).toEqual([]);
    book.block([book.offer("w", 1, 4, slow)], 100);
    expect(holdersOf(book)).toEqual([]);
    book.block([], 4_800);
    expect(holdersOf(book)).toEqual(["w"]);
  });

  test("others get the seat in the meantime", () => {
    const book = bookOf(first(), ["w", "x"]);
    const [one] = holdersOf(book);
    book.block([busy(book, one!, 5_000)]);
    expect(holdersOf(book)).toEqual([one === "w" ? "x" : "w"]);
  });

  test("no longer than its lease would have lasted", () => {
    const book = bookOf(first(), ["w"]);
    const { leaseEndsMs } = book.task("a")!.awards[0]!;
    book.block([busy(book, "w", 30 * 24 * 3_600_000)], 1_000);
    book.block([], leaseEndsMs - book.timeMs - 1);
    expect(holdersOf(book)).toEqual([]);
    book.block([], 1);
    expect(holdersOf(book)).toEqual(["w"]);
  });

  test("of two awards, the later time counts, and nothing stays due after it", () => {
    const policy = first();
    const nodes = [single("a", 1, { policy }), single("b", 1, { policy }), single("c", 1, { needs: ["a", "b"] })];
    const book = new Book(nodes);
    book.block([]);
    book.block([book.offer("w", 1, 4, slow)]);
    const said = [8_000, 3_000].map((retryMs, i) => book.failure("w", "ab"[i]!, 1, "busy", { retryMs }));
    book.block(said);
    const retries = () => book.state.deadlines.list().filter(({ value }) => value.kind === "retry");
    expect(retries().map(({ at }) => at - book.timeMs)).toEqual([8_000]);
    book.block([], 3_000);
    expect(holdersOf(book)).toEqual([]);
    book.block([], 5_000);
    expect(holdersOf(book)).toEqual(["w"]);
    expect(retries()).toEqual([]);
  });
});

describe("unavailable", () => {
  test("others go first", () => {
    const book = bookOf(first(), ["w", "x"]);
    const [down] = holdersOf(book);
    const other = down === "w" ? "x" : "w";
    book.block([fail(book, down!, "unavailable")]);
    expect(holdersOf(book)).toEqual([other]);
    book.block([book.failure(other, "a", 1, "busy", { retryMs: 1_000 })]);
    expect(holdersOf(book)).toEqual([]); // it waits for the one that is only busy
    book.block([], 1_000);
    expect(holdersOf(book)).toEqual([other]);
  });

  test("each time costs a retry", () => {
    const book = bookOf(first({ retries: 1 }), ["w", "x"]);
    for (let i = 0; i < 2; i++) book.block([fail(book, holdersOf(book)[0]!, "unavailable", "the model is down")]);
    expect(book.end).toBe(
      "failed task a: retries (2 awards brought no result, the last: unavailable, the model is down)",
    );
  });
});

describe("invalid-input", () => {
  const said = (book: Book) => book.block([fail(book, holdersOf(book)[0]!, "invalid-input", "no such language")]);

  test("the task fails when two say so, and the failure names it", () => {
    const book = bookOf(first(), ["w", "x", "y"]);
    said(book);
    expect(book.end).toBe("running");
    said(book);
    expect(book.end).toBe(
      "failed task a: invalid-input (2 workers say that the input is wrong for work: no such language)",
    );
  });

  test("one that is alone is asked once, and the task fails when nobody else can be", () => {
    const book = bookOf(first(), ["w"]);
    said(book);
    book.idle(10, 1_500);
    expect(book.end).toBe(
      "failed task a: invalid-input (one worker says that the input is wrong for work: no such language)",
    );
    expect(book.state.agents.get("w" as AgentId)).toMatchObject({ awards: 1, failures: 0 });
  });

  test("strangers do not end a job by saying so: while an agent with a record offers, its word counts", () => {
    const records = [{ agent: "k" as never, skill: "work", accepted: 5_000, rejected: 0, stated: [] }];
    const policy = sealedPolicy({ timeoutMs: LEASE_MS, redundancy: 3, redundancyMax: 5 });
    const knowledge = { records, learned: new Uint8Array(0) };
    const book = new Book([single("a", 1, { policy })], 1_000_000, null, { knowledge });
    book.block(["k", "s1", "s2"].map((worker) => book.offer(worker, 1, 1)));
    book.block([book.seal("k", "a", 1, 7)]);
    book.block(["s1", "s2"].map((worker) => fail(book, worker, "invalid-input")));
    expect(book.end).toBe("running");
  });

  test("nobody is believed while somebody works", () => {
    const book = new Book([single("a", 1, { policy: sealedPolicy({ timeoutMs: LEASE_MS, redundancy: 3 }) })]);
    book.block(["u", "v", "w"].map((worker) => book.offer(worker, 1, 1)));
    book.block(["u", "v"].map((worker) => fail(book, worker, "invalid-input")));
    expect(book.end).toBe("running");
  });

  test("without retries one is enough", () => {
    const book = bookOf(first({ retries: 0 }), ["w", "x"]);
    said(book);
    expect(book.end).toMatch(/^failed task a: invalid-input/);
  });

  test.each([
    [2, 1, "running"],
    [2, 3, "running"],
    [3, 2, "failed"],
  ])("under a quorum of 3, %i that say so beside %i seals: %s", (claims, seals, end) => {
    const quorum = sealedPolicy({
      timeoutMs: LEASE_MS,
      redundancy: 5,
      redundancyMax: 9,
      accept: { kind: "quorum", q: 3 },
    });
    const book = bookOf(quorum, ["u", "v", "w", "x", "y"]);
    const workers = holdersOf(book);
    expect(workers).toHaveLength(5);
    book.block(workers.slice(claims, claims + seals).map((worker) => book.seal(worker, "a", 1, 7)));
    book.block(workers.slice(0, claims).map((worker) => fail(book, worker, "invalid-input")));
    expect(book.end.split(" ")[0]).toBe(end);
  });

  test("a minority that says so does not keep the others from their answer", () => {
    const book = bookOf(sealedPolicy({ timeoutMs: LEASE_MS }), ["u", "v", "w"]);
    const [liar, ...others] = holdersOf(book);
    book.block([...others.map((worker) => book.seal(worker, "a", 1, 7)), fail(book, liar!, "invalid-input")]);
    book.idle(5, 1_500); // nobody else is there
    book.block(others.map((worker) => book.result(worker, "a", 1, 7, NONCE)));
    expect(book.end).toBe("certified");
  });
});

test("a busy skill whose award nobody needs any more is not asked before its time either", () => {
  const nodes = [single("a", 1, { policy: first({ hedge: { kind: "after", afterMs: 1_000 } }) }), single("b", 1)];
  const book = new Book([...nodes, single("c", 1, { needs: ["a"], policy: first() })]);
  book.block([]);
  book.block([book.offer("w", 1, 1, slow)]);
  book.block([book.offer("x", 9, 2, slow)]);
  book.block([], 1_000);
  expect(holdersOf(book).sort()).toEqual(["w", "x"]);
  const { serial } = book.task("a")!.awards.find(({ worker }) => worker === "w")!;
  book.block([book.result("x", "a", 1, 7)]);
  const body = { task: "a", attempt: 1, serial, reason: "busy", retryMs: 5_000, message: "" } as const;
  book.block([book.command("w", { kind: "failure", ...body } as never)]);
  expect(book.state.records.get(skillKey("w" as AgentId, "work"))!.busyUntilMs).toBe(book.timeMs + 5_000);
});

describe("hedge", () => {
  const lateAfter = (hedge: Policy["hedge"], expectedMs: number): number | null => {
    const book = new Book([single("a", 1, { policy: first({ hedge }) })]);
    book.block([]);
    book.block([book.offer("w", 1, 1, { ...slow, expectedMs })]);
    const { hedgeAtMs, sinceMs } = book.task("a")!.awards[0]!;
    return hedgeAtMs === 0 ? null : hedgeAtMs - sinceMs;
  };

  test.each<[Policy["hedge"], number, number | null]>([
    [{ kind: "auto" }, 100, 2_000],
    [{ kind: "auto" }, 1_500, 4_500],
    [{ kind: "auto" }, 7_000, null],
    [{ kind: "off" }, 100, null],
    [{ kind: "after", afterMs: 300 }, 7_000, 300],
    [{ kind: "after", afterMs: LEASE_MS }, 100, null],
  ])("%j for a worker that expects %i ms: after %s ms", (hedge, expectedMs, afterMs) => {
    expect(lateAfter(hedge, expectedMs)).toBe(afterMs);
  });
});
