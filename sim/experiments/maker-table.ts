/**
 * Long chains of steps that must all be right: the lead that MAKER's formulas ask for, and what the ledger's rule makes of it.
 *
 * Source: MAKER (arXiv 2511.09030), the table of models and their error rates at one step of the Towers of Hanoi.
 */

import { allRight, ceilingOf, leastLead, samplesUntilAhead } from "../../protocol/answer/planning.ts";
import { limits } from "../../protocol/core/limits.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import { computedExperiment, type ExperimentRow, type Finding, type Labels, type Measured } from "./experiment.ts";
import { estimateAt, meanAt, percent } from "./statistics.ts";
import { poll } from "./votes.ts";

/** Error rates a step, and the lead that the paper names for a million steps. */
const MODELS: { readonly [model: string]: { readonly error: number; readonly published: number } } = {
  "gpt-4.1-nano": { error: 0.3571, published: 29 },
  "qwen-3": { error: 0.2342, published: 15 },
  "haiku-4.5": { error: 0.1839, published: 12 },
  "deepseek-v3.1": { error: 0.0569, published: 6 },
  "kimi-k2": { error: 0.0393, published: 6 },
  "gpt-oss-20b": { error: 0.0358, published: 6 },
  "gpt-4.1-mini t1.0": { error: 0.004, published: 4 },
  "gpt-4.1-mini t0.1": { error: 0.0022, published: 3 },
  "o3-mini-low": { error: 0.0018, published: 3 },
};

const PARAMS = {
  models: MODELS,
  target: 0.95,
  /** Steps of the paper, of twenty discs; and those that are simulated, of ten. */
  published: 1_048_575,
  steps: 1_023,
  /** Share of replies that can be read, about as in the paper's own run. */
  valid: 0.97,
  /** Chains under one seed. */
  chains: 20,
  leads: ["least", "one less"] as readonly string[],
};
type Params = typeof PARAMS;

export const makerTable = computedExperiment<Params>({
  name: "maker-table",
  summary:
    "MAKER's least leads, samples a step and success at published error rates, predicted and simulated (2 minutes)",
  description: [
    `Question: does the rule ahead-by k reach what MAKER's formulas promise? For each published error rate the least lead k is computed with which ${PARAMS.steps} steps (the Towers of Hanoi with ten discs) are all right with ${PARAMS.target}; ${PARAMS.chains} such chains a seed are then decided step by step by the rule that the ledger decides by, asked for results in the batches in which the ledger asks. The same with a lead of one less.`,
    `Hypothesis: samples a step and success are the predicted ones within their intervals, and one less misses the target wherever k is not rounded up by much. Errors are independent, all wrong answers of a step agree (the formulas' worst case), and ${percent(1 - PARAMS.valid)} of replies are malformed and discarded; the ledger never repairs one.`,
    "kPublished and kMillion: the paper's lead for its million steps, and ours by the same formula. beyond: steps that needed more results than a task of a job may have; here they go on, in a job they end as undecided.",
  ],
  params: PARAMS,
  seeds: 20,
  metrics: [
    { name: "k", unit: "", summary: "the lead" },
    { name: "success", unit: "share", summary: "chains of which every step was decided right" },
    { name: "successPredicted", unit: "share", summary: "the same by MAKER's p_full" },
    { name: "samples", unit: "", summary: "results a step, with those that are discarded" },
    {
      name: "samplesPredicted",
      unit: "",
      summary: "the same by the duration of the gambler's ruin, by the share of readable replies",
    },
    { name: "beyond", unit: "share", summary: `steps with more than ${limits.seats} results` },
    { name: "kMillion", unit: "", summary: "the least lead for 1,048,575 steps, by the formula" },
    { name: "kPublished", unit: "", summary: "the same as the paper names it" },
  ],
  cases: ({ models, leads }) => Object.keys(models).flatMap((model) => leads.map((lead) => ({ model, lead }))),
  compute,
  verdict,
});

function compute({ model, lead }: Labels, seed: number, params: Params): ExperimentRow[] {
  const { steps, target, valid, chains, published: million } = params;
  const { error, published } = params.models[String(model)]!;
  const p = 1 - error;
  const least = leastLead(p, steps, target);
  const k = (least ?? 1) - (lead === "least" ? 0 : 1);
  if (least === null || k < 1) return [];
  const policy = { accept: { kind: "ahead-by", k } as const, redundancy: k, redundancyMax: Number.MAX_SAFE_INTEGER };
  const prng = createPrng(`${seed}/maker-table/${String(model)}/${k}`);
  const draw = () => (prng.chance(valid) ? { answer: prng.chance(p) ? "right" : "wrong" } : null);
  const sums = { right: 0, samples: 0, beyond: 0 };
  for (let chain = 0; chain < chains; chain++) {
    let isRight = true;
    for (let step = 0; step < steps; step++) {
      const { answer, results } = poll(policy, draw);
      if (answer !== "right") isRight = false;
      if (results > limits.seats) sums.beyond++;
      sums.samples += results;
    }
    if (isRight) sums.right++;
  }
  const all = chains * steps;
  const figures = {
    k,
    success: sums.right / chains,
    successPredicted: allRight(p, k, steps),
    samples: sums.samples / all,
    samplesPredicted: samplesUntilAhead(p, k, valid),
    beyond: sums.beyond / all,
    kMillion: leastLead(p, million, target),
    kPublished: published,
  };
  return [{ labels: { model: model!, lead: lead! }, figures }];
}

function verdict(rows: readonly Measured[]): Finding[] {
  const at = (model: string, metric: string, lead = "least"): number | null => meanAt(rows, { model, lead }, metric);
  const models = Object.keys(MODELS).filter((model) => at(model, "k") !== null);
  if (models.length === 0) return [];
  const cells = models.flatMap((model) => PARAMS.leads.map((lead) => ({ model, lead })));
  /** Rows with the prediction inside; an interval without width says nothing (all chains ended alike). */
  const within = (metric: string): string => {
    const intervals = cells.flatMap((labels) => {
      const interval = estimateAt(rows, labels, metric)?.ci95 ?? null;
      const predicted = meanAt(rows, labels, `${metric}Predicted`);
      return interval === null || predicted === null || interval[0] === interval[1] ? [] : [{ interval, predicted }];
    });
    const fits = intervals.filter(({ interval: [low, high], predicted }) => predicted >= low && predicted <= high);
    return `${fits.length} of ${intervals.length}`;
  };
  const same = models.filter((model) => at(model, "kMillion") === at(model, "kPublished"));
  const beyond = models.filter((model) => (at(model, "beyond") ?? 0) > 0);
  return [
    `The formula gives the published lead for ${same.length} of ${models.length} models.`,
    `The prediction lies in the 95 % interval of what was simulated in ${within("success")} intervals (success) and ${within("samples")} (samples a step); one in twenty lies outside by chance.`,
    {
      text: `Lead, samples a step and success of ${PARAMS.steps} steps, and success with a lead of one less:`,
      items: models.map((model) => {
        const less = at(model, "success", "one less");
        return `${model} k = ${at(model, "k")}, ${at(model, "samples")!.toFixed(2)} samples, ${percent(at(model, "success")!)}${less === null ? "" : `, with one less ${percent(less)}`}`;
      }),
    },
    ...(beyond.length === 0
      ? []
      : [
          `Behind: a task of a job has at most ${limits.seats} results, and ${beyond.map((model) => `${model} needs more at ${(100 * at(model, "beyond")!).toPrecision(2)} % of steps`).join(", ")}. MAKER has no such bound. There a job with that lead ends as undecided.`,
        ]),
    `Both assume independent errors. MAKER's own run had replies that were malformed together at some steps; correlated shows what that does to answers. With a correlation of 0.05, for example, no number of votes makes a step at an error rate of 0.1839 right with more than ${percent(ceilingOf({ right: 1 - 0.1839, correlation: 0.05 }))}.`,
  ];
}
