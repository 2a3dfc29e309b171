/** Figures as terminals show them: the page's own numbers and units, in plain spaces. */

import { estimateText, fixed, quantity, scaleOf } from "../report/format.ts";
import { METRICS } from "../run/metric-catalog.ts";
import type { Estimate } from "../run/result.ts";

/** No-break spaces are for pages: terminals break no lines. */
export const plain = (text: string): string => text.replaceAll("\u00a0", " ");

/** Money is counted in micro-credits and read in credits. */
const scaled = (unit: string): { readonly factor: number; readonly unit: string } =>
  unit === "micro-credits" ? { factor: 1 / 1_000_000, unit: "credits" } : { factor: 1, unit };

/** Of these metrics, those of plugins among them. */
export const unitsOf = (
  metrics: Iterable<{ readonly name: string; readonly unit: string }> = METRICS,
): ReadonlyMap<string, string> => new Map(Array.from(metrics, ({ name, unit }) => [name, unit]));

export function valueText(value: number | null, unit: string): string {
  const { factor, unit: shown } = scaled(unit);
  return value === null ? "not measured" : plain(quantity(value * factor, shown));
}

export interface EstimateCells {
  readonly mean: string;
  readonly unit: string;
  /** "" of one seed. */
  readonly interval: string;
}

function scaledEstimate({ mean, ci95 }: Estimate, unit: string): Estimate & { readonly unit: string } {
  const { factor, unit: shown } = scaled(unit);
  return { mean: mean * factor, ci95: ci95 === null ? null : [ci95[0] * factor, ci95[1] * factor], unit: shown };
}

export function estimateCells(measured: Estimate, given: string): EstimateCells {
  const { mean, ci95, unit } = scaledEstimate(measured, given);
  const text = estimateText(mean, ci95, unit);
  return { mean: plain(text.mean), unit: plain(text.unit), interval: plain(text.interval) };
}

/** `3.9 ± 2.1 tasks/s`. */
export function plusMinus(measured: Estimate, given: string): string {
  const { mean, ci95, unit } = scaledEstimate(measured, given);
  const scale = scaleOf(unit, mean);
  // An interval that ends where the metric does is shorter on that side.
  const half = ci95 === null ? 0 : Math.max(ci95[1] - mean, mean - ci95[0]) * scale.factor;
  if (half <= Math.abs(mean * scale.factor) * 1e-9) return plain(quantity(mean, unit));
  const text = estimateText(mean, ci95, unit);
  const decimals = text.mean.split(".")[1]?.length ?? 0;
  return `${text.mean} ± ${fixed(half, decimals)} ${scale.unit}`.trim();
}
