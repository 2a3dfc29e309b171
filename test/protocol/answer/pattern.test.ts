/** Patterns: the syntax by a table, errors with their places, and matching against the engine's own expressions. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePattern, isPattern, matches, type Pattern } from "../../../protocol/answer/pattern.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { runs } from "../../support/runs.ts";

function compiled(source: string): Pattern {
  const pattern = compilePattern(source);
  if (!isPattern(pattern)) throw new Error(`${source}: ${JSON.stringify(pattern)}`);
  return pattern;
}
const isMatch = (source: string, text: string): boolean => matches(compiled(source), text);

/** What the engine says. Its answer is right for short texts; it may take for ever for long ones. */
const byEngine = (source: string, text: string): boolean => new RegExp(source, "u").test(text);

const TEXTS = [
  "",
  "a",
  "b",
  "ab",
  "aab",
  "abc",
  "A1",
  "-5",
  "x y",
  "\n",
  "a\nb",
  "😀",
  "ä",
  "caab",
  "aaaa",
  "1.5",
  "[x]",
];
const SOURCES = [
  ...["", "a", "ab", "a|b", "a|", "|a", "(a|b)c", "(?:a|b)*c", "a*", "a+b", "a?b", "^a", "a$", "^$", "^a$|b"],
  ...["a{2}", "a{2,}", "a{0,1}b", "a{1,3}$", "(ab?){2}", "^(a*)*$", "((a+)+)+b", "(^a|b)*c", "(a|^)b", "a($|b)"],
  ...[
    ".",
    "^.$",
    "^..$",
    "\\d",
    "\\D",
    "^\\w+$",
    "\\W",
    "\\s",
    "^\\S+$",
    "\\.",
    "\\[x\\]",
    "\\n",
    "[ab]",
    "[^ab]",
    "^[^a]$",
  ],
  ...["[a-c]{3}", "[\\d.]+$", "[-a]", "[a-]", "[\\]x]", "[[]", "[\\w-]+", "[^\\d]", "[\\D]", "[😀-😂]", "^[^\\s\\S]$"],
  ...["-?\\d+(\\.\\d+)?", "^\\(?a", "a{0}b", "(){3}a", "(?:){0,2}b", "()*", "(|a)+b"],
];

test.each(SOURCES)("%s means the same as in JavaScript", (source) => {
  for (const text of TEXTS) expect([text, isMatch(source, text)]).toEqual([text, byEngine(source, text)]);
});

test.each<[source: string, at: number, what: RegExp]>([
  ["(a", 0, /group is not closed/],
  ["a)", 1, /no group to close/],
  ["[a", 0, /class is not closed/],
  ["[]", 0, /class has no characters/],
  ["[b-a]", 2, /ends before it begins/],
  ["[\\d-z]", 3, /from one character to another/],
  ["*a", 0, /nothing for \* to repeat/],
  ["a|+", 2, /nothing for \+ to repeat/],
  ["a**", 2, /cannot be repeated/],
  ["a+?", 2, /lazy/],
  ["^*", 1, /beginning or an end/],
  ["a{2", 1, /form \{2\}/],
  ["a{,2}", 1, /form \{2\}/],
  ["a{3,2}", 1, /less than at least 3/],
  ["a{123456}", 2, /more than 9999/],
  ["a}", 1, /closes nothing/],
  ["a]", 1, /closes nothing/],
  ["a\\", 1, /stands at the end/],
  ["\\b", 0, /\\b is not known/],
  ["(a)\\1", 3, /\\1 is not known/],
  ["\\p{L}", 0, /\\p is not known/],
  ["(?=a)", 0, /only groups/],
  ["(?<n>a)", 0, /only groups/],
  ["😀(", 1, /group is not closed/],
  ["a{500}", 0, /more than 256 states/],
  ["((a{99}){99}){99}", 0, /more than 256 states/],
  ["(((){9999}){9999}){9999}", 0, /more than 256 states/],
  [`${"(".repeat(40)}a${")".repeat(40)}`, 32, /nested more than 32/],
])("%s is wrong at character %i", (source, at, what) => {
  const problem = compilePattern(source);
  expect(problem).toMatchObject({ at, what: expect.stringMatching(what) as string });
  if (!isPattern(problem)) expect(problem.remedy).not.toBe("");
});

const atom = fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w", "1", "-", "\\s", "ä", "😀");
const count = fc.constantFrom("", "", "*", "+", "?", "{2}", "{0,2}", "{1,}");
const source = fc.letrec<{ choice: string; sequence: string; item: string }>((tie) => ({
  choice: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("|")),
  sequence: fc.array(tie("item"), { maxLength: 4 }).map((parts) => parts.join("")),
  item: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(atom, count).map((parts) => parts.join("")),
    fc.constantFrom("^", "$"),
    fc.tuple(tie("choice"), count).map(([inner, times]) => `(${inner})${times}`),
  ),
})).choice;
const text = fc
  .array(fc.constantFrom("a", "b", "c", "1", "-", " ", "\n", "ä", "😀", "é"), { maxLength: 6 })
  .map((letters) => letters.join(""));

test("any pattern matches what the engine's own does", () => {
  let compared = 0;
  fc.assert(
    fc.property(source, text, (written, said) => {
      fc.pre((written.match(/[*+?{]/g) ?? []).length <= 5); // with more the engine hangs on six letters
      const pattern = compilePattern(written);
      if (!isPattern(pattern)) {
        expect(pattern.what).toMatch(/states/); // nothing else is wrong with it
        return;
      }
      compared++;
      expect(matches(pattern, said)).toBe(byEngine(written, said));
    }),
    { numRuns: runs(5_000) },
  );
  expect(compared).toBeGreaterThan(0);
});

test("any text is a pattern or has a problem, at one of its characters; what is a pattern is one in JavaScript", () => {
  const piece = fc.constantFrom(..."ab1-^$\\.*+?()[]{},|dws😀".split(/(?:)/u));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const written = pieces.join("");
      const pattern = compilePattern(written);
      if (isPattern(pattern)) expect(() => new RegExp(written, "u")).not.toThrow();
      else expect(pattern.at >= 0 && pattern.at <= pieces.length).toBe(true);
    }),
    { numRuns: runs(5_000) },
  );
});

describe("cost", () => {
  test("patterns over which engines hang end, on the longest text that they read", () => {
    for (const hard of ["((a+)+)+$b", "(a|a)*b", "(a*)*b", "^(a?){60}a{60}b$", "(.*a){20}b", "(a{0,10}){0,10}b"]) {
      const pattern = compiled(hard);
      expect(matches(pattern, "a".repeat(pattern.unitsMax))).toBe(false);
    }
  });

  test("states times characters are bounded", () => {
    for (const hard of ["a", "a{255}", "(a|b|c){20}", "[a-z]{1,80}", "((){9}){9}a"]) {
      const { ops, unitsMax } = compiled(hard);
      expect(ops.length).toBeLessThanOrEqual(limits.patternStates + 1);
      expect(ops.length * unitsMax).toBeLessThanOrEqual(limits.patternSteps);
    }
  });
});
