/**
 * Figures of the simulator: how many events it carries out, what a large mesh takes, and how time and memory grow with
 * its size. Agents, their answers and their latencies are simulated.
 */

import { loadScenarioText } from "../../sim/load/load-scenario.ts";
import type { RunResult } from "../../sim/model/result.ts";
import { simulate } from "../../sim/run/simulate.ts";
import { EventQueue } from "../../sim/world/event-queue.ts";
import { simHost } from "../sim-host.ts";
import { type Row, row } from "./row.ts";

/** Agents of the example of docs/scenarios.md, and its jobs. */
const EXAMPLE = { agents: 40, jobs: 20, seconds: 40 };
const MIB = 1024 ** 2;

/**
 * The example scaled to `agents`, with as much work an agent: one job for two agents, 40 tasks each, three workers a
 * task; a tenth lies together, half of those that keep no log die after 20 s. Committees of four.
 */
const scaled = (agents: number): string => `
name: scaled
agents:
  - { count: ${Math.ceil(0.9 * agents)}, skills: [solve], profile: { accuracy: 0.92, latencyMs: { p50: 400, p95: 1500 }, price: 3, slots: 4 } }
  - { count: ${Math.floor(0.1 * agents)}, skills: [solve], behave: { liar: { confidence: 1.0, collude: true } } }
network: { overlay: { kind: random, degree: 6 }, latencyMs: { p50: 20, p95: 60 }, lossPct: 0.2 }
clients: ${Math.max(2, Math.ceil(agents / 25))}
maxTime: 10m
workload:
  jobs: { count: ${Math.max(1, (agents * EXAMPLE.jobs) / EXAMPLE.agents)}, arrival: { poisson: { perSecond: ${agents / (EXAMPLE.seconds * 2)} } } }
  shape: { kind: map-reduce, width: 40 }
  policy: { redundancy: 3, redundancyMax: 9, accept: { rule: majority } }
  committee: 4
faults:
  - { at: 20s, kill: { share: 0.5, which: non-members } }
  # The world continues for ten minutes, whenever the jobs end.
  - { at: 598s, join: { count: 1 } }
expect: []
`;

/** One worker after the other: the shortest way from one certified step to the next. */
const chained = (steps: number): string => `
name: chained
agents: [{ count: 8, skills: [solve], profile: { accuracy: 1, latencyMs: { p50: 1, p95: 1 }, slots: 4 } }]
network: { overlay: { kind: full }, latencyMs: { p50: 1, p95: 1 } }
maxTime: 10h
clients: 1
workload:
  jobs: { count: 1 }
  shape: { kind: chain, steps: ${steps} }
  policy: { redundancy: 1 }
  deadline: 9h
  committee: 4
expect: []
`;

interface Measured {
  readonly run: RunResult;
  readonly seconds: number;
  /** The largest heap that was sampled, MiB. */
  readonly heapMib: number;
}

async function measure(text: string, name: string): Promise<Measured> {
  const { scenario, registry, files } = await loadScenarioText(`${name}.yaml`, text, simHost);
  let heap = 0;
  let toldMs = performance.now();
  const startedMs = toldMs;
  const run = simulate(scenario, {
    ...{ seed: 1, host: simHost, registry, files, thorough: false },
    onProgress(share) {
      heap = Math.max(heap, process.memoryUsage().heapUsed);
      if (performance.now() - toldMs < 5_000) return;
      toldMs = performance.now();
      process.stderr.write(`  ${name}: ${Math.round(share * 100)} %, ${Math.round((toldMs - startedMs) / 1_000)} s\n`);
    },
  });
  return { run, seconds: (performance.now() - startedMs) / 1_000, heapMib: heap / MIB };
}

/** Events a second through the bare queue: as many as the run had, as many waiting as it had agents. */
function queueRate(events: number, waiting: number): number {
  const queue = new EventQueue<number>();
  for (let i = 0; i < waiting; i++) queue.push((i * 7_919) % 1_000, i);
  const startedMs = performance.now();
  for (let i = 0; i < events; i++) queue.push(queue.nextMs + ((i * 7_919) % 1_000), queue.shift()!);
  return events / ((performance.now() - startedMs) / 1_000);
}

export async function simulated(): Promise<Row[]> {
  const { run, seconds } = await measure(scaled(100), "100 agents");
  const rate = run.events / seconds;
  return [
    row("sim-events", rate, "events/s, 100 agents", queueRate(run.events, 2_000)),
    row("sim-step", (seconds * 1e6) / run.events, "µs/event", null),
  ];
}

/** Goal: 60 s on one core. */
export async function simulatedThousand(): Promise<Row[]> {
  const { run, seconds, heapMib } = await measure(scaled(1_000), "1,000 agents");
  const completion = run.metrics.completion ?? 0;
  return [
    row("sim-1000", seconds, `s for 10 virtual min, ${Math.round(completion * 100)} % of 500 jobs certified`, null),
    row("sim-1000-heap", heapMib, "MiB", null),
  ];
}

const STEPS = 5_000;
export async function simulatedChain(): Promise<Row[]> {
  const { run, seconds } = await measure(chained(STEPS), `a chain of ${STEPS} steps`);
  if (run.metrics.completion !== 1) throw new Error("the chain was not certified");
  return [row("sim-chain", (seconds * 1e6) / STEPS, `µs/certified step (chain of ${STEPS})`, null)];
}

/** What one size took. */
export interface Growth {
  readonly agents: number;
  readonly seconds: number;
  readonly heapMib: number;
  readonly run: RunResult;
}

/** The same load an agent at every size. */
export async function growth(sizes: readonly number[]): Promise<Growth[]> {
  const grown: Growth[] = [];
  for (const agents of sizes) grown.push({ agents, ...(await measure(scaled(agents), `${agents} agents`)) });
  return grown;
}

export const growthRows = (grown: readonly Growth[]): Row[] =>
  grown.flatMap(({ agents, seconds, heapMib, run }) => [
    row(`sim-${agents}-time`, (1_000 * seconds) / agents, "ms/agent", null),
    row(`sim-${agents}-heap`, heapMib / agents, "MiB/agent", null),
    row(`sim-${agents}-events`, run.events / agents, "events/agent", null),
  ]);
