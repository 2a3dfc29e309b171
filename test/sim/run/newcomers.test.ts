/** An owner that knows hosts, in a mesh full of newcomers that lie: what its committees are, and what becomes of its jobs. */

import { expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import type { Genesis } from "../../../protocol/wire/genesis.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import { writeScenario } from "../../../sim/load/write-scenario.ts";
import { powersChecker } from "../../../sim/parts/checkers/powers.ts";
import { simulate } from "../../../sim/run/simulate.ts";

const registry = createRegistry([]);
const scenarioOf = (agents: string, workload = "") =>
  parseScenario(
    parseYaml(
      "newcomers.yaml",
      `
name: newcomers
agents:
${agents}
  - { name: worker, count: 3, hosts: false }
workload:
  jobs: { count: 4, arrival: { every: 5s } }
  shape: { kind: bag, width: 3 }
  ${workload}
`,
    ),
    registry,
  );
const LIARS = "behave: { byzantineMember: { strategies: [nil] } }";

function run(agents: string, seed: number) {
  const geneses: Genesis[] = [];
  const result = simulate(scenarioOf(agents), {
    ...{ seed, host: simHost, registry },
    checkers: ({ genesis }) => {
      geneses.push(genesis);
      return [];
    },
  });
  expect(result.invariants.filter(({ first }) => first !== null)).toEqual([]);
  return { geneses, certified: result.metrics.certified };
}

const held = (genesis: Genesis, name: string): number =>
  [...genesis.committee, ...genesis.standbys]
    .filter(({ agent }) => agent.startsWith(name))
    .reduce((sum, { power }) => sum + power, 0);

test("newcomers that vote against every block stop no job of an owner that knows hosts, and all of one that knows none", () => {
  const hosts = (hosted: string): string => `
  - { name: known, count: 6${hosted} }
  - { name: sybil, count: 40, skills: [], ${LIARS} }`;
  const knows = run(hosts(", hosted: { kept: 600, lost: 3 }"), 1);
  expect(knows.certified).toBe(4);
  for (const genesis of knows.geneses) {
    const total = genesis.committee.reduce((sum, { power }) => sum + power, 0);
    expect(3 * held(genesis, "sybil")).toBeLessThan(total);
    for (const { agent, power } of genesis.standbys) if (agent.startsWith("known")) expect(power).toBe(3);
  }
  const knowsNobody = run(hosts(""), 1);
  expect(Math.max(...knowsNobody.geneses.map((genesis) => held(genesis, "sybil")))).toBeGreaterThan(4);
  expect(knowsNobody.certified).toBe(0);
});

test("one network has one seat, and an equivocator none", () => {
  const { geneses } = run(
    `
  - { name: rented, count: 20, skills: [], origin: 192.0.2.0/24 }
  - { name: own, count: 7 }
  - { name: liar, count: 3, hosted: { kept: 900, equivocated: true } }`,
    3,
  );
  expect(geneses.length).toBeGreaterThanOrEqual(4);
  for (const genesis of geneses) {
    expect(held(genesis, "rented")).toBeLessThanOrEqual(1);
    expect(held(genesis, "liar")).toBe(0);
  }
});

test("a scenario says it as a file, and reads it back", () => {
  const scenario = scenarioOf(
    "  - { name: a, count: 5, hosted: { kept: 60, lost: 2, known: false }, origin: 192.0.2.0/24 }",
    "committee: { a1: 1, a2: 1, a3: 1, a4: 1 }\n  standbys: { a5: 2 }",
  );
  const text = writeScenario(scenario, { registry });
  const again = parseScenario(parseYaml("again.yaml", text), registry);
  expect(again.agents).toEqual(scenario.agents);
  expect(again.workload.standbys).toEqual(new Map([["a5", 2]]));
});

test("the checker sees power that nobody gave, power that is lost, and newcomers with a third", () => {
  const member = (agent: string, power = 1) => ({ agent: agent as AgentId, power });
  const genesis = { committee: ["a", "b", "c", "d"].map((name) => member(name)), standbys: [member("s", 1)] };
  const check = (committee: readonly ReturnType<typeof member>[], newcomers: readonly string[] | null) => () =>
    powersChecker(newcomers === null ? null : new Set(newcomers as AgentId[])).onDecided!({
      ...{ height: 1, by: "a" as AgentId },
      ledger: { genesis, state: { committee: { get: () => committee } } },
    } as never);
  const replaced = ["a", "b", "c", "s"].map((name) => member(name));
  expect(check(replaced, ["s"])).not.toThrow();
  expect(check(replaced, ["s", "c"])).toThrow(/newcomers hold 2 of 4/);
  expect(check([member("a", 2), ...replaced.slice(1, 3)], null)).toThrow(/a has power 2, and was given 1/);
  expect(check(replaced.slice(1), null)).toThrow(/the power of all is 3, and was 4/);
});
