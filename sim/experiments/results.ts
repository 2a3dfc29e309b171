/**
 * Turns the samples of an experiment into rows, with means and their intervals for each point, and writes samples and rows as
 * the document of `--json` and as CSV.
 */

import type { Estimate } from "../model/result.ts";
import { tableCsv } from "../run/csv.ts";
import { metricType, rangeOf } from "../run/metric-catalog.ts";
import { estimate, type Range } from "../run/statistics.ts";
import type { Experiment, Figures, Finding, Labels, Measured } from "./experiment.ts";

/** One row under one seed. */
export interface Sample {
  readonly labels: Labels;
  readonly seed: number;
  readonly figures: Figures;
}

/** What `meshwork experiment --json` prints. */
export interface ExperimentDocument {
  readonly experiment: string;
  readonly params: unknown;
  readonly seeds: readonly number[];
  /** Some of the runs that were asked for are missing. */
  readonly partial: boolean;
  /** Agents' answers are drawn, not a model's. */
  readonly simulated: true;
  /** What the experiment says of its rows, computed from them. Paragraphs. */
  readonly verdict: readonly string[];
  /** Labels, and metrics by name. */
  readonly rows: readonly { readonly [column: string]: string | number | Estimate }[];
}

/** A metric with what it can be. */
interface RangedMetric {
  readonly name: string;
  readonly range?: Range | undefined;
}

/** Intervals promise no more than this: shares stay shares, whoever computes them. */
export const rangedMetrics = (experiment: Experiment): readonly RangedMetric[] =>
  experiment.kind === "scenarios"
    ? experiment.metrics.map((name) => ({ name, range: rangeOf(metricType(name) ?? { unit: "" }) }))
    : experiment.metrics.map((metric) => ({ name: metric.name, range: rangeOf(metric) }));

export const metricNames = (experiment: Experiment): readonly string[] =>
  experiment.kind === "scenarios" ? experiment.metrics : experiment.metrics.map(({ name }) => name);

/** In the order in which places first come; seeds in their own. */
export function measure(samples: readonly Sample[], metrics: readonly RangedMetric[]): Measured[] {
  const places = new Map<string, { readonly labels: Labels; readonly samples: Sample[] }>();
  for (const sample of samples) {
    const key = JSON.stringify(sample.labels);
    const place = places.get(key) ?? { labels: sample.labels, samples: [] };
    place.samples.push(sample);
    places.set(key, place);
  }
  return [...places.values()].map((place) => {
    const estimates: { [metric: string]: Estimate } = {};
    for (const { name, range } of metrics) {
      const measured = estimate(
        place.samples.flatMap(({ figures }) => figures[name] ?? []),
        range,
      );
      if (measured !== null) estimates[name] = measured;
    }
    return { labels: place.labels, metrics: estimates };
  });
}

/** Without rows there is no finding. */
export const verdictOf = (experiment: Experiment, rows: readonly Measured[]): readonly Finding[] =>
  rows.length === 0 ? [] : (experiment.verdict?.(rows) ?? []);

/** In one line, its list in a row. */
export const lineOf = (finding: Finding): string =>
  typeof finding === "string" ? finding : `${finding.text} ${finding.items.join("; ")}.`;

export function documentOf(
  experiment: Experiment,
  seeds: readonly number[],
  rows: readonly Measured[],
  partial: boolean,
): ExperimentDocument {
  return {
    experiment: experiment.name,
    params: experiment.params,
    seeds,
    partial,
    simulated: true,
    verdict: verdictOf(experiment, rows).map(lineOf),
    rows: rows.map(({ labels, metrics }) => ({ ...labels, ...metrics })),
  };
}

/** `rows.csv`: labels, the seed, and every figure. */
export function samplesCsv(samples: readonly Sample[]): string {
  const labels = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))];
  const figures = [...new Set(samples.flatMap((sample) => Object.keys(sample.figures)))];
  const rows = samples.map((sample) => ({ ...sample.figures, ...sample.labels, seed: sample.seed }));
  return tableCsv([...labels, "seed", ...figures], rows);
}
