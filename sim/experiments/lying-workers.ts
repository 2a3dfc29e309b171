/**
 * How many colluding liars redundancy withstands: the share of lying workers against the number of workers that each
 * task is given to.
 *
 * Expected: with one worker a task, as many answers are wrong as workers lie. With n workers and a majority an answer is
 * wrong when liars are the majority of its batch; a batch without one asks for more, so that the curve is steeper than the
 * binomial one, and crosses one half where half of the workers lie.
 */

import type { ScenarioInput } from "../load/scenario-source.ts";
import { scenarioExperiment } from "./experiment.ts";

const WORKERS = 20;

export const lyingWorkers = scenarioExperiment({
  name: "lying-workers",
  summary: "how many colluding liars redundancy withstands: wrong answers, completion and cost",
  description: [
    `${WORKERS} workers, some of which give the same wrong answer with full confidence; honest ones err in one of twenty tasks, each in its own way. Each task is given to 1, 3 or 5 workers, who seal their answers, and a majority decides.`,
    "With one worker for each task every lie is accepted. With several, an answer is wrong when liars are most of its batch: below half of the workers, more redundancy helps, at a price; above it, it helps the liars. Where honest answers and lies keep each other in check no batch has a majority, until no more answers may be asked for and the job fails: completion falls first where the two sides are even.",
  ],
  params: { shares: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], redundancies: [1, 3, 5] },
  seeds: 4,
  metrics: ["wrongAccepted", "completion", "latencyMs.p50", "costPerTask"],
  points: ({ shares, redundancies }) =>
    redundancies.flatMap((redundancy) =>
      shares.map((share) => ({
        labels: { liars: share, redundancy },
        scenario: scenarioWith(Math.round(WORKERS * share), redundancy),
      })),
    ),
});

function scenarioWith(liars: number, redundancy: number): ScenarioInput {
  const profile = { accuracy: 0.95, latencyMs: { p50: 400, p95: 1_200 }, slots: 4 };
  const worker = { skills: ["solve"], hosts: false, profile };
  return {
    name: "lying-workers",
    agents: [
      { name: "keeper", count: 4, skills: ["keep"] },
      { ...worker, name: "honest", count: WORKERS - liars },
      ...(liars === 0 ? [] : [{ ...worker, name: "liar", count: liars, behave: { liar: { collude: true } } }]),
    ],
    workload: {
      selector: "least-loaded",
      jobs: { count: 2, arrival: { every: "1s" } },
      shape: { kind: "bag", width: 40, skill: "solve" },
      policy: {
        redundancy,
        redundancyMax: redundancy === 1 ? 1 : 15,
        timeout: "15s",
        retries: 40,
        priceMax: 2,
        ...(redundancy === 1 ? {} : { accept: { rule: "majority" } }),
      },
    },
  };
}
