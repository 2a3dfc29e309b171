/**
 * Takes away the punctuation that tells nothing: at the borders of words, never inside of numbers and beside signs. Errors are on
 * the side of caution: two texts that a reader would call the same may stay apart, but "-5" is never "5".
 *
 * A *token* stands between white space. By place:
 *
 * | place | goes | stays |
 * | --- | --- | --- |
 * | before the token | quotes, brackets, "¿", "…" | "-5", "-x", ".5", ".NET", "!x"; "–5" as "-5" |
 * | after it | "5.", "yes!", "(a)", "dogs'", `5"` | "A-", "5!" (a factorial) |
 * | inside, between two words | becomes a space: "yes,no", "a—b", "f(x)" | . - ' and, between digits, , and : |
 * | inside, beside a sign | | all: "a!=b", "(2+3)*4", "http://x" |
 * | alone | all but | "-" where a number or a sign stands beside it: "5 - 3" |
 *
 * So "1,000" is not "1000", since half of the world reads it as 1; "don't" is "don’t" but not "dont"; "well-known" is
 * neither "well known" nor "wellknown"; "x - y" is "x y", since a dash in a sentence looks the same. Of a text that is
 * punctuation only, nothing goes.
 *
 * Signs are never touched ("C++", "50%", "$5", "**bold**"; characters.ts lists them).
 */

import { isDigit, isPunctuation, isSign, isSpace, isWord } from "./characters.ts";
import { UnitList } from "./unit-list.ts";

const HYPHEN = 0x2d;
const DOT = 0x2e;
const COMMA = 0x2c;
const COLON = 0x3a;
const EXCLAMATION = 0x21;
const APOSTROPHE = 0x27;
const SPACE = 0x20;
/** The place in the output of a dash that goes unless what follows is a number. */
const UNDECIDED = -1;

const unitsOf = (text: string): readonly number[] => Array.from(text, (character) => character.charCodeAt(0));

/** How marks that look alike are written where they stay. The dashes of Unicode follow below. */
const LIKE: ReadonlyMap<number, number> = new Map([
  ...unitsOf("-‐‑−﹣－").map((unit) => [unit, HYPHEN] as const),
  ...unitsOf("'‘’‛ʼ´`＇｀").map((unit) => [unit, APOSTROPHE] as const),
  ...unitsOf(".．").map((unit) => [unit, DOT] as const),
  ...unitsOf(",，").map((unit) => [unit, COMMA] as const),
  ...unitsOf(":：").map((unit) => [unit, COLON] as const),
  ...unitsOf("!！").map((unit) => [unit, EXCLAMATION] as const),
]);
/** A minus or "to" beside digits, and a dash elsewhere. The long dash is always one. */
const EN_DASHES: ReadonlySet<number> = new Set(unitsOf("‒–﹘"));

const likeOf = (unit: number): number => LIKE.get(unit) ?? unit;
const isCore = (unit: number): boolean => isWord(unit) || isSign(unit);

/** What stays of the punctuation `units[from, to)` before a word or sign at `to`; in the order of the text. */
function keptBefore(units: UnitList, from: number, to: number): number[] {
  const kept: number[] = [];
  for (let i = to - 1; i >= from; i--) {
    const unit = likeOf(units.at(i));
    const last = kept.length === 0 ? units.at(to) : kept[kept.length - 1]!;
    const before = i > from ? likeOf(units.at(i - 1)) : SPACE;
    const after = likeOf(units.at(i + 1));
    const isNumeric = isDigit(last) || last === DOT;
    const isAdjacent = i === to - 1;
    if (EN_DASHES.has(unit)) {
      if (isNumeric) kept.push(HYPHEN);
    } else if (unit === HYPHEN) {
      if (isNumeric || (isCore(last) && before !== HYPHEN && after !== HYPHEN)) kept.push(HYPHEN);
    } else if (unit === DOT || unit === EXCLAMATION) {
      if (isAdjacent && before !== unit && (unit === EXCLAMATION || isWord(last))) kept.push(unit);
    }
  }
  return kept.reverse();
}

/** What stays of the punctuation `units[from, to)` after a word or sign at `from - 1`: at most the first. */
function keptAfter(units: UnitList, from: number, to: number): number[] {
  if (from >= to) return [];
  const unit = likeOf(units.at(from));
  if (unit === HYPHEN) return from + 1 < to && likeOf(units.at(from + 1)) === HYPHEN ? [] : [HYPHEN];
  return unit === EXCLAMATION && isDigit(units.at(from - 1)) ? [unit] : [];
}

/** What stands for the punctuation `units[from, to)` between two words or signs. */
function keptBetween(units: UnitList, from: number, to: number): number[] {
  if (to - from > 1) {
    const after = keptAfter(units, from, to);
    return [...after, SPACE, ...keptBefore(units, from + after.length, to)];
  }
  const unit = likeOf(units.at(from));
  const [left, right] = [units.at(from - 1), units.at(to)];
  if (isSign(left) || isSign(right)) return [EN_DASHES.has(unit) ? HYPHEN : unit];
  if (unit === DOT || unit === HYPHEN || unit === APOSTROPHE) return [unit];
  if (EN_DASHES.has(unit) && isDigit(right)) return [HYPHEN];
  if ((unit === COMMA || unit === COLON) && isDigit(left) && isDigit(right)) return [unit];
  return [SPACE];
}

/** Appends what stays of the token `units[from, to)`; nothing if it is punctuation only. */
function keepOfToken(units: UnitList, from: number, to: number, kept: UnitList): void {
  let first = from;
  while (first < to && isPunctuation(units.at(first))) first++;
  let end = to;
  while (end > first && isPunctuation(units.at(end - 1))) end--;
  if (first === end) return;
  for (const unit of keptBefore(units, from, first)) kept.push(unit);
  for (let i = first; i < end; ) {
    if (!isPunctuation(units.at(i))) {
      kept.push(units.at(i++));
      continue;
    }
    let next = i;
    while (isPunctuation(units.at(next))) next++;
    for (const unit of keptBetween(units, i, next)) kept.push(unit);
    i = next;
  }
  for (const unit of keptAfter(units, end, to)) kept.push(unit);
}

const isDash = (unit: number): boolean => likeOf(unit) === HYPHEN || EN_DASHES.has(unit);
const isMeasure = (unit: number): boolean => isDigit(unit) || isSign(unit);

/** `units` without punctuation that tells nothing; a unit below zero stands for nothing. White space stays as it is. Linear. */
export function withoutPunctuation(units: UnitList): UnitList {
  const kept = new UnitList(units.length);
  let last = SPACE; // the last unit that stays and is no white space
  let undecided: number | null = null;
  let hasWords = false;
  for (let i = 0; i < units.length; ) {
    if (isSpace(units.at(i))) {
      kept.push(units.at(i++));
      continue;
    }
    let end = i;
    while (end < units.length && !isSpace(units.at(end))) end++;
    const start = kept.length;
    keepOfToken(units, i, end, kept);
    if (kept.length > start) {
      const first = kept.at(start);
      const isNumeric = isMeasure(first) || first === HYPHEN || first === DOT;
      if (undecided !== null && isNumeric) kept.set(undecided, HYPHEN);
      undecided = null;
      hasWords = true;
      last = kept.at(kept.length - 1);
    } else if (end === i + 1 && isDash(units.at(i))) {
      const isKept = isMeasure(last);
      if (!isKept) undecided = start;
      last = isKept ? HYPHEN : last;
      kept.push(isKept ? HYPHEN : UNDECIDED);
    }
    i = end;
  }
  return hasWords ? kept : units;
}
