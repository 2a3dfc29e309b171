/** Figures as terminals show them: the page's own numbers and units, in plain spaces. */

import type { Estimate } from "../model/result.ts";
import { estimateText, fixed, quantity, scaleOf } from "../report/format.ts";
import { METRICS } from "../run/metric-catalog.ts";

/** No-break spaces are for pages: terminals break no lines. */
export const plain = (text: string): string => text.replaceAll("\u00a0", " ");

/** Units of these metrics, which may include those of plugins. */
export const unitsOf = (
  metrics: Iterable<{ readonly name: string; readonly unit: string }> = METRICS,
): ReadonlyMap<string, string> => new Map(Array.from(metrics, ({ name, unit }) => [name, unit]));

export const valueText = (value: number | null, unit: string): string =>
  value === null ? "not measured" : plain(quantity(value, unit));

interface EstimateCells {
  readonly mean: string;
  readonly unit: string;
  /** "" of one seed. */
  readonly interval: string;
}

export function estimateCells({ mean, ci95 }: Estimate, unit: string): EstimateCells {
  const text = estimateText(mean, ci95, unit);
  return { mean: plain(text.mean), unit: plain(text.unit), interval: plain(text.interval) };
}

/** `3.9 ± 2.1 tasks/s`. */
export function plusMinus({ mean, ci95 }: Estimate, unit: string): string {
  const scale = scaleOf(unit, mean);
  // An interval that ends where the metric does is shorter on that side.
  const half = ci95 === null ? 0 : Math.max(ci95[1] - mean, mean - ci95[0]) * scale.factor;
  if (half <= Math.abs(mean * scale.factor) * 1e-9) return plain(quantity(mean, unit));
  const text = estimateText(mean, ci95, unit);
  const decimals = text.mean.split(".")[1]?.length ?? 0;
  return `${text.mean} ± ${fixed(half, decimals)} ${scale.unit}`.trim();
}
