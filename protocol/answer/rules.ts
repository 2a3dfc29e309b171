/**
 * Acceptance rules: from the results of a task to its answer, or to "ask more agents". The rules are pure: every member
 * computes the same from the same log, whatever the order of the results.
 *
 * Source: protocol.md 7.
 */

import { unreachable } from "../core/assert.ts";
import type { Policy, Rule } from "../wire/genesis.ts";
import { flagOf } from "./flags.ts";
import { type Group, type Grouping, groupOutputs, type Output, outputValue } from "./grouping.ts";
import { LOG_ODDS_MAX, logOddsOf, probabilityOf } from "./log-odds.ts";
import { boundNewcomers } from "./weights.ts";

/** A result that has an output. */
export interface Given {
  readonly output: Output;
  /** Whether its worker has no record for the skill. */
  readonly isNewcomer: boolean;
  /** It was sealed after the task's first reveal, so it may be a copy. */
  readonly isLate: boolean;
  /** What its worker said of itself, ppm. */
  readonly statedPpm: number;
  /** Whether a check that knew of it found that its answer is wrong. */
  readonly isRefuted: boolean;
  /** The probability that it is right, as the worker's record has it, ppm. */
  readonly calibratedPpm: number;
}

export type Tally = Grouping &
  Outcome & {
    /** The probability that goes with the lead of the answer, or of the likeliest one so far, in log-odds; ppm. */
    readonly posteriorPpm: number;
  };

type Outcome =
  /**
   * `answer`: position of the output that is the answer; `supporters`: of those equal to it; `margin`: how clear it was,
   * (the winner's results - the next answer's) / all results, 0..1; `isOutweighed`: newcomers made the difference (see
   * weights.ts).
   */
  | {
      readonly kind: "accepted";
      readonly answer: number;
      readonly supporters: readonly number[];
      readonly margin: number;
      readonly isOutweighed: boolean;
    }
  /** Others must check the output at this position. */
  | { readonly kind: "check"; readonly answer: number; readonly supporters: readonly number[]; readonly margin: number }
  /** The fewest further results that could decide. */
  | { readonly kind: "more"; readonly results: number };

/** What a rule decides on. */
interface Ballot extends Grouping {
  readonly given: readonly Given[];
  /** Results, with those that were sealed and not revealed. */
  readonly total: number;
}

type Decision = { readonly winner: Group } | { readonly candidate: Group } | { readonly more: number };

const sizeOf = (group: Group | undefined): number => group?.members.length ?? 0;

/** The sum of some weights for each group. */
const sumsOf = (groups: readonly Group[], weights: readonly number[]): number[] =>
  groups.map(({ members }) => members.reduce((sum, member) => sum + weights[member]!, 0));

function majority({ groups, total }: Ballot): Decision {
  const votes = sizeOf(groups[0]);
  if (2 * votes > total) return { winner: groups[0]! };
  return { more: total - 2 * votes + 1 }; // m more for the best: votes + m > (total + m) / 2
}

function quorum({ groups }: Ballot, q: number): Decision {
  const votes = sizeOf(groups[0]);
  if (votes >= q && votes > sizeOf(groups[1])) return { winner: groups[0]! };
  return { more: Math.max(1, q - votes) };
}

/** MAKER's rule (2511.09030, algorithm 2): results that cannot be read, or never came, are discarded. */
function aheadBy({ groups }: Ballot, k: number): Decision {
  const lead = sizeOf(groups[0]) - sizeOf(groups[1]);
  return lead >= k ? { winner: groups[0]! } : { more: k - lead };
}

/**
 * Weights with newcomers bounded, of the results that are compared; others weigh nothing, nor do newcomers that could have copied
 * an agent with a record.
 */
function weigh(
  { given, groups }: Pick<Ballot, "given" | "groups">,
  weightOf: (position: number) => number,
): ReturnType<typeof boundNewcomers> {
  const compared = new Set(groups.flatMap(({ members }) => members));
  const isAnyKnown = given.some(({ isNewcomer }, position) => !isNewcomer && compared.has(position));
  return boundNewcomers(
    given.map(({ isNewcomer, isLate }, position) => ({
      isNewcomer,
      weight: !compared.has(position) || (isNewcomer && isLate && isAnyKnown) ? 0 : weightOf(position),
    })),
  );
}

/**
 * The lower median of the numbers, each with the weight that its worker's record allows; as many as half of them may be
 * wrong without moving it past the right ones.
 */
function median({ given, groups, total }: Ballot): Decision {
  const positions = groups.flatMap(({ members }) => members);
  if (2 * positions.length <= total) return { more: total - 2 * positions.length + 1 };
  const { weights } = weigh({ given, groups }, () => 1);
  const byNumber = positions
    .map((position) => ({ position, number: outputValue(given[position]!.output) as number }))
    .sort((a, b) => a.number - b.number || a.position - b.position);
  const all = positions.reduce((sum, position) => sum + weights[position]!, 0);
  let below = 0;
  for (const { position } of byNumber) {
    below += weights[position]!;
    if (2 * below < all) continue;
    const { members } = groups.find((group) => group.members.includes(position))!;
    return { winner: { members, representative: position } };
  }
  return { more: 1 };
}

const oddsOf = ({ calibratedPpm }: Given): number => logOddsOf(calibratedPpm);

/** By how much the sum of one group exceeds those of all others; nothing counts as an answer that nobody gave. */
const leadOf = (sums: readonly number[], place: number): number =>
  sums[place]! - Math.max(0, ...sums.filter((_, other) => other !== place));

/**
 * Sums of log-odds: an answer wins when it leads every other by those of `leastPpm`. One result alone wins only if no worker
 * of another answer is more likely right than wrong.
 */
function confidenceWeighted({ given, groups }: Ballot, leastPpm: number): Decision {
  const odds = given.map(oddsOf);
  const sums = sumsOf(groups, odds);
  const best = sums.indexOf(Math.max(...sums));
  const winner = groups[best];
  if (winner === undefined) return { more: 1 };
  const lacking = logOddsOf(leastPpm) - leadOf(sums, best);
  if (lacking > 0) return { more: Math.ceil(lacking / LOG_ODDS_MAX) };
  const isContested = odds.some((value, position) => value >= 0 && !winner.members.includes(position));
  return winner.members.length === 1 && isContested ? { more: 1 } : { winner };
}

const HALF = 500_000;

/**
 * CP-WBFT's published rule (2511.10400, equation 4), for comparison: the highest mean of stated confidence, then the number
 * of supporters. Confidence below one half is left out of an answer's mean if any is above; if all is zero, the number
 * decides. One liar who states full confidence can win.
 */
function cpWbft({ given, groups }: Ballot): Decision {
  const [first] = groups;
  if (first === undefined) return { more: 1 };
  let winner = first;
  let best = { sum: 0, count: 1 };
  for (const group of groups) {
    const stated = group.members.map((member) => given[member]!.statedPpm);
    const sure = stated.filter((ppm) => ppm >= HALF);
    const counted = sure.length > 0 ? sure : stated;
    const mean = { sum: counted.reduce((sum, ppm) => sum + ppm, 0), count: counted.length };
    const ahead = mean.sum * best.count - best.sum * mean.count;
    if (ahead < 0 || (ahead === 0 && sizeOf(group) <= sizeOf(winner))) continue;
    winner = group;
    best = mean;
  }
  return { winner };
}

/**
 * The answer of the most results that no check has refuted. A check refutes the results that it knew of: verifiers err too, so
 * an answer that another worker finds again is checked again.
 */
function verified({ given, groups }: Ballot): Decision {
  let candidate: Group | null = null;
  let most = 0;
  for (const { members } of groups) {
    const standing = members.filter((member) => !given[member]!.isRefuted);
    if (standing.length <= most) continue;
    most = standing.length;
    candidate = { members, representative: standing[0]! };
  }
  return candidate === null ? { more: 1 } : { candidate };
}

function decide(rule: Rule, ballot: Ballot): Decision {
  switch (rule.kind) {
    case "first":
      return ballot.groups[0] === undefined ? { more: 1 } : { winner: ballot.groups[0] };
    case "majority":
      return majority(ballot);
    case "quorum":
      return quorum(ballot, rule.q);
    case "ahead-by":
      return aheadBy(ballot, rule.k);
    case "median":
      return median(ballot);
    case "confidence-weighted":
      return confidenceWeighted(ballot, rule.leastPpm);
    case "cp-wbft":
      return cpWbft(ballot);
    case "verified":
      return verified(ballot);
    default:
      return unreachable(rule);
  }
}

const placeOf = (groups: readonly Group[], { members }: Group): number =>
  groups.findIndex((group) => group.members === members);

/**
 * Whether the winner would not win if newcomers weighed less than agents with a record. A newcomer that could have copied
 * weighs nothing then.
 */
function isOutweighed(rule: Rule, { given, groups }: Ballot, winner: Group): boolean {
  if (rule.kind === "median") return false; // its weights are bounded
  const isOnlyNewcomers = winner.members.every((member) => given[member]!.isNewcomer);
  if (rule.kind === "cp-wbft") return isOnlyNewcomers && given.some(({ isNewcomer }) => !isNewcomer);
  const isWeighed = rule.kind === "confidence-weighted";
  const odds = given.map((result) => (isWeighed ? oddsOf(result) : 1));
  const { weights, unit } = weigh({ given, groups }, (position) => Math.max(0, odds[position]!));
  const bounded = weights.map((weight, position) => weight + unit * Math.min(0, odds[position]!));
  const sums = sumsOf(groups, bounded);
  const place = placeOf(groups, winner);
  if (rule.kind === "confidence-weighted") return leadOf(sums, place) < unit * logOddsOf(rule.leastPpm);
  if (rule.kind === "ahead-by") return leadOf(sums, place) < unit * rule.k;
  if (rule.kind === "majority") return 2 * sums[place]! <= sums.reduce((sum, other) => sum + other, 0);
  return leadOf(sums, place) <= 0;
}

/** See `Tally.posteriorPpm`. */
function posteriorOf({ given, groups }: Ballot, winner: Group | null): number {
  const sums = sumsOf(groups, given.map(oddsOf));
  const place = winner === null ? sums.indexOf(Math.max(...sums)) : placeOf(groups, winner);
  return place < 0 ? 0 : probabilityOf(leadOf(sums, place));
}

/** Groups outputs, of which those that a red flag discards agree with none. It is the expensive part of a tally. */
export const groupUnflagged = (policy: Pick<Policy, "compare" | "flags">, outputs: readonly Output[]): Grouping =>
  groupOutputs(policy.compare, outputs, (output) => flagOf(policy, output) !== null);

/**
 * @param given what workers gave, in the order of their awards' serial numbers
 * @param silent results that were sealed and never revealed: they count as answers that agree with none
 * @param grouping of their outputs, where it is known
 */
export function tally(
  policy: Pick<Policy, "accept" | "compare" | "flags">,
  given: readonly Given[],
  silent: number,
  grouping: Grouping = groupUnflagged(
    policy,
    given.map(({ output }) => output),
  ),
): Tally {
  const { accept: rule } = policy;
  const ballot = { ...grouping, given, total: given.length + silent };
  const decision = decide(rule, ballot);
  if ("more" in decision)
    return { ...grouping, kind: "more", results: decision.more, posteriorPpm: posteriorOf(ballot, null) };
  const winner = "winner" in decision ? decision.winner : decision.candidate;
  const others = ballot.groups.filter(({ members }) => members !== winner.members);
  const next = Math.max(sizeOf(others[0]), Math.min(1, silent + ballot.unreadable.length));
  const chosen = {
    ...grouping,
    answer: winner.representative,
    supporters: winner.members,
    margin: Math.max(0, sizeOf(winner) - next) / ballot.total,
    posteriorPpm: posteriorOf(ballot, winner),
  };
  if ("candidate" in decision) return { ...chosen, kind: "check" };
  return { ...chosen, kind: "accepted", isOutweighed: isOutweighed(rule, ballot, winner) };
}
