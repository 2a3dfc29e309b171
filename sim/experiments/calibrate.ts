/**
 * How likely an agent is right that states some confidence, by its record: as the ledger has it, and by what became of answers
 * with such confidence before.
 */

import { recordPpm } from "../../protocol/answer/calibration.ts";

export interface PastAnswer {
  readonly isRight: boolean;
  readonly statedPpm: number;
}

/** From a record and what is stated now to a probability, all in ppm. */
export type Calibrate = (record: readonly PastAnswer[], statedPpm: number) => number;

const ANSWER = 1_000;

/** As the ledger has it: by the counts of the record. */
export const LEDGER: Calibrate = (record) => {
  const good = record.filter(({ isRight }) => isRight).length;
  return recordPpm(ANSWER * good, ANSWER * (record.length - good));
};

/** Bands of stated confidence. */
const BANDS = 5;
/** A band counts together with this many answers as right as the whole record. */
const PRIOR = 3;
const bandOf = (ppm: number): number => Math.min(BANDS - 1, Math.floor((BANDS * ppm) / 1_000_000));

/** By the answers in the same band of stated confidence, shrunk to the whole record while they are few. */
export const CALIBRATE: Calibrate = (record, statedPpm) => {
  const mean = LEDGER(record, statedPpm);
  const alike = record.filter((one) => bandOf(one.statedPpm) === bandOf(statedPpm));
  const good = alike.filter(({ isRight }) => isRight).length;
  return Math.floor((1_000_000 * good + PRIOR * mean) / (alike.length + PRIOR));
};
