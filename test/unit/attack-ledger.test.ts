/** The ledger: tasks that get stuck or fail without cause, answers that a minority chooses, blocks that throw. */
import { expect, test } from "vitest";
import { hasher } from "../../node/crypto.ts";
import { tally } from "../../protocol/answer/rules.ts";
import type { AgentId, JobId, MeshId, TaskId } from "../../protocol/core/ids.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import { type IdentifiedCommand, Ledger } from "../../protocol/job/ledger.ts";
import { type CommandBody, encodeCommand, sealHash } from "../../protocol/wire/command.ts";
import { type Data, dataHash, encodeGenesis, type NodeSpec } from "../../protocol/wire/genesis.ts";
import {
  buildGenesis,
  chain,
  firstPolicy,
  inline,
  map,
  sealedPolicy,
  single,
} from "../../sim/workloads/job-builder.ts";

const NONCE = new Uint8Array(32);
class Book {
  readonly ledger: Ledger;
  readonly job: JobId;
  timeMs = 1_000_000;
  #counter = 1;
  constructor(nodes: readonly NodeSpec[], budget = 1_000_000) {
    const genesis = buildGenesis("l" as MeshId, {
      owner: "owner",
      nodes,
      budget,
      committee: ["m0", "m1", "m2", "m3"],
      deadlineMs: 2_000_000_000,
    });
    this.job = hasher(encodeGenesis(genesis));
    this.ledger = new Ledger(genesis, this.job, hasher);
  }
  command(author: string, body: CommandBody): IdentifiedCommand {
    const command = { job: this.job, author: author as AgentId, counter: this.#counter++, body };
    return { hash: hasher(encodeCommand(command)), command };
  }
  offer(worker: string, price = 1, slots = 1_000, life = 60_000, skill = "work"): IdentifiedCommand {
    return this.command(worker, {
      kind: "offer",
      skill,
      price,
      slots,
      labels: [],
      load: 0,
      expectedMs: 1_000_000,
      validUntilMs: this.timeMs + life,
    });
  }
  sealData(worker: string, task: string, attempt: number, data: Data): IdentifiedCommand {
    const sealed = {
      job: this.job,
      task: task as TaskId,
      attempt,
      worker: worker as AgentId,
      nonce: NONCE,
      output: dataHash(hasher, data),
    };
    return this.command(worker, {
      kind: "seal",
      task: task as TaskId,
      attempt,
      seal: sealHash(hasher, sealed),
      mebibytes: 0,
    });
  }
  resultData(
    worker: string,
    task: string,
    attempt: number,
    data: Data,
    nonce: Uint8Array | null = null,
  ): IdentifiedCommand {
    return this.command(worker, { kind: "result", task: task as TaskId, attempt, data, confidence: 1, cost: 1, nonce });
  }
  failure(worker: string, task: string, attempt: number, reason: "busy" | "refused"): IdentifiedCommand {
    return this.command(worker, { kind: "failure", task: task as TaskId, attempt, reason, message: "" });
  }
  block(commands: readonly IdentifiedCommand[], afterMs = 10): readonly LedgerEvent[] {
    this.timeMs += afterMs;
    const { outcome } = this.ledger.select(this.timeMs, commands);
    this.ledger.keep();
    return outcome.events;
  }
  kinds(commands: readonly IdentifiedCommand[], afterMs?: number): string[] {
    return this.block(commands, afterMs).map((event) => event.kind);
  }
  get status() {
    return this.ledger.state.status.get();
  }
  get reason() {
    return this.ledger.state.outcome.get()?.reason ?? "";
  }
}
const long = { timeoutMs: 100_000 };

test("a skill that was scarce once is asked for again when its agents' offers have lapsed", () => {
  const policy = sealedPolicy(long);
  const book = new Book([
    single("a", 1, { policy }),
    single("slow", 1, { skill: "other", needs: ["a"], policy: firstPolicy({ timeoutMs: 500_000 }) }),
    single("b", 1, { policy, needs: ["slow"] }),
  ]);
  book.block([book.offer("w0"), book.offer("w1"), book.offer("o", 1, 1, 500_000, "other")]);
  for (let i = 0; i < 5; i++) book.block([], 1_000); // all windows pass: two agents it is
  book.block(["w0", "w1"].map((w) => book.sealData(w, "a", 1, inline(7))));
  book.block(["w0", "w1"].map((w) => book.resultData(w, "a", 1, inline(7), NONCE)));
  expect(book.ledger.state.nodes.get("a")?.status).toBe("accepted");
  // The slow step takes 70 s: longer than an offer lives. Both agents are alive and would answer a beacon.
  const events = book.kinds([book.resultData("o", "slow", 1, inline(1))], 70_000);
  expect([book.status, book.reason]).toEqual(["running", ""]);
  expect(events).toContain("window");
});

test("sixteen agents that died do not keep new ones out of the book", () => {
  const book = new Book([map("m", [1], { policy: firstPolicy(long) })]);
  const dead = Array.from({ length: 16 }, (_, i) => `d${String(i).padStart(2, "0")}`);
  book.block(dead.map((w) => book.offer(w, 1, 1, 500_000)));
  // Each is awarded the task in turn, and voted dead.
  for (let i = 0; i < 16; i++) {
    const award = book.ledger.state.tasks.get("m/0" as TaskId)!.awards.find((a) => a.status === "live")!;
    book.block(
      ["m0", "m1", "m2"].map((m) => book.command(m, { kind: "suspicion", target: award.worker, suspected: true })),
    );
  }
  expect(book.ledger.judge(book.offer("fresh").command, book.timeMs)).toBeNull();
});

test("offers that no task could take do not fill the book", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ priceMax: 10 }) })]);
  const dear = Array.from({ length: 16 }, (_, i) => book.offer(`s${i}`, 1_000_000, 1, 2 ** 50));
  book.block(dear);
  expect(book.ledger.judge(book.offer("honest", 1).command, book.timeMs)).toBeNull();
});

test("three agents that are all busy for a moment do not end the job: busy is no fault", () => {
  const policy = sealedPolicy(long);
  const book = new Book([single("a", 1, { policy })]);
  const all = ["w0", "w1", "w2"];
  book.block(all.map((w) => book.offer(w)));
  book.block(all.map((w) => book.failure(w, "a", 1, "busy")));
  book.block(
    all.map((w) => book.offer(w)),
    100,
  ); // free again, and they say so
  for (let i = 0; i < 6; i++) book.block([], 1_000);
  expect([book.status, book.reason]).toEqual(["running", ""]);
});

test("a worker that refuses for ever is no way to make a block throw", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ timeoutMs: 1_000, retries: 64 }) })]);
  book.block([book.offer("w", 1, 1, 2 ** 50)]);
  let blocks = 0;
  expect(() => {
    for (; blocks < 66_000 && book.status === "running"; blocks++) {
      const attempt = book.ledger.state.tasks.get("a" as TaskId)!.attempt;
      if (attempt < 0xffff) book.block([book.failure("w", "a", attempt, "refused")], 1);
      else book.block([], 60_000); // an EMPTY block, in which the lease ends: nothing that a pool could drop
    }
  }).not.toThrow();
  expect(blocks).toBeLessThan(70_000);
}, 120_000);

test("one liar's huge number does not swallow everybody's answers in a relative tolerance", () => {
  const compare = { kind: "number" as const, absolute: 0, relativePpm: 1_000 };
  const outputs = [-1.7e308, 7].map((value) => ({ data: inline(value), hash: dataHash(hasher, inline(value)) }));
  expect(tally({ kind: "majority" }, compare, outputs, 0).kind).toBe("more");
});

test("one of three who reveals the same answer as a blob does not end a job that maps over it", () => {
  const policy = sealedPolicy(long);
  const list = inline([1, 2, 3]);
  const asBlob: Data = {
    kind: "blob",
    hash: dataHash(hasher, list),
    bytes: (list as { bytes: Uint8Array }).bytes.length,
  };
  const book = new Book([single("a", 1, { policy }), map("m", { from: "a" })]);
  book.block(["w0", "w1", "w2"].map((w) => book.offer(w)));
  book.block(["w0", "w1", "w2"].map((w) => book.sealData(w, "a", 1, list)));
  book.block([book.resultData("w0", "a", 1, asBlob, NONCE)]); // it reveals first
  book.block(["w1", "w2"].map((w) => book.resultData(w, "a", 1, list, NONCE)));
  expect([book.status, book.reason]).toEqual(["running", ""]);
});

test("a task of one seat gets one award, however many tasks wait in front of it", () => {
  const scarce = sealedPolicy({ ...long, redundancy: 3 });
  const two = sealedPolicy({ ...long, redundancy: 2 });
  const book = new Book([
    single("first", 1, { policy: scarce }),
    map(
      "m",
      Array.from({ length: 64 }, (_, i) => i),
      { policy: two, needs: ["first"] },
    ),
    single("go", 1, { skill: "other", policy: firstPolicy({ timeoutMs: 500_000 }) }),
    single("z", 1, { policy: firstPolicy({ ...long }), needs: ["go"] }),
  ]);
  book.block([
    book.offer("x", 1, 1_000, 500_000),
    book.offer("y", 1, 1_000, 500_000),
    book.offer("o", 1, 1, 500_000, "other"),
  ]);
  for (let i = 0; i < 5; i++) book.block([], 1_000);
  book.block(["x", "y"].map((w) => book.sealData(w, "first", 1, inline(7))));
  book.block(["x", "y"].map((w) => book.resultData(w, "first", 1, inline(7), NONCE)));
  book.block(Array.from({ length: 64 }, (_, i) => book.failure("y", `m/${i}`, 1, "refused")));
  book.block([book.resultData("o", "go", 1, inline(1))]);
  const z = book.ledger.state.tasks.get("z" as TaskId);
  expect(z?.awards.length).toBe(1);
});

test("tasks that cannot be seated do not hold up those behind them for which enough offers stand", () => {
  const book = new Book([
    map(
      "m",
      Array.from({ length: 64 }, (_, i) => i),
      { policy: sealedPolicy(long) },
    ),
    single("z", 1, { policy: firstPolicy(long) }),
  ]);
  book.block([book.offer("x"), book.offer("y")]);
  expect(book.ledger.state.tasks.get("z" as TaskId)?.awards.length).toBe(1);
});
void chain;
