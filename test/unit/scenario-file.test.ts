/** Scenario files that are right: every key, every default, what they name, and the library. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { simHost } from "../../scripts/sim-host.ts";
import { scenarioJsonSchema } from "../../sim/cli/reference.ts";
import { createRegistry } from "../../sim/plugins/built-in.ts";
import { simulate } from "../../sim/run/simulate.ts";
import { parseMs, writeMs } from "../../sim/scenario/duration.ts";
import { loadScenario, loadScenarioText } from "../../sim/scenario/load-scenario.ts";
import { parseScenario } from "../../sim/scenario/parse-scenario.ts";
import { scenarioTemplate } from "../../sim/scenario/scenario-template.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import { parseArrivals, parseChurnTrace } from "../../sim/scenario/traces.ts";

const registry = createRegistry();
const parse = (text: string): Scenario => parseScenario(simHost.parseYaml("test.yaml", text), registry, simHost);

const folder = mkdtempSync(join(tmpdir(), "meshwork-scenario-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

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
    clock: { skewMs: 20, driftPpm: 50 }
    crashLoss: all
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
    timeout: 5s
    retries: 9
    priceMax: 2
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
    agents: [
      {
        name: "worker",
        count: 36,
        skills: ["solve", "sum"],
        labels: ["gpu"],
        hosts: false,
        profile: {
          accuracy: new Map([
            ["easy", 0.99],
            ["hard", 0.6],
          ]),
          latencyMs: { p50: 400, p95: 1_500 },
          price: 250_000,
          expectedMs: 500,
          slots: 2,
          calibration: "overconfident",
          correlation: { group: "gpt", rho: 0.3 },
          wrongAnswers: 5,
          replay: null,
        },
        behave: new Map(),
        clock: { skewMs: 20, driftPpm: 50 },
        crashLoss: "all",
      },
      {
        name: "b",
        count: 4,
        skills: ["work"],
        labels: [],
        hosts: true,
        profile: {
          accuracy: 0.9,
          latencyMs: { min: 10, max: 20 },
          price: 1_000_000,
          expectedMs: null,
          slots: 4,
          calibration: "honest",
          correlation: null,
          wrongAnswers: 1_000,
          replay: null,
        },
        behave: new Map<string, object>([
          ["liar", { confidence: 0.9, collude: true, odds: 1 }],
          ["late", { odds: 1, factor: 4 }],
        ]),
        clock: { skewMs: 0, driftPpm: 0 },
        crashLoss: "random",
      },
    ],
    network: {
      overlay: { kind: "small-world", degree: 4, rewire: 0.2 },
      latencyMs: 25,
      loss: 0.002,
      gossipLoss: 0.01,
      duplication: 0.005,
      reorder: true,
      bandwidth: 1_000,
      fullGossip: true,
      realSignatures: true,
      service: { baseMs: 0.1, perKibMs: 0.01 },
    },
    workload: {
      clients: 3,
      count: 20,
      arrival: { kind: "poisson", perSecond: 0.5 },
      shape: {
        kind: "map-reduce",
        width: 40,
        tasks: {
          skill: "solve",
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
        timeoutMs: 5_000,
        retries: 9,
        priceMax: 2_000_000,
      },
      selector: "least-loaded",
      budget: 1_000_000_000,
      deadlineMs: 120_000,
      windowMs: 800,
      committee: 4,
      standbys: 2,
    },
    faults: [
      {
        atMs: 20_000,
        untilMs: null,
        kind: "kill",
        options: { silent: true },
        target: { which: "non-members", share: 0.5, count: null },
        text: "at: 20s, kill: { share: 0.5, which: non-members, silent: true }",
      },
      {
        atMs: 40_000,
        untilMs: 80_000,
        kind: "churn",
        options: { leavePerMinute: 6, joinPerMinute: 6, sudden: true, spareMembers: false },
        target: null,
        text: "between: [40s, 80s], churn: { leavePerMinute: 6, joinPerMinute: 6 }",
      },
      {
        atMs: 1_500,
        untilMs: 3_500,
        kind: "pause",
        options: {},
        target: { which: ["worker1", "client1"], share: null, count: null },
        text: "at: 1500, pause: { which: [worker1, client1], for: 2s }",
      },
      {
        atMs: 90_000,
        untilMs: 105_000,
        kind: "partition",
        options: { groups: [0.7, 0.3] },
        target: null,
        text: "at: 90s, partition: { groups: [0.7, 0.3], for: 15s }",
      },
      // The count of newcomers is an option, not a choice among those there.
      { atMs: 95_000, untilMs: null, kind: "join", options: { count: 3 }, target: null, text: "at: 95s, join: { count: 3 }" },
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
      clients: 2,
      count: 1,
      arrival: { kind: "at-once", atMs: 0 },
      shape: { kind: "single", tasks: { skill: "work", difficulty: 0.5 } },
      policy: { redundancy: 1, redundancyMax: 1, accept: { kind: "first" }, priceMax: 2_000_000 },
      selector: "greedy",
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

  test("runs go on until the last fault and the last job have had their time", () => {
    const late = withAgents("  - { count: 3 }", "faults:\n  - { at: 20m, pause: { share: 1, for: 1m } }\n");
    expect(late.maxMs).toBe(5_000 + 21 * 60_000 + 300_000 + 30_000);
  });

  test("groups without a name are called by their place", () => {
    const names = withAgents("  - { count: 1 }\n  - { count: 1 }\n  - { count: 1 }").agents.map(({ name }) => name);
    expect(names).toEqual(["a", "b", "c"]);
  });
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
  for (const ms of [0, 1, 400, 999, 1_000, 1_500, 1_550, 60_000, 90_000, 3_600_000]) expect(parseMs(writeMs(ms))).toBe(ms);
});

describe("what a scenario names", () => {
  const scenario = (rest: string, workload = "{}"): string =>
    write("named.yaml", `name: named\nagents: [{ count: 4, skills: [echo] }]\nworkload: ${workload}\n${rest}`);

  test("arrivals from a file: all of them, and the run is long enough", async () => {
    write("arrivals.txt", "# ms\n0\n1500\n2s\n10m\n");
    const loaded = await loadScenario(scenario("", "{ jobs: { arrival: { trace: arrivals.txt } } }"), simHost);
    expect(loaded.files.arrivals.get("arrivals.txt")).toEqual([0, 1_500, 2_000, 600_000]);
    expect(loaded.scenario.workload.count).toBe(4);
    expect(loaded.scenario.maxMs).toBe(5_000 + 600_000 + 300_000 + 30_000);
  });

  test("more jobs than arrivals are an error of the scenario", async () => {
    write("arrivals.txt", "0\n");
    const file = scenario("", "{ jobs: { count: 2, arrival: { trace: arrivals.txt } } }");
    await expect(loadScenario(file, simHost)).rejects.toThrow("named.yaml:3: 2 jobs, but arrivals.txt has 1 times");
  });

  test("churn from a file", async () => {
    write("up.csv", "agent,from,to\nx,0,30s\ny,10s,1m\nx,40s,50s\n");
    const { scenario: loaded } = await loadScenario(scenario("faults:\n  - { at: 20s, churn: { trace: up.csv } }\n"), simHost);
    const rows = [
      [0, 0, "up"],
      [0, 30_000, "down"],
      [1, 0, "down"],
      [1, 10_000, "up"],
      [1, 60_000, "down"],
      [0, 40_000, "up"],
      [0, 50_000, "down"],
    ];
    expect(loaded.faults[0]!.options).toMatchObject({ trace: "up.csv", rows });
  });

  test("recorded answers of a model", async () => {
    write("answers.jsonl", '{"right": true, "latencyMs": 30}\n{"right": false}\n');
    const file = write(
      "recorded.yaml",
      "name: r\nagents: [{ count: 4, profile: { replay: answers.jsonl } }]\nworkload: {}\n",
    );
    const { files } = await loadScenario(file, simHost);
    expect([...files.recorded.keys()]).toEqual(["answers.jsonl"]);
    write("answers.jsonl", '{"right": true}\n{"wrong": true}\n');
    await expect(loadScenario(file, simHost)).rejects.toThrow("recorded.yaml:2: answers.jsonl: line 2");
  });

  test("a job file, whose skills somebody must have", async () => {
    const job = (skill: string): string => `name: j\nbudget: 1\ntasks: { a: { skill: ${skill}, input: 1 } }\noutput: a\n`;
    write("JOB.yaml", job("echo"));
    const file = scenario("", "{ job: JOB.yaml }");
    const loaded = await loadScenario(file, simHost);
    expect(loaded.scenario.workload.shape).toEqual({ kind: "file", file: "JOB.yaml" });
    expect(loaded.files.jobs.get("JOB.yaml")?.nodes.map(({ skill }) => skill)).toEqual(["echo"]);
    write("JOB.yaml", job("ecco"));
    await expect(loadScenario(file, simHost)).rejects.toThrow(
      'named.yaml:3: task "a" of JOB.yaml: no agent has the skill "ecco"',
    );
  });

  test("plugins: what they add can be named", async () => {
    write("mine.mjs", 'export default { metrics: [{ name: "mine", unit: "", summary: "", compute: () => 1 }] };\n');
    const file = scenario("plugins: [./mine.mjs]\nexpect: [mine == 1]\n");
    const loaded = await loadScenario(file, simHost);
    expect(loaded.registry.computed.map(({ name }) => name)).toEqual(["mine"]);
  });

  test("a plugin that cannot be loaded: its line", async () => {
    const file = scenario("plugins:\n  - ./nowhere.mjs\n");
    await expect(loadScenario(file, simHost)).rejects.toThrow("named.yaml:5: the plugin ./nowhere.mjs cannot be loaded");
  });

  test.each([
    ["", "it holds no times"],
    ["1\nsoon\n", 'line 2: "soon" is no time, like 1500 or 1.5s'],
    ["5\n1\n", "line 2: 1 is earlier than the line before"],
  ])("arrivals %j", (text, problem) => {
    expect(parseArrivals(text)).toBe(problem);
  });

  test.each([
    ["agent,from,to\n", "it holds no times"],
    ["a,0,1\nb\n", 'line 2: "b" is not "agent, from, to"'],
    ["a,5,5\n", "line 1: a is not up for a time after that of its line before"],
    ["a,0,9\na,5,10\n", "line 2: a is not up for a time after that of its line before"],
  ])("times of churn %j", (text, problem) => {
    expect(parseChurnTrace(text)).toBe(problem);
  });
});

describe("files that come with the simulator", () => {
  const library = new URL("../../sim/scenarios/", import.meta.url);
  const files = readdirSync(library).filter((name) => name.endsWith(".yaml"));

  test.each(files)("%s parses, with its mechanism and without", async (name) => {
    const file = new URL(name, library).pathname;
    const { scenario } = await loadScenario(file, simHost);
    expect(scenario.name).toBe(name.replace(".yaml", ""));
    expect(scenario.description).not.toBe("");
    expect(scenario.expect.length).toBeGreaterThan(0);
    expect(scenario.mechanism).not.toBeNull();
    await loadScenario(file, simHost, { mechanismOff: true });
  });

  test("the template runs, and is as it says", async () => {
    const loaded = await loadScenarioText("new.yaml", scenarioTemplate("new"), simHost);
    const { scenario, files: read } = loaded;
    const result = simulate(scenario, { seed: scenario.seed, host: simHost, registry: loaded.registry, files: read });
    expect(result.metrics.completion).toBe(1);
    expect(result.idleFaults).toEqual([]);
    expect(result.invariants.filter(({ first }) => first !== null)).toEqual([]);
  });

  test("real signatures give the same decisions as the world's own table", async () => {
    const text = scenarioTemplate("new").replace("network:\n", "network:\n  signatures: real\n");
    const { scenario, registry: own } = await loadScenarioText("new.yaml", text, simHost);
    const short = { ...scenario, faults: [], workload: { ...scenario.workload, count: 1 } };
    const { metrics } = simulate(short, { seed: 1, host: simHost, registry: own });
    expect(metrics).toMatchObject({ completion: 1, "messages.refused": 0 });
  });
});

test("the JSON Schema names what the registry knows", () => {
  const text = JSON.stringify(scenarioJsonSchema());
  for (const name of [...registry.faults.keys(), ...registry.behaviours.keys()]) expect(text).toContain(`"${name}"`);
});
