/** Valid scenario files: every key, and every default. */

import { describe, expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import { parseMs, writeMs } from "../../../node/platform/text/quantities.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { scenarioJsonSchema } from "../../../sim/cli/reference.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import type { BehaviourOptions, Scenario } from "../../../sim/model/scenario.ts";

const registry = createRegistry();
const parse = (text: string): Scenario => parseScenario(parseYaml("test.yaml", text), registry);

const EVERYTHING = `
name: everything
description: Shows all keys. And more.
mechanism: { name: retries, off: { workload.policy.retries: 0, "faults[0].kill.share": 1 } }
seed: 7
maxTime: 10m
clients: 3
agents:
  - name: worker
    count: 36
    skills: [solve, sum]
    labels: [gpu]
    hosts: false
    profile:
      accuracy: { easy: 0.99, hard: 0.6 }
      latencyMs: { p50: 400ms, p95: 1.5s }
      price: 0.25
      expectedMs: 500ms
      slots: 2
      calibration: overconfident
      correlation: { group: gpt, rho: 0.3 }
      wrongAnswers: 5
      errors: { busy: 0.1, retryMs: 2s, unavailable: 0.05 }
      usage: { inputTokens: 900, outputTokens: 120, usd: 0.002 }
    clock: { skewMs: 20, driftPpm: 50 }
    crashLoss: all
    startWithin: 1m
  - count: 4
    behave: { liar: { confidence: 0.9, collude: true }, late: {} }
    profile: { latencyMs: { min: 10, max: 20 } }
network:
  overlay: { kind: small-world, degree: 4, rewire: 0.2 }
  latencyMs: 25
  lossPct: 0.2
  gossipLossPct: 1
  duplicatePct: 0.5
  reorder: true
  bandwidth: 1000
  gossip: full
  signatures: real
  service: { baseMs: 0.1, perKibMs: 0.01 }
workload:
  jobs: { count: 20, arrival: { poisson: { perSecond: 0.5 } } }
  shape: { kind: map-reduce, width: 40, skill: solve, kinds: { easy: 3, hard: 1 }, difficulty: { min: 0.2, max: 0.8 } }
  policy:
    redundancy: 3
    redundancyMax: 9
    accept: { rule: quorum, q: 3 }
    compare: { as: number, absolute: 0.5, relative: 0.01 }
    flags: { maxBytes: 2KiB, schema: { type: number } }
    timeout: 5s
    retries: 9
    priceMax: 2
    hedge: { afterMs: 1500 }
  selector: least-loaded
  budget: 1000
  deadline: 2m
  window: 800ms
  committee: 4
  standbys: 2
faults:
  - { at: 20s, kill: { share: 0.5, which: non-members, silent: true } }
  - { between: [40s, 80s], churn: { leavePerMinute: 6, joinPerMinute: 6 } }
  - { at: 1500, pause: { which: [worker1, client1], for: 2s } }
  - { at: 90s, partition: { groups: [0.7, 0.3], for: 15s } }
  - { at: 95s, join: { count: 3 } }
  - { at: 99s, kill: { share: 0 } }
expect:
  - completion >= 0.99   # a comment of YAML
  - detectionMs.p95 <= 5e3
ablate: [blocks, beacons]
`;

test("a file with every key", () => {
  expect(parse(EVERYTHING)).toEqual({
    name: "everything",
    description: "Shows all keys. And more.",
    mechanism: {
      name: "retries",
      off: new Map([
        ["workload.policy.retries", 0],
        ["faults[0].kill.share", 1],
      ]),
    },
    seed: 7,
    maxMs: 600_000,
    heal: null,
    mayFallShort: false,
    agents: [
      {
        name: "worker",
        count: 36,
        skills: ["solve", "sum"],
        descriptions: new Map(),
        labels: ["gpu"],
        hosts: false,
        hosted: null,
        origin: "",
        profile: {
          accuracy: new Map([
            ["easy", 0.99],
            ["hard", 0.6],
          ]),
          latencyMs: { p50: 400, p95: 1_500 },
          price: 250_000,
          expectedMs: 500,
          slots: 2,
          load: null,
          calibration: "overconfident",
          correlation: { group: "gpt", rho: 0.3 },
          wrongAnswers: 5,
          replay: null,
          errors: { busy: 0.1, retryMs: 2_000, unavailable: 0.05, invalidInput: 0, error: 0 },
          usage: { inputTokens: 900, outputTokens: 120, usd: 0.002 },
        },
        behave: new Map(),
        clock: { skewMs: 20, driftPpm: 50 },
        crashLoss: "all",
        startMs: 0,
        startWithinMs: 60_000,
      },
      {
        name: "b",
        count: 4,
        skills: ["work"],
        descriptions: new Map(),
        labels: [],
        hosts: true,
        hosted: null,
        origin: "",
        profile: {
          accuracy: 0.9,
          latencyMs: { min: 10, max: 20 },
          price: 1_000_000,
          expectedMs: null,
          slots: 4,
          load: null,
          calibration: "honest",
          correlation: null,
          wrongAnswers: 1_000,
          replay: null,
          errors: null,
          usage: null,
        },
        behave: new Map<string, BehaviourOptions>([
          ["liar", { confidence: 0.9, collude: true, odds: 1 }],
          ["late", { odds: 1, factor: 4 }],
        ]),
        clock: { skewMs: 0, driftPpm: 0 },
        crashLoss: "random",
        startMs: 0,
        startWithinMs: 0,
      },
    ],
    network: {
      overlay: { kind: "small-world", degree: 4, rewire: 0.2 },
      latencyMs: 25,
      spreadMs: 0,
      loss: 0.002,
      gossipLoss: 0.01,
      duplication: 0.005,
      reorder: true,
      bandwidth: 1_000,
      ...{ queueBytes: 33_554_432, detectMs: 10_000, redialMs: 1_000, blobIdleMs: 10_000 },
      fullGossip: true,
      shardAgents: 1_024,
      realSignatures: true,
      service: { preset: "own", baseMs: 0.1, perKibMs: 0.01, forcedWriteMs: 0, sharedCores: null },
    },
    workload: {
      clients: ["client1", "client2", "client3"],
      count: 20,
      upTo: false,
      arrival: { kind: "poisson", perSecond: 0.5 },
      shape: {
        kind: "map-reduce",
        width: 40,
        tasks: {
          skill: "solve",
          like: null,
          kinds: new Map([
            ["easy", 3],
            ["hard", 1],
          ]),
          difficulty: { min: 0.2, max: 0.8 },
        },
      },
      policy: {
        redundancy: 3,
        redundancyMax: 9,
        accept: { kind: "quorum", q: 3 },
        compare: { kind: "number", absolute: 0.5, relativePpm: 10_000 },
        flags: { maxBytes: 2_048, pattern: null, schema: encodeValue({ type: "number" }) },
        timeoutMs: 5_000,
        retries: 9,
        priceMax: 2_000_000,
        hedge: { kind: "after", afterMs: 1_500 },
      },
      selector: "least-loaded",
      knowledge: true,
      budget: 1_000_000_000,
      deadlineMs: 120_000,
      windowMs: 800,
      committee: 4,
      standbys: 2,
      cancelAfterMs: null,
      outputBytes: 0,
      redact: false,
    },
    faults: [
      {
        place: 0,
        upTo: false,
        atMs: 20_000,
        untilMs: null,
        kind: "kill",
        options: { silent: true },
        target: { which: "non-members", share: 0.5, count: null },
        text: "at: 20s, kill: { share: 0.5, which: non-members, silent: true }",
      },
      {
        place: 1,
        upTo: false,
        atMs: 40_000,
        untilMs: 80_000,
        kind: "churn",
        options: { leavePerMinute: 6, joinPerMinute: 6, sudden: true, spareMembers: false },
        target: null,
        text: "between: [40s, 80s], churn: { leavePerMinute: 6, joinPerMinute: 6 }",
      },
      {
        place: 2,
        upTo: false,
        atMs: 1_500,
        untilMs: 3_500,
        kind: "pause",
        options: {},
        target: { which: ["worker1", "client1"], share: null, count: null },
        text: "at: 1500, pause: { which: [worker1, client1], for: 2s }",
      },
      {
        place: 3,
        upTo: false,
        atMs: 90_000,
        untilMs: 105_000,
        kind: "partition",
        options: { groups: [0.7, 0.3] },
        target: null,
        text: "at: 90s, partition: { groups: [0.7, 0.3], for: 15s }",
      },
      // The count of newcomers is an option, not a choice among those there.
      {
        place: 4,
        upTo: false,
        atMs: 95_000,
        untilMs: null,
        kind: "join",
        options: { count: 3 },
        target: null,
        text: "at: 95s, join: { count: 3 }",
      },
      // A share of nobody, as at the end of a sweep, is no fault.
    ],
    expect: [
      { expression: "completion >= 0.99", metric: "completion", relation: ">=", bound: 0.99 },
      { expression: "detectionMs.p95 <= 5e3", metric: "detectionMs.p95", relation: "<=", bound: 5_000 },
    ],
    plugins: [],
    ablate: ["blocks", "beacons"],
  } satisfies Scenario);
});

test("everything but name, agents and workload may be left out", () => {
  const scenario = parse("name: least\nagents: [{ count: 5 }]\nworkload: {}\n");
  expect(scenario).toMatchObject({
    description: "",
    mechanism: null,
    seed: 1,
    agents: [{ name: "a", count: 5, skills: ["work"], hosts: true, profile: { price: 1_000_000, slots: 4 } }],
    network: { overlay: { kind: "random", degree: 6 }, latencyMs: { p50: 20, p95: 60 }, loss: 0, gossipLoss: 0 },
    workload: {
      clients: ["client1", "client2"],
      count: 1,
      arrival: { kind: "at-once", atMs: 0 },
      shape: { kind: "single", tasks: { skill: "work", difficulty: 0.5 } },
      policy: { redundancy: 1, redundancyMax: 1, accept: { kind: "first" }, priceMax: 2_000_000 },
      selector: "linucb",
      knowledge: true,
      deadlineMs: 300_000,
      windowMs: 1_500,
      committee: null,
      standbys: null,
    },
    faults: [],
    expect: [],
  });
  // The warm-up, the deadline of the only job, and time to end it.
  expect(scenario.maxMs).toBe(5_000 + 300_000 + 30_000);
});

describe("defaults that follow from the rest", () => {
  const withAgents = (agents: string, rest = ""): Scenario =>
    parse(`name: x\nagents:\n${agents}\nworkload: { shape: { kind: bag, width: 10 } }\n${rest}`);

  test("jobs ask for the skill that most agents have, and for all kinds that they know", () => {
    const { shape } = withAgents(
      "  - { count: 3, skills: [keep] }\n  - { count: 5, skills: [solve], profile: { accuracy: { easy: 1, hard: 0.5 } } }",
    ).workload;
    const kinds = new Map([
      ["easy", 1],
      ["hard", 1],
    ]);
    expect(shape).toMatchObject({ tasks: { skill: "solve", kinds } });
  });

  test("a job may cost what its tasks can cost at most", () => {
    const { budget, policy } = withAgents("  - { count: 3, profile: { price: 4 } }").workload;
    expect([policy.priceMax, budget]).toEqual([8_000_000, 80_000_000]);
  });

  test("runs continue until the last fault and the last job have had their time", () => {
    const late = withAgents("  - { count: 3 }", "faults:\n  - { at: 20m, pause: { share: 1, for: 1m } }\n");
    expect(late.maxMs).toBe(5_000 + 21 * 60_000 + 300_000 + 30_000);
  });

  test("groups without a name are called by their place", () => {
    const names = withAgents("  - { count: 1 }\n  - { count: 1 }\n  - { count: 1 }").agents.map(({ name }) => name);
    expect(names).toEqual(["a", "b", "c"]);
  });
});

test("verifiers that nobody can be are told of", () => {
  const text = `name: x
agents: [{ count: 4, skills: [solve] }]
workload:
  jobs: { count: 1 }
  shape: { kind: chain, steps: 2 }
  policy: { redundancy: 1, accept: { rule: verified, skill: check } }
`;
  expect(() => parse(text)).toThrow(/test\.yaml:6: no agent has the skill "check", which is to check answers/);
  expect(() => parse(text.replace("[solve]", "[solve, check]"))).not.toThrow();
});

test.each([
  ["400ms", 400],
  ["20s", 20_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["0s", 0],
  [1_500, 1_500],
  [-1, null],
  ["20", null],
  ["soon", null],
] as const)("%s as a duration", (text, ms) => {
  expect(parseMs(text)).toBe(ms);
});

test("durations are written as they are read", () => {
  for (const ms of [0, 1, 400, 999, 1_000, 1_500, 1_550, 60_000, 90_000, 3_600_000])
    expect(parseMs(writeMs(ms))).toBe(ms);
});

test("the JSON Schema names what the registry knows", () => {
  const text = JSON.stringify(scenarioJsonSchema());
  for (const name of [...registry.faults.keys(), ...registry.behaviours.keys()]) expect(text).toContain(`"${name}"`);
});
