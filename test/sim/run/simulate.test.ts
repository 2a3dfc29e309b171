/** A run is a function of its scenario and its seed: the digest covers every input of every agent. */

import { expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import type { RunResult } from "../../../sim/model/result.ts";
import { simulate } from "../../../sim/run/simulate.ts";
import type { RunTap } from "../../../sim/world/options.ts";

const registry = createRegistry();

function run(changes: string, seed = 5, tap: RunTap = {}): RunResult {
  const text = `
name: small
agents:
  - count: 8
    skills: [solve]
  - name: liar
    count: 1
    skills: [solve]
    behave: { liar: {} }
workload:
  selector: round-robin
  jobs: { count: 2, arrival: { every: 1s } }
  shape: { kind: map-reduce, width: 6 }
  policy: { redundancy: 3, redundancyMax: 7, accept: { rule: majority }, retries: 20 }
${changes}`;
  const scenario = parseScenario(parseYaml("small.yaml", text), registry);
  return simulate(scenario, { seed, host: simHost, registry, tap });
}

test("the same seed gives the same run, on every machine", () => {
  const first = run("");
  expect(run("").digest).toBe(first.digest);
  expect(run("").metrics).toEqual(first.metrics);
  expect(first.digest).toMatchInlineSnapshot(`"68c7f58ca917dd96e5f2077e1d76e792"`);
});

test("another seed gives another run", () => {
  expect(run("", 6).digest).not.toBe(run("").digest);
});

test("why workers were chosen, and an answer won, is said where somebody writes the trace, and changes nothing", () => {
  const count = (tap: RunTap) => {
    const counts: { [kind: string]: number } = { chosen: 0, tallied: 0, lost: 0 };
    const onEntry: RunTap["onEntry"] = ({ event: { kind } }) => {
      if (kind in counts) counts[kind]!++;
    };
    const { digest } = run("", 5, { ...tap, onEntry });
    return { counts, digest };
  };
  const traced = count({ onStart: () => undefined });
  const untraced = count({});
  expect(Math.min(traced.counts.chosen!, traced.counts.tallied!)).toBeGreaterThan(10);
  expect(untraced.counts).toEqual({ chosen: 0, tallied: 0, lost: 0 });
  expect(traced.digest).toBe(untraced.digest);
});

test("jobs are certified, and the liar is outvoted", () => {
  const { metrics, agents, invariants, partial } = run("", 9);
  expect(metrics).toMatchObject({ submitted: 2, completion: 1, wrongAccepted: 0 });
  const liar = agents.find(({ group }) => group === "liar");
  expect(liar).toMatchObject({ behaviour: "liar", accepted: 0 });
  expect(liar!.rejected).toBeGreaterThan(0);
  expect(invariants.every(({ first }) => first === null)).toBe(true);
  expect(partial).toBe(false);
});

test("real signatures and hop-by-hop gossip change the bytes, not what comes out", () => {
  const { metrics } = run("network: { signatures: real, gossip: full }");
  expect(metrics).toMatchObject({ completion: 1, wrongAccepted: 0 });
  expect(metrics["messages.duplicates"]).toBeGreaterThan(0);
});

test("a fault that finds nobody is named", () => {
  const { shortfalls } = run(
    "faults:\n  - { at: 2s, kill: { which: [liar1], count: 1 } }\n  - { at: 3s, kill: { which: [liar1], count: 1 } }",
  );
  expect(shortfalls).toHaveLength(1);
});

test("a fault that finds nobody says why", () => {
  const { shortfalls } = run(
    "faults:\n  - { at: 3s, pause: { which: workers, for: 1s } }\n  - { at: 2s, kill: { which: [liar1], count: 1 } }\n  - { at: 4s, kill: { which: [liar1] } }",
  );
  expect(shortfalls.map(({ why }) => why)).toEqual([
    "no agent was working for a job at 3s: the first job was submitted at 5s",
    "0 of the 1 that it names were running at 4s",
  ]);
});

test("a group's name in a list hits all its agents", () => {
  const { timeline } = run("faults:\n  - { at: 6s, pause: { which: [liar], for: 1s } }");
  const hit = timeline.find(({ kind }) => kind === "fault")!.agents;
  expect(hit.length).toBeGreaterThan(0);
  expect(hit.every((name) => /^liar\d+$/.test(name))).toBe(true);
});

test("regret counts what a liar gives instead of what it could", () => {
  // One of nine lies, and whoever is free is as good as the best: each ninth award costs a right answer.
  const { regret, accuracy } = run("").metrics;
  expect(accuracy).toBeLessThan(0.95);
  expect(regret).toBeGreaterThan(0.03);
});
