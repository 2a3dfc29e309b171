/**
 * Records that fade: agents change (another model behind a skill, a provider that is down), and hundreds of right answers
 * of yesterday must not hide the wrong ones of today. Selectors use what is left of the good and the bad ends; the plain
 * counts beside them are for people, and for the knowledge of the next job.
 *
 * Integers, in thousandths of an end, because all members must compute the same.
 *
 * The effect can be seen on the market of Symphony-Coord's experiment 2, with its shock (sim/experiments/symphony-exp2.ts).
 */

import { type Bin, binOf, EMPTY_BIN } from "../answer/calibration.ts";
import { limits } from "../core/limits.ts";
import type { KnownAnswers, StatedAnswers } from "../selection/knowledge.ts";

/** What is left of good and bad ends, thousandths. */
export interface Recent {
  readonly good: number;
  readonly bad: number;
}

export const NOTHING: Recent = { good: 0, bad: 0 };

const ONE = 1_000;
/**
 * Ends that a record holds at most: each new one displaces one part in this many of the old. More: steadier, and a
 * change is noticed later. Answers to a skill tell agents apart, and few are noisy; ends of leases are rarely bad.
 */
export const ANSWERS_KEPT = 25;
export const LEASES_KEPT = 50;

/** One more end. */
export function noteEnd({ good, bad }: Recent, isGood: boolean, kept: number): Recent {
  const left = (count: number): number => count - Math.floor(count / kept);
  return { good: left(good) + (isGood ? ONE : 0), bad: left(bad) + (isGood ? 0 : ONE) };
}

const NO_BINS: readonly Bin[] = Array.from({ length: limits.confidenceBins }, () => EMPTY_BIN);

/** One more answer with a stated confidence. Each bin holds as many answers as a record does. */
export function noteInBin(bins: readonly Bin[], isRight: boolean, statedPpm: number): readonly Bin[] {
  const bin = binOf(statedPpm);
  return (bins.length === 0 ? NO_BINS : bins).map((before, i) => {
    if (i !== bin) return before;
    const stated = before.stated - Math.floor(before.stated / ANSWERS_KEPT) + Math.floor((ONE * statedPpm) / 1_000_000);
    return { ...noteEnd(before, isRight, ANSWERS_KEPT), stated };
  });
}

/** What earlier jobs taught is the beginning of a record, and weighs at most as much as one that is full. */
export function recentOf({ accepted, rejected }: KnownAnswers): Recent {
  const shrink = Math.max(1, (accepted + rejected) / ANSWERS_KEPT);
  return { good: Math.floor((ONE * accepted) / shrink), bad: Math.floor((ONE * rejected) / shrink) };
}

/** In the same way, for each bin. */
export const recentBins = (bins: readonly StatedAnswers[]): readonly Bin[] =>
  bins.map(({ stated, ...answers }) => {
    const { good, bad } = recentOf(answers);
    const share = stated / Math.max(1, answers.accepted + answers.rejected);
    return { good, bad, stated: Math.floor((good + bad) * share) };
  });

/** What is left of earlier bins beside those of this job: together they hold as many answers as a record does. */
export const giveWay = (before: readonly Bin[], now: readonly Bin[]): readonly Bin[] =>
  before.map((bin, i) => {
    const taken = now[i] === undefined ? 0 : now[i].good + now[i].bad;
    const left = Math.max(0, ANSWERS_KEPT * ONE - taken);
    const part = (answers: number): number => Math.floor((answers * left) / (ANSWERS_KEPT * ONE));
    return { good: part(bin.good), bad: part(bin.bad), stated: part(bin.stated) };
  });

/** In ends. */
export const endsOf = ({ good, bad }: Recent): { readonly good: number; readonly bad: number } => ({
  good: good / ONE,
  bad: bad / ONE,
});

/** Answers of one job that have not faded, by stated confidence, as the next job is told of them. */
export const statedAnswers = (bins: readonly Bin[]): readonly StatedAnswers[] =>
  bins.map(({ good, bad, stated }) => ({ accepted: good / ONE, rejected: bad / ONE, stated: stated / ONE }));
