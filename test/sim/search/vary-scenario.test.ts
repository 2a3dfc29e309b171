/** Variations of a scenario: each is fair, they differ, and failing ones become small again. */

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { loadScenario } from "../../../sim/load/load-scenario.ts";
import { countAgents } from "../../../sim/load/parse-agents.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import type { PluginModule } from "../../../sim/load/tools.ts";
import { defineFault } from "../../../sim/model/define.ts";
import type { Scenario } from "../../../sim/model/scenario.ts";
import { NO_FILES } from "../../../sim/run/run-options.ts";
import { shrink } from "../../../sim/search/shrink.ts";
import { smallerScenarios } from "../../../sim/search/smaller-scenario.ts";
import { openSubject, variationSubject } from "../../../sim/search/subject.ts";
import { varyScenario } from "../../../sim/search/vary-scenario.ts";

const TEXT = `
name: base
agents:
  - { name: keeper, count: 8, skills: [solve], profile: { latencyMs: { p50: 200, p95: 600 } } }
  - { name: worker, count: 6, hosts: false, skills: [solve], profile: { latencyMs: { p50: 200, p95: 600 } } }
workload:
  jobs: { count: 3, arrival: { every: 1s } }
  shape: { kind: map-reduce, width: 6 }
  policy: { redundancy: 3, accept: { rule: majority }, retries: 20, timeout: 10s }
faults:
  - { at: 8s, kill: { share: 0.2, which: non-members } }
  - { between: [9s, 12s], loss: { frames: 0.1 } }
`;
const SOURCE = { file: "base.yaml", content: { yaml: TEXT } };
const registry = createRegistry();
const base = parseScenario(parseYaml("base.yaml", TEXT), registry);
const VARIED = Array.from({ length: 600 }, (_, seed) => varyScenario(base, seed, registry));

const hostsOf = ({ agents }: Scenario): number => countAgents(agents.filter(({ hosts }) => hosts));
const liarsOf = ({ agents }: Scenario): number =>
  countAgents(
    agents.filter(({ behave }) => [...behave.keys()].some((name) => registry.behaviours.get(name)!.isByzantine)),
  );

describe("variations", () => {
  test("keep committees as large as they were, with one liar at most", () => {
    for (const varied of VARIED) {
      expect(hostsOf(varied)).toBeGreaterThanOrEqual(8);
      expect(liarsOf(varied)).toBeLessThanOrEqual(1);
      if (liarsOf(varied) > 0) expect(varied.workload.committee).toBe(4);
    }
  });

  test("hit no more agents than there are, at times in order", () => {
    for (const { faults, agents } of VARIED) {
      const times = faults.map(({ atMs }) => atMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const { target, atMs, untilMs } of faults) {
        expect(untilMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(atMs);
        expect(target?.count ?? 0).toBeLessThanOrEqual(countAgents(agents));
        expect(target?.share ?? 0).toBeLessThanOrEqual(1);
      }
    }
  });

  test("leave out and add faults and adversaries, and change sizes", () => {
    const count = (has: (varied: Scenario) => boolean): number => VARIED.filter(has).length;
    const hasFault = (kind: string) => count(({ faults }) => faults.some((fault) => fault.kind === kind));
    const { occurrences } = variationSubject({ scenario: base, registry, files: NO_FILES }, simHost);
    const kinds = occurrences.all.flatMap((name) => (name.startsWith("fault: ") ? [name.slice(7)] : []));
    expect(kinds).toContain("partition");
    for (const kind of kinds) {
      expect(hasFault(kind), kind).toBeGreaterThan(12);
      expect(hasFault(kind), kind).toBeLessThan(590);
    }
    for (const name of ["liar", "late", "byzantineMember"])
      expect(
        count(({ agents }) => agents.some(({ behave }) => behave.has(name))),
        name,
      ).toBeGreaterThan(12);
    expect(count(({ workload }) => workload.count < 3)).toBeGreaterThan(60);
    expect(count(({ agents }) => countAgents(agents) > 14)).toBeGreaterThan(60);
    expect(count(({ faults }) => faults.length === 0)).toBeGreaterThan(6);
  });

  test("are the same for the same seed, and what they say is what is read back", () => {
    expect(varyScenario(base, 7, registry)).toEqual(VARIED[7]);
    expect(varyScenario(base, 8, registry)).not.toEqual(VARIED[7]);
    const texts = VARIED.flatMap(({ faults }) => faults.map(({ text }) => text));
    const faults = texts.slice(0, 200).map((text) => `  - { ${text} }`);
    const read = parseScenario(
      parseYaml("again.yaml", TEXT.replace(/faults:[\s\S]*/, `faults:\n${faults.join("\n")}\n`)),
      registry,
    );
    expect(read.faults.map(({ text }) => text)).toEqual(texts.slice(0, 200));
  });
});

describe("a scenario as the subject of a search", () => {
  test("runs its variations, and counts what occurred", async () => {
    const subject = await openSubject(SOURCE, simHost);
    const scenario = subject.draw(1);
    const outcome = subject.run(1, scenario, { events: 10 })!;
    expect(outcome).toMatchObject({ seed: 1, failure: null });
    expect(outcome.coverage.get("block")).toBeGreaterThan(0);
    expect(subject.run(1, scenario, { events: 10 })!.digest).toBe(outcome.digest);
    expect(subject.run(1, scenario, { events: 10, shouldStop: () => true })).toBeNull();
  });

  test("what breaks is told with its scenario, and made small", async () => {
    const boom = defineFault({
      name: "boom",
      summary: "breaks the run",
      options: z.strictObject({}),
      isTargeted: false,
      lasts: false,
      begin() {
        throw new Error("boom");
      },
    });
    const plugin: PluginModule = () => ({ faults: [boom] });
    const text = `${TEXT}  - { at: 10s, boom: {} }\n`;
    const loaded = await loadScenario({ file: "boom.yaml", content: { yaml: text } }, simHost, {
      plugins: [plugin],
    });
    const subject = variationSubject(loaded, simHost);
    const scenario: Scenario = loaded.scenario;
    const { failure } = subject.run(3, scenario, { events: 5 })!;
    expect(failure).toMatchObject({ property: "no exception", message: expect.stringContaining("boom") });
    expect(failure!.text).toContain("  at: 10s, boom: {}");
    const small = shrink(scenario, {
      smaller: smallerScenarios,
      fails: (candidate) => subject.run(3, candidate, { events: 0 })!.failure !== null,
      budget: 20,
    });
    expect(small.scenario.faults.map(({ kind }) => kind)).toEqual(["boom"]);
    expect([small.scenario.workload.count, countAgents(small.scenario.agents)]).toEqual([1, 8]);
  });
});
