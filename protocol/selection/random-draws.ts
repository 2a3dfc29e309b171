/**
 * Random numbers for policies that draw, taken from a hash that every member computes alike. No generator is seeded: the
 * 256 bits of one draw are enough.
 */

import { compareUnits } from "../core/bytes.ts";
import type { Hash } from "../core/ids.ts";
import { ln } from "../core/math.ts";
import type { ChoiceRequest } from "./selector.ts";

/** Leading digits that give no numbers: they decide which draw is the lowest. */
const SKIPPED = 9;
/** Hexadecimal digits of one number: eleven of them fit. */
const DIGITS = 5;
const STEPS = 0x100000;

/** The same whatever the order of the candidates, of whom there must be one. */
export function lowestDraw({ candidates, draw }: ChoiceRequest): Hash {
  let lowest = draw(candidates[0]!.agent);
  for (let i = 1; i < candidates.length; i++) {
    const drawn = draw(candidates[i]!.agent);
    if (compareUnits(drawn, lowest) < 0) lowest = drawn;
  }
  return lowest;
}

/** Uniform in (0, 1), in steps of 2^-20, never 0 or 1. `index`: 0 to 10. */
export function uniformOf(drawn: Hash, index: number): number {
  const from = SKIPPED + index * DIGITS;
  return (Number.parseInt(drawn.slice(from, from + DIGITS), 16) + 0.5) / STEPS;
}

/** Standard normal. Within +-5 at 20 bits. */
export const normalOf = (drawn: Hash, index: number): number => inverseNormal(uniformOf(drawn, index));

const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const B = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1,
];
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1];
/** Where the tails begin. */
const TAIL = 0.02425;

/** Horner's rule, the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}

/**
 * The x below which a standard normal falls with probability `p`, 0 < p < 1. Acklam's rational approximation, relative
 * error < 1.2e-9.
 */
export function inverseNormal(p: number): number {
  if (p > 1 - TAIL) return -inverseNormal(1 - p);
  if (p < TAIL) {
    const q = Math.sqrt(-2 * ln(p));
    return polynomial(C, q) / polynomial(D, q);
  }
  const q = p - 0.5;
  const r = q * q;
  return (q * polynomial(A, r)) / polynomial(B, r);
}
