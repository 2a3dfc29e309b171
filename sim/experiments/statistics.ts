/** Means over parts of runs, and the figures that findings of experiments quote. */

import type { Estimate } from "../model/result.ts";
import type { Labels, Measured } from "./experiment.ts";

/** null if there are no values. */
export const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The share of `all` for which it holds, 0..1; null if there are none. */
export const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean): number | null =>
  meanOf(all.map((one) => (holds(one) ? 1 : 0)));

/** A metric of the first row that has these labels; null if no row has them. */
export const estimateAt = (rows: readonly Measured[], labels: Labels, metric: string): Estimate | null =>
  rows.find((row) => Object.entries(labels).every(([label, value]) => row.labels[label] === value))?.metrics[metric] ??
  null;

export const meanAt = (rows: readonly Measured[], labels: Labels, metric: string): number | null =>
  estimateAt(rows, labels, metric)?.mean ?? null;

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const halfOf = ({ ci95 }: Estimate): number | null => (ci95 === null ? null : (ci95[1] - ci95[0]) / 2);

/**
 * How many percentage points `own` lies above `other`, with half of the difference's interval where there is one: as if
 * the two were measured apart, so rather too wide where they share their seeds.
 */
export function pointsMore(own: Estimate, other: Estimate): string {
  const gain = Math.round(1_000 * (own.mean - other.mean)) / 10;
  const points = `${gain < 0 ? "\u2212" : gain > 0 ? "+" : ""}${Math.abs(gain).toFixed(1)}`;
  const [a, b] = [halfOf(own), halfOf(other)];
  return a === null || b === null ? points : `${points} \u00b1 ${(100 * Math.sqrt(a * a + b * b)).toFixed(1)}`;
}
