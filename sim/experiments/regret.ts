/**
 * How the selectors' regret grows over 10,000 tasks in a market of agents of different skill, beside what the theory of
 * LinUCB promises.
 *
 * Source of the bound: Abbasi-Yadkori, Pal, Szepesvari 2011, Theorem 3.
 */

import { ln } from "../../protocol/core/math.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import { DIMENSION } from "../../protocol/selection/context.ts";
import { LINUCB, REWARD } from "../../protocol/selection/parameters.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import { ADMITS } from "../parts/workloads/lanes.ts";
import { AwardLog } from "./award-log.ts";
import { computedExperiment, type ExperimentRow, type Finding, type Labels, type Measured } from "./experiment.ts";
import { FOREVER, nameInJob, STEADY, VARIANTS } from "./forgetting.ts";
import { runScenario } from "./run-scenario.ts";
import { meanAt, shareOf } from "./statistics.ts";

const PARAMS = {
  tasks: 10_000,
  agents: 16,
  /** Chances of a right answer are drawn evenly between these. */
  chances: { min: 0.3, max: 0.95 },
  selectors: [
    "linucb",
    STEADY,
    FOREVER,
    "thompson",
    "ucb1",
    "epsilon-greedy",
    "greedy",
    "random",
    "random-top",
    "oracle",
  ],
  /** Tasks after which the sum is read; the exponent is fitted from `fitFrom` on. */
  checkpoints: [100, 200, 500, 1_000, 2_000, 5_000, 10_000],
  fitFrom: 500,
};
type Params = typeof PARAMS;

const rangeOfReward = 1 + REWARD.priceWeight + REWARD.latencyWeight;

/**
 * R_T <= 4 sqrt(T d ln(lambda + T / d)) (sqrt(lambda) S + R sqrt(2 ln(1 / delta) + d ln(1 + T / (lambda d)))), with the
 * model's own lambda and delta; contexts are no longer than 1; S: the length that LinUCB holds the weights to have; R:
 * half of the rewards' range, since their noise is bounded by that.
 */
export function regretBound(tasks: number): number {
  const { lambda, delta, norm } = LINUCB;
  const noise = rangeOfReward / 2;
  const width = Math.sqrt(2 * ln(1 / delta) + DIMENSION * ln(1 + tasks / (lambda * DIMENSION)));
  return 4 * Math.sqrt(tasks * DIMENSION * ln(lambda + tasks / DIMENSION)) * (Math.sqrt(lambda) * norm + noise * width);
}

/** p of y = c x^p by least squares over the logarithms; null where a y is not above 0, or there are fewer than two. */
export function exponentOf(points: readonly { readonly x: number; readonly y: number }[]): number | null {
  if (points.length < 2 || points.some(({ y }) => y <= 0)) return null;
  const logs = points.map(({ x, y }) => ({ x: ln(x), y: ln(y) }));
  const mean = (of: (one: { x: number; y: number }) => number): number =>
    logs.reduce((sum, one) => sum + of(one), 0) / logs.length;
  const [x0, y0] = [mean(({ x }) => x), mean(({ y }) => y)];
  return mean(({ x, y }) => (x - x0) * (y - y0)) / mean(({ x }) => (x - x0) * (x - x0));
}

export const regret = computedExperiment<Params>({
  name: "regret",
  summary: "cumulative regret of every selector over 10,000 tasks beside the theory's bound (half an hour and more)",
  description: [
    `${PARAMS.agents} agents, right with chances drawn evenly between ${PARAMS.chances.min} and ${PARAMS.chances.max} for each seed, do a chain of ${PARAMS.tasks} tasks. All are equally fast and expensive, so that regret in reward is regret in chance: for each task, the best agent's chance less that of the agent that had the first award. A wrong answer is admitted at once (the skill says so); second tries teach too, and are not counted.`,
    "The committee has one member: every member computes the same choice, so that its size changes the cost of a run and not its choices. Everything else is the mesh's own: offers, screening to eight places, awards, lessons.",
    "Whoever is to notice changes must forget, and whoever forgets explores for ever: regret then grows linearly in the end, which is the price of what drift shows. LinUCB as it comes forgets twice, in its model (gamma 0.995) and in the records that it is shown (about 25 answers an agent and skill). So it is run three times: as it comes; with gamma 1; and with gamma 1, plain counts for records and no screening, which is the algorithm that the theory speaks of. exponent: p of regret = c T^p, by least squares over the logarithms of the checkpoints from 500 on, for each seed that lost anything. 1 is linear, 1/2 what the bound promises up to logarithms. oracle: the best agent, by what only the simulation knows.",
    "All selectors over 30 seeds are 3 million awards: half an hour to an hour on two cores. --seeds 4 takes a seventh of that.",
  ],
  params: PARAMS,
  seeds: 30,
  firstSeed: 1000,
  metrics: [
    { name: "regret", unit: "", summary: "sum of what the best agent's chance was above the chosen one's" },
    { name: "regretPerTask", unit: "", summary: "the same a task, since the checkpoint before" },
    {
      name: "success",
      unit: "share",
      summary: "first awards that brought a right answer, since the checkpoint before",
    },
    { name: "exponent", unit: "", summary: "p of regret = c T^p, of the whole run" },
  ],
  cases: ({ selectors }) => selectors.map((selector) => ({ selector })),
  compute: (of, seed, params, host) => run(of, seed, params, host),
  verdict,
});

/** Chances of a right answer, the first agent's first. */
function chancesOf(seed: number, { agents, chances }: Params): number[] {
  const prng = createPrng(`${seed}/regret`);
  return Array.from({ length: agents }, () => chances.min + (chances.max - chances.min) * prng.unit());
}

async function run({ selector }: Labels, seed: number, params: Params, host: SimHost): Promise<ExperimentRow[]> {
  const chances = chancesOf(seed, params);
  const log = new AwardLog();
  await runScenario(scenarioOf(chances, nameInJob(String(selector)), params), {
    seed,
    host,
    thorough: false,
    plugins: [{ behaviours: [ADMITS], selectors: VARIANTS }],
    watch: log.watch,
  });
  const best = chances.reduce((most, chance) => Math.max(most, chance), 0);
  const chanceOf = new Map(chances.map((chance, i) => [`${groupOf(i)}1`, chance]));
  const sums = [0];
  const first = log.first();
  for (const { worker } of first) sums.push(sums.at(-1)! + best - chanceOf.get(worker)!);
  const points = params.checkpoints.map((x) => ({ x, y: sums[x]! }));
  const exponent = exponentOf(points.filter(({ x }) => x >= params.fitFrom));
  return points.map(({ x, y }, i) => {
    const from = points[i - 1] ?? { x: 0, y: 0 };
    const since = first.slice(from.x, x);
    return {
      labels: { tasks: x, selector: selector! },
      figures: {
        regret: y,
        regretPerTask: (y - from.y) / since.length,
        success: shareOf(since, ({ isAccepted }) => isAccepted),
        exponent: i === points.length - 1 ? exponent : null,
      },
    };
  });
}

/** Agents are told apart by their group: one each. */
const groupOf = (i: number): string => `m${i + 1}-`;

function scenarioOf(chances: readonly number[], selector: string, { tasks }: Params): ScenarioInput {
  const agents = chances.map((accuracy, i) => ({
    name: groupOf(i),
    count: 1,
    skills: ["solve"],
    hosts: false,
    behave: { admits: {} },
    // Short, so that 10,000 tasks pass in less than a minute of the mesh: who had no work for a minute stops offering.
    profile: { accuracy, latencyMs: 2, slots: 4 },
  }));
  return {
    name: "regret",
    agents: [{ name: "keeper", count: 1, skills: [] }, ...agents],
    network: { latencyMs: 0.5, service: { baseMs: 0, perKibMs: 0 } },
    workload: {
      selector,
      committee: 1,
      standbys: 0,
      deadline: "10h",
      shape: { kind: "chain", steps: tasks, skill: "solve" },
      policy: { redundancy: 1, timeout: "15s", retries: 60 },
    },
    maxTime: "10h",
  };
}

function verdict(rows: readonly Measured[]): Finding[] {
  const last = PARAMS.checkpoints.at(-1)!;
  const grown = PARAMS.selectors.flatMap((selector) => {
    const sum = meanAt(rows, { tasks: last, selector }, "regret");
    if (sum === null) return [];
    const means = PARAMS.checkpoints
      .filter((x) => x >= PARAMS.fitFrom)
      .map((x) => ({ x, y: meanAt(rows, { tasks: x, selector }, "regret") ?? 0 }));
    const exponent = exponentOf(means);
    const grows = exponent === null ? "" : `, growing with T^${exponent.toFixed(2)}`;
    return [`${selector} ${sum.toFixed(0)}${grows}`];
  });
  if (grown.length === 0) return [];
  const bounds = PARAMS.checkpoints.map((x) => ({ x, y: regretBound(x) }));
  const promised = exponentOf(bounds.filter(({ x }) => x >= PARAMS.fitFrom))!;
  return [
    {
      text: `Mean regret after ${last} tasks, and how it grows from ${PARAMS.fitFrom} tasks on:`,
      items: grown,
    },
    `The bound of Abbasi-Yadkori et al. (2011, Theorem 3) for LinUCB without forgetting, with d = ${DIMENSION}, lambda = ${LINUCB.lambda}, delta = ${LINUCB.delta}, S = ${LINUCB.norm}, R = ${rangeOfReward / 2}, is ${regretBound(last).toFixed(0)} after ${last} tasks and grows with T^${promised.toFixed(2)} over the same checkpoints: more than the ${last} that anybody could lose, so at this length it says something about the exponent only. It also assumes a linear reward, which a market of agents is not: a record is an estimate of a chance, and becomes better while it is used.`,
  ];
}
