/**
 * Scripted attacks and accidents that once broke this design on paper (protocol.md 5), each as a scenario under all
 * checkers: four members, good workers, a chain of tasks, and one thing that goes wrong.
 */

import { describe, expect, test } from "vitest";
import { objectSource } from "../../../node/platform/files/yaml-source.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import type { ScenarioInput } from "../../../sim/load/scenario-source.ts";
import type { StrategyName } from "../../../sim/parts/adversaries/catalog.ts";
import { type Checker, violated } from "../../../sim/parts/checkers/checker.ts";
import { WARM_UP_MS } from "../../../sim/run/workload.ts";
import type { Occurrence } from "../../../sim/search/coverage.ts";
import { randomSubject } from "../../../sim/search/subject.ts";
import { EPOCH_MS } from "../../../sim/world/world.ts";
import { runs } from "../../support/runs.ts";

type Group = ScenarioInput["agents"][number];
type Faults = NonNullable<ScenarioInput["faults"]>;

const workers = (count: number, workMs: number, changes: Partial<Group> = {}): Group => ({
  name: "w",
  count,
  hosts: false,
  skills: ["work"],
  profile: { accuracy: 1, latencyMs: { min: workMs, max: workMs + 20 }, expectedMs: workMs },
  ...changes,
});

const honest = { m1: 1, m2: 1, m3: 1 };
const MEMBERS: Group = { name: "m", count: 4, skills: [] };

const CALM_NETWORK: ScenarioInput["network"] = {
  overlay: { kind: "full" },
  latencyMs: { min: 5, max: 7 },
  redial: 50,
  blobIdle: 500,
  service: { baseMs: 0 },
};

const CHAIN: ScenarioInput["workload"] = {
  committee: { ...honest, m4: 1 },
  shape: { kind: "chain", steps: 20 },
  policy: { timeout: "10s", retries: 20 },
  selector: "least-loaded",
  window: "500ms",
  deadline: "1h",
};

const SEALED = { redundancy: 3, redundancyMax: 9, accept: "majority" as const, timeout: "10s", retries: 20 };

const CALM: ScenarioInput = {
  name: "script",
  agents: [MEMBERS, workers(3, 20)],
  clients: 1,
  network: CALM_NETWORK,
  workload: CHAIN,
  heal: { at: WARM_UP_MS + 27_000 },
};

/** So long after the submission. */
const at = (ms: number, fault: object): Faults[number] => ({ at: WARM_UP_MS + ms, ...fault }) as Faults[number];

/** The fourth member lies. */
const lying = (...strategies: readonly StrategyName[]): Group[] => [
  { ...MEMBERS, count: 3 },
  { name: "liar", count: 1, skills: [], behave: { byzantineMember: { strategies } } } as Group,
];
const WITH_LIAR = { ...CHAIN, committee: { ...honest, liar1: 1 } };

interface Changes {
  readonly seed?: number;
  readonly agents?: readonly Group[];
  readonly network?: ScenarioInput["network"];
  readonly workload?: ScenarioInput["workload"];
  readonly faults?: readonly Faults[number][];
  readonly healAtMs?: number;
}

const registry = createRegistry();
const subject = randomSubject(simHost);

/** Runs a script; fails with its report if a property does not hold. Returns how often each branch was hit. */
function play(
  { seed = 1, healAtMs, ...changes }: Changes,
  checkers: readonly Checker[] = [],
): (branch: Occurrence) => number {
  const heal = healAtMs === undefined ? CALM.heal : { at: healAtMs };
  const input = { ...CALM, ...changes, heal };
  const scenario = parseScenario(objectSource("script", input), registry);
  const { failure, coverage } = subject.run(seed, scenario, { events: 30, checkers })!;
  expect(failure === null ? "" : failure.text).toBe("");
  return (branch) => coverage.get(branch) ?? 0;
}

test("nothing goes wrong: certified, every block in round 0, and a block only where there is something to decide", () => {
  const count = play({});
  expect(count("job certified")).toBe(1);
  expect(count("round above 0")).toBe(0);
});

test("a prevote shown to one member only, then silence: healing still decides", () => {
  // Frames are lost besides: who has voted does not say what it has heard.
  const network = { ...CALM_NETWORK, lossPct: 15, gossipLossPct: 0 };
  const workload = { ...WITH_LIAR, window: "1500ms" };
  for (const strategy of ["prevote-to-one", "silent"] as const) {
    const agents = [...lying(strategy), workers(3, 20)];
    for (let seed = 0; seed < runs(5); seed++)
      expect(play({ seed, network, workload, agents })("job certified")).toBe(1);
  }
});

test("a member that equivocates in everything is found out and replaced", () => {
  let replaced = 0;
  // Nobody need see both halves of a lie in a calm run: over a few it comes out.
  for (let seed = 0; seed < runs(8); seed++) {
    const count = play({
      seed,
      agents: [...lying("equivocate"), { name: "s", count: 1, skills: [] }, workers(3, 20)],
      // The committee has taken the job by then.
      faults: [at(500, { loss: { frames: 0.1, gossip: 0, for: "26s" } })],
      // Long enough for a worker to ask again for the genesis, should its question be lost.
      workload: { ...WITH_LIAR, standbys: ["s1"], window: "1500ms" },
    });
    replaced += count("replaced: equivocation");
    expect(count("job certified")).toBe(1);
  }
  expect(replaced).toBeGreaterThan(0);
});

test("a member that is dead is replaced by a standby, and the job does not wait for it", () => {
  const count = play({
    agents: [MEMBERS, { name: "s", count: 1, skills: [] }, workers(3, 20)],
    faults: [at(300, { restart: { which: ["m3"], downMs: 100_000 } })],
    workload: { ...CHAIN, standbys: ["s1"], shape: { kind: "chain", steps: 100 } },
  });
  expect(count("replaced: dead")).toBe(1);
  expect(count("job certified")).toBe(1);
});

test("a value locked before a stall of minutes is decided after it, though its offers have expired since", () => {
  const mute = (name: string) => at(50, { loneDecider: { which: [name], muteMs: 180_000 } });
  const count = play({ faults: ["m1", "m2", "m3"].map(mute), healAtMs: WARM_UP_MS + 190_000 });
  expect(count("job certified") + count("job failed")).toBe(1); // workers that were cut off so long may be given up
});

test("one member alone decides and is not heard: the others' locks keep its decision", () => {
  for (let seed = 0; seed < runs(10); seed++) {
    const restart = seed % 2 === 0 ? ["m1", "m2", "m3"] : [];
    const faults = [0, 4_000, 8_000, 12_000].map((ms) =>
      at(ms, { loneDecider: { which: [`m${1 + (seed % 3)}`], muteMs: 3_500, restart } }),
    );
    const agents = [...lying("against-locks"), workers(3, 20)];
    const count = play({ seed, faults, agents, workload: WITH_LIAR });
    expect(count("job certified") + count("job failed")).toBe(1);
    expect(count("fault: loneDecider")).toBe(1);
  }
});

describe("decisions that nobody hears of for a while, one after the other, and a liar that proposes anew", () => {
  const network = { ...CALM_NETWORK, latencyMs: { min: 8, max: 12 } };
  const workload: ScenarioInput["workload"] = {
    ...WITH_LIAR,
    shape: { kind: "chain", steps: 60 },
    policy: { timeout: "20s", retries: 50 },
    window: "1s",
  };
  const deciders = ["m1", "m2", "m3"];

  test.each([
    [["against-locks"], 5_000],
    [["equivocate", "empty"], 12_000],
  ] as const)("%j: the others' locks keep them", (strategies, muteMs) => {
    for (let seed = 0; seed < runs(13); seed++) {
      const faults = Array.from({ length: Math.floor(24_000 / muteMs) }, (_, index) => {
        const name = deciders[(seed + index) % 3]!;
        const restart = (seed + index) % 2 === 0 ? [] : deciders.filter((other) => other !== name);
        // After the first block, for which the owner waits ten seconds.
        return at(1_000 + index * (muteMs + 600) + 41 * seed, { loneDecider: { which: [name], muteMs, restart } });
      });
      const agents = [...lying(...strategies), workers(2, 5)];
      const count = play({ seed, network, workload, faults, agents });
      expect(count("job certified") + count("job failed")).toBe(1);
    }
  });
});

const LARGE = 17_384;

test("three workers give the same blob: the first of them to be decided takes nothing from the others", () => {
  const workload: ScenarioInput["workload"] = {
    ...CHAIN,
    shape: { kind: "chain", steps: 3 },
    policy: SEALED,
    outputBytes: LARGE,
  };
  for (let seed = 0; seed < 5; seed++) {
    const network = { ...CALM_NETWORK, latencyMs: { min: 5, max: 45 }, lossPct: 10, gossipLossPct: 0 };
    const count = play({ seed, network, workload });
    expect(count("unrevealed")).toBe(0);
    expect(count("network: blob fetched")).toBeGreaterThan(0);
  }
});

// Known and open: members ask the first worker that named a blob for it, and never those that named it later.
test("a worker names a blob and withholds it: the others' equal outputs are taken from them", () => {
  const workload: ScenarioInput["workload"] = {
    ...CHAIN,
    shape: { kind: "chain", steps: 3 },
    policy: { timeout: "3s", retries: 4 },
    outputBytes: LARGE,
  };
  const withholding = workers(1, 5, { name: "hider", behave: { withholdBlobs: {} } } as Partial<Group>);
  for (let seed = 0; seed < 4; seed++)
    expect(play({ seed, workload, agents: [MEMBERS, withholding, workers(2, 20)] })("job certified")).toBe(1);
});

test("a member that crashes between its yes and the start hosts the job anyway", () => {
  const workload: ScenarioInput["workload"] = { ...CHAIN, shape: { kind: "chain", steps: 90 } };
  for (let seed = 0; seed < 4; seed++) {
    const forgets = at(14 + seed, { restart: { which: ["m4"], downMs: 400 } });
    // From here on the job needs m4: without it the others are two of four.
    const fails = at(2_500, { restart: { which: ["m3"], downMs: 60_000 } });
    const healAtMs = WARM_UP_MS + 37_000;
    let endedAtMs = Number.POSITIVE_INFINITY;
    const ends: Checker = {
      onDecided({ events, atMs }) {
        if (events.some((event) => event.kind === "completed")) endedAtMs = atMs;
      },
    };
    play({ seed, faults: [forgets, fails], healAtMs, workload }, [ends]);
    expect(endedAtMs).toBeLessThan(healAtMs);
  }
});

// Known and open: `commandsHash` is checked after a block was stored under the hash of its header.
test("a liar gives decided blocks with other commands under their headers: nobody takes them", () => {
  for (let seed = 0; seed < 4; seed++) {
    // It lacks blocks, and asks for them.
    const faults = [at(500, { restart: { which: ["m2"], downMs: 2_000 } })];
    const agents = [...lying("alter-bodies"), workers(3, 20)];
    expect(play({ seed, faults, agents, workload: WITH_LIAR })("job certified")).toBe(1);
  }
});

test("a command known to one member only: it arms alone, and decides nothing until it is heard", () => {
  const workload: ScenarioInput["workload"] = {
    ...CHAIN,
    shape: { kind: "chain", steps: 2 },
    policy: { timeout: "5m", retries: 20 },
    cancelAfter: "2500ms",
  };
  const faults = [at(2_000, { oneWay: { which: ["m2", "m3", "m4", "client1"], for: "8s" } })];
  expect(play({ agents: [MEMBERS, workers(1, 60_000)], faults, workload })("job cancelled")).toBe(1);
});

describe("crashes right after a durable write, before anything of the step was sent", () => {
  test("no member signs twice, and the job continues", () => {
    for (let seed = 0; seed < runs(8); seed++) {
      const faults = Array.from({ length: 24 }, (_, index) =>
        at(30 + index * 97 + seed * 13, { crashAtWrite: { which: [`m${1 + (index % 4)}`], downMs: 60 } }),
      );
      const count = play({ seed, faults });
      expect(count("job certified")).toBe(1);
      expect(count("fault: crashAtWrite")).toBe(1);
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
    const count = play({ agents: [...lying(lie), workers(3, 20)], workload: WITH_LIAR }, [punctual]);
    expect(count("job certified")).toBe(1);
    expect(count("round above 0")).toBeGreaterThan(0);
  });

  test("ends the window at once and leaves the others' offers out: the offers are counted all the same", () => {
    const workload: ScenarioInput["workload"] = {
      ...WITH_LIAR,
      shape: { kind: "chain", steps: 3 },
      policy: SEALED,
    };
    const agents = [...lying("future", "hide-commands"), workers(3, 20)];
    expect(play({ agents, workload }, [punctual])("job certified")).toBe(1);
  });
});
