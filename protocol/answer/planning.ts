/**
 * What a rule costs and what it withstands, before anything runs: formulas about answers that are right with a given
 * probability. Nothing here decides an answer; how a rule goes on is asked of the rule itself (rules.ts).
 *
 * Wrong answers all agree with each other here. That is the worst case: those that differ are outvoted more easily.
 *
 * Source: MAKER (arXiv 2511.09030), equations for first-to-ahead-by-k voting with one step a task. Answers whose errors
 * correlate are drawn from a beta-binomial distribution with the intraclass correlation `correlation`.
 */

import { limits } from "../core/limits.ts";
import { exp, ln } from "../core/math.ts";
import { NO_FLAGS, type Policy, type Rule } from "../wire/genesis.ts";
import { encodeValue } from "../wire/value.ts";
import type { Output } from "./grouping.ts";
import { type Given, type Tally, tally } from "./rules.ts";

/** How the answers of the agents with a skill come out. Shares from 0 to 1. */
export interface Answers {
  /** Right ones among those that can be read. */
  readonly right: number;
  /** Those that can be read, and that no red flag discards. */
  readonly valid: number;
  /** How much the errors of several agents at one task correlate: 0 independent, 1 all right or all wrong together. */
  readonly correlation: number;
  /** Right verdicts among those of the agents that check answers, under the rule `verified`; absent: as `right`. */
  readonly verdicts?: number;
}

/** What becomes of one task. */
export interface Outlook {
  /** Probabilities of the three ends; they add up to 1. */
  readonly right: number;
  readonly wrong: number;
  readonly undecided: number;
  /** Results that the task is expected to collect. */
  readonly votes: number;
}

/** ln(1 + x), also where x is too small to be added to 1. */
const ln1p = (x: number): number => (x < 1e-5 ? x - (x * x) / 2 : ln(1 + x));
/** e^x - 1, likewise. */
const expm1 = (x: number): number => (x < 1e-5 ? x + (x * x) / 2 : exp(x) - 1);

/** base^power of a base in [0, 1]. */
const powerOf = (base: number, power: number): number => (base <= 0 ? 0 : exp(power * ln(base)));

/** The probability that something that holds with probability `x` holds `times` times, independently. */
export const holdsTimes = (x: number, times: number): number => (times === 0 ? 1 : powerOf(x, times));

// --- first to be ahead by k ---------------------------------------------------------------------------

/** MAKER's p_full = (1 + ((1-p)/p)^k)^(-s): that all of `tasks` are right. */
export const allRight = (p: number, k: number, tasks: number): number =>
  p <= 0
    ? 0
    : p < 0.5
      ? powerOf(1 / (1 + 1 / powerOf(p / (1 - p), k)), tasks)
      : exp(-tasks * ln1p(powerOf((1 - p) / p, k)));

/** MAKER's k_min: the least k with which all of `tasks` are right with probability `target`; null if no lead is enough. */
export function leastLead(p: number, tasks: number, target: number): number | null {
  if (p <= 0.5 || target >= 1) return null;
  if (p >= 1 || target <= 0) return 1;
  return Math.max(1, Math.ceil(ln(expm1(-ln(target) / tasks)) / ln((1 - p) / p) - 1e-9));
}

/** Samples that a task takes until one answer is ahead by k, with those that red flags discard. */
export function samplesUntilAhead(p: number, k: number, valid: number): number {
  if (p === 0.5) return (k * k) / valid;
  const lost = 1 - allRight(p, k, 1);
  return (k * (1 - 2 * lost)) / (2 * p - 1) / valid; // the duration of the gambler's ruin
}

// --- correlated errors --------------------------------------------------------------------------------

/** ln of the gamma function, x > 0: Stirling's series from 10 on. Absolute error < 1e-9. */
function lnGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 10) {
    shift += ln(y);
    y += 1;
  }
  const inverse = 1 / (y * y);
  const series = (1 / 12 - inverse * (1 / 360 - inverse / 1_260)) / y;
  return (y - 0.5) * ln(y) - y + 0.5 * ln(2 * Math.PI) + series - shift;
}

/** That a share drawn from the beta distribution (a, b), a >= b, lies below one half. */
function belowHalf(a: number, b: number): number {
  const first = exp(lnGamma(a + b) - lnGamma(a) - lnGamma(b) - (a + b) * ln(2)) / a;
  let sum = 1;
  let term = 1;
  // Terms fall from the first on because a >= b; the sum ends where one adds nothing.
  for (let n = 0; term > sum * 1e-15; n++) {
    term *= (a + b + n) / (2 * (a + 1 + n));
    sum += term;
  }
  return Math.min(1, first * sum);
}

/** Errors that correlate less than this count as independent. */
const CORRELATION_MIN = 1e-4;

/**
 * The probability that most agents are right, however many are asked: what no number of votes exceeds where errors
 * correlate. One half where right and wrong are equally likely.
 */
export function ceilingOf({ right, correlation }: Pick<Answers, "right" | "correlation">): number {
  if (right <= 0 || right >= 1 || correlation >= 1) return Math.min(1, Math.max(0, right));
  if (correlation < CORRELATION_MIN) return right > 0.5 ? 1 : right < 0.5 ? 0 : 0.5;
  const size = (1 - correlation) / correlation;
  const [a, b] = [right * size, (1 - right) * size];
  return a >= b ? 1 - belowHalf(a, b) : belowHalf(b, a);
}

// --- a rule, result by result -------------------------------------------------------------------------

/** Results so far. */
interface Counts {
  readonly right: number;
  readonly wrong: number;
  readonly invalid: number;
}

const ONE = 1_000_000;
const outputOf = (hash: string, value: number): Output => ({
  hash: hash as Output["hash"],
  data: { kind: "inline", bytes: encodeValue(value) },
});
const RIGHT = outputOf("right", 0);
const WRONG = outputOf("wrong", 1);

/** What the rule says of such results, of agents that have the same record. */
function tallyCounts(accept: Rule, { right, wrong, invalid }: Counts, p: number): Tally {
  const ppm = Math.round(p * ONE);
  const given = (output: Output): Given => ({
    ...{ output, isNewcomer: false, isLate: false, isRefuted: false },
    ...{ statedPpm: ppm, calibratedPpm: ppm },
  });
  const all = [...new Array<Given>(right).fill(given(RIGHT)), ...new Array<Given>(wrong).fill(given(WRONG))];
  const compare = { kind: "number", absolute: 0, relativePpm: 0 } as const;
  const policy = {
    accept,
    compare: accept.kind === "median" ? compare : ({ kind: "exact" } as const),
    flags: NO_FLAGS,
  };
  return tally(policy, all, invalid);
}

/** The probability that the next readable answer is right, after those before: Pólya's urn draws the beta-binomial. */
function nextIsRight({ right: p, correlation }: Answers, { right, wrong }: Counts): number {
  if (correlation < CORRELATION_MIN) return p;
  if (correlation >= 1) return right + wrong === 0 ? p : right > 0 ? 1 : 0;
  const size = (1 - correlation) / correlation;
  return (p * size + right) / (size + right + wrong);
}

/** Results so far, how many more were asked for, and the probability that it comes to this. */
interface State extends Counts {
  readonly owed: number;
  readonly weight: number;
}

/** States with the same number of results; `invalid` follows from that. */
class Level {
  readonly #states = new Map<number, State>();

  add(state: State): void {
    if (state.weight <= 0) return;
    const place = limits.seats + 1;
    const key = (state.right * place + state.wrong) * place + state.owed;
    const known = this.#states.get(key);
    this.#states.set(key, known === undefined ? state : { ...state, weight: known.weight + state.weight });
  }

  get states(): Iterable<State> {
    return this.#states.values();
  }
}

/**
 * What becomes of a task under a policy: batch by batch as the ledger asks for results, with every outcome by its
 * probability. Exact up to rounding; the steps are bounded by a power of `limits.seats`.
 */
export function outlookOf(
  { redundancy, redundancyMax, accept }: Pick<Policy, "redundancy" | "redundancyMax" | "accept">,
  answers: Answers,
): Outlook {
  if (accept.kind === "verified") return verifiedOutlook(accept, redundancyMax, answers);
  const ends = { right: 0, wrong: 0, undecided: 0, votes: 0 };
  const levels = Array.from({ length: redundancyMax + 1 }, () => new Level());
  levels[0]!.add({ right: 0, wrong: 0, invalid: 0, owed: Math.min(redundancy, redundancyMax), weight: 1 });
  for (const [results, level] of levels.entries()) {
    for (const state of level.states) {
      let { owed } = state;
      if (owed === 0) {
        const outcome = tallyCounts(accept, state, answers.right);
        if (outcome.kind === "more") owed = outcome.results;
        const end = outcome.kind === "accepted" ? (outcome.answer < state.right ? "right" : "wrong") : "undecided";
        if (outcome.kind === "accepted" || results + owed > redundancyMax) {
          ends[end] += state.weight;
          ends.votes += state.weight * results;
          continue;
        }
      }
      draw(answers, { ...state, owed }, levels[results + 1]!);
    }
  }
  return ends;
}

/** That at least `least` of `count` hold, each with probability `x`, independently. */
function atLeast(least: number, count: number, x: number): number {
  let sum = 0;
  for (let hits = least; hits <= count; hits++) {
    let ways = 1;
    for (let i = 0; i < hits; i++) ways *= (count - i) / (i + 1);
    sum += ways * holdsTimes(x, hits) * holdsTimes(1 - x, count - hits);
  }
  return sum;
}

/**
 * Under `verified`, as if results came and were checked one after the other: each ends the task if its verifiers confirm it.
 * Verifiers err independently; those that are asked beyond `verifiers` because some never answer are left out.
 */
function verifiedOutlook(
  { verifiers, quorum }: Extract<Rule, { readonly kind: "verified" }>,
  redundancyMax: number,
  { right: p, valid, verdicts = p }: Answers,
): Outlook {
  const right = valid * p * atLeast(quorum, verifiers, verdicts);
  const wrong = valid * (1 - p) * atLeast(quorum, verifiers, 1 - verdicts);
  const goesOn = 1 - right - wrong;
  const ends = { right: 0, wrong: 0, undecided: holdsTimes(goesOn, redundancyMax), votes: 0 };
  for (let result = 0, reached = 1; result < redundancyMax; result++, reached *= goesOn) {
    ends.right += reached * right;
    ends.wrong += reached * wrong;
    ends.votes += reached * (1 + valid * verifiers);
  }
  return ends;
}

/** One of the results that are owed comes in. */
function draw(answers: Answers, state: State, into: Level): void {
  const p = nextIsRight(answers, state);
  const { right, wrong, invalid, weight } = state;
  const owed = state.owed - 1;
  into.add({ ...state, owed, right: right + 1, weight: weight * answers.valid * p });
  into.add({ ...state, owed, wrong: wrong + 1, weight: weight * answers.valid * (1 - p) });
  into.add({ ...state, owed, invalid: invalid + 1, weight: weight * (1 - answers.valid) });
}

/** A policy that decides each task by a lead. */
export interface LeadPolicy {
  readonly k: number;
  readonly redundancyMax: number;
  readonly outlook: Outlook;
}

/**
 * The least lead, and the least maximum of results with it, with which all of `tasks` are right with probability `target`;
 * null if none does within `limits.seats`.
 */
export function leadFor(answers: Answers, tasks: number, target: number): LeadPolicy | null {
  const least = leastLead(answers.right, tasks, target);
  if (least === null) return null;
  const needed = holdsTimes(target, 1 / tasks);
  const outlook = (k: number, redundancyMax: number, given = answers): Outlook =>
    outlookOf({ redundancy: k, redundancyMax, accept: { kind: "ahead-by", k } }, given);
  let before = 0;
  for (let k = least; k <= limits.seats; k++) {
    // Without results that are discarded first: it is quick, and no lead that fails then is enough with them.
    const best = outlook(k, limits.seats, { ...answers, valid: 1 }).right;
    const isEnough = best >= needed && (answers.valid >= 1 || outlook(k, limits.seats).right >= needed);
    if (isEnough) return withLeastMaximum(k, needed, outlook);
    if (best <= before) return null; // more is undecided now, and it only gets worse
    before = best;
  }
  return null;
}

function withLeastMaximum(
  k: number,
  needed: number,
  outlook: (k: number, redundancyMax: number) => Outlook,
): LeadPolicy {
  let [low, high] = [k, limits.seats as number];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (outlook(k, middle).right >= needed) high = middle;
    else low = middle + 1;
  }
  return { k, redundancyMax: high, outlook: outlook(k, high) };
}
