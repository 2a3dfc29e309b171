/**
 * How likely an agent is right that states some confidence, by its past answers: as the ledger calibrates it, and as it would
 * without looking at what was stated.
 */

import { type Bin, binOf, calibratedPpm, recordPpm } from "../../protocol/answer/calibration.ts";
import { limits } from "../../protocol/core/limits.ts";

export interface PastAnswer {
  readonly isRight: boolean;
  readonly statedPpm: number;
}

/** From a record and what is stated now to a probability, all in ppm. */
export type Calibrate = (record: readonly PastAnswer[], statedPpm: number) => number;

const ANSWER = 1_000;

function countAnswers(answers: readonly PastAnswer[]): Bin {
  const good = answers.filter(({ isRight }) => isRight).length;
  const stated = answers.reduce((sum, { statedPpm }) => sum + Math.floor(statedPpm / 1_000), 0);
  return { good: ANSWER * good, bad: ANSWER * (answers.length - good), stated };
}

/** By the record as a whole. */
export const BY_RECORD: Calibrate = (record) => recordPpm(countAnswers(record));

/** By the answers that were stated alike, as the ledger does. */
export const CALIBRATE: Calibrate = (record, statedPpm) => {
  const bins = Array.from({ length: limits.confidenceBins }, (_, bin) =>
    countAnswers(record.filter((answer) => binOf(answer.statedPpm) === bin)),
  );
  return calibratedPpm(countAnswers(record), record.length === 0 ? [] : bins, statedPpm);
};
