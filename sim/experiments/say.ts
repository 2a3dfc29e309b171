/** What verdicts of experiments are put together from. */

import type { Labels, Measured } from "./experiment.ts";

/** The mean of a metric in the first row with these labels among its own; null: there is none. */
export const meanAt = (rows: readonly Measured[], labels: Labels, metric: string): number | null =>
  rows.find((row) => Object.entries(labels).every(([label, value]) => row.labels[label] === value))?.metrics[metric]
    ?.mean ?? null;

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
