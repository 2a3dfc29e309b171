/** What can be wrong with a scenario file: one line each, with file, line and remedy. */

import { describe, expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";

const registry = createRegistry();

/** The line that the command line would print. */
function problem(text: string): string {
  try {
    parseScenario(parseYaml("half.yaml", text), registry);
  } catch (error) {
    if (!(error instanceof MeshworkError)) throw error;
    expect(error.code).toBe("invalid-file");
    expect(error.message).not.toContain("\n");
    expect(error.remedy, error.message).not.toBe("");
    return `${error.message} – ${error.remedy}`;
  }
  return "accepted";
}

/** Line 3 holds the agents, line 4 the workload; what is given begins on line 5. */
const file = (rest: string, { agents = "- { count: 40, skills: [solve] }", workload = "{}" } = {}): string =>
  `name: half\nagents:\n  ${agents}\nworkload: ${workload}\n${rest}`;
const fault = (line: string): string => file(`faults:\n  - ${line}\n`);
const expected = (line: string): string => file(`expect:\n  - completion >= 0.9\n  - ${line}\n`);
const workload = (text: string): string => file("", { workload: text });
const group = (text: string): string => file("", { agents: `- ${text}` });

type Case = readonly [what: string, text: string, line: string];

const KEYS: readonly Case[] = [
  [
    "of another shape",
    workload("{ shape: { kind: chain, width: 5 } }"),
    'half.yaml:4: unknown key "width" in workload.shape – known are: kind, steps, skill, kinds, difficulty, like',
  ],
  ["at the top", file("expects: []\n"), 'half.yaml:5: unknown key "expects" – did you mean "expect"?'],
  [
    "in a group",
    file("", { agents: "- { count: 4, skils: [solve] }" }),
    'half.yaml:3: unknown key "skils" in agents[0] – did you mean "skills"?',
  ],
  [
    "in a profile",
    group("{ count: 4, profile: { acuracy: 0.9 } }"),
    'half.yaml:3: unknown key "acuracy" in agents[0].profile – did you mean "accuracy"?',
  ],
  [
    "a behaviour",
    group("{ count: 4, behave: { lier: {} } }"),
    'half.yaml:3: unknown key "lier" in agents[0].behave – did you mean "liar"?',
  ],
  [
    "an option of a behaviour",
    group("{ count: 4, behave: { liar: { colude: true } } }"),
    'half.yaml:3: unknown key "colude" in agents[0].behave.liar – did you mean "collude"?',
  ],
  [
    "of a distribution",
    group("{ count: 4, profile: { latencyMs: { p50: 1, p59: 2 } } }"),
    'half.yaml:3: unknown key "p59" in agents[0].profile.latencyMs – did you mean "p50"?',
  ],
  [
    "a fault",
    fault("{ at: 20s, kil: { share: 0.5 } }"),
    'half.yaml:6: unknown key "kil" in faults[0] – did you mean "kill"?',
  ],
  [
    "an option of a fault",
    fault("{ at: 20s, kill: { shar: 0.5 } }"),
    'half.yaml:6: unknown key "shar" in faults[0].kill – did you mean "share"?',
  ],
  [
    "a policy",
    workload("{ policy: { redundncy: 3 } }"),
    'half.yaml:4: unknown key "redundncy" in workload.policy – did you mean "redundancy"?',
  ],
  [
    "a shape",
    workload("{ shape: { kind: bag, widht: 3 } }"),
    'half.yaml:4: unknown key "widht" in workload.shape – did you mean "width"?',
  ],
  [
    "what is not targeted",
    fault("{ at: 20s, partition: { groups: [0.5, 0.5], which: any } }"),
    'half.yaml:6: unknown key "which" in faults[0].partition – known are: groups, upTo, for',
  ],
];

const VALUES: readonly Case[] = [
  ["no name", "agents: [{ count: 1 }]\nworkload: {}\n", 'half.yaml:1: the file has no "name" – add it'],
  ["no agents", "name: x\nworkload: {}\n", 'half.yaml:1: the file has no "agents" – add it'],
  ["no workload", "name: x\nagents: [{ count: 1 }]\n", 'half.yaml:1: the file has no "workload" – add it'],
  [
    "no group",
    "name: x\nagents: []\nworkload: {}\n",
    "half.yaml:2: the scenario has no agents – add a group, like - count: 10",
  ],
  ["no count", group("{ skills: [solve] }"), 'half.yaml:3: agents[0] has no "count" – add it'],
  [
    "a share above 1",
    fault("{ at: 20s, kill: { share: 1.5 } }"),
    "half.yaml:6: faults[0].kill.share must be at most 1 – lower it",
  ],
  [
    "an accuracy above 1",
    group("{ count: 4, profile: { accuracy: { easy: 0.9, hard: 9 } } }"),
    "half.yaml:3: agents[0].profile.accuracy.hard must be at most 1 – lower it",
  ],
  [
    "a duration without sense",
    file("maxTime: soon\n"),
    'half.yaml:5: maxTime: "soon" is not a duration – write one like 400ms, 20s or 5m, or a number of milliseconds',
  ],
  [
    "a latency the wrong way round",
    group("{ count: 4, profile: { latencyMs: { p50: 300, p95: 100 } } }"),
    "half.yaml:3: agents[0].profile.latencyMs: p95 100 is less than p50 300 – put them the other way round",
  ],
  [
    "half of a distribution",
    file("network: { latencyMs: { p50: 20 } }\n"),
    "half.yaml:5: network.latencyMs: not one distribution – write a value, { min, max }, or { p50, p95 }",
  ],
  [
    "a difficulty above 1",
    workload("{ shape: { kind: single, difficulty: 2 } }"),
    'half.yaml:4: workload.shape.difficulty: "2" is not a difficulty – write a number from 0 to 1',
  ],
  [
    "an unknown overlay",
    file("network: { overlay: { kind: smallworld } }\n"),
    'half.yaml:5: network.overlay.kind cannot be "smallworld" – did you mean "small-world"?',
  ],
  [
    "an unknown shape",
    workload("{ shape: { kind: mapreduce, width: 3 } }"),
    'half.yaml:4: workload.shape.kind cannot be "mapreduce" – did you mean "map-reduce"?',
  ],
  [
    "an unknown rule",
    workload("{ policy: { accept: { rule: majorty } } }"),
    'half.yaml:4: workload.policy.accept.rule cannot be "majorty" – did you mean "majority"?',
  ],
  [
    "a message that there is not",
    file("ablate: [blocs]\n"),
    'half.yaml:5: ablate[0] cannot be "blocs" – did you mean "blocks"?',
  ],
  [
    "a name with spaces",
    "name: half killed\nagents: [{ count: 1 }]\nworkload: {}\n",
    "half.yaml:1: name: use letters, digits, dots, dashes and underscores, a letter or digit first – rename it",
  ],
  [
    "what switches a mechanism off",
    file("mechanism:\n  name: x\n  off: { 0.share: 1 }\n"),
    'half.yaml:7: "0.share" is no path in this file – write one like faults[0].kill.share',
  ],
];

const FAULTS: readonly Case[] = [
  [
    "more victims than agents",
    fault("{ at: 20s, kill: { count: 50 } }"),
    "half.yaml:6: kill 50 of 40 agents – lower it to 40 or less",
  ],
  [
    "more victims than names",
    fault("{ at: 20s, kill: { which: [a1, a2], count: 3 } }"),
    "half.yaml:6: kill 3 of 2 that are named – lower it to 2 or less",
  ],
  [
    "a share of nobody",
    fault("{ at: 20s, kill: { share: 0.01 } }"),
    "half.yaml:6: kill a share of 0.01 of 40 agents: that is none – raise it, or give a count",
  ],
  [
    "share and count",
    fault("{ at: 20s, kill: { share: 0.5, count: 3 } }"),
    "half.yaml:6: faults[0].kill has both share and count – keep one",
  ],
  [
    "an agent that there is not",
    fault("{ at: 20s, kill: { which: [a1, a41] } }"),
    'half.yaml:6: there is no agent and no group "a41" – did you mean "a1"?',
  ],
  [
    "an agent twice",
    fault("{ at: 20s, kill: { which: [a1, a1] } }"),
    'half.yaml:6: "a1" is named twice – name it once',
  ],
  [
    "an agent of a group that is named too",
    fault("{ at: 20s, kill: { which: [a, a1] } }"),
    'half.yaml:6: "a1" is named twice – name it once',
  ],
  [
    "a group that there is not",
    fault("{ at: 20s, kill: { which: [worker] } }"),
    'half.yaml:6: there is no agent and no group "worker" – known are: a, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, and 31 more',
  ],
  [
    "a time beside the fault",
    fault("{ at: 20s, partition: { groups: [0.7, 0.3] }, for: 5s }"),
    'half.yaml:6: faults[0]: "for" belongs inside the fault, not beside it – write partition: { …, for: 5s }',
  ],
  [
    "a whom that there is not",
    fault("{ at: 20s, kill: { which: membrs } }"),
    'half.yaml:6: faults[0].kill.which cannot be "membrs" – did you mean "members"?',
  ],
  [
    "groups that do not add up",
    fault("{ at: 20s, partition: { groups: [0.7, 0.2], for: 5s } }"),
    "half.yaml:6: the groups add up to 0.9, not 1 – make them add up to 1",
  ],
  ["no time", fault("{ kill: { share: 0.5 } }"), "half.yaml:6: faults[0] says not when – add at: 20s"],
  [
    "no time of what lasts",
    fault("{ pause: { share: 0.5 } }"),
    "half.yaml:6: faults[0] says not when – add at: 20s, or between: [20s, 40s]",
  ],
  [
    "two times",
    fault("{ at: 20s, between: [1s, 2s], pause: { share: 0.5 } }"),
    "half.yaml:6: faults[0] has both at and between – keep one",
  ],
  [
    "a moment that lasts",
    fault("{ between: [20s, 30s], kill: { share: 0.5 } }"),
    "half.yaml:6: kill happens at a moment – write at: 20s instead",
  ],
  [
    "two lengths",
    fault("{ between: [20s, 30s], pause: { share: 0.5, for: 3s } }"),
    "half.yaml:6: faults[0] has both between and for – keep one",
  ],
  [
    "an end before the beginning",
    fault("{ between: [30s, 20s], pause: { share: 0.5 } }"),
    "half.yaml:6: between 30s and 20s is no time – let it end later",
  ],
  [
    "a fault after the end",
    file("maxTime: 1m\nfaults:\n  - { at: 2m, kill: { share: 0.5 } }\n"),
    "half.yaml:7: faults[0] begins at 2m, when the run has ended (maxTime 1m) – let it begin earlier, or raise maxTime",
  ],
  [
    "two faults",
    fault("{ at: 20s, kill: { share: 0.5 }, leave: { share: 0.5 } }"),
    "half.yaml:6: faults[0] is both kill and leave – write a line for each",
  ],
  [
    "an option that it wants",
    fault("{ at: 20s, clockJump: { share: 0.5 } }"),
    'half.yaml:6: faults[0].clockJump has no "byMs" – add it',
  ],
];

const EXPECTATIONS: readonly Case[] = [
  [
    "a metric that there is not",
    expected("complection >= 0.99"),
    'half.yaml:7: there is no metric "complection" – did you mean "completion"?',
  ],
  [
    "a percentile that there is not",
    expected("detectionMs.p99 <= 5000"),
    'half.yaml:7: there is no metric "detectionMs.p99" – did you mean "detectionMs.p95"?',
  ],
  [
    "a time where none is measured",
    expected("completion < 5s"),
    "half.yaml:7: completion is no time – write a number (share)",
  ],
  [
    "no expectation",
    expected("completion is fine"),
    'half.yaml:7: "completion is fine" is no expectation – write one like completion >= 0.99 or latencyMs.p95 < 5s (relations: >= <= > < ==)',
  ],
  ["a map", expected("completion: 0.99"), "half.yaml:7: expect[1] must be text, not a map – correct it"],
];

const JOBS: readonly Case[] = [
  [
    "a skill that nobody has",
    workload("{ shape: { kind: single, skill: slove } }"),
    'half.yaml:4: no agent has the skill "slove" – did you mean "solve"?',
  ],
  [
    "two arrivals",
    workload("{ jobs: { arrival: { every: 1s, atOnce: 0 } } }"),
    "half.yaml:4: workload.jobs.arrival is both every and atOnce – keep one",
  ],
  [
    "a price that nobody may pay",
    workload("{ policy: { priceMax: 0.5 } }"),
    "half.yaml:4: the cheapest agent takes 1 credits, more than a priceMax of 0.5 – allow at least 1",
  ],
  [
    "a budget that cannot suffice",
    workload("{ budget: 2, shape: { kind: bag, width: 10 }, policy: { redundancy: 3 } }"),
    "half.yaml:4: a budget of 2 credits cannot suffice: the tasks cost 30 at least – raise it to 30 or more, or lower the redundancy",
  ],
  [
    "redundancy above its most",
    workload("{ policy: { redundancy: 3, redundancyMax: 2 } }"),
    "half.yaml:4: redundancyMax 2 is less than redundancy 3 – raise it, or leave it out",
  ],
  [
    "first of many",
    workload("{ policy: { redundancy: 3, accept: { rule: first } } }"),
    'half.yaml:4: rule "first" takes redundancy 1, not 7 – use rule "majority", or redundancy 1',
  ],
  [
    "a quorum that never comes",
    workload("{ policy: { redundancy: 3, accept: { rule: quorum, q: 8 } } }"),
    "half.yaml:4: a quorum of 8 can never be met by at most 7 results – lower q, or raise redundancyMax",
  ],
  [
    "a committee of two",
    workload("{ committee: 2 }"),
    "half.yaml:4: a committee of 2 is no safer than one of 1 – take 1, or 4 and more",
  ],
  [
    "a committee of more than there are",
    file("", { workload: "{ committee: 7 }", agents: "- { count: 5 }" }),
    "half.yaml:4: a committee of 7 of 5 agents that host – lower it, or add agents",
  ],
  [
    "a window that is none",
    workload("{ window: 5ms }"),
    "half.yaml:4: a window of 5 ms is too short – take 10ms or more",
  ],
  [
    "a job file and a policy",
    workload("{ job: JOB.yaml, policy: { redundancy: 3 } }"),
    "half.yaml:4: workload has both job and policy – say it in JOB.yaml, or remove job",
  ],
  [
    "an end before the first job",
    file("maxTime: 3s\n"),
    "half.yaml:5: a maxTime of 3s ends the run before the first job comes at 5s – raise it",
  ],
];

const GROUPS: readonly Case[] = [
  [
    "a name of others",
    group("{ name: client, count: 2 }"),
    'half.yaml:3: agents cannot be called "client": others are – rename the group',
  ],
  [
    "the same name",
    "name: x\nagents:\n  - { name: a, count: 2 }\n  - { name: a, count: 3 }\nworkload: {}\n",
    'half.yaml:4: groups "a" and "a" both have an agent "a1" – rename one of them',
  ],
  [
    "names that run into each other",
    "name: x\nagents:\n  - { name: a, count: 12 }\n  - { name: a1, count: 3 }\nworkload: {}\n",
    'half.yaml:4: groups "a" and "a1" both have an agent "a11" – rename one of them',
  ],
];

describe.each([
  ["an unknown key", KEYS],
  ["a wrong value", VALUES],
  ["an impossible fault", FAULTS],
  ["a wrong expectation", EXPECTATIONS],
  ["an impossible job", JOBS],
  ["groups of agents", GROUPS],
] as const)("%s", (_, cases) => {
  test.each(cases.map(([what, text, line]) => ({ what, text, line })))("$what", ({ text, line }) => {
    expect(problem(text)).toBe(line);
  });
});

test("what all of them start from is right", () => {
  expect(problem(file("faults:\n  - { at: 20s, kill: { share: 0.5 } }\nexpect:\n  - completion >= 0.9\n"))).toBe(
    "accepted",
  );
});
