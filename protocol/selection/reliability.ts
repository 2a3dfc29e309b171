/**
 * How well what an agent stated of its answers fits how often they were accepted: for people to read. Nothing is decided by it.
 *
 * Records keep answers by bins of stated confidence and not one by one, so each answer counts as if it had been stated with the
 * mean of its bin: whether higher statements within a bin were right more often is not known.
 *
 * Source: Brier 1950; reliability curves and the expected calibration error as in Naeini, Cooper, Hauskrecht 2015.
 */

import { boundsOfBin } from "../answer/calibration.ts";
import type { StatedAnswers } from "./knowledge.ts";

/** Shares from 0 to 1. */
interface ReliabilityBin {
  /** The stated confidences that the bin takes: from the first to below the second, or to 1. */
  readonly from: number;
  readonly to: number;
  readonly answers: number;
  readonly statedMean: number;
  readonly acceptedShare: number;
}

export interface Reliability {
  /** Answers that came with a statement; fractions, since knowledge fades. */
  readonly answers: number;
  /** The mean squared distance of what was stated from what came out: 0 at best; 0.25 is what always stating one half gets. */
  readonly brier: number;
  /** By how much the stated means differ from the shares of accepted answers, in the mean over answers. */
  readonly calibrationError: number;
  /** Those with answers, by rising confidence. */
  readonly curve: readonly ReliabilityBin[];
}

const ONE = 1_000_000;
/** Less than this says nothing any more, answers. */
const ANSWERS_MIN = 0.01;

/** null: no answer came with a statement. */
export function reliabilityOf(bins: readonly StatedAnswers[] = []): Reliability | null {
  const curve = bins.flatMap(({ accepted, rejected, stated }, place): ReliabilityBin[] => {
    const answers = accepted + rejected;
    if (!(answers >= ANSWERS_MIN)) return [];
    const { from, below } = boundsOfBin(place);
    const bounds = { from: from / ONE, to: Math.min(ONE, below) / ONE };
    return [{ ...bounds, answers, statedMean: Math.min(1, stated / answers), acceptedShare: accepted / answers }];
  });
  const answers = curve.reduce((sum, bin) => sum + bin.answers, 0);
  if (answers === 0) return null;
  const mean = (of: (bin: ReliabilityBin) => number): number =>
    curve.reduce((sum, bin) => sum + bin.answers * of(bin), 0) / answers;
  return {
    answers,
    brier: mean(({ statedMean: p, acceptedShare }) => acceptedShare * (1 - p) * (1 - p) + (1 - acceptedShare) * p * p),
    calibrationError: mean(({ statedMean, acceptedShare }) => Math.abs(statedMean - acceptedShare)),
    curve,
  };
}
