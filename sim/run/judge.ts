/**
 * The verdict over the runs of a scenario: each expectation by its worst seed, each invariant, each shortfall; and the metrics
 * with their intervals.
 */

import type { JudgedExpectation, MetricEstimate, RunResult, Summary } from "../model/result.ts";
import { type Expectation, fulfils, type Scenario } from "../model/scenario.ts";
import { metricType, rangeOf } from "./metric-catalog.ts";
import { estimate } from "./statistics.ts";

interface JudgeOptions {
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

/** For each broken invariant, its first violation: the seed, when, and what. */
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

/** Each once, with the seeds on which it happened. */
function judgeShortfalls(results: readonly RunResult[]): Summary["shortfalls"] {
  const found = results.flatMap(({ seed, shortfalls }) => shortfalls.map((shortfall) => ({ seed, shortfall })));
  const texts = [...new Set(found.map(({ shortfall }) => shortfall.what))];
  return texts.map((text) => {
    const same = found.filter(({ shortfall }) => shortfall.what === text);
    return { ...same[0]!.shortfall, seeds: [...new Set(same.map(({ seed }) => seed))] };
  });
}

function countFaults(results: readonly RunResult[]): Summary["faults"] {
  return (results[0]?.faults ?? []).map(({ text, upTo }, index) => ({
    fault: text,
    upTo,
    asked: results.map(({ faults }) => faults[index]?.asked ?? null),
    hit: results.map(({ faults }) => faults[index]?.hit ?? 0),
  }));
}

/** Names of all metrics of some results, in the order in which they come. */
export const metricNames = (results: readonly Pick<RunResult, "metrics">[]): string[] => [
  ...new Set(results.flatMap(({ metrics }) => Object.keys(metrics))),
];

function estimateMetrics(results: readonly RunResult[]): Summary["metrics"] {
  const estimates: { [name: string]: MetricEstimate } = {};
  const added = results.flatMap(({ addedMetrics }) => addedMetrics);
  for (const name of metricNames(results)) {
    const values = results.flatMap(({ metrics }) => metrics[name] ?? []);
    const type = metricType(name, added);
    const measured = estimate(values, type === null ? undefined : rangeOf(type));
    if (measured !== null) estimates[name] = { ...measured, unit: type?.unit ?? "" };
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
  const shortfalls = judgeShortfalls(ended);
  const isInterrupted = sorted.some((run) => run.partial && !isBroken(run));
  const pass =
    sorted.length > 0 &&
    expectations.every((expectation) => expectation.pass) &&
    invariants.every((invariant) => invariant.pass) &&
    shortfalls.length === 0;
  return {
    scenario: scenario.name,
    driver: sorted[0]?.driver ?? "virtual",
    seeds: sorted.map(({ seed }) => seed),
    simulated: true,
    partial: options.partial === true || isInterrupted,
    costs: scenario.network.service,
    verdict: pass ? "pass" : "fail",
    expectations,
    invariants,
    faults: countFaults(sorted),
    shortfalls,
    metrics: estimateMetrics(whole),
    traceDigests: sorted.map(({ digest }) => digest),
  };
}

export const hasBrokenInvariant = ({ invariants }: Pick<Summary, "invariants">): boolean =>
  invariants.some(({ pass }) => !pass);
