/**
 * What a block costs does not grow with its job: bytes that agents and checkers hash, and entries of the ledger that they
 * walk over. Counted, not timed.
 */

import { afterEach, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { createAgent } from "../../../protocol/agent/agent.ts";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { OrderedSet, Table } from "../../../protocol/job/journal.ts";
import { DecidedLog } from "../../../sim/parts/checkers/decided-log.ts";
import { jobCheckers } from "../../../sim/parts/checkers/job-checkers.ts";
import { buildJob, firstPolicy, map, single, submissionOf } from "../../../sim/parts/workloads/job-builder.ts";
import { createWorld } from "../../../sim/world/world.ts";

const MEMBERS = ["m0", "m1", "m2", "m3"];
const SUBMIT_MS = 2_000;

interface Cost {
  /** By height: since the block before. */
  readonly hashed: readonly number[];
  readonly walked: readonly number[];
}

const restores: (() => void)[] = [];
afterEach(() => {
  for (const restore of restores.splice(0)) restore();
});

/** Tells of each walk over a part of a ledger's state how many entries it had. */
function watchWalks(onWalk: (entries: number) => void): void {
  const watch = <K extends string>(owner: { [name in K]: () => readonly unknown[] }, name: K): void => {
    const original = owner[name];
    restores.push(() => void (owner[name] = original));
    owner[name] = function watched(this: typeof owner): readonly unknown[] {
      const entries = original.call(this);
      onWalk(entries.length);
      return entries;
    };
  };
  const [table, agenda] = [Table.prototype, OrderedSet.prototype] as unknown as Record<
    string,
    () => readonly unknown[]
  >[];
  for (const name of ["sorted", "changed"]) watch(table!, name);
  for (const name of ["list", "changed"]) watch(agenda!, name);
}

/** A map of so many tasks, hosted by four agents that trace their states, and watched by every checker. */
function costOf(tasks: number): Cost {
  const count = { hashed: 0, walked: 0 };
  const counting = (bytes: Uint8Array): Hash => {
    count.hashed += bytes.length;
    return hasher(bytes);
  };
  watchWalks((entries) => void (count.walked += entries));
  const cost = { hashed: [] as number[], walked: [] as number[] };
  const ad = { name: "work", description: "", price: 1, expectedMs: 1, schemas: null };
  const skill = () => ({ afterMs: 1, output: "an answer" });
  const config = { skills: [ad], slots: 8, traceState: true };
  let log: DecidedLog | null = null;
  let checkers: ReturnType<typeof jobCheckers> = [];
  let before = { ...count };
  const world = createWorld({
    seed: 7,
    hasher: counting,
    create: createAgent,
    agents: [
      ...MEMBERS.map((name) => ({ name, skill, config })),
      { name: "owner", config: { hosts: false, traceState: true } },
    ],
    network: { latencyMs: { min: 1, max: 2 } },
    trace: {
      keepNewest: 1,
      onEntry: (entry) => {
        for (const checker of checkers) checker.onTrace?.(entry);
        if (entry.event.kind !== "applied" || entry.agent !== "m0") return;
        cost.hashed.push(count.hashed - before.hashed);
        cost.walked.push(count.walked - before.walked);
        before = { ...count };
      },
      onPersist: (agent, record, atMs, step) => log?.onPersist(agent, record, atMs, step),
    },
  });
  const nodes = [
    map(
      "work",
      Array.from({ length: tasks }, (_, i) => `item ${i}`),
      { policy: firstPolicy({ timeoutMs: 60_000 }) },
    ),
    single("count", { from: "work" }, { policy: firstPolicy({ timeoutMs: 60_000 }) }),
  ];
  const { genesis, job } = buildJob(world, {
    owner: "owner",
    nodes,
    committee: MEMBERS,
    budget: 1_000_000_000,
  });
  checkers = jobCheckers({ genesis: () => genesis, thorough: true, calm: false });
  log = new DecidedLog({ meshId: world.meshId, job, genesis, crypto: world.crypto, checkers, isTraced: true });
  world.run(SUBMIT_MS);
  world.inject("owner" as AgentId, submissionOf(genesis));
  const { reason } = world.run(() => log!.ledger.state.status.get() !== "running", { withinMs: 600_000 });
  expect(reason).toBe("condition");
  expect(log.ledger.state.status.get()).toBe("certified");
  expect(log.height).toBeLessThan(limits.snapshotInterval); // every so many blocks the header has a hash of the whole state
  return cost;
}

/** Mean cost of the blocks in the middle of a job: tasks unfold at its beginning, and its end names every answer. */
function middle(costs: readonly number[]): number {
  const some = costs.slice(Math.floor(costs.length / 4), Math.floor((3 * costs.length) / 4));
  return some.reduce((sum, cost) => sum + cost, 0) / some.length;
}

test("a block of a job that is twice as wide costs no more", { timeout: 240_000 }, () => {
  const [narrow, wide] = [costOf(1_100), costOf(2_200)];
  expect(middle(wide.hashed)).toBeLessThan(1.15 * middle(narrow.hashed));
  expect(middle(wide.walked)).toBeLessThan(1.15 * middle(narrow.walked));
});
