/**
 * Gossip in one event a receiver (`mesh`) against every hop (`full`): the same scenario with 100 agents, and what its
 * agents hear of it. The two draw different latencies, so that numbers are near and not equal.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { parseYaml } from "../../../node/platform/files/yaml-source.ts";
import type { CreateMachine } from "../../../protocol/machine.ts";
import { simHost } from "../../../scripts/sim-host.ts";
import { createRegistry } from "../../../sim/load/built-in.ts";
import { parseScenario } from "../../../sim/load/parse-scenario.ts";
import type { RunResult } from "../../../sim/model/result.ts";
import { simulate } from "../../../sim/run/simulate.ts";

interface Heard {
  readonly result: RunResult;
  readonly published: number;
  /** From a message's publication to its first arrival at an agent, ms, in order of size. */
  readonly latenciesMs: readonly number[];
}

const AGENTS = 100;
const registry = createRegistry();

function hear(gossip: "mesh" | "full"): Heard {
  // Both ends of a message see the same bytes: the world copies none.
  const publishedMs = new Map<Uint8Array, number>();
  const latenciesMs: number[] = [];
  const createMachine: CreateMachine = (config, records) => {
    const machine = simHost.createMachine(config, records);
    return {
      step(now, input) {
        const sentMs = input.kind === "gossip" ? publishedMs.get(input.bytes) : undefined;
        if (sentMs !== undefined) latenciesMs.push(now.wallMs - sentMs);
        const effects = machine.step(now, input);
        for (const effect of effects) if (effect.kind === "publish") publishedMs.set(effect.bytes, now.wallMs);
        return effects;
      },
    };
  };
  const text = `
name: parity
agents: [{ count: ${AGENTS}, skills: [solve], profile: { latencyMs: { p50: 300, p95: 900 } } }]
clients: 1
network: { overlay: { kind: random, degree: 8 }, latencyMs: { p50: 20, p95: 60 }, gossip: ${gossip} }
workload:
  jobs: { count: 3, arrival: { every: 2s } }
  shape: { kind: map-reduce, width: 12 }
`;
  const host = { ...simHost, createMachine };
  const scenario = parseScenario(parseYaml("parity.yaml", text), registry);
  const result = simulate(scenario, { seed: 3, host, registry, thorough: false });
  return { result, published: publishedMs.size, latenciesMs: latenciesMs.sort((a, b) => a - b) };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const p95 = (sorted: readonly number[]): number => sorted[Math.floor(0.95 * sorted.length)]!;

let mesh: Heard;
let full: Heard;
beforeAll(() => {
  mesh = hear("mesh");
  full = hear("full");
});

/** By how much of the larger one two numbers differ. */
const apart = (a: number, b: number): number => Math.abs(a - b) / Math.max(a, b);

describe("one event a receiver and every hop agree", () => {
  test("everybody hears every message once, and the jobs succeed", () => {
    for (const { result, published, latenciesMs } of [mesh, full]) {
      expect(result.metrics.completion).toBe(1);
      expect(published).toBeGreaterThan(150);
      // Agents and the client; whoever publishes does not hear itself.
      expect(latenciesMs).toHaveLength(published * AGENTS);
      expect(result.metrics["messages.gossip"]).toBe(published * AGENTS);
    }
    expect(apart(mesh.published, full.published)).toBeLessThan(0.05);
  });

  test("first arrivals: mean within 5 %, 95th percentile within 10 %", () => {
    expect(mean(mesh.latenciesMs)).toBeGreaterThan(20);
    expect(apart(mean(mesh.latenciesMs), mean(full.latenciesMs))).toBeLessThan(0.05);
    expect(apart(p95(mesh.latenciesMs), p95(full.latenciesMs))).toBeLessThan(0.1);
  });

  test("copies that come again: within 3 %", () => {
    const [ofMesh, ofFull] = [mesh, full].map(({ result }) => result.metrics["messages.duplicates"]!);
    expect(ofMesh).toBeGreaterThan(AGENTS);
    expect(apart(ofMesh!, ofFull!)).toBeLessThan(0.03);
  });
});
