/** Money, holders of blobs, certificates; and a wider search over the ledger's books. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../../node/crypto.ts";
import type { AgentId, Hash, JobId, MeshId, TaskId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { hashOfResult } from "../../protocol/job/certificate.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import { type IdentifiedCommand, Ledger } from "../../protocol/job/ledger.ts";
import { Replica } from "../../protocol/job/replica.ts";
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
import { id, MESH, sign, table } from "../support/attack.ts";

const NONCE = new Uint8Array(32);
class Book {
  readonly ledger: Ledger;
  readonly job: JobId;
  timeMs = 1_000_000;
  #counter = 1;
  readonly seals = new Map<string, Data>();
  constructor(nodes: readonly NodeSpec[], budget = 1_000_000) {
    const genesis = buildGenesis("l" as MeshId, {
      owner: "owner",
      nodes,
      budget,
      committee: ["m0", "m1", "m2", "m3"],
      standbys: ["s0"],
      deadlineMs: 2_000_000_000,
    });
    this.job = hasher(encodeGenesis(genesis));
    this.ledger = new Ledger(genesis, this.job, hasher);
  }
  command(author: string, body: CommandBody): IdentifiedCommand {
    const command = { job: this.job, author: author as AgentId, counter: this.#counter++, body };
    return { hash: hasher(encodeCommand(command)), command };
  }
  offer(worker: string, price = 1, slots = 1_000, life = 60_000, expectedMs = 1_000_000): IdentifiedCommand {
    return this.command(worker, {
      kind: "offer",
      skill: "work",
      price,
      slots,
      labels: [],
      load: 0,
      expectedMs,
      validUntilMs: this.timeMs + life,
    });
  }
  seal(worker: string, task: string, attempt: number, data: Data): IdentifiedCommand {
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
  result(
    worker: string,
    task: string,
    attempt: number,
    data: Data,
    nonce: Uint8Array | null = null,
  ): IdentifiedCommand {
    return this.command(worker, { kind: "result", task: task as TaskId, attempt, data, confidence: 1, cost: 1, nonce });
  }
  failure(
    worker: string,
    task: string,
    attempt: number,
    reason: "busy" | "refused" | "error" | "lost-input",
  ): IdentifiedCommand {
    return this.command(worker, { kind: "failure", task: task as TaskId, attempt, reason, message: "" });
  }
  block(commands: readonly IdentifiedCommand[], afterMs = 10): readonly LedgerEvent[] {
    this.timeMs += afterMs;
    const { outcome } = this.ledger.select(this.timeMs, commands);
    this.ledger.keep();
    return outcome.events;
  }
  get end(): string {
    return `${this.ledger.state.status.get()} ${this.ledger.state.outcome.get()?.reason ?? ""}`.trim();
  }
}
const long = { timeoutMs: 100_000 };

test("somebody's dear offer does not end a job that others would do for what is left", () => {
  const book = new Book([single("a", 1, { policy: sealedPolicy(long) })], 10);
  book.block([book.offer("w0"), book.offer("w1"), book.offer("mallory", 1_000)]);
  expect(book.end).toBe("running"); // a window, in which w2 may offer; or two agents in the end
});

test("an agent that failed once is asked again before a job fails for the price of a newcomer", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy(long) })], 10);
  book.block([book.offer("w0")]);
  book.block([book.offer("mallory", 1_000)]);
  book.block([book.failure("w0", "a", 1, "error")]);
  expect(book.end).toBe("running");
});

test("a stranger cannot make a member forget who holds which blob", () => {
  const made = sign(
    buildGenesis(MESH, { owner: "owner", nodes: [single("a", 1)], committee: ["m0", "m1", "m2", "m3"] }),
  );
  const replica = new Replica(made.genesis, made.job, id("m0"), table.crypto, { onDecided: () => undefined });
  const blob = "f".repeat(64) as Hash;
  replica.noteHolder(blob, id("m0"));
  for (let i = 0; i < limits.poolCommands; i++)
    replica.noteHolder(i.toString(16).padStart(64, "0") as Hash, id("mallory"));
  expect(replica.isHolder(blob, id("m0"))).toBe(true);
});

test("a result with too many items is refused, not thrown at", () => {
  expect(() =>
    hashOfResult(
      { hash: hasher },
      "list",
      Array.from({ length: limits.mapItems + 1 }, () => 0),
    ),
  ).not.toThrow();
});

// --- a wider search -----------------------------------------------------------------------------------

function books(book: Book): void {
  const { state, genesis } = book.ledger;
  if (state.status.get() !== "running") {
    expect(state.reserved.get()).toBe(0);
    return;
  }
  let reserved = 0;
  const live = new Map<string, number>();
  const leases: string[] = [];
  const hedges = new Set<string>();
  for (const [tid, task] of state.tasks.sorted()) {
    const spec = genesis.nodes.find((node) => node.id === task.node)!;
    for (const award of task.awards) {
      if (award.status === "live" || award.status === "sealed") reserved += award.price;
      if (award.status !== "live") continue;
      live.set(spec.skill, (live.get(spec.skill) ?? 0) + 1);
      leases.push(`${award.leaseEndsMs} lease|${tid}|${award.worker}`);
      hedges.add(`${award.hedgeAtMs} hedge|${tid}|${award.worker}`);
    }
    const workers = task.results.map((r) => r.worker);
    expect(new Set(workers).size).toBe(workers.length);
    expect(task.results.length).toBeLessThanOrEqual(spec.policy.redundancyMax);
    expect(task.seats).toBeLessThanOrEqual(spec.policy.redundancyMax);
    if (task.phase === "open")
      expect(state.deadlines.list().some((d) => d.name === `reveal|${tid}` && d.at === task.revealByMs)).toBe(true);
  }
  expect(state.reserved.get()).toBe(reserved);
  expect(state.spent.get() + reserved).toBeLessThanOrEqual(genesis.budget);
  const due = state.deadlines.list();
  expect(
    due
      .filter((d) => d.name.startsWith("lease|"))
      .map((d) => `${d.at} ${d.name}`)
      .sort(),
  ).toEqual(leases.sort());
  for (const d of due) if (d.name.startsWith("hedge|")) expect(hedges.has(`${d.at} ${d.name}`)).toBe(true);
  for (const d of due)
    if (d.name.startsWith("reveal|")) expect(state.tasks.get(d.name.slice(7) as TaskId)?.phase).toBe("open");
  for (const [skill, { count }] of state.liveBySkill.sorted()) expect(count).toBe(live.get(skill) ?? 0);
  for (const [key, window] of state.windows.sorted())
    if (window.endsMs > 0) expect(due.some((d) => d.at === window.endsMs && d.name === `window|${key}`)).toBe(true);
}

const num = { kind: "number" as const, absolute: 1, relativePpm: 0 };
const JOBS: readonly (readonly NodeSpec[])[] = [
  [
    single("a", 1, { policy: sealedPolicy({ timeoutMs: 2_000, redundancyMax: 5, retries: 4 }) }),
    map(
      "m",
      { from: "a" },
      {
        policy: sealedPolicy({
          timeoutMs: 2_000,
          redundancy: 2,
          redundancyMax: 4,
          accept: { kind: "quorum", q: 2 },
          retries: 3,
        }),
      },
    ),
  ],
  [
    map("m", [1, 2, 3, 4], {
      policy: sealedPolicy({ timeoutMs: 30_000, redundancy: 1, redundancyMax: 4, compare: num, retries: 3 }),
    }),
    chain("c", 3, { from: "m" }, { policy: firstPolicy({ timeoutMs: 30_000, retries: 3 }) }),
  ],
  [
    chain("c", 3, 1, { policy: sealedPolicy({ timeoutMs: 30_000, redundancyMax: 6, retries: 3 }) }),
    map("m", [1, 2], { batch: 2, policy: firstPolicy({ retries: 3, timeoutMs: 30_000 }) }),
  ],
];
const who = fc.constantFrom("w0", "w1", "w2", "w3", "w4", "w5");
const act = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      k: fc.constant("offer" as const),
      w: who,
      price: fc.integer({ min: 0, max: 6 }),
      slots: fc.integer({ min: 0, max: 2 }),
      life: fc.constantFrom(1_000, 60_000, 1e9),
      exp: fc.constantFrom(10, 1_000, 1e6),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ k: fc.constant("work" as const), pick: fc.nat(30), v: fc.nat(3), list: fc.boolean() }),
  },
  { weight: 8, arbitrary: fc.record({ k: fc.constant("reveal" as const), pick: fc.nat(30) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      k: fc.constant("fail" as const),
      pick: fc.nat(30),
      why: fc.constantFrom("busy" as const, "refused" as const, "error" as const, "lost-input" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ k: fc.constant("late" as const), pick: fc.nat(30), v: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ k: fc.constant("kill" as const), w: who }) },
);
describe("a search", () => {
  test("books agree with what they count, and every job ends without its deadline", () => {
    const ends = new Map<string, number>();
    fc.assert(
      fc.property(
        fc.constantFrom(...JOBS),
        fc.integer({ min: 1, max: 80 }),
        fc.array(
          fc.record({
            acts: fc.array(act, { maxLength: 6 }),
            after: fc.constantFrom(1, 50, 600, 2_100, 6_000, 40_000),
          }),
          { maxLength: 40 },
        ),
        (nodes, budget, plan) => {
          const book = new Book(nodes, budget);
          const { state } = book.ledger;
          const given = new Map<string, Data>();
          for (const { acts, after } of plan) {
            const commands: IdentifiedCommand[] = [];
            const awards = state.tasks
              .sorted()
              .flatMap(([t, task]) => task.awards.map((award) => ({ t, task, award })));
            for (const a of acts) {
              if (a.k === "offer") commands.push(book.offer(a.w, a.price, a.slots, a.life, a.exp));
              else if (a.k === "kill")
                for (const m of ["m0", "m1", "m2"])
                  commands.push(book.command(m, { kind: "suspicion", target: a.w as AgentId, suspected: true }));
              else if (awards.length > 0) {
                const { t, task, award } = awards[a.pick % awards.length]!;
                const spec = book.ledger.genesis.nodes.find((n) => n.id === task.node)!;
                const isSealed = spec.policy.redundancyMax > 1;
                const key = `${t} ${task.attempt} ${award.worker}`;
                if (a.k === "work" || a.k === "late") {
                  const data = a.k === "work" && a.list ? inline([a.v, a.v]) : inline(a.v);
                  if (isSealed && award.status !== "sealed") {
                    given.set(key, data);
                    commands.push(book.seal(award.worker, t, task.attempt, data));
                  } else if (!isSealed) commands.push(book.result(award.worker, t, task.attempt, data));
                } else if (a.k === "reveal") {
                  const data = given.get(key);
                  if (data) commands.push(book.result(award.worker, t, task.attempt, data, NONCE));
                } else if (a.k === "fail") commands.push(book.failure(award.worker, t, task.attempt, a.why));
              }
            }
            book.block(commands, after);
            books(book);
          }
          for (let i = 0; i < 3_000 && state.status.get() === "running"; i++) {
            const due = state.deadlines.first!;
            if (due.name === "deadline") throw new Error("only the job's deadline is left: a task is stuck");
            book.timeMs = Math.max(book.timeMs, due.at - 10);
            book.block([], 10);
            books(book);
          }
          if (state.status.get() === "running") throw new Error("does not end");
          const reason = book.end.replace(/task \S+:/, "");
          ends.set(reason, (ends.get(reason) ?? 0) + 1);
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 1_500) },
    );
    console.log([...ends].map(([k, v]) => `${k}: ${v}`).join("; "));
  }, 300_000);
});
