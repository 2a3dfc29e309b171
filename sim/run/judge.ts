/**
 * The verdict over the runs of a scenario: each expectation by its worst seed, each invariant, each fault that never took
 * effect; and the metrics with their intervals.
 */

import { type Expectation, fulfils, type Scenario } from "../scenario/scenario.ts";
import { estimate } from "./estimate.ts";
import { rangeOf } from "./metric-catalog.ts";
import type { Estimate, JudgedExpectation, RunResult, Summary } from "./result.ts";

export interface JudgeOptions {
  /** Some of the runs that were asked for are missing, or were ended before their time. */
  readonly partial?: boolean;
}

const isBroken = ({ invariants }: RunResult): boolean => invariants.some(({ first }) => first !== null);

/** Runs whose figures count: those that came to their end, or all where none did. */
function wholeRuns(results: readonly RunResult[]): readonly RunResult[] {
  const whole = results.filter(({ partial }) => !partial);
  return whole.length > 0 ? whole : results;
}

/** How far on the failing side; what was not measured is worst of all. */
function badness({ relation, bound }: Expectation, value: number | null): number {
  if (value === null) return Number.POSITIVE_INFINITY;
  if (relation === "==") return Math.abs(value - bound);
  return relation.startsWith(">") ? -value : value;
}

function judgeExpectation(expectation: Expectation, results: readonly RunResult[]): JudgedExpectation {
  const values = results.map(({ seed, metrics }) => ({ seed, value: metrics[expectation.metric] ?? null }));
  const failedSeeds = values.filter(({ value }) => !fulfils(expectation, value)).map(({ seed }) => seed);
  let worst = values[0]?.value ?? null;
  for (const { value } of values) if (badness(expectation, value) > badness(expectation, worst)) worst = value;
  const pass = values.length > 0 && failedSeeds.length === 0;
  return { expression: expectation.expression, value: worst, pass, failedSeeds };
}

/** Of a broken invariant what is known first: the seed, when, and what. */
function judgeInvariants(results: readonly RunResult[]): Summary["invariants"] {
  const ids = [...new Set(results.flatMap(({ invariants }) => invariants.map(({ id }) => id)))];
  return ids.map((id) => {
    for (const { seed, invariants } of results) {
      const first = invariants.find((invariant) => invariant.id === id)?.first;
      if (first) return { id, pass: false, first: `seed ${seed}, ${Math.round(first.atMs)} ms: ${first.message}` };
    }
    return { id, pass: true };
  });
}

/** Names of all metrics of some results, in the order in which they come. */
export const metricNames = (results: readonly Pick<RunResult, "metrics">[]): string[] => [
  ...new Set(results.flatMap(({ metrics }) => Object.keys(metrics))),
];

function estimateMetrics(results: readonly RunResult[]): Summary["metrics"] {
  const estimates: { [name: string]: Estimate } = {};
  for (const name of metricNames(results)) {
    const values = results.flatMap(({ metrics }) => metrics[name] ?? []);
    const measured = estimate(values, rangeOf(name));
    if (measured !== null) estimates[name] = measured;
  }
  return estimates;
}

/** `results` in any order; one a seed. */
export function judge(scenario: Scenario, results: readonly RunResult[], options: JudgeOptions = {}): Summary {
  const sorted = [...results].sort((a, b) => a.seed - b.seed);
  const whole = wholeRuns(sorted);
  const expectations = scenario.expect.map((expectation) => judgeExpectation(expectation, whole));
  const invariants = judgeInvariants(sorted);
  // A run that was interrupted or broke may have ended before a fault's time.
  const ended = whole.filter((run) => !run.partial);
  const idleFaults = [...new Set(ended.flatMap((run) => run.idleFaults))];
  const idleReasons = Object.assign({}, ...ended.map((run) => run.idleReasons ?? {}).reverse()) as {
    readonly [fault: string]: string;
  };
  const isInterrupted = sorted.some((run) => run.partial && !isBroken(run));
  const pass =
    sorted.length > 0 &&
    expectations.every((expectation) => expectation.pass) &&
    invariants.every((invariant) => invariant.pass) &&
    idleFaults.length === 0;
  return {
    scenario: scenario.name,
    driver: sorted[0]?.driver ?? "virtual",
    seeds: sorted.map(({ seed }) => seed),
    simulated: true,
    partial: options.partial === true || isInterrupted,
    verdict: pass ? "pass" : "fail",
    expectations,
    invariants,
    idleFaults,
    ...(idleFaults.length === 0 ? {} : { idleReasons }),
    metrics: estimateMetrics(whole),
    traceDigests: sorted.map(({ digest }) => digest),
  };
}

export const hasBrokenInvariant = ({ invariants }: Pick<Summary, "invariants">): boolean =>
  invariants.some(({ pass }) => !pass);
