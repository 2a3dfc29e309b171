/**
 * Log-odds of probabilities, as integers, so that sums of them are the same in whatever order they are added.
 */

import { exp, ln } from "../core/math.ts";

const ONE = 1_000_000;
/** Nobody counts as surer than this, ppm: an agent that is never wrong weighs as much as a few good ones, no more. */
const SURE_PPM = 970_000;

/** Thousandths of the natural logarithm of p / (1 - p), of a probability in ppm; clipped at 97 % and 3 %. */
export function logOddsOf(ppm: number): number {
  const clipped = Math.min(SURE_PPM, Math.max(ONE - SURE_PPM, ppm));
  return Math.round(1_000 * ln(clipped / (ONE - clipped)));
}

/** The most that one probability can add. */
export const LOG_ODDS_MAX = logOddsOf(ONE);

/** The probability, ppm, whose log-odds are so many thousandths; not clipped. */
export const probabilityOf = (odds: number): number => Math.floor(ONE / (1 + exp(-odds / 1_000)));
