/**
 * Percentiles by the nearest rank, and means with their 95 % confidence intervals by Student's t: right for normal values,
 * fair for others from about ten seeds on. Only + - x / and square roots, so that the same runs give the same figures
 * everywhere.
 *
 * Source: quantiles of t as in any table; above 30 degrees of freedom the expansion of Fisher and Cornish (1960).
 */

import type { Estimate } from "../model/result.ts";

/** The value below which a share of the values lies; null where there are no values. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** t(0.975) with 1 to 30 degrees of freedom. */
const T975 = [
  12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139, 2.200985,
  2.178813, 2.160369, 2.144787, 2.13145, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963, 2.079614, 2.073873, 2.068658,
  2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.04523, 2.042272,
] as const;

/** The same of the normal distribution. */
const Z = 1.959963984540054;

/** The value that Student's t stays below with probability 0.975, to 6 digits. `degrees`: 1 and more. */
export function studentQuantile(degrees: number): number {
  const tabled = T975[degrees - 1];
  if (tabled !== undefined) return tabled;
  const z2 = Z * Z;
  const first = (Z * (z2 + 1)) / 4;
  const second = (Z * ((5 * z2 + 16) * z2 + 3)) / 96;
  const third = (Z * (((3 * z2 + 19) * z2 + 17) * z2 - 15)) / 384;
  return Z + (first + (second + third / degrees) / degrees) / degrees;
}

/** What a metric can be. */
export type Range = readonly [least: number, most: number];

/** The interval of two values is twelve times as wide as the distance between them: it says nothing. */
const VALUES_MIN = 3;

/** `null` of no values. The interval stays within `range`. */
export function estimate(
  values: readonly number[],
  [least, most]: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Estimate | null {
  const count = values.length;
  if (count === 0) return null;
  const first = values[0]!;
  // Around the first value: what rounding leaves of equal values is exactly nothing.
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / count;
  if (count < VALUES_MIN) return { mean, ci95: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const half = studentQuantile(count - 1) * Math.sqrt(squares / (count - 1) / count);
  // Rounding may leave the mean itself a little outside.
  return { mean, ci95: [Math.min(mean, Math.max(least, mean - half)), Math.max(mean, Math.min(most, mean + half))] };
}
