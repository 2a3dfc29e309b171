/**
 * MAKER's Towers of Hanoi through a mesh: a chain in which each move is a task of its own, done by unreliable workers and decided
 * by a lead. In virtual time, or over real nodes.
 *
 * Source: MAKER (arXiv 2511.09030). tower.ts has the steps and the workers.
 */

import { holdsTimes, leadFor, outlookOf, samplesUntilAhead } from "../../protocol/answer/planning.ts";
import { assert } from "../../protocol/core/assert.ts";
import { limits } from "../../protocol/core/limits.ts";
import { encodeValue, type Value } from "../../protocol/wire/value.ts";
import type { ChainRun, ChainWork } from "../model/chain.ts";
import type { SimHost } from "../model/host.ts";
import { computedExperiment, type ExperimentRow, type Finding, type Labels, type Measured } from "./experiment.ts";
import { simulateChain, WORK_MS } from "./simulate-chain.ts";
import { estimateAt, meanAt, percent } from "./statistics.ts";
import { elsewhere, isMoved, nextStep, replyOf, stepSchema, stepsOf, type TowerStep, towerStart } from "./tower.ts";

const PARAMS = {
  disks: 10,
  driver: "virtual",
  /**
   * Malformed replies are about as in MAKER's run: 7.8 % of its steps were undecided after three samples, and 22.5 % of these
   * after one more.
   */
  mistakes: { wrong: 0.01, alike: 0.5, malformed: 0.03, hard: { steps: 0.1, malformed: 0.25 } },
  target: 0.95,
  /** As many as a job takes offers of for one skill. */
  workers: limits.offersPerSkill as number,
  /** What the owner knows of each worker, answers: a plan needs their error rate. */
  record: { accepted: 99, rejected: 1 },
  /** Steps of one job; the next one takes up the state that it left. */
  jobSteps: 8_192,
};
export type HanoiParams = typeof PARAMS;

const DRIVERS = ["virtual", "libp2p"] as const;

interface Plan {
  readonly k: number;
  readonly redundancyMax: number;
  /** Results a step, and the probability that all steps are right, with malformed replies where they cluster. */
  readonly samples: number;
  readonly success: number;
}

/** The lead, by the workers' mean rates; the most results, as if malformed replies were everywhere as where they cluster. */
export function planOf(
  { mistakes, target, workers }: Pick<HanoiParams, "mistakes" | "target" | "workers">,
  steps: number,
): Plan {
  const { wrong, malformed, hard } = mistakes;
  const right = 1 - wrong;
  const mean = leadFor({ right, valid: 1 - malformed, correlation: 0 }, steps, target);
  const most = leadFor({ right, valid: 1 - hard.malformed, correlation: 0 }, steps, target);
  assert(mean !== null, "workers are mostly right");
  const { k } = mean;
  const redundancyMax = Math.min(workers, most?.redundancyMax ?? workers);
  const outlook = (valid: number) =>
    outlookOf({ redundancy: k, redundancyMax, accept: { kind: "ahead-by", k } }, { right, valid, correlation: 0 });
  const [there, others] = [outlook(1 - hard.malformed), outlook(1 - elsewhere(mistakes))];
  const success = holdsTimes(there.right, hard.steps * steps) * holdsTimes(others.right, (1 - hard.steps) * steps);
  return { k, redundancyMax, samples: hard.steps * there.votes + (1 - hard.steps) * others.votes, success };
}

/** What a job made of a part of the tower's way. */
interface Leg {
  /** The state that it left. */
  readonly left: TowerStep;
  readonly steps: number;
  /** Steps that were accepted and are wrong. */
  readonly wrong: number;
  readonly results: number;
  readonly malformed: number;
  /** Credits. */
  readonly paid: number;
  readonly tookMs: number;
  readonly failure: string | null;
}

interface MoveTower {
  readonly disks: number;
  readonly driver: string;
  readonly seed: number;
  readonly params: HanoiParams;
  readonly host: SimHost;
}

/** The next `steps` moves from a state, as one job. The lead is that of the whole way. */
export async function moveTower(from: TowerStep, steps: number, options: MoveTower): Promise<Leg> {
  const { disks, driver, seed, params, host } = options;
  const { mistakes, workers, record } = params;
  const { k, redundancyMax } = planOf(params, stepsOf(disks));
  const work: ChainWork = {
    ...{ name: "hanoi", seed, steps, start: from, workers, record },
    policy: { k, redundancyMax, schema: stepSchema(disks) },
    says: (worker, given) => replyOf(mistakes, seed, worker, given as TowerStep),
  };
  const run = driver === "libp2p" ? await (await host.loadRunChain())(work) : await simulateChain(work, host);
  return legOf(run, from, work, host);
}

/** Follows the accepted answers from the state that the first worker was told. */
function legOf({ steps, tookMs, failure }: ChainRun, from: TowerStep, { says }: ChainWork, host: SimHost): Leg {
  let given = from;
  const sums = { wrong: 0, results: 0, malformed: 0, paid: 0 };
  for (const { answer, supporter, results, paid } of steps) {
    const output = says(supporter, given);
    assert(
      host.hasher(encodeValue(output)) === answer,
      "what the mesh accepted is what its supporters were told to say",
    );
    if (!isSame(output, nextStep(given))) sums.wrong++;
    sums.results += results.length;
    sums.malformed += results.filter((worker) => !isReadable(says(worker, given))).length;
    sums.paid += paid / 1_000_000;
    given = output as TowerStep;
  }
  return { left: given, steps: steps.length, ...sums, tookMs, failure };
}

/** null: no step was decided. */
const per = (sum: number, count: number): number | null => (count === 0 ? null : sum / count);
const isSame = (a: Value, b: Value): boolean => JSON.stringify(a) === JSON.stringify(b);
const isReadable = (reply: Value): boolean => typeof reply === "object" && reply !== null && "pegs" in reply;

export const hanoi = computedExperiment<HanoiParams>({
  name: "hanoi",
  summary: "the Towers of Hanoi move by move through a mesh of unreliable workers, after MAKER (5 minutes)",
  description: [
    `Question: do thousands of dependent steps come out right through a mesh, and what does a step cost? Each move of the tower is a task of its own: it is given the state that the step before left, and answers with the move and the next state. --disks sets the length (10 disks: 1,023 steps), and --driver libp2p runs the same over ${PARAMS.workers + 5} real nodes in one process.`,
    `Workers are simulated: no model answers. Each gives a wrong answer in ${percent(PARAMS.mistakes.wrong)} of steps (half of these are the same slip, the others its own), and ${percent(PARAMS.mistakes.malformed)} of replies are malformed; of those, most at one step in ten, where a quarter of all replies is. The red flag schema discards them, and nobody repairs one. The rule is ahead-by k with the least k by the plan for ${PARAMS.target}, and the owner knows the workers' error rate from 100 answers of each.`,
    "Hypothesis: no step is wrong. samples: results a step, with those that were discarded; samplesPredicted: by the plan, with malformed replies where they cluster; samplesMaker: MAKER's figure for this error rate and no malformed replies. stepMs: time a step by the clock of the mesh (virtual, or of this machine), of which the work itself is 5 ms or less.",
  ],
  params: PARAMS,
  settings: { disks: Array.from({ length: 19 }, (_, i) => i + 2), driver: DRIVERS },
  seeds: 10,
  metrics: [
    { name: "success", unit: "share", summary: "towers that were moved without a wrong step" },
    { name: "successPredicted", unit: "share", summary: "the same by the plan, if all wrong answers of a step agree" },
    { name: "wrongSteps", unit: "", summary: "steps that were accepted and are wrong" },
    { name: "k", unit: "", summary: "the lead" },
    { name: "most", unit: "", summary: "the most results of a step (redundancyMax)" },
    { name: "samples", unit: "", summary: "results a step, with those that were discarded" },
    { name: "samplesPredicted", unit: "", summary: "the same by the plan" },
    { name: "samplesMaker", unit: "", summary: "MAKER's samples a step at this error rate" },
    {
      name: "malformed",
      unit: "share",
      summary: "results that the red flag discarded; steps where they cluster ask for more",
    },
    { name: "creditsPerStep", unit: "credits", summary: "paid a step, where a result costs 1 credit" },
    { name: "stepMs", unit: "ms", summary: "time a step, by the clock of the mesh" },
  ],
  cases: ({ disks, driver }) => [{ disks, driver }],
  compute,
  verdict,
});

async function compute(
  { disks, driver }: Labels,
  seed: number,
  params: HanoiParams,
  host: SimHost,
): Promise<ExperimentRow[]> {
  const options = { disks: Number(disks), driver: String(driver), seed, params, host };
  const steps = stepsOf(options.disks);
  const legs: Leg[] = [];
  const sum = (of: (leg: Leg) => number): number => legs.reduce((total, leg) => total + of(leg), 0);
  for (let left = towerStart(options.disks), done = 0; done < steps; ) {
    const leg = await moveTower(left, Math.min(params.jobSteps, steps - done), options);
    legs.push(leg);
    if (leg.failure !== null) break;
    done += leg.steps;
    left = leg.left;
  }
  const { wrong } = params.mistakes;
  const plan = planOf(params, steps);
  const [decided, results, wrongSteps] = [sum((leg) => leg.steps), sum((leg) => leg.results), sum((leg) => leg.wrong)];
  const figures = {
    success: wrongSteps === 0 && isMoved(legs.at(-1)!.left) ? 1 : 0,
    successPredicted: plan.success,
    wrongSteps,
    k: plan.k,
    most: plan.redundancyMax,
    samples: per(results, decided),
    samplesPredicted: plan.samples,
    samplesMaker: samplesUntilAhead(1 - wrong, plan.k, 1),
    malformed: per(
      sum((leg) => leg.malformed),
      results,
    ),
    creditsPerStep: per(
      sum((leg) => leg.paid),
      decided,
    ),
    stepMs: per(
      sum((leg) => leg.tookMs),
      decided,
    ),
  };
  return [{ labels: { disks: disks!, driver: driver! }, figures }];
}

function verdict(rows: readonly Measured[]): Finding[] {
  return rows.flatMap(({ labels }): Finding[] => {
    const at = (metric: string): number | null => meanAt(rows, labels, metric);
    const [samples, stepMs, success, wrong] = [at("samples"), at("stepMs"), at("success"), at("wrongSteps")];
    if (samples === null || stepMs === null || success === null || wrong === null) return [];
    const steps = stepsOf(Number(labels.disks));
    const interval = estimateAt(rows, labels, "samples")?.ci95 ?? null;
    const around = interval === null ? "" : ` (95 % interval ${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})`;
    const where = labels.driver === "libp2p" ? "over real nodes in one process" : "in virtual time";
    return [
      `${labels.disks} disks ${where}: ${steps} steps, ${wrong === 0 ? "none wrong" : `${wrong.toFixed(2)} wrong in the mean`}; ${percent(success)} of towers were moved, ${percent(at("successPredicted")!)} are predicted at least.`,
      `${samples.toFixed(3)} samples a step${around}; the plan predicts ${at("samplesPredicted")!.toFixed(3)}, and MAKER's formula has ${at("samplesMaker")!.toFixed(2)} for this error rate without malformed replies.`,
      `Behind: a step takes ${stepMs.toFixed(0)} ms of the mesh's clock, of which the work is ${WORK_MS} ms or less; seals, results and the votes on their blocks are the rest. MAKER's samples go through no committee, and take as long as the model does. At 1 credit a result a step costs ${at("creditsPerStep")!.toFixed(2)} credits, and MAKER's ${at("samplesMaker")!.toFixed(2)}.`,
      `Also behind: a job takes offers of at most ${limits.offersPerSkill} workers for a skill, and no step has more results than that. Here the owner knows the workers. Of those that it does not know, a result after others showed theirs counts for nothing, so steps would need more.`,
    ];
  });
}
