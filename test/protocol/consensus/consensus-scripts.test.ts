/**
 * Scripted attacks and accidents that once broke this design on paper (protocol.md 5), each in a virtual world under all
 * checkers: four members, two good workers, a chain of tasks, and one thing that goes wrong.
 */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/crypto.ts";
import { createAgent } from "../../../protocol/agent/agent.ts";
import type { StrategyName } from "../../../sim/adversaries/catalog.ts";
import { type Checker, violated } from "../../../sim/checkers/checker.ts";
import type { Occurrence } from "../../../sim/explore/coverage.ts";
import { CALM_NETWORK, type PlannedWorker, type SeedPlan, SUBMIT_MS } from "../../../sim/explore/plan.ts";
import { describeFailure } from "../../../sim/explore/seed-report.ts";
import { runSeed } from "../../../sim/explore/seed-run.ts";
import type { Fault } from "../../../sim/faults/fault.ts";
import { EPOCH_MS } from "../../../sim/virtual/world.ts";
import { chain, firstPolicy, sealedPolicy } from "../../../sim/workloads/job-builder.ts";
import { runs } from "../../support/runs.ts";

const GOOD: PlannedWorker = {
  ...{ name: "w0", price: 1, slots: 4, workMs: 20, lies: 0, fails: 0, slow: 0 },
  ...{ lie: null, withholdsBlobs: false, startMs: 0 },
};

const CALM: SeedPlan = {
  seed: 1,
  members: ["m0", "m1", "m2", "m3"].map((agent) => ({ agent, power: 1 })),
  standbys: [],
  workers: ["w0", "w1", "w2"].map((name) => ({ ...GOOD, name })),
  byzantine: [],
  owner: "owner",
  network: CALM_NETWORK,
  faults: [],
  cancelAtMs: null,
  lostJob: null,
  healAtMs: 30_000,
  job: {
    nodes: [chain("c", 20, 1, { policy: firstPolicy({ timeoutMs: 10_000 }) })],
    budget: 100_000,
    windowMs: 500,
    selector: "least-loaded",
    deadlineMs: 3_600_000,
  },
  blobs: false,
};

const at = (atMs: number, fault: Fault) => ({ ...fault, atMs: SUBMIT_MS + atMs });
const lying = (...strategies: readonly StrategyName[]) => [
  { name: "m3", strategies, periodMs: 0, withholdsBlobs: false },
];

/** Runs a script; fails with its report if a property does not hold. Returns how often each branch was hit. */
function play(changes: Partial<SeedPlan>, checkers: readonly Checker[] = []): (branch: Occurrence) => number {
  const alter = (): SeedPlan => ({ ...CALM, ...changes });
  const result = runSeed(CALM.seed, { hasher, createMachine: createAgent, alter, checkers });
  expect(result.failure === null ? "" : describeFailure(result)).toBe("");
  return (branch) => result.coverage.get(branch) ?? 0;
}

test("nothing goes wrong: certified, every block in round 0, and a block only where there is something to decide", () => {
  const count = play({});
  expect(count("job certified")).toBe(1);
  expect(count("round above 0")).toBe(0);
});

test("a prevote shown to one member only, then silence: healing still decides", () => {
  // Frames are lost besides: who has voted does not say what it has heard.
  const network = { ...CALM_NETWORK, loss: 0.15 };
  for (const strategy of ["prevote-to-one", "silent"] as const) {
    for (let seed = 0; seed < 5; seed++) {
      const job = { ...CALM.job, windowMs: 1_500 };
      expect(play({ seed, network, job, byzantine: lying(strategy) })("job certified")).toBe(1);
    }
  }
});

test("a member that equivocates in everything is found out and replaced", () => {
  let replaced = 0;
  // Nobody need see both halves of a lie in a calm run: over a few it comes out.
  for (let seed = 0; seed < 8; seed++) {
    const count = play({
      seed,
      byzantine: lying("equivocate"),
      standbys: ["s0"],
      network: { ...CALM_NETWORK, loss: 0.1 },
      // Long enough for a worker to ask again for the genesis, should its question be lost.
      job: { ...CALM.job, windowMs: 1_500 },
    });
    replaced += count("replaced: equivocation");
    expect(count("job certified")).toBe(1);
  }
  expect(replaced).toBeGreaterThan(0);
});

test("a member that is dead is replaced by a standby, and the job does not wait for it", () => {
  const nodes = [chain("c", 100, 1, { policy: firstPolicy({ timeoutMs: 10_000 }) })];
  const faults = [at(300, { kind: "crash", name: "m2", downMs: 100_000 })];
  const count = play({ standbys: ["s0"], faults, job: { ...CALM.job, nodes } });
  expect(count("replaced: dead")).toBe(1);
  expect(count("job certified")).toBe(1);
});

test("a value locked before a stall of minutes is decided after it, though its offers have expired since", () => {
  const names = ["m0", "m1", "m2"];
  const mute = (name: string) => at(50, { kind: "lone-decider", name, muteMs: 180_000, crashed: [] });
  const faults = names.map(mute);
  const count = play({ faults, healAtMs: SUBMIT_MS + 190_000 });
  expect(count("job certified") + count("job failed")).toBe(1); // workers that were cut off so long may be given up
});

test("one member alone decides and is not heard: the others' locks keep its decision", () => {
  for (let seed = 0; seed < runs(10); seed++) {
    const faults = [0, 4_000, 8_000, 12_000].map((ms) =>
      at(ms, {
        kind: "lone-decider",
        name: `m${seed % 3}`,
        muteMs: 3_500,
        crashed: seed % 2 === 0 ? ["m0", "m1", "m2"] : [],
      }),
    );
    const count = play({ seed, faults, byzantine: lying("against-locks") });
    expect(count("job certified") + count("job failed")).toBe(1);
  }
});

describe("decisions that nobody hears of for a while, one after the other, and a liar that proposes anew", () => {
  const network = { ...CALM_NETWORK, latencyMs: { min: 8, max: 12 } };
  const workers = ["w0", "w1"].map((name) => ({ ...GOOD, name, workMs: 5 }));
  const nodes = [chain("c", 60, 5, { policy: firstPolicy({ timeoutMs: 20_000, retries: 50 }) })];
  const job = { ...CALM.job, windowMs: 1_000, nodes };
  const deciders = ["m0", "m1", "m2"];

  test.each([
    [["against-locks"], 5_000],
    [["equivocate", "empty"], 12_000],
  ] as const)("%j: the others' locks keep them", (strategies, muteMs) => {
    for (let seed = 0; seed < runs(13); seed++) {
      const faults = Array.from({ length: Math.floor(24_000 / muteMs) }, (_, index) => {
        const name = deciders[(seed + index) % 3]!;
        const crashed = (seed + index) % 2 === 0 ? [] : deciders.filter((other) => other !== name);
        // After the first block, for which the owner waits ten seconds.
        return at(1_000 + index * (muteMs + 600) + 41 * seed, { kind: "lone-decider", name, muteMs, crashed });
      });
      const count = play({ seed, network, workers, job, faults, byzantine: lying(...strategies) });
      expect(count("job certified") + count("job failed")).toBe(1);
    }
  });
});

test("three workers give the same blob: the first of them to be decided takes nothing from the others", () => {
  const nodes = [chain("c", 3, 1, { policy: sealedPolicy({ timeoutMs: 10_000 }) })];
  for (let seed = 0; seed < 5; seed++) {
    const network = { ...CALM_NETWORK, latencyMs: { min: 5, max: 45 }, loss: 0.1 };
    expect(play({ seed, blobs: true, network, job: { ...CALM.job, nodes } })("unrevealed")).toBe(0);
  }
});

// Known and open: members ask the first worker that named a blob for it, and never those that named it later.
test("a worker names a blob and withholds it: the others' equal outputs are taken from them", () => {
  const nodes = [chain("c", 3, 1, { policy: firstPolicy({ timeoutMs: 3_000, retries: 4 }) })];
  const withholding = { ...GOOD, withholdsBlobs: true, workMs: 5 };
  const workers = [withholding, { ...GOOD, name: "w1" }, { ...GOOD, name: "w2" }];
  for (let seed = 0; seed < 4; seed++) {
    expect(play({ seed, workers, blobs: true, job: { ...CALM.job, nodes } })("job certified")).toBe(1);
  }
});

test("a member that crashes between its yes and the start keeps the job all the same", () => {
  const nodes = [chain("c", 90, 1, { policy: firstPolicy({ timeoutMs: 10_000 }) })];
  for (let seed = 0; seed < 4; seed++) {
    const forgets = at(14 + seed, { kind: "crash", name: "m3", downMs: 400 });
    // From here on the job needs m3: without it the others are two of four.
    const fails = at(2_500, { kind: "crash", name: "m2", downMs: 60_000 });
    let endedAtMs = Number.POSITIVE_INFINITY;
    const ends: Checker = {
      onDecided({ events, atMs }) {
        if (events.some((event) => event.kind === "completed")) endedAtMs = atMs;
      },
    };
    play({ seed, faults: [forgets, fails], healAtMs: 40_000, job: { ...CALM.job, nodes } }, [ends]);
    expect(endedAtMs).toBeLessThan(40_000);
  }
});

// Known and open: `commandsHash` is checked after a block was stored under the hash of its header.
test("a liar gives decided blocks with other commands under their headers: nobody takes them", () => {
  for (let seed = 0; seed < 4; seed++) {
    const faults = [at(500, { kind: "crash", name: "m1", downMs: 2_000 })]; // it lacks blocks, and asks for them
    expect(play({ seed, faults, byzantine: lying("alter-bodies") })("job certified")).toBe(1);
  }
});

test("a command known to one member only: it arms alone, and decides nothing until it is heard", () => {
  const slow = [{ ...GOOD, workMs: 60_000 }];
  const nodes = [chain("c", 2, 1, { policy: firstPolicy({ timeoutMs: 300_000 }) })];
  const group = ["m1", "m2", "m3", "owner"];
  const faults = [at(2_000, { kind: "one-way-partition", group, forMs: 8_000 })];
  expect(
    play({ workers: slow, faults, cancelAtMs: SUBMIT_MS + 2_500, job: { ...CALM.job, nodes } })("job cancelled"),
  ).toBe(1);
});

describe("crashes right after a durable write, before anything of the step was sent", () => {
  test("no member signs twice, and the job goes on", () => {
    for (let seed = 0; seed < 8; seed++) {
      const faults = Array.from({ length: 24 }, (_, index) =>
        at(30 + index * 97 + seed * 13, { kind: "crash-at-write", name: `m${index % 4}`, downMs: 60 }),
      );
      expect(play({ seed, faults })("job certified")).toBe(1);
    }
  });
});

describe("a proposer that cheats with the time of its blocks or with what they hold", () => {
  /** At most 1/5 of a window, and more by each round (A3). */
  const punctual: Checker = {
    onDecided({ committed, height, by, atMs }) {
      const { timeMs, round } = committed.block.header;
      const aheadMs = timeMs - EPOCH_MS - atMs;
      if (aheadMs > 100 * (1 + round)) violated("A3 timely", by, `block ${height} is ${aheadMs} ms ahead`);
    },
  };

  test.each(["future", "stale", "invalid"] as const)("%s: its blocks get no polka", (lie) => {
    const count = play({ byzantine: lying(lie) }, [punctual]);
    expect(count("job certified")).toBe(1);
    expect(count("round above 0")).toBeGreaterThan(0);
  });

  test("ends the window at once and leaves the others' offers out: the offers are counted all the same", () => {
    const nodes = [chain("c", 3, 1, { policy: sealedPolicy({ timeoutMs: 10_000 }) })];
    const count = play({ byzantine: lying("future", "hide-commands"), job: { ...CALM.job, nodes } }, [punctual]);
    expect(count("job certified")).toBe(1);
  });
});
