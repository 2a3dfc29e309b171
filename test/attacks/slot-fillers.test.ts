/** Jobs that take a worker's slots, its money, or its time, under fresh names (protocol.md 9). */

import { describe, expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import type { JobId, TaskId } from "../../protocol/core/ids.ts";
import { DEFAULT_QUOTAS, type Quotas } from "../../protocol/core/quotas.ts";
import type { AgentConfig } from "../../protocol/machine.ts";
import { decode } from "../../protocol/wire/codec.ts";
import { commandCodec } from "../../protocol/wire/command.ts";
import type { NoticeItem } from "../../protocol/wire/message.ts";
import { encodeValue } from "../../protocol/wire/value.ts";
import {
  buildJob,
  firstPolicy,
  type JobOptions,
  map,
  single,
  submissionOf,
} from "../../sim/parts/workloads/job-builder.ts";
import { createWorld, type World } from "../../sim/world/world.ts";
import { awardItem, DrivenAgent, id, type Job, jobOf } from "../support/driven-agent.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const HOUR_MS = 3_600_000;
const MEMBERS = range(5).map((i) => `n${i}`);
const FOUR = MEMBERS.slice(0, 4);

// --- five nodes of two slots -----------------------------------------------------------------------------

interface Mesh {
  readonly world: World;
  readonly completed: Set<JobId>;
  /** The most tasks of a kind that were worked on at the same time. */
  readonly most: Map<string, number>;
}

const FLOODERS = range(8).map((i) => `flooder${i}`);
/** How long the tasks of each skill take, ms. */
const TAKES_MS: { readonly [skill: string]: number } = { work: 1_000, hog: HOUR_MS, flood: 5_000, slow: 50_000 };

function meshOfFive(): Mesh {
  const completed = new Set<JobId>();
  const most = new Map<string, number>();
  const live = new Map<string, number>();
  const ad = (name: string) => ({ name, description: "", price: 1, expectedMs: 1_000, schemas: null });
  const owners = ["hog", "ann", "bob", ...FLOODERS].map((name) => ({ name, config: { hosts: false } }));
  const world = createWorld({
    seed: 5,
    hasher,
    create: createAgent,
    agents: [
      ...MEMBERS.map((name) => ({
        name,
        skill: ({ skill }: { readonly skill: string }) => ({ afterMs: TAKES_MS[skill]!, output: 1 }),
        config: { skills: Object.keys(TAKES_MS).map(ad), slots: 2 },
      })),
      ...owners,
    ],
    network: {
      latencyMs: { min: 1, max: 5 },
      originOf: (name) => (name.startsWith("flooder") ? "192.0.2.0/24" : ""),
    },
    trace: {
      onEntry: ({ event }) => {
        if (event.kind === "applied")
          for (const one of event.events as readonly { readonly kind: string }[])
            if (one.kind === "completed") completed.add(event.job);
        if (event.kind !== "work") return;
        const kind = event.task.split("/")[0]!;
        const count = (live.get(kind) ?? 0) + (event.phase === "started" ? 1 : -1);
        live.set(kind, count);
        most.set(kind, Math.max(most.get(kind) ?? 0, count));
      },
    },
  });
  world.run(3_000);
  return { world, completed, most };
}

let counter = 10;
function submit({ world }: Mesh, owner: string, options: Pick<JobOptions, "nodes" | "committee">): JobId {
  const common = { windowMs: 500, deadlineMs: 10 * HOUR_MS };
  const { job, genesis } = buildJob(world, { ...common, ...options, owner, counter: ++counter });
  world.inject(owner, submissionOf(genesis, counter));
  return job;
}

const hogging = [map("hog", range(60), { skill: "hog", policy: firstPolicy({ timeoutMs: HOUR_MS }) })];
const working = [map("work", range(40), { policy: firstPolicy({ timeoutMs: 20_000 }) })];

/** How long a job takes, ms. */
function take(mesh: Mesh, owner: string, committee = FOUR): number {
  const startMs = mesh.world.now;
  const job = submit(mesh, owner, { nodes: working, committee });
  expect(mesh.world.run(() => mesh.completed.has(job), { withinMs: 600_000 }).reason).toBe("condition");
  return mesh.world.now - startMs;
}

describe("one job of sixty hour-long tasks under a fresh key, on five nodes of two slots", () => {
  test("takes all slots while nobody else wants them", () => {
    const mesh = meshOfFive();
    submit(mesh, "hog", { nodes: hogging, committee: FOUR });
    mesh.world.run(30_000);
    expect(mesh.most.get("hog")).toBe(10);
  });

  test("and gives half of them back: others' jobs take at most twice as long as without it, again and again", () => {
    const usual = take(meshOfFive(), "ann");
    const mesh = meshOfFive();
    submit(mesh, "hog", { nodes: hogging, committee: FOUR });
    mesh.world.run(60_000);
    const times = [take(mesh, "ann"), take(mesh, "bob"), take(mesh, "ann")];
    for (const time of times) expect(time).toBeLessThan(2 * usual + 2_000);
  });

  test("one owner alone is as fast as ever", () => {
    const mesh = meshOfFive();
    take(mesh, "ann");
    expect(mesh.most.get("work")).toBe(10);
  });
});

describe("jobs under eight fresh keys from one network", () => {
  const flood = (mesh: Mesh, skill = "flood", timeoutMs = 30_000): void => {
    for (const owner of FLOODERS)
      submit(mesh, owner, {
        nodes: [map("flood", range(500), { skill, policy: firstPolicy({ timeoutMs }) })],
        committee: MEMBERS,
      });
    mesh.world.run(20_000);
  };

  test("take all slots while nobody else wants them", () => {
    const mesh = meshOfFive();
    flood(mesh);
    expect(mesh.most.get("flood")).toBe(10);
  });

  test("share them with others' jobs, which take at most twice as long as without them, again and again", () => {
    const usual = take(meshOfFive(), "ann", MEMBERS);
    const mesh = meshOfFive();
    flood(mesh);
    const times = ["ann", "bob", "ann"].map((owner) => take(mesh, owner, MEMBERS));
    for (const time of times) expect(time).toBeLessThan(2 * usual + TAKES_MS["flood"]!);
  });

  test("and give awards of long tasks back, however short their leases are", () => {
    const usual = take(meshOfFive(), "ann", MEMBERS);
    const mesh = meshOfFive();
    flood(mesh, "slow", 60_000);
    const times = ["ann", "bob", "ann"].map((owner) => take(mesh, owner, MEMBERS));
    for (const time of times) expect(time).toBeLessThan(2 * usual + 3_000);
  });
});

// --- one worker ------------------------------------------------------------------------------------------

const quotas = (changes: { [K in keyof Quotas]?: Partial<Quotas[K]> }): Pick<AgentConfig, "quotas"> => ({
  quotas: {
    owners: { ...DEFAULT_QUOTAS.owners, ...changes.owners },
    hosting: { ...DEFAULT_QUOTAS.hosting, ...changes.hosting },
    work: { ...DEFAULT_QUOTAS.work, ...changes.work },
  },
});

const jobs = new Map<string, Job>();
function jobFor(owner: string, timeoutMs = 5_000): Job {
  const key = `${owner} ${timeoutMs}`;
  const nodes = [single("a", 1, { policy: firstPolicy({ timeoutMs }) })];
  const made = jobs.get(key) ?? jobOf(owner, { nodes, committee: ["m0"] });
  jobs.set(key, made);
  return made;
}

function award(worker: DrivenAgent, made: Job, task: string, leaseMs = 5_000, price = 1): void {
  if (worker.sent().every(({ message }) => !("job" in message && message.job === made.job))) worker.learn("m0", made);
  const item: NoticeItem = awardItem(task, { leaseEndsMs: worker.nowMs + leaseMs, price });
  worker.frame("m0", { kind: "notice", job: made.job, items: [item] });
  worker.pass(100);
}

/** Why the worker did not take awards: reason and words. */
function refusals(worker: DrivenAgent): string[] {
  return worker.sent().flatMap(({ message }) => {
    if (message.kind !== "envelopes") return [];
    return message.envelopes.flatMap(({ commands }) =>
      commands.flatMap((bytes) => {
        const decoded = decode(commandCodec, bytes);
        if (!decoded.ok || decoded.value.body.kind !== "failure") return [];
        return [`${decoded.value.body.reason}: ${decoded.value.body.message}`];
      }),
    );
  });
}

describe("a worker", () => {
  test("that is for some owners works for nobody else, and does not offer", () => {
    const worker = new DrivenAgent("w", quotas({ owners: { known: [id("ada")], allow: [id("ada")] } }));
    award(worker, jobFor("mallory"), "a");
    expect(refusals(worker)).toEqual(["refused: it works only for owners that its operator named"]);
    award(worker, jobFor("ada"), "a");
    expect(worker.of("work")).toHaveLength(1);
  });

  test("takes no lease from a guest that is longer than its longest", () => {
    const worker = new DrivenAgent("w", quotas({ owners: { known: [id("ada")] } }));
    award(worker, jobFor("mallory", 2 * HOUR_MS), "a", 2 * HOUR_MS);
    expect(refusals(worker)).toEqual([
      "refused: the lease is longer than 1 hour, the longest that it takes from guests",
    ]);
    award(worker, jobFor("ada", 2 * HOUR_MS), "a", 2 * HOUR_MS);
    expect(worker.of("work")).toHaveLength(1);
  });

  test("takes no more from an owner, or from all guests, than its operator allows within a day", () => {
    const worker = new DrivenAgent("w", { ...quotas({ work: { ownerSpend: 20, guestSpend: 30 } }), slots: 10 });
    award(worker, jobFor("mallory"), "a", 5_000, 15);
    award(worker, jobFor("mallory"), "b", 5_000, 15);
    award(worker, jobFor("fresh"), "a", 5_000, 15);
    award(worker, jobFor("fresher"), "a", 5_000, 15);
    expect(worker.of("work")).toHaveLength(2);
    expect(refusals(worker)).toEqual([
      "refused: this owner's tasks have cost what it takes from one guest within a day",
      "refused: guests' tasks have cost what it takes from all of them within a day",
    ]);
    worker.nowMs += 24 * HOUR_MS;
    award(worker, jobFor("fresher"), "b", 5_000, 15);
    expect(worker.of("work")).toHaveLength(3);
  });

  test("keeps a free slot for who waits, but not again and again for who lets it pass", () => {
    const worker = new DrivenAgent("w", { ...quotas({}), slots: 1 });
    const [ann, mallory] = [jobFor("ann"), jobOf("mallory", { nodes: [single("a", 1)], committee: ["m1"] })];
    worker.learn("m1", mallory);
    const ask = (): void => {
      const items = [awardItem("a", { leaseEndsMs: worker.nowMs + 5_000, serial: worker.nowMs })];
      worker.frame("m1", { kind: "notice", job: mallory.job, items });
    };
    const finish = (task: string): void => {
      const ref = { job: ann.job, task: task as TaskId, attempt: 1 };
      const said = { confidencePpm: 1_000_000, cost: 0, usage: null, nonce: new Uint8Array(16) };
      worker.input({ kind: "workDone", award: ref, output: encodeValue(1), ...said });
    };
    const begun = (): number => worker.of("work").filter(({ award: { job } }) => job === ann.job).length;
    award(worker, ann, "a");
    ask(); // it waits from now on
    finish("a");
    award(worker, ann, "b");
    expect(begun()).toBe(1);
    worker.pass(2_000);
    award(worker, ann, "c");
    expect(begun()).toBe(2);
    ask();
    finish("c");
    award(worker, ann, "d");
    expect(begun()).toBe(3);
  });

  test("keeps slots that are reserved for owners that its operator knows", () => {
    const worker = new DrivenAgent("w", {
      ...quotas({ owners: { known: [id("ada")] }, work: { reserved: 1 } }),
      slots: 2,
    });
    award(worker, jobFor("mallory"), "a");
    award(worker, jobFor("fresh"), "a");
    expect(worker.of("work")).toHaveLength(1);
    award(worker, jobFor("ada"), "a");
    expect(worker.of("work")).toHaveLength(2);
  });
});
