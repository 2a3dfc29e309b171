/**
 * Distributions of latencies and durations, drawn from a seeded generator. Made of the project's own logarithm and
 * exponential, so that a seed draws the same times on every machine.
 *
 * A draw costs one lookup in a table of quantiles: the table ends at 1 in 4,096 on either side, so there are no
 * values beyond about 3.5 standard deviations.
 *
 * Source: the inverse of the normal distribution by Peter Acklam's rational approximation (relative error 1.2e-9).
 */

import { assert } from "../../protocol/core/assert.ts";
import { exp, ln } from "../../protocol/core/math.ts";
import type { Prng } from "../../protocol/core/prng.ts";

/**
 * In ms: always the same; evenly between two bounds; or log-normal by its median and its 95th percentile (what
 * latencies over networks and of workers look like).
 */
export type DistributionSpec =
  | number
  | { readonly min: number; readonly max: number }
  | { readonly p50: number; readonly p95: number };

/** One draw, in the unit of its specification. */
export type Distribution = (prng: Prng) => number;

const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

const polynomial = (coefficients: readonly number[], x: number): number => {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
};

/** The point below which a standard normal draw falls with probability `p`, 0 < p < 1. */
export function normalQuantile(p: number): number {
  const low = 0.02425;
  if (p < low) {
    const q = Math.sqrt(-2 * ln(p));
    return polynomial(C, q) / polynomial(D, q);
  }
  if (p > 1 - low) return -normalQuantile(1 - p);
  const q = p - 0.5;
  return (polynomial(A, q * q) * q) / polynomial(B, q * q);
}

/** Size of the table of quantiles of a standard normal, taken at (i + 1/2) / size. */
const TABLE_SIZE = 2_048;
const Z95 = 1.6448536269514722;

function logNormal(p50: number, p95: number): Distribution {
  assert(p50 > 0 && p95 >= p50, `a latency with median ${p50} and 95th percentile ${p95}`);
  const sigma = ln(p95 / p50) / Z95;
  const table = new Float64Array(TABLE_SIZE);
  for (let i = 0; i < TABLE_SIZE; i++) table[i] = p50 * exp(sigma * normalQuantile((i + 0.5) / TABLE_SIZE));
  return (prng) => {
    const place = prng.uint32() / (0x100000000 / (TABLE_SIZE - 1));
    const index = Math.floor(place);
    const low = table[index]!;
    return low + (table[index + 1]! - low) * (place - index);
  };
}

export function createDistribution(spec: DistributionSpec): Distribution {
  if (typeof spec === "number") return () => spec;
  if ("p50" in spec) return spec.p50 === spec.p95 ? () => spec.p50 : logNormal(spec.p50, spec.p95);
  const { min, max } = spec;
  assert(max >= min && min >= 0, `a latency between ${min} and ${max}`);
  return (prng) => min + (max - min) * (prng.uint32() / 0x100000000);
}
