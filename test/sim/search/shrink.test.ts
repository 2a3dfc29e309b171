/** Failing scenarios become small, and stay failing. */

import { expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import { writeScenario } from "../../../sim/load/write-scenario.ts";
import type { AgentGroup, Scenario } from "../../../sim/model/scenario.ts";
import { CALM_NETWORK } from "../../../sim/search/draw-network.ts";
import { drawScenario } from "../../../sim/search/draw-scenario.ts";
import { shrink } from "../../../sim/search/shrink.ts";
import { smallerScenarios as smaller } from "../../../sim/search/smaller-scenario.ts";

const registry = createRegistry();
const liarsOf = ({ agents }: Scenario): AgentGroup[] => agents.filter(({ behave }) => behave.has("byzantineMember"));
const workersOf = ({ agents }: Scenario): AgentGroup[] => agents.filter(({ skills }) => skills.length > 0);

/** A scenario with much in it. */
const rich = (): Scenario => {
  for (let seed = 1; ; seed++) {
    const scenario = drawScenario(seed, registry);
    const kinds = new Set(scenario.faults.map((fault) => fault.kind));
    const isRich = scenario.faults.length >= 4 && kinds.size >= 2 && workersOf(scenario).length > 2;
    if (isRich && liarsOf(scenario).length > 0) return scenario;
  }
};

test("what does not matter goes, what the failure needs stays, and what is left is a scenario", () => {
  const scenario = rich();
  const { kind } = scenario.faults.at(-1)!;
  const liar = liarsOf(scenario)[0]!.name;
  let runs = 0;
  const small = shrink(scenario, {
    smaller,
    budget: 500,
    fails: (candidate) => {
      runs++;
      // Whatever is taken away, what is left is read back: nobody is named who is not there.
      const text = writeScenario(candidate, { registry });
      expect(parseScenario(parseYaml("small.yaml", text), registry)).toEqual({
        ...candidate,
        faults: candidate.faults.map((fault, place) => ({ ...fault, place })),
      });
      return (
        candidate.faults.some((fault) => fault.kind === kind) && liarsOf(candidate).some(({ name }) => name === liar)
      );
    },
  });
  expect(small.runs).toBe(runs);
  expect(small.scenario.faults.map((fault) => fault.kind)).toEqual([kind]);
  expect(liarsOf(small.scenario).map(({ name }) => name)).toEqual([liar]);
  expect(liarsOf(small.scenario)[0]!.behave.get("byzantineMember")!.strategies).toHaveLength(1);
  const hit = small.scenario.faults[0]!.target?.which;
  const named = workersOf(small.scenario).filter(({ name }) => Array.isArray(hit) && hit.includes(`${name}1`));
  expect(workersOf(small.scenario).length).toBeLessThanOrEqual(Math.max(1, named.length));
  expect(small.scenario.network).toEqual(CALM_NETWORK);
});

test("a scenario of which everything matters stays as it is", () => {
  const scenario = rich();
  expect(shrink(scenario, { smaller, budget: 500, fails: () => false }).scenario).toBe(scenario);
});

test("no more runs than it may take", () => {
  let runs = 0;
  const counted = shrink(rich(), { smaller, budget: 7, fails: () => ++runs > 0 });
  expect([runs, counted.runs]).toEqual([7, 7]);
});
