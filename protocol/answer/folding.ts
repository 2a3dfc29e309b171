/**
 * What the comparator `text` compares: a text without the differences that do not matter to who asked. Two texts are the same
 * answer if what this returns for them is equal. It is made to be compared, not to be read. Folding twice changes nothing.
 *
 * Always: a letter with its marks in one character, or with marks after it, is the same; marks stand in the canonical order.
 * Accents stay: "résumé" is not "resume".
 *
 * `case`: capitals are their small letters, and forms of a letter are that letter: ς is σ, ſ is s, ﬁ is fi. Decided:
 * - ß is ss, because its capitals are SS. "Maße" and "Masse" become the same.
 * - I and İ are i; ı stays. No letter tells a Turkish I from an English one, so "ISPARTA" is not "ısparta"; "İzmir" is "izmir",
 *   and "sınır" is not "sinir".
 * - Greek capitals without accents are not the small letters with them: "ΑΘΗΝΑ" is not "Αθήνα".
 * - Full-width letters lose their case but stay full-width.
 *
 * `space`: white space of any kind and length is one space, and none at both ends. Characters without width that stand inside
 * words (soft hyphen, byte order mark, direction marks) vanish, those that change a word's look (U+200C, U+200D) stay.
 *
 * `punctuation`: see punctuation.ts. What stays of white space is up to `space`: "a - b" is "a b" only if both are set.
 *
 * Source: protocol.md 7; Unicode Standard 3.11 (canonical ordering) and 3.13 (caseless matching), by tables of our own
 * (letter-tables.ts, characters.ts).
 */

import { isInvisible, isSpace } from "./characters.ts";
import { ABOVE, decompositionOf, MARK_ORDERS, markOrderOf, smallLetterOf } from "./letter-tables.ts";
import { withoutPunctuation } from "./punctuation.ts";
import { UnitList } from "./unit-list.ts";

/** Each says that differences of that kind do not matter. */
interface FoldingOptions {
  readonly case: boolean;
  readonly space: boolean;
  readonly punctuation: boolean;
}

const DOT_ABOVE = 0x307;
const SPACE = 0x20;

/** Appends the marks of one letter in canonical order, and empties the list. */
function flushMarks(marks: number[], into: UnitList): void {
  if (marks.length === 1) into.push(marks[0]!);
  else {
    // One pass for each order: linear, where sorting a text of marks would not be.
    for (let order = 1; order < MARK_ORDERS; order++)
      for (const mark of marks) if (markOrderOf(mark) === order) into.push(mark);
  }
  marks.length = 0;
}

/** The units of `text`, letters apart from their marks. */
function decompose(text: string, keepsInvisible: boolean): UnitList {
  const units = new UnitList(text.length);
  const marks: number[] = [];
  const add = (unit: number): void => {
    if (markOrderOf(unit) > 0) marks.push(unit);
    else {
      if (marks.length > 0) flushMarks(marks, units);
      units.push(unit);
    }
  };
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (!keepsInvisible && isInvisible(unit)) continue;
    const parts = decompositionOf(unit);
    if (parts === null) add(unit);
    else for (const part of parts) add(part);
  }
  if (marks.length > 0) flushMarks(marks, units);
  return units;
}

/** Small letters for capitals. The dots of i and j go where they are written as marks, as those of İ are. */
function withoutCase(units: UnitList): UnitList {
  const folded = new UnitList(units.length);
  let isDotted = false; // an i or j, with no mark above it so far
  const add = (unit: number): void => {
    folded.push(unit);
    const order = markOrderOf(unit);
    if (order === 0) isDotted = unit === 0x69 || unit === 0x6a;
    else if (order === ABOVE) isDotted = false;
  };
  for (let i = 0; i < units.length; i++) {
    const unit = units.at(i);
    if (isDotted && unit === DOT_ABOVE) continue;
    const small = smallLetterOf(unit);
    if (small === null) add(unit);
    else for (const letter of small) add(letter);
  }
  return folded;
}

function withoutExtraSpace(units: UnitList): UnitList {
  const folded = new UnitList(units.length);
  let isPending = false;
  for (let i = 0; i < units.length; i++) {
    const unit = units.at(i);
    if (unit < 0) continue;
    if (isSpace(unit)) isPending = folded.length > 0;
    else {
      if (isPending) folded.push(SPACE);
      isPending = false;
      folded.push(unit);
    }
  }
  return folded;
}

/** Takes any text, halves of surrogate pairs too. Linear in the text; what it returns is at most four times as long. */
export function foldText(text: string, options: FoldingOptions): string {
  let units = decompose(text, !options.space);
  if (options.case) units = withoutCase(units);
  if (options.punctuation) units = withoutPunctuation(units);
  if (options.space) units = withoutExtraSpace(units);
  return units.text();
}
