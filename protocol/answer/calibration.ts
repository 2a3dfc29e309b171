/**
 * How likely a worker is right, by its own record for the skill. What it states of itself does not count.
 */

/** A record counts together with this many answers, of which two thirds were right: what is expected of a newcomer. */
const PRIOR = 3_000;

/** Parts per million. `good`, `bad`: answers of the record, thousandths. */
export const recordPpm = (good: number, bad: number): number =>
  Math.floor((1_000_000 * (good + (2 * PRIOR) / 3)) / (good + bad + PRIOR));
