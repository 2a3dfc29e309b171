/** The oracle of simulations, and skills that change: what is known of the truth is what is drawn. */

import { expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import type { Candidate } from "../../../protocol/selection/selector.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import type { RunResult } from "../../../sim/model/result.ts";
import type { JobFacts } from "../../../sim/run/job-facts.ts";
import { createOracle } from "../../../sim/run/oracle.ts";
import { simulate } from "../../../sim/run/simulate.ts";
import type { TrueChances } from "../../../sim/run/true-chances.ts";
import { candidateOf, requestOf } from "../../support/candidates.ts";

const isGood = (worker: string): boolean => worker.startsWith("good");

/** Goes on with good workers, whatever becomes of them. */
const faithful = {
  name: "faithful",
  summary: "good workers",
  score: ({ agent }: Candidate) => (isGood(agent) ? 1 : 0),
};
const registry = createRegistry([{ selectors: [faithful] }]);

/** Two good workers and six bad ones; one task after the other. */
function run(selector: string, faults = "", seed = 5): { readonly result: RunResult; readonly awards: string[] } {
  const worker = (name: string, count: number, accuracy: number): string =>
    `  - { name: ${name}, count: ${count}, hosts: false, skills: [solve], profile: { accuracy: ${accuracy}, latencyMs: { p50: 300, p95: 500 } } }`;
  const text = `
name: oracle
agents:
  - { name: keeper, count: 4, skills: [keep] }
${worker("good", 2, 0.95)}
${worker("bad", 10, 0.4)}
workload:
  selector: ${selector}
  shape: { kind: chain, steps: 40 }
${faults}`;
  const scenario = parseScenario(parseYaml("oracle.yaml", text), registry);
  const awards: string[] = [];
  const result = simulate(scenario, {
    seed,
    host: simHost,
    registry,
    checkers: () => [
      {
        onDecided({ events }) {
          for (const event of events) if (event.kind === "award") awards.push(event.worker);
        },
      },
    ],
  });
  expect(result.invariants.every(({ first }) => first === null)).toBe(true);
  return { result, awards };
}

test("it takes the best that offer, however many there are, and beats the lot", () => {
  const { result, awards } = run("oracle");
  // Whoever offers first may have the first task: nobody else has offered by then.
  expect(awards.slice(1).every(isGood)).toBe(true);
  expect(result.metrics).toMatchObject({ completion: 1 });
  expect(result.metrics.regret).toBeLessThan(0.02);
  const random = run("random").result;
  expect(random.metrics.regret).toBeGreaterThan(0.3);
  expect(random.metrics.accuracy).toBeLessThan(result.metrics.accuracy!);
});

test("members choose alike though chances change between their choices: no block needs a second round", () => {
  const { result } = run(
    "oracle",
    "faults:\n  - { at: 6s, skillChange: { which: [good], accuracy: 0.1, overMs: 10000 } }",
    6, // of some seeds a block has a second round for other reasons
  );
  expect(result.metrics.laterRounds).toBe(0);
  expect(run("oracle", "", 6).result.digest).toBe(run("oracle", "", 6).result.digest);
});

test("what was chosen first stands for whoever computes it later; the task's next try is another choice", () => {
  const chances = new Map([
    ["a", 0.9],
    ["b", 0.5],
  ]);
  const truth = { of: (name: string) => chances.get(name)! } as unknown as TrueChances;
  const facts = { of: () => ({}) } as unknown as JobFacts;
  const oracle = createOracle(truth, facts);
  const ask = (awards: number): string =>
    oracle.choose(null, requestOf([candidateOf("a", { awards }), candidateOf("b")]), 1).picked[0]!.agent;
  expect(ask(0)).toBe("a");
  chances.set("a", 0.1);
  expect(ask(0)).toBe("a");
  expect(ask(1)).toBe("b");
});

test("a change is drawn from, known to the regret and the oracle, and taken back", () => {
  const change =
    "faults:\n  - { at: 0s, skillChange: { which: [good], accuracy: 0, latency: 3, fromTask: 10, toTask: 30 } }";
  const { result, awards } = run("oracle", change);
  expect(awards.slice(1, 10).every(isGood)).toBe(true);
  expect(awards.slice(10, 30).some(isGood)).toBe(false);
  expect(awards.slice(30).every(isGood)).toBe(true);
  expect(result.metrics.regret).toBeLessThan(0.02);
  // Who stays with them loses 0.4 in twenty of forty tasks.
  expect(run("faithful", change).result.metrics.regret).toBeCloseTo(0.2, 1);
  expect(run("faithful").result.metrics.regret).toBeLessThan(0.05);
});

test("a change of time comes at its moment and goes at its end", () => {
  const { awards, result } = run(
    "oracle",
    "faults:\n  - { at: 8s, skillChange: { which: [good], accuracy: 0.1, for: 4s } }",
  );
  const bad = awards.map((worker, at) => (isGood(worker) ? -1 : at)).filter((at) => at > 0);
  expect(bad.length).toBeGreaterThan(2);
  expect(bad[bad.length - 1]! - bad[0]!).toBe(bad.length - 1);
  expect(isGood(awards[awards.length - 1]!)).toBe(true);
  expect(result.timeline).toContainEqual(expect.objectContaining({ kind: "fault", agents: ["good1", "good2"] }));
});

test("no plugin may take its name", async () => {
  const { loadPlugins } = await import("../../../sim/load/load-plugins.ts");
  const plugin = { selectors: [{ name: "oracle", summary: "another", score: () => 0 }] };
  const wanted = { name: "own", from: plugin, error: (what: string) => new Error(what) };
  await expect(loadPlugins([wanted])).rejects.toThrow('the simulator has a selector "oracle" already');
});
