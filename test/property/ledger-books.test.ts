/**
 * A search over jobs, workers and times for books that do not agree with what they count, and for tasks that are stuck:
 * a running job always has something due before its deadline, and ends.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { AgentId } from "../../protocol/core/ids.ts";
import type { IdentifiedCommand } from "../../protocol/job/commands.ts";
import { isSealed } from "../../protocol/job/policy.ts";
import type { Award, Task } from "../../protocol/job/state.ts";
import { isNewcomer } from "../../protocol/job/view.ts";
import { FAILURE_REASONS } from "../../protocol/wire/command.ts";
import type { Data, NodeSpec, Policy } from "../../protocol/wire/genesis.ts";
import { chain, firstPolicy, inline, map, sealedPolicy, single } from "../../sim/parts/workloads/job-builder.ts";
import { Book, NONCE } from "../support/book.ts";
import { runs } from "../support/runs.ts";

const specOf = (book: Book, task: Pick<Task, "node">): NodeSpec =>
  book.ledger.genesis.nodes.find((node) => node.id === task.node)!;

// --- what must hold after every block -----------------------------------------------------------------

/** What is reserved, live and due, counted anew from the tasks. */
function checkBooks(book: Book): void {
  const { state, ledger } = book;
  if (state.status.get() !== "running") {
    expect(state.reserved.get()).toBe(0);
    return;
  }
  let reserved = 0;
  const live = new Map<string, number>();
  const due: string[] = [];
  for (const [id, task] of state.tasks.sorted()) {
    const { skill, policy } = specOf(book, task);
    for (const award of task.awards) {
      if (award.status === "live" || award.status === "sealed") reserved += award.price;
      if (award.status !== "live") continue;
      live.set(skill, (live.get(skill) ?? 0) + 1);
      due.push(`${award.leaseEndsMs} lease|${id}|${award.worker}`);
    }
    if (task.phase === "open") due.push(`${task.revealByMs} reveal|${id}`);
    checkTask(task, policy);
  }
  for (const [key, { skill, price, leaseEndsMs }] of state.surplus.sorted()) {
    reserved += price;
    live.set(skill, (live.get(skill) ?? 0) + 1);
    due.push(`${leaseEndsMs} surplus|${key}`);
  }
  for (const [key, { endsMs }] of state.windows.sorted()) if (endsMs > 0) due.push(`${endsMs} window|${key}`);
  for (const [key, { endsMs }] of state.gatherings.sorted()) if (endsMs > 0) due.push(`${endsMs} gather|${key}`);
  expect(state.reserved.get()).toBe(reserved);
  expect(state.spent.get() + reserved).toBeLessThanOrEqual(ledger.genesis.budget);
  for (const [skill, { count }] of state.liveBySkill.sorted()) expect(count).toBe(live.get(skill) ?? 0);
  const noted = state.deadlines.list().map(({ at, name }) => `${at} ${name}`);
  expect(noted.filter((name) => / (?:lease|reveal|window|gather|surplus)\|/.test(name)).sort()).toEqual(due.sort());
  for (const name of noted) if (name.includes(" hedge|")) expect(hedges(book)).toContain(name);
}

function checkTask(task: Task, policy: Policy): void {
  const workers = task.results.map((result) => result.worker);
  expect(new Set(workers).size).toBe(workers.length);
  expect(workers.length).toBeLessThanOrEqual(policy.redundancyMax);
  expect(task.seats).toBeLessThanOrEqual(policy.redundancyMax);
}

const hedges = ({ state }: Book): string[] =>
  state.tasks
    .sorted()
    .flatMap(([id, task]) =>
      task.awards
        .filter((award) => award.status === "live")
        .map((award) => `${award.hedgeAtMs} hedge|${id}|${award.worker}`),
    );

// --- what may happen ----------------------------------------------------------------------------------

const long = { timeoutMs: 30_000, retries: 3 };
const short = { timeoutMs: 2_000, retries: 3 };
const numbers = { kind: "number" as const, absolute: 1, relativePpm: 0 };
const pair = { redundancy: 2, redundancyMax: 4, accept: { kind: "quorum" as const, q: 2 } };
const JOBS: readonly (readonly NodeSpec[])[] = [
  [
    single("a", 1, { policy: sealedPolicy({ ...short, redundancyMax: 5, retries: 4 }) }),
    map("m", { from: "a" }, { policy: sealedPolicy({ ...short, ...pair }) }),
  ],
  [
    map("m", [1, 2, 3, 4], { policy: sealedPolicy({ ...long, redundancy: 1, redundancyMax: 4, compare: numbers }) }),
    chain("c", 3, { from: "m" }, { policy: firstPolicy(long) }),
  ],
  [
    chain("c", 3, 1, { policy: sealedPolicy({ ...long, redundancyMax: 6 }) }),
    map("m", [1, 2], { batch: 2, policy: firstPolicy(long) }),
  ],
];

const WORKERS = ["w0", "w1", "w2", "w3", "w4", "w5"];
const worker = fc.constantFrom(...WORKERS);
/** Which of the awards that stand. */
const pick = fc.nat(30);
const value = fc.nat(3);
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("offer" as const),
      worker,
      price: fc.integer({ min: 0, max: 6 }),
      slots: fc.integer({ min: 0, max: 2 }),
      lifeMs: fc.constantFrom(1_000, 60_000, 600_000),
      expectedMs: fc.constantFrom(10, 1_000, 1_000_000),
      load: fc.constantFrom(0, 0, 1_000_000),
    }),
  },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant("output" as const), pick, value, asList: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("reveal" as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("failure" as const),
      pick,
      reason: fc.constantFrom(...FAILURE_REASONS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("death" as const), worker }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
const afterMs = fc.constantFrom(1, 50, 600, 2_100, 6_000, 40_000);
const blocks = fc.array(fc.record({ actions: fc.array(action, { maxLength: 6 }), afterMs }), { maxLength: 40 });

/** A book, and what its workers sealed. */
class Play {
  readonly book: Book;
  readonly #sealed = new Map<string, Data>();

  /** `known`: how many workers have a record. */
  constructor(nodes: readonly NodeSpec[], budget: number, known: number) {
    const records = WORKERS.slice(0, known).map((name) => ({
      ...{ agent: name as AgentId, skill: "work", accepted: 5_000, rejected: 0, stated: [] },
    }));
    const knowledge = { records, learned: new Uint8Array(0) };
    this.book = new Book(nodes, budget, null, { knowledge }).unasked();
  }

  awards(): { readonly task: Task; readonly award: Award }[] {
    return this.book.state.tasks.sorted().flatMap(([, task]) => task.awards.map((award) => ({ task, award })));
  }

  output(task: Task, { worker, status }: Award, data: Data): IdentifiedCommand[] {
    const { book } = this;
    if (!isSealed(specOf(book, task).policy)) return [book.result(worker, task.id, task.attempt, data)];
    if (status === "sealed") return [];
    this.#sealed.set(`${task.id} ${task.attempt} ${worker}`, data);
    return [book.seal(worker, task.id, task.attempt, data)];
  }

  /** A result for a batch that is open; ledger.test.ts tests results that come earlier. */
  reveal({ id, attempt, phase }: Task, { worker }: Award): IdentifiedCommand[] {
    const data = this.#sealed.get(`${id} ${attempt} ${worker}`);
    return data === undefined || phase !== "open" ? [] : [this.book.result(worker, id, attempt, data, NONCE)];
  }

  commands(one: Action): IdentifiedCommand[] {
    const { book } = this;
    if (one.kind === "offer") return [book.offer(one.worker, one.price, one.slots, one)];
    if (one.kind === "death") return ["m0", "m1", "m2"].map((member) => book.suspicion(member, one.worker));
    const awards = this.awards();
    if (awards.length === 0) return [];
    const { task, award } = awards[one.pick % awards.length]!;
    if (one.kind === "output") return this.output(task, award, inline(one.asList ? [one.value, one.value] : one.value));
    if (one.kind === "reveal") return this.reveal(task, award);
    return [book.failure(award.worker as AgentId, task.id, task.attempt, one.reason)];
  }

  /** All of `crew` offer and do what they were awarded, alike; or those with a record give another answer. */
  help(crew: readonly string[], isSplit: boolean): IdentifiedCommand[] {
    const { book } = this;
    const outputOf = ({ node }: Task, { worker }: Award): Data =>
      inline(
        isSplit && isNewcomer(book.ledger.viewAt(book.timeMs), worker, specOf(book, { node }).skill) ? [2, 2] : [1, 1],
      );
    const work = this.awards()
      .filter(({ award }) => crew.includes(award.worker))
      .flatMap(({ task, award }) => [...this.output(task, award, outputOf(task, award)), ...this.reveal(task, award)]);
    return [...crew.map((name) => book.offer(name, 0, 2)), ...work];
  }
}

test("books agree with what they count, and every job ends without its deadline", () => {
  const ends = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(...JOBS),
      fc.integer({ min: 1, max: 80 }),
      blocks,
      fc.constantFrom(0, 3, WORKERS.length),
      fc.boolean(),
      fc.constantFrom(0, 1, 2, 4),
      (nodes, budget, plan, helpers, isSplit, known) => {
        const crew = WORKERS.slice(0, helpers);
        const play = new Play(nodes, budget, known);
        const { book } = play;
        for (const { actions, afterMs } of plan) {
          book.block(
            actions.flatMap((one) => play.commands(one)),
            afterMs,
          );
          checkBooks(book);
        }
        for (let i = 0; book.end === "running"; i++) {
          expect(i).toBeLessThan(3_000);
          const { at, name } = book.state.deadlines.first!;
          const helping = play.help(crew, isSplit);
          if (helping.length === 0) expect(name).not.toBe("deadline"); // else a task is stuck
          book.block(helping, helping.length > 0 ? Math.min(1_000, 10 * i) : Math.max(0, at - book.timeMs));
          checkBooks(book);
        }
        ends.add(book.end.replace(/task \S+: (\S+).*/, "$1"));
      },
    ),
    { numRuns: runs(1_500) },
  );
  expect([...ends].sort()).toEqual(expect.arrayContaining(["certified", "failed no-offers", "failed retries"]));
});
