/**
 * Symphony-Coord's experiment 3 on the mesh: agents whose latencies are other than usual, bursts of load from outside,
 * and both.
 *
 * Source: Symphony-Coord (arXiv 2602.00966), experiment 3: multipliers of latency, and who is loaded when.
 */

import type { SimHost } from "../model/host.ts";
import { percentile } from "../run/statistics.ts";
import { computedExperiment, type ExperimentRow, type Labels, type Measured } from "./experiment.ts";
import { meanAt, meanOf } from "./statistics.ts";
import {
  AGENTS,
  costPerCorrect,
  LOAD,
  type Market,
  type MarketAgent,
  runMarket,
  type Shock,
  successOf,
} from "./symphony-market.ts";

const MULTIPLIERS = { A: 2.5, B: 0.5, C: 1, D: 0.7, E: 1.8 };

/** How much a burst adds to the load: the published sizes are not known to us. */
const BURST = 0.6;

interface Condition {
  readonly latency?: Market["latency"];
  readonly bursts: readonly Shock[];
}

const burst = (agent: string, fromTask: number, toTask: number): Shock => ({
  [agent]: { load: BURST, fromTask, toTask },
});

const CONDITIONS: { readonly [name: string]: Condition } = {
  latency: { latency: MULTIPLIERS, bursts: [] },
  bursts: { bursts: [burst("A", 200, 400), burst("B", 500, 700)] },
  combined: { latency: MULTIPLIERS, bursts: [burst("B", 300, 500)] },
};

const PARAMS = {
  steps: 800,
  hard: 0.7,
  conditions: CONDITIONS,
  selectors: ["oracle", "linucb", "random-top", "random"] as readonly string[],
  agents: AGENTS as { readonly [name: string]: MarketAgent },
  load: LOAD,
};
export type Exp3Params = typeof PARAMS;

export const symphonyExp3 = computedExperiment<Exp3Params>({
  name: "symphony-exp3",
  summary: "Symphony-Coord's experiment 3: other latencies and bursts of load, LinUCB against the oracle and chance",
  description: [
    "The five agents, the load and the job of symphony-exp2, without its shock, for 800 steps. latency: agents are slower or faster than usual by the published factors, and say so in their offers. bursts: A bears a load from outside in steps 200 to 399, B in steps 500 to 699. combined: the factors, and a burst of B in steps 300 to 499.",
    "A burst adds 0.6 to the load; its published size is not known to us, nor is the number of steps. From a load of 0.95 on an agent says that it is busy and gets no work: a burst and two calls shortly before are enough for that.",
    "All figures are of the first award of each step. Latency is from the award's block to the block of its end, in the run's own time: agreement and network are in it, about 0.1 s, and a failed try is as much a latency as a good one. perSecond is success over mean latency, times 1,000 ms. What a selector prefers is its reward's matter: success less a part of the price and of the latency, so that a low price may be worth some success.",
  ],
  params: PARAMS,
  seeds: 30,
  firstSeed: 1_000,
  metrics: [
    { name: "success", unit: "share", summary: "first awards that brought the answer" },
    { name: "latencyMs.mean", unit: "ms", summary: "from a first award to its end" },
    { name: "latencyMs.p95", unit: "ms", summary: "the time within which 95 % of first awards ended" },
    { name: "perSecond", unit: "", summary: "success over mean latency, times 1,000" },
    { name: "costPerCorrect", unit: "credits", summary: "of first awards, for each that brought the answer" },
  ],
  cases: ({ conditions, selectors }) =>
    selectors.flatMap((selector) => Object.keys(conditions).map((condition) => ({ selector, condition }))),
  compute: computeExp3,
  verdict: (rows) => Object.keys(CONDITIONS).flatMap((condition) => verdictOf(rows, condition)),
});

export async function computeExp3(
  of: Labels,
  seed: number,
  { steps, hard, conditions }: Exp3Params,
  host: SimHost,
): Promise<ExperimentRow[]> {
  const { latency, bursts } = conditions[String(of.condition)]!;
  const market: Market = { steps, hard, ...(latency === undefined ? {} : { latency }) };
  const done = await runMarket(market, String(of.selector), bursts, { seed, host });
  const latencies = done.map(({ latencyMs }) => latencyMs);
  const [success, meanMs] = [successOf(done)!, meanOf(latencies)!];
  return [
    {
      labels: of,
      figures: {
        success,
        "latencyMs.mean": meanMs,
        "latencyMs.p95": percentile(latencies, 0.95),
        perSecond: (1_000 * success) / meanMs,
        costPerCorrect: costPerCorrect(done),
      },
    },
  ];
}

function verdictOf(rows: readonly Measured[], condition: string): string[] {
  const figures = ["success", "latencyMs.mean", "latencyMs.p95", "perSecond", "costPerCorrect"];
  const compared = figures.flatMap((metric) => {
    const own = meanAt(rows, { selector: "linucb", condition }, metric);
    const other = meanAt(rows, { selector: "random-top", condition }, metric);
    if (own === null || other === null) return [];
    const isMoreBetter = metric === "success" || metric === "perSecond";
    return [{ metric, isBetter: isMoreBetter ? own > other : own < other }];
  });
  if (compared.length === 0) return [];
  const list = (isBetter: boolean): string =>
    compared
      .filter((one) => one.isBetter === isBetter)
      .map(({ metric }) => metric)
      .join(", ") || "nothing";
  return [`${condition}: against random among the best, LinUCB is ahead in ${list(true)}; behind in ${list(false)}.`];
}
