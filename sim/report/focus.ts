/**
 * Which of several runs the page shows in full, and why: the first that broke an invariant, otherwise the first that failed an
 * expectation, otherwise the first.
 */

import type { RunResult, Summary, Violation } from "../model/result.ts";

export interface Focus {
  readonly result: RunResult;
  readonly why: string;
}

export const violationsOf = (result: RunResult): readonly Violation[] =>
  result.invariants.flatMap(({ first }) => (first === null ? [] : [first])).sort((a, b) => a.atMs - b.atMs);

/** Null where there are no runs. */
export function focusOf(results: readonly RunResult[], summary: Summary): Focus | null {
  const [only] = results;
  if (only === undefined) return null;
  if (results.length === 1) return { result: only, why: "" };
  const broken = results.find((result) => violationsOf(result).length > 0);
  if (broken !== undefined) return { result: broken, why: "the first seed in which an invariant broke" };
  const failedSeeds = new Set(summary.expectations.flatMap((expectation) => expectation.failedSeeds));
  const failed = results.find(({ seed }) => failedSeeds.has(seed));
  if (failed !== undefined) return { result: failed, why: "the first seed that failed an expectation" };
  const short = results.find(({ shortfalls }) => shortfalls.length > 0);
  if (short !== undefined) return { result: short, why: "the first seed in which something asked for was not done" };
  return { result: only, why: "the first seed" };
}
