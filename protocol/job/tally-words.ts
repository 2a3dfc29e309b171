/** A tally in words, for terminals and pages. */

import type { ResultReport, TallyReport } from "./tally-report.ts";

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** What a tally came to, in a sentence. */
export function describeDecision({
  decision,
  rule,
  comparator,
  groups,
  results,
  posterior,
  margin,
}: TallyReport): string {
  const share = `${groups.find(({ isChosen }) => isChosen)?.results ?? 0} of ${count(results.length, "result")}`;
  const by = `by ${rule}, compared by ${comparator}`;
  const probability = `probability ${posterior.toFixed(3)}`;
  const open = `${count(groups.length, "answer")} in ${count(results.length, "result")}, ${probability} for the likeliest`;
  switch (decision) {
    case "accepted":
      return `accepted ${by}: ${share}, ${probability}, margin ${(margin ?? 0).toFixed(2)}`;
    case "checking":
      return `to be checked, ${by}: ${share}`;
    case "undecided":
      return `undecided ${by}: ${open}; more workers are asked`;
    default:
      return `failed ${by}: ${open}`;
  }
}

/** Digits of a hash that stand for an answer that is not shown. */
const HASH_DIGITS = 8;

/** What a worker said: its output as JSON, or the beginning of its hash; "" if it was silent. */
export function describeAnswer({ answer, hash }: Pick<ResultReport, "answer" | "hash">): string {
  if (hash === null) return "";
  return answer ?? `output ${hash.slice(0, HASH_DIGITS)}`;
}

/** Why a result counts for nothing, or for less than it says; "" if nothing speaks against it. */
export function describeObjection(result: ResultReport, { groups, results }: TallyReport): string {
  const { hash, discarded, group, isLate, isNewcomer } = result;
  if (hash === null) return "silent: it sealed a result and did not show it";
  if (discarded !== null) return discarded === "unreadable" ? "cannot be compared" : `flagged (${discarded})`;
  if (group !== null && groups[group]?.isRefuted === true) return "found wrong by verifiers";
  if (isLate) return "late, may be a copy";
  // Where all are new, it makes no difference.
  return isNewcomer && results.some((other) => other.hash !== null && !other.isNewcomer) ? "newcomer" : "";
}

/** Results by answer: the chosen one first, and those that agree with none last. */
export function byAnswer({ groups, results }: Pick<TallyReport, "groups" | "results">): readonly ResultReport[] {
  const placeOf = ({ group }: ResultReport): number =>
    group === null ? groups.length : groups[group]?.isChosen === true ? -1 : group;
  return [...results].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Whether a result stands for the answer that was accepted, or that is checked. */
export const isForChosen = ({ group }: ResultReport, { groups }: Pick<TallyReport, "groups">): boolean =>
  group !== null && groups[group]?.isChosen === true;
