/**
 * Records that fade: agents change (another model behind a skill, a provider that is down), and hundreds of right answers
 * of yesterday must not hide the wrong ones of today. Selectors use what is left of the good and the bad ends; the plain
 * counts beside them are for people, and for the knowledge of the next job.
 *
 * Integers, in thousandths of an end, because all members must compute the same.
 *
 * The effect can be seen on the market of Symphony-Coord's experiment 2, with its shock (sim/experiments/symphony-exp2.ts).
 */

import type { KnownAnswers } from "../selection/knowledge.ts";

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

/** What earlier jobs taught is the beginning of a record, and weighs at most as much as one that is full. */
export function recentOf({ accepted, rejected }: KnownAnswers): Recent {
  const shrink = Math.max(1, (accepted + rejected) / ANSWERS_KEPT);
  return { good: Math.floor((ONE * accepted) / shrink), bad: Math.floor((ONE * rejected) / shrink) };
}

/** In ends. */
export const endsOf = ({ good, bad }: Recent): { readonly good: number; readonly bad: number } => ({
  good: good / ONE,
  bad: bad / ONE,
});
