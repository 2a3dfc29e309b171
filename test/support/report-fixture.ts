/**
 * Runs of a scenario that never ran, for tests of the report: drawn from a seed, with the shapes that real runs have. Half
 * of the agents die at 20 s, some leave and join from 40 s to 80 s, the mesh is parted from 90 s to 105 s, four lie.
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import { NO_FLAGS } from "../../protocol/wire/genesis.ts";
import type {
  AgentRow,
  MessageRow,
  Metrics,
  RunResult,
  Sample,
  Summary,
  TimelineEntry,
  Violation,
} from "../../sim/model/result.ts";
import type { AgentGroup, AgentProfile, Scenario, ScheduledFault } from "../../sim/model/scenario.ts";
import type { SweepPoint } from "../../sim/report/sweep-page.ts";
import { judge } from "../../sim/run/judge.ts";
import { answeredTasks } from "./answer-fixture.ts";

export interface FixtureOptions {
  readonly agents?: number;
  readonly liars?: number;
  readonly seeds?: readonly number[];
  readonly hasSeries?: boolean;
  /** Ended before its time. */
  readonly isPartial?: boolean;
  /** Seed whose agreement broke, with the messages around it. */
  readonly violationSeed?: number | null;
  readonly name?: string;
  /** Completion that is expected: 0.99 fails on some seeds. */
  readonly completionMin?: number;
}

export interface ReportFixture {
  readonly scenario: Scenario;
  readonly results: readonly RunResult[];
  readonly summary: Summary;
}

const END_MS = 128_000;

const PROFILE: AgentProfile = {
  accuracy: 0.92,
  ...{ latencyMs: { p50: 400, p95: 1_500 }, expectedMs: null, slots: 4, load: null },
  price: 3,
  calibration: "honest",
  correlation: null,
  wrongAnswers: 3,
  replay: null,
  errors: null,
  usage: null,
};

const group = (name: string, count: number, behave: AgentGroup["behave"]): AgentGroup => ({
  name,
  count,
  skills: ["solve"],
  descriptions: new Map(),
  labels: [],
  hosts: true,
  profile: PROFILE,
  behave,
  ...{
    clock: { skewMs: 20, driftPpm: 30 },
    crashLoss: "random",
    startMs: 0,
    startWithinMs: 0,
    hosted: null,
    origin: "",
  },
});

const fault = (place: number, atMs: number, untilMs: number | null, kind: string, text: string): ScheduledFault => ({
  place,
  atMs,
  untilMs,
  kind,
  options: {},
  target: null,
  upTo: false,
  text,
});

const FAULTS: readonly ScheduledFault[] = [
  fault(0, 20_000, null, "kill", "at: 20s, kill: { share: 0.5, which: non-members }"),
  fault(1, 40_000, 80_000, "churn", "between: [40s, 80s], churn: { leavePerMinute: 6, joinPerMinute: 6 }"),
  fault(2, 90_000, 105_000, "partition", "at: 90s, partition: { groups: [0.7, 0.3], for: 15s }"),
];

function scenarioOf({ name = "half-killed", agents = 40, liars = 4, completionMin = 0.99 }: FixtureOptions): Scenario {
  const expectation = (metric: string, relation: "<=" | ">=", bound: number) => ({
    expression: `${metric} ${relation} ${bound}`,
    metric,
    relation,
    bound,
  });
  return {
    name,
    description:
      "Half of the agents die at once, others come and go, and the mesh is parted for a while. Jobs continue: seats of the dead are given to others, and four liars who agree with each other win no vote.",
    mechanism: { name: "reassignment", off: new Map() },
    seed: 7,
    maxMs: 180_000,
    heal: null,
    mayFallShort: false,
    agents: [
      group("a", agents - liars, new Map()),
      group("mallory", liars, new Map([["liar", { confidence: 1, collude: true }]])),
    ],
    network: {
      overlay: { kind: "random", degree: 6, rewire: 0 },
      latencyMs: { p50: 20, p95: 60 },
      spreadMs: 0,
      loss: 0.002,
      gossipLoss: 0,
      duplication: 0,
      reorder: true,
      bandwidth: null,
      ...{ queueBytes: 33_554_432, detectMs: 10_000, redialMs: 1_000, blobIdleMs: 10_000 },
      fullGossip: false,
      shardAgents: 1_024,
      realSignatures: false,
      service: null,
    },
    workload: {
      clients: ["client1", "client2"],
      count: 20,
      upTo: false,
      arrival: { kind: "poisson", perSecond: 0.5 },
      shape: {
        kind: "map-reduce",
        width: 40,
        tasks: { skill: "solve", like: null, kinds: new Map([["sum", 1]]), difficulty: 0.5 },
      },
      policy: {
        redundancy: 3,
        redundancyMax: 9,
        accept: { kind: "quorum", q: 2 },
        compare: { kind: "exact" },
        flags: NO_FLAGS,
        timeoutMs: 5_000,
        retries: 5,
        priceMax: 10,
        hedge: { kind: "auto" },
      },
      selector: "greedy",
      knowledge: true,
      budget: 100_000,
      deadlineMs: 120_000,
      windowMs: 50,
      committee: 4,
      standbys: 2,
      cancelAfterMs: null,
      outputBytes: 0,
      redact: false,
    },
    faults: FAULTS,
    expect: [
      expectation("completion", ">=", completionMin),
      expectation("wrongAccepted", "<=", 0.01),
      expectation("detectionMs.p95", "<=", 5_000),
    ],
    plugins: [],
    ablate: [],
  };
}

// --- one run ------------------------------------------------------------------------------------------

/** How much of its strength the mesh has. */
function strength(tMs: number): number {
  if (tMs < 2_000) return 0;
  if (tMs < 20_000) return 1;
  if (tMs < 24_000) return 0.18;
  if (tMs < 40_000) return 0.62;
  if (tMs < 80_000) return 0.55;
  if (tMs < 90_000) return 0.62;
  return tMs < 105_000 ? 0.36 : 0.6;
}

function seriesOf(prng: Prng, names: readonly string[], liars: ReadonlySet<string>, endMs: number): Sample[] {
  const series: Sample[] = [];
  let [work, delay, jobs, regret] = [0, 800, 0, 0.24];
  const reputations = new Map(names.map((name) => [name, 0.5]));
  const goals = new Map(names.map((name) => [name, liars.has(name) ? 0.03 : 0.78 + prng.unit() * 0.18]));
  for (let tMs = 1_000; tMs <= endMs; tMs += 1_000) {
    const add = (metric: string, value: number): number => series.push({ tMs, metric, value });
    const power = strength(tMs);
    work += (power * 14 - work) * 0.35;
    delay += ((power < 0.4 ? 4_200 : 600 / Math.max(power, 0.3)) - delay) * 0.3;
    const noise = (): number => 0.9 + prng.unit() * 0.2;
    const submitted = Math.min(20, Math.floor(tMs / 2_000));
    jobs = Math.min(submitted, jobs + work / 90);
    add("throughput", work * noise());
    add("jobs.submitted", submitted);
    add("jobs.certified", Math.floor(jobs));
    add("jobs.running", submitted - Math.floor(jobs));
    add("agents.up", Math.round(names.length * (tMs < 20_000 ? 1 : 0.5 + 0.04 * (prng.unit() - 0.5))));
    if (tMs >= 3_000) add("taskLatencyMs.p50", delay * noise());
    if (tMs >= 3_000) add("taskLatencyMs.p95", delay * 2.4 * noise());
    regret += (0.02 + 0.1 * Math.max(0, 0.6 - power) - regret) * 0.06;
    add("regret", regret * noise());
    add("framesPerSecond", (120 + 160 * work) * noise());
    add("gossipPerSecond", (300 + 20 * work) * noise());
    add("bytesPerSecond", (40_000 + 60_000 * work) * noise());
    add("blocksPerSecond", work * 0.8 * noise());
    add("laterRounds", power < 0.4 && tMs > 2_000 ? 0.3 * prng.unit() : 0.01 * prng.unit());
    if (tMs % 4_000 !== 0) continue;
    for (const [name, value] of reputations) {
      reputations.set(name, value + (goals.get(name)! - value) * 0.09 * noise());
      add(`reputation:${name}`, reputations.get(name)!);
    }
  }
  return series;
}

function rowOf(prng: Prng, name: string, isLiar: boolean, isDead: boolean): AgentRow {
  const awards = (isLiar ? 14 : isDead ? 18 : 70) + prng.below(30);
  const timeouts = prng.below(4) + (isDead ? 4 : 0);
  const results = awards - timeouts - prng.below(3);
  const accepted = isLiar ? prng.below(3) : Math.floor(results * (0.88 + prng.unit() * 0.1));
  return {
    agent: name,
    group: isLiar ? "mallory" : "a",
    behaviour: isLiar ? "liar" : "",
    awards,
    results,
    accepted,
    rejected: results - accepted,
    timeouts,
    earned: accepted * 3,
    crashes: isDead ? 1 : 0,
    state: isDead ? "down" : "up",
  };
}

/** A height that two rounds fight over: votes go to all, some are lost, two members decide two blocks. */
export function messagesOf(prng: Prng, aroundMs: number, members: readonly string[]): MessageRow[] {
  const messages: MessageRow[] = [];
  const tell = (sentMs: number, from: string, kind: string, text: string, loss: number): void => {
    for (const to of members.filter((name) => name !== from)) {
      const arrivedMs = prng.chance(loss) ? null : sentMs + 12 + prng.unit() * 50;
      messages.push({ sentMs, arrivedMs, from, to, kind, text });
    }
  };
  let tMs = aroundMs - 900;
  for (let round = 0; round < 3; round++) {
    const proposer = members[(round + 1) % members.length]!;
    tell(tMs, proposer, "proposal", `h41 r${round} ${round === 1 ? "b77e" : "3fa1"}`, 0.1);
    for (const kind of ["prevote", "precommit"]) {
      for (const [index, member] of members.entries()) {
        const text = `h41 r${round} ${(index + round) % 3 === 0 ? "nil" : round === 1 ? "b77e" : "3fa1"}`;
        tell(tMs + 60 + index * 9 + prng.unit() * 5, member, kind, text, 0.12);
      }
      tMs += 130;
    }
    tMs += round === 1 ? 420 : 60;
  }
  return messages.sort((a, b) => a.sentMs - b.sentMs);
}

function metricsOf(prng: Prng, endMs: number): Metrics {
  const around = (value: number, spread: number): number => value * (1 + (prng.unit() - 0.5) * spread);
  const certified = prng.chance(0.25) ? 19 : 20;
  return {
    submitted: 20,
    completion: certified / 20,
    certified,
    failed: 20 - certified,
    stalled: 0,
    refused: 0,
    wrongAccepted: around(0.0035, 0.8),
    "latencyMs.p50": around(11_200, 0.3),
    "latencyMs.p95": around(31_400, 0.3),
    "taskLatencyMs.p50": around(820, 0.2),
    throughput: (1_000 * 820) / endMs,
    "detectionMs.p50": around(2_300, 0.3),
    "detectionMs.p95": around(3_600, 0.5),
    falseSuspicions: prng.below(4),
    "recoveryMs.p95": prng.chance(0.2) ? null : around(2_900, 0.5),
    awards: 2_460 + prng.below(100),
    reassigned: 120 + prng.below(40),
    regret: around(0.041, 0.3),
    blocks: 1_212 + prng.below(60),
    laterRounds: around(0.034, 0.5),
    "messages.direct": 184_220 + prng.below(9_000),
    bytes: 98_212_000 + prng.below(4_000_000),
    bytesPerTask: around(119_770, 0.1),
    events: 1_402_118 + prng.below(9_999),
    "plugin.fairness": around(0.87, 0.1),
  };
}

function runOf(scenario: Scenario, seed: number, options: FixtureOptions): RunResult {
  const prng = createPrng(`report/${seed}`);
  const { hasSeries = true, isPartial = false, violationSeed = null } = options;
  const isBroken = seed === violationSeed;
  const endMs = isBroken ? 96_000 : isPartial ? 50_000 : END_MS;
  const names = scenario.agents.flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, i) => `${name}${i + 1}`),
  );
  const liars = new Set(names.filter((name) => name.startsWith("mallory")));
  const dead = new Set(prng.shuffle(names).slice(0, Math.floor(names.length / 2)));
  const hit = [[...dead], prng.shuffle(names).slice(0, 8), []];
  const faults = FAULTS.map(
    ({ atMs, untilMs, text }, index): TimelineEntry => ({ atMs, untilMs, kind: "fault", text, agents: hit[index]! }),
  ).filter(({ atMs }) => atMs <= endMs);
  const violation: Violation | null = isBroken
    ? { property: "1 agreement", message: "a2 decided 3fa1 and a5 decided b77e at height 41", atMs: 94_812.4 }
    : null;
  const job: TimelineEntry = {
    atMs: 71_300,
    untilMs: null,
    kind: "job",
    text: "job 9 failed: no quorum",
    agents: ["client1"],
  };
  const broken =
    violation === null ? [] : [{ ...job, atMs: violation.atMs, kind: "violation" as const, text: violation.message }];
  return {
    scenario: scenario.name,
    seed,
    driver: "virtual",
    partial: isPartial || isBroken,
    endedMs: endMs,
    wallMs: 9_412,
    events: 1_402_118,
    digest: createPrng(`digest/${seed}`).uint32().toString(16).padStart(8, "0").repeat(8),
    metrics: metricsOf(prng, endMs),
    series: hasSeries ? seriesOf(prng, names, liars, endMs) : [],
    timeline: [...faults, ...(endMs > job.atMs ? [job] : []), ...broken],
    agents: names.map((name) => rowOf(prng, name, liars.has(name), dead.has(name))),
    stated: [],
    answers: answeredTasks([names[0]!, names[1]!, names[2]!]).map((row) => ({ ...row, job: 1 })),
    messagesAroundMs: null,
    messages: violation === null ? [] : messagesOf(prng, violation.atMs, ["a2", "a5", "a11", "a17", "mallory1"]),
    invariants: ["1 agreement", "2 validity", "3 same state", "4 budget", "5 certificates", "6 one seat an agent"].map(
      (id) => ({ id, first: violation?.property === id ? violation : null }),
    ),
    faults: scenario.faults.map(({ place, kind, text, atMs, untilMs, upTo }) => {
      const hit = new Set(faults.filter((entry) => entry.text === text).flatMap((entry) => entry.agents)).size;
      const asked = kind === "kill" ? hit : null;
      return { place, kind, text, atMs, untilMs, asked, hit, tookEffect: true, upTo, shortBecause: null };
    }),
    shortfalls: [],
    addedMetrics: [],
  };
}

// --- several together ---------------------------------------------------------------------------------

export const summaryOf = (scenario: Scenario, results: readonly RunResult[]): Summary => judge(scenario, results);

export function reportFixture(options: FixtureOptions = {}): ReportFixture {
  const scenario = scenarioOf(options);
  const results = (options.seeds ?? [7]).map((seed) => runOf(scenario, seed, options));
  return { scenario, results, summary: summaryOf(scenario, results) };
}

/** A grid: more of the agents die from left to right, under three selectors. */
export function sweepFixture(): { scenario: Scenario; points: readonly SweepPoint[] } {
  const { scenario, results } = reportFixture({ seeds: [1, 2, 3, 4, 5], hasSeries: false });
  const selectors = [
    ["greedy", 1],
    ["least-loaded", 1.5],
    ["random", 2.4],
  ] as const;
  const points = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6].flatMap((share) =>
    selectors.map(([selector, cost]): SweepPoint => {
      const worse = (1 + share * 2) * cost;
      const runs = results.map((result) => ({
        ...result,
        metrics: {
          ...result.metrics,
          completion: Math.min(1, 1.02 - 0.02 * worse - (result.seed % 3) * 0.004 * worse),
          wrongAccepted: result.metrics.wrongAccepted! * worse,
          "taskLatencyMs.p50": result.metrics["latencyMs.p50"]! * worse,
          throughput: result.metrics.throughput! / worse,
          regret: result.metrics.regret! * cost,
        },
      }));
      const params = new Map<string, number | string>([
        ["faults[0].kill.share", share],
        ["workload.selector", selector],
      ]);
      return { params, summary: summaryOf(scenario, runs) };
    }),
  );
  return { scenario, points };
}
