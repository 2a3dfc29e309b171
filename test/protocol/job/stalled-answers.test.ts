/**
 * An answer by number, which newcomers made, asks what somebody else with a record says. Agents with a record that deliver
 * nothing must not hold it up: a liar and an agent that is always busy held the answer of five honest newcomers for
 * twenty minutes (protocol.md 6, "a task that has its answer by number").
 */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { createAgent } from "../../../protocol/agent/agent.ts";
import type { AgentId, JobId } from "../../../protocol/core/ids.ts";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import { buildJob, firstPolicy, sealedPolicy, single, submissionOf } from "../../../sim/parts/workloads/job-builder.ts";
import { createWorld } from "../../../sim/world/world.ts";
import { Book, NONCE } from "../../support/book.ts";

const HONEST = ["n0", "n1", "n2", "n3", "n4"];
const RIGHT = 7;
const WRONG = 13;
const knowledgeOf = (...known: string[]) => ({
  records: known.map((agent) => ({ agent: agent as AgentId, skill: "work", accepted: 50, rejected: 0, stated: [] })),
  learned: new Uint8Array(0),
});

test("in a mesh: a liar and a busy agent, both with records, delay five honest newcomers by three windows", () => {
  const ad = (name: string) => ({ name, description: "", price: 1, expectedMs: 100, schemas: null });
  const answer = (output: number) => () => ({ afterMs: 100, output });
  const members = ["m0", "m1", "m2", "m3"];
  let accepted: { readonly atMs: number; readonly event: Extract<LedgerEvent, { kind: "accepted" }> } | null = null;
  let watched: JobId | null = null;
  let isHolding = false;
  const world = createWorld({
    seed: 13,
    hasher,
    create: createAgent,
    agents: [
      ...members.map((name) => ({ name })),
      ...HONEST.map((name) => ({ name, skill: answer(RIGHT), config: { skills: [ad("work")], hosts: false } })),
      { name: "liar", skill: answer(WRONG), config: { skills: [ad("work")], hosts: false } },
      {
        name: "busy",
        skill: () => {
          isHolding = true;
          return { afterMs: 3_600_000, output: RIGHT };
        },
        config: { skills: [ad("work"), ad("hold")], slots: 1, hosts: false },
      },
      { name: "owner", config: { hosts: false } },
    ],
    network: { latencyMs: { min: 1, max: 5 } },
    trace: {
      onEntry: ({ event, atMs }) => {
        if (event.kind !== "applied" || event.job !== watched) return;
        for (const one of event.events as readonly LedgerEvent[])
          if (one.kind === "accepted") accepted ??= { atMs, event: one };
      },
    },
  });
  const common = { owner: "owner", committee: members, windowMs: 1_500, deadlineMs: 7_200_000 };
  const held = firstPolicy({ timeoutMs: 3_600_000 }); // the longest that a worker takes from a guest
  const holding = buildJob(world, { ...common, nodes: [single("h", 1, { skill: "hold", policy: held })] });
  world.run(2_000);
  world.inject("owner", submissionOf(holding.genesis));
  expect(world.run(() => isHolding, { withinMs: 60_000 }).reason).toBe("condition");

  // Six seats: the five newcomers and the liar take them, whatever the selector thinks.
  const policy = sealedPolicy({ timeoutMs: 60_000, redundancy: 6, redundancyMax: 9 });
  const nodes = [single("a", 1, { policy })];
  const { job, genesis } = buildJob(world, { ...common, counter: 2, nodes, knowledge: knowledgeOf("busy", "liar") });
  watched = job;
  const startMs = world.now;
  world.inject("owner", submissionOf(genesis, 2));
  expect(world.run(() => accepted !== null, { withinMs: 1_800_000 }).reason).toBe("condition");
  const { atMs, event } = accepted!;
  expect(event.supporters).toHaveLength(5);
  expect(event.rejected).toEqual(["liar"]);
  expect(event.unproven).toBe(true);
  const windowsMs = (1 + 2 + 4) * common.windowMs;
  expect(atMs - startMs).toBeLessThan(2 * windowsMs); // its first window, the work, and the three that ask
});

// --- other ways to deliver nothing --------------------------------------------------------------------

const LONG = { lifeMs: 600_000, expectedMs: 10_000_000 };

/** Three seats, of the liar and two newcomers: right by number, and the others with a record are asked. */
class Asked {
  readonly book: Book;
  readonly events: LedgerEvent[] = [];

  constructor(...others: string[]) {
    const policy = sealedPolicy({ timeoutMs: 5_000, redundancy: 3, redundancyMax: 9 });
    this.book = new Book([single("a", 1, { policy })], 1_000_000, null, { knowledge: knowledgeOf("liar", ...others) });
    this.say(
      this.book.offer("liar", 1, 4, LONG),
      ...HONEST.slice(0, 2).map((name) => this.book.offer(name, 1, 4, LONG)),
    );
    while (!this.events.some(({ kind }) => kind === "undecided")) this.work();
  }

  say(...commands: ReturnType<Book["offer"]>[]): void {
    this.events.push(...this.book.block(commands, 100));
  }

  /** Who seals and reveals what it was awarded: the liar and the newcomers. */
  work(...more: ReturnType<Book["offer"]>[]): void {
    const { book } = this;
    const task = book.task("a");
    const commands = (task?.awards ?? []).flatMap(({ worker, status }) => {
      const output = worker === "liar" ? WRONG : RIGHT;
      if (worker !== "liar" && !worker.startsWith("n")) return [];
      if (status === "live") return [book.seal(worker, "a", task!.attempt, output)];
      return status === "sealed" && task!.phase === "open"
        ? [book.result(worker, "a", task!.attempt, output, NONCE)]
        : [];
    });
    this.say(...commands, ...more);
  }

  /** How often an agent was awarded the task until its answer was accepted, within ten minutes. */
  awardsUntilAccepted(agent: string, next: () => readonly ReturnType<Book["offer"]>[]): number {
    const endMs = this.book.timeMs + 600_000;
    while (!this.events.some(({ kind }) => kind === "accepted")) {
      expect(this.book.timeMs).toBeLessThan(endMs);
      this.work(...next());
    }
    const awards = this.events.filter((event) => event.kind === "award" && event.worker === agent);
    return awards.length;
  }
}

describe("one answer, and one more agent with a record", () => {
  test("which offers, and says it is busy when it is awarded: it is asked once", () => {
    const asked = new Asked("flapper");
    const { book } = asked;
    const isHeld = () => book.task("a")?.awards.some(({ worker, status }) => worker === "flapper" && status === "live");
    const times = asked.awardsUntilAccepted("flapper", () => [
      isHeld() === true
        ? book.failure("flapper", "a", book.task("a")!.attempt, "busy")
        : book.offer("flapper", 1, 1, LONG),
    ]);
    expect(times).toBe(1);
  });

  test("which lets its lease run out: it is asked once", () => {
    const asked = new Asked("sleeper");
    const { book } = asked;
    const isHeld = () => book.task("a")?.awards.some(({ worker, status }) => worker === "sleeper" && status === "live");
    const times = asked.awardsUntilAccepted("sleeper", () =>
      isHeld() === true ? [] : [book.offer("sleeper", 1, 1, LONG)],
    );
    expect(times).toBe(1);
  });

  test("which is free: its word is heard", () => {
    const asked = new Asked("known");
    const { book } = asked;
    asked.work(book.offer("known", 1, 1, LONG));
    expect(book.task("a")!.awards).toMatchObject([{ worker: "known", status: "live" }]);
    asked.say(book.seal("known", "a", book.task("a")!.attempt, RIGHT));
    asked.say(book.result("known", "a", book.task("a")!.attempt, RIGHT, NONCE));
    expect(asked.events.findLast(({ kind }) => kind === "accepted")).toMatchObject({ unproven: false });
  });
});
