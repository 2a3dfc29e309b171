/** Drawn scenarios: each is fair, together they contain everything that can be drawn, and their files load as the same. */

import { describe, expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { findScenario } from "../../../sim/batch/library.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import { writeScenario } from "../../../sim/load/write-scenario.ts";
import type { Scenario } from "../../../sim/model/scenario.ts";
import { STRATEGIES } from "../../../sim/parts/adversaries/catalog.ts";
import { WARM_UP_MS } from "../../../sim/run/workload.ts";
import { DRAWN_FAULTS, labelOf } from "../../../sim/search/draw-faults.ts";
import { drawScenario } from "../../../sim/search/draw-scenario.ts";
import { liarsOf } from "../../../sim/search/subject.ts";
import { varyScenario } from "../../../sim/search/vary-scenario.ts";
import { SCENARIOS } from "../../support/library.ts";
import { loadScenarioFile } from "../../support/load-scenario-file.ts";

const registry = createRegistry();
const DRAWN = Array.from({ length: 1_700 }, (_, seed) => drawScenario(seed, registry));
/** Those whose clients draw among known hosts and newcomers: the bound of the draw keeps liars below a third. */
const BOUNDED = DRAWN.filter(({ workload }) => workload.committee === null);
const NAMED = DRAWN.filter(({ workload }) => workload.committee !== null);

const powersOf = ({ workload }: Scenario) => workload.committee as ReadonlyMap<string, number>;

describe("a drawn scenario is fair", () => {
  test("Byzantine agents have less than 1/3 of the power, whoever takes whose seat", () => {
    for (const scenario of NAMED) {
      const powers = powersOf(scenario);
      const greatest = Math.max(...powers.values());
      const total = [...powers.values()].reduce((sum, power) => sum + power, 0);
      const liars = [...liarsOf(scenario, registry)].filter((name) => !["stranger1", "nuisance1"].includes(name));
      const lying = liars.reduce((sum, name) => sum + (powers.get(name) ?? greatest), 0);
      expect(3 * lying).toBeLessThan(total);
    }
  });

  test("where clients draw their committees, they know three honest hosts, and no liar", () => {
    expect(BOUNDED.length).toBeGreaterThan(50);
    for (const scenario of BOUNDED) {
      const known = scenario.agents.filter(({ hosted }) => hosted?.isKnown === true);
      expect(known.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(3);
      expect(known.every(({ behave }) => behave.size === 0)).toBe(true);
    }
  });

  test("faults come between the submission and the healing, in order", () => {
    for (const { faults, heal, workload } of DRAWN) {
      const times = faults.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const atMs of [...times, WARM_UP_MS + (workload.cancelAfterMs ?? 0)]) {
        expect(atMs).toBeGreaterThanOrEqual(WARM_UP_MS);
        expect(atMs).toBeLessThan(heal!.atMs);
      }
    }
  });

  test("two workers do as they say, though not always at once", () => {
    for (const { agents } of DRAWN) {
      const good = agents
        .filter(({ skills }) => skills.length > 0)
        .flatMap(({ count, behave }) => Array.from({ length: count }, () => [...behave.keys()]));
      expect(good.length).toBeGreaterThanOrEqual(2);
      for (const vices of good.slice(0, 2)) expect(["flaky", "straggler"]).toEqual(expect.arrayContaining(vices));
    }
  });
});

describe("the scenarios together", () => {
  const count = (has: (scenario: Scenario) => boolean): number => DRAWN.filter(has).length;

  test.each(DRAWN_FAULTS)("have %s: in some, and not in most", (label) => {
    const having = count(({ faults }) => faults.some((fault) => labelOf(fault) === label));
    expect(having).toBeGreaterThan(50);
    expect(having).toBeLessThan(DRAWN.length / 2);
  });

  test.each(STRATEGIES)("have %s", (name) => {
    const having = count(({ agents }) =>
      agents.some(({ behave }) => (behave.get("byzantineMember")?.strategies as string[] | undefined)?.includes(name)),
    );
    expect(having).toBeGreaterThan(50);
  });

  test.each([
    "liar",
    "neverDeliver",
    "late",
    "flaky",
    "straggler",
    "withholdBlobs",
    "lyingCommittee",
    "flood",
    "fillPlaces",
  ])("have %s", (name) => {
    expect(count(({ agents }) => agents.some(({ behave }) => behave.has(name)))).toBeGreaterThan(50);
  });

  test("have every condition of the network, and calm ones", () => {
    for (const key of ["loss", "gossipLoss", "duplication", "spreadMs"] as const) {
      expect(count(({ network }) => network[key] > 0)).toBeGreaterThan(50);
    }
    expect(count(({ network }) => network.reorder)).toBeGreaterThan(50);
    expect(count(({ network }) => network.fullGossip)).toBeGreaterThan(50);
    expect(count(({ network }) => network.service !== null)).toBeGreaterThan(50);
    expect(count(({ network }) => network.bandwidth !== null)).toBeGreaterThan(50);
    expect(count(({ network }) => network.overlay.kind !== "full")).toBeGreaterThan(50);
    expect(count(({ network }) => network.shardAgents < 10)).toBeGreaterThan(50);
    const liars = (scenario: Scenario) => [...liarsOf(scenario, registry)].filter((name) => name !== "nuisance1");
    expect(count((scenario) => scenario.faults.length + liars(scenario).length === 0)).toBeGreaterThan(50);
  });

  test("are the same for the same seed", () => {
    expect(drawScenario(7, registry)).toEqual(DRAWN[7]);
    expect(drawScenario(8, registry)).not.toEqual(DRAWN[7]);
  });
});

describe("written as a file", () => {
  const readBack = (scenario: Scenario): Scenario =>
    parseScenario(parseYaml("written.yaml", writeScenario(scenario, { registry })), registry);

  test("a drawn scenario is read back as the same", () => {
    for (const scenario of DRAWN.slice(0, 300)) expect(readBack(scenario)).toEqual(scenario);
  });

  test.each(SCENARIOS)("so are variations of %s", async (name) => {
    const { scenario } = await loadScenarioFile(findScenario(name), simHost);
    for (let seed = 0; seed < 5; seed++) {
      const varied = { ...varyScenario(scenario, seed, registry), mechanism: null };
      const { service } = varied.network;
      // Figures stand in the file, whatever they were called.
      const network = { ...varied.network, service: service && { ...service, preset: "own" } };
      expect(readBack(varied)).toEqual({ ...varied, network });
    }
  });
});
