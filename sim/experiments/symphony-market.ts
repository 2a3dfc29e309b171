/**
 * The five agents of Symphony-Coord's simulation, which its experiments 2 and 3 share, as a scenario: one job of single
 * tasks, one after the other, whose awards, offers and results go through blocks of a committee (of one: members compute
 * the same choice). And what each step of such a run came to.
 *
 * Source of the figures: Symphony-Coord (arXiv 2602.00966), experiments 2 and 3, and its published code.
 */

import type { ScenarioInput } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import { ADMITS, LANES, placeOf } from "../parts/workloads/lanes.ts";
import { AwardLog, type LoggedAward } from "./award-log.ts";
import { runScenario } from "./run-scenario.ts";
import { meanOf, shareOf } from "./statistics.ts";

export interface MarketAgent {
  /** Credits for one call. */
  readonly price: number;
  /** Median without load, ms. */
  readonly latencyMs: number;
  /** Chance of success without load, by kind of task. */
  readonly simple: number;
  readonly hard: number;
}

export const AGENTS: { readonly [name: string]: MarketAgent } = {
  A: { price: 1, latencyMs: 900, simple: 0.99, hard: 0.99 },
  B: { price: 0.1, latencyMs: 350, simple: 0.88, hard: 0.18 },
  C: { price: 0.35, latencyMs: 550, simple: 0.92, hard: 0.65 },
  D: { price: 0.22, latencyMs: 420, simple: 0.9, hard: 0.45 },
  E: { price: 0.6, latencyMs: 780, simple: 0.95, hard: 0.85 },
};

/** Each call adds 0.3, of which 0.88 are left at the next step; see LoadModel. */
export const LOAD = { perCall: 0.3, keep: 0.88, slowdown: 1.2, errors: 0.05, busyAt: 0.95 };
/** Spread of latencies: their 95th percentile is 1.645 standard deviations of 8 % above the median. */
const P95_OF_P50 = 1.14;
/** Longer than any work takes: no lease runs out, whatever shock comes. */
const LEASE_MS = 7_000;
/** Shorter than the lease by the factor after which a task is hedged: nothing is hedged, each award ends by itself. */
const EXPECTED_PER_LATENCY = 2.2;

export interface Market {
  readonly steps: number;
  /** Share of hard tasks. */
  readonly hard: number;
  /** Factor on the base latency, by agent. Default: 1. */
  readonly latency?: { readonly [agent: string]: number };
}

/** A change of agents (sim/parts/faults/skill-change.ts), by agent. */
export type Shock = { readonly [agent: string]: { readonly [option: string]: unknown } };

/** One step: the award that it was given first, which is what was published, and those that came after a failure. */
export interface Step {
  readonly place: number;
  readonly worker: string;
  /** The first award brought the answer. */
  readonly success: boolean;
  /** From that award to its end, ms. */
  readonly latencyMs: number;
  /** Price of that award, credits. */
  readonly price: number;
  /** Price of all awards of the step, that one included, credits. */
  readonly priceOfAll: number;
  readonly awards: number;
}

function marketScenario(market: Market, selector: string, shocks: readonly Shock[]): ScenarioInput {
  const { steps, hard, latency = {} } = market;
  const groups = Object.entries(AGENTS).map(([name, agent]) => {
    const p50 = agent.latencyMs * (latency[name] ?? 1);
    return {
      name,
      count: 1,
      hosts: false,
      skills: ["simple", "hard"],
      behave: { admits: {} },
      profile: {
        accuracy: { simple: agent.simple, hard: agent.hard },
        latencyMs: { p50, p95: P95_OF_P50 * p50 },
        expectedMs: Math.round(EXPECTED_PER_LATENCY * p50),
        price: agent.price,
        slots: 100, // its load is what it says of itself, not how many tasks it has at a time
        load: LOAD,
      },
    };
  });
  const faults = shocks.flatMap((shock) =>
    Object.entries(shock).map(([agent, change]) => ({ at: "0s", skillChange: { which: [agent], ...change } })),
  );
  return {
    name: "symphony-market",
    agents: [{ name: "keeper", count: 1, skills: [] }, ...groups],
    clients: 1,
    network: { service: { baseMs: 0 } },
    workload: {
      selector,
      committee: 1,
      standbys: 0,
      deadline: "24h",
      budget: 100_000,
      shape: { kind: "lanes", lanes: 1, tasks: steps, skills: { simple: 1 - hard, hard } },
      policy: { redundancy: 1, timeout: LEASE_MS, retries: 64 },
    },
    faults,
  } as ScenarioInput;
}

/**
 * What a task's awards came to; null if nobody was asked. Who was busy was not available: whoever is asked instead is the
 * first.
 */
function stepOf(awards: readonly LoggedAward[]): Step | null {
  const from = awards.findIndex((award) => award.end?.how !== "busy");
  if (from < 0) return null;
  const asked = awards.slice(from);
  const { task, worker, price, atMs, end } = asked[0]!;
  return {
    place: placeOf(task),
    worker,
    success: end?.how === "result",
    latencyMs: (end?.atMs ?? atMs) - atMs,
    price,
    priceOfAll: asked.reduce((sum, award) => sum + award.price, 0),
    awards: asked.length,
  };
}

/** Runs the market under one selector; throws where a step is missing or an invariant broke. */
export async function runMarket(
  market: Market,
  selector: string,
  shocks: readonly Shock[],
  { seed, host }: { readonly seed: number; readonly host: SimHost },
): Promise<Step[]> {
  const log = new AwardLog();
  const result = await runScenario(marketScenario(market, selector, shocks), {
    seed,
    host,
    // With a thousand nodes, checking the whole state after each of thousands of blocks takes longer than the run.
    thorough: false,
    plugins: [{ behaviours: [ADMITS], shapes: [LANES] }],
    watch: log.watch,
  });
  const steps = log
    .byTask()
    .flatMap((awards) => stepOf(awards) ?? [])
    .sort((a, b) => a.place - b.place);
  if (result.metrics.completion !== 1 || steps.length !== market.steps)
    throw new Error(`symphony-market under ${selector}: ${steps.length} of ${market.steps} steps were done`);
  return steps;
}

export const successOf = (steps: readonly Step[]): number | null => shareOf(steps, ({ success }) => success);

/** Credits of the first awards for each that brought the answer; null if none did. */
export function costPerCorrect(steps: readonly Step[]): number | null {
  const correct = steps.filter(({ success }) => success).length;
  return correct === 0 ? null : steps.reduce((sum, { price }) => sum + price, 0) / correct;
}

/** Credits of all awards for each step: every step has its answer in the end. */
export const costPerStep = (steps: readonly Step[]): number | null => meanOf(steps.map(({ priceOfAll }) => priceOfAll));
