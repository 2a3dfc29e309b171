/** What folding takes away and what it leaves: a table of pairs, and the engine's own Unicode as an oracle for the tables. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldText } from "../../../protocol/answer/folding.ts";
import { runs } from "../../support/runs.ts";

const NOTHING = { case: false, space: false, punctuation: false };
const CASE = { ...NOTHING, case: true };
const SPACE = { ...NOTHING, space: true };
const PUNCTUATION = { ...NOTHING, punctuation: true };
const ALL = { case: true, space: true, punctuation: true };

const fold = (text: string): string => foldText(text, ALL);

describe("differences that do not matter", () => {
  test.each<[name: string, a: string, b: string]>([
    ["capitals", "PARIS", "paris"],
    ["capitals with accents", "ÉCOLE ÇA ÑANDÚ ÅNGSTRÖM", "école ça ñandú ångström"],
    ["Latin Extended", "ŁÓDŹ ǄUNGLA ǅungla ƏN", "łódź ǆungla ǆungla ən"],
    ["Vietnamese", "TIẾNG VIỆT", "tiếng việt"],
    ["Greek", "ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"],
    ["the final sigma", "ΣΊΣΥΦΟΣ", "σίσυφος"],
    ["Cyrillic", "ЩЁ ЇЖАК ЂУРЂЕВ Ў", "щё їжак ђурђев ў"],
    ["Armenian", "ԵՐԵՎԱՆ", "երեվան"],
    ["the Armenian ligature", "ԵՒ", "և"],
    ["Georgian Mtavruli", "ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი"],
    ["full-width letters", "ＡＢＣ", "ａｂｃ"],
    ["sharp s", "STRASSE", "Straße"],
    ["the capital sharp s", "STRAẞE", "straße"],
    ["the Turkish I with a dot", "İzmir", "izmir"],
    ["the Turkish I without one, as small letters see it", "I", "i"],
    ["ligatures", "ﬁne ﬂuﬀ", "fine fluff"],
    ["composed and decomposed", "\u00e9\u1ec7\u03ac\u0439", "e\u0301e\u0323\u0302\u03b1\u0301\u0438\u0306"],
    ["marks in another order", "e\u0302\u0323", "e\u0323\u0302"],
    ["signs that Unicode has twice", "\u212b \u212a \u2126", "\u00c5 K \u03a9"],
    ["runs of white space", " a \t\r\n\u00a0\u2003\u3000\u200b b\u2028", "a b"],
    ["characters that nobody sees", "\ufeffhyphen\u00adation", "hyphenation"],
    ["the end of a sentence", "Yes.", "yes"],
    ["other ends", "Yes!?…", "yes"],
    ["commas", "red, green and blue", "red green, and blue"],
    ["commas without spaces", "red,green", "red green"],
    ["quotes", "“Paris” «Rom» „Wien“ 'Oslo' `x`", "Paris Rom Wien Oslo x"],
    ["brackets", "(a) [b] {c} 「d」", "a b c d"],
    ["Spanish marks", "¿Qué? ¡Sí!", "qué sí"],
    ["East Asian marks", "はい。そうです。", "はい、そうです"],
    ["a dash between words", "yes — it is", "yes it is"],
    ["a dash without spaces", "yes—it is", "yes it is"],
    ["a dash of two hyphens", "yes--it is", "yes it is"],
    ["bullets", "• one\n- two", "one two"],
    ["apostrophes", "don’t", "don't"],
    ["the end of a number", "It is 3.14.", "it is 3.14"],
    ["quotes and brackets around a number", "(“-5”)", "-5"],
    ["minus signs", "−5 –5", "-5 -5"],
    ["a range", "10–20", "10-20"],
    ["the end after a sign", "C++. 50%, $5!", "c++ 50% $5!"],
    ["a list of numbers", "1, 2, 3", "1 2 3"],
  ])("%s", (_, a, b) => {
    expect(fold(a)).toBe(fold(b));
  });
});

describe("differences that matter", () => {
  test.each([
    ["résumé", "resume"],
    ["sınır", "sinir"],
    ["ISPARTA", "ısparta"],
    ["ΑΘΗΝΑ", "Αθήνα"],
    ["й", "и"],
    ["ё", "е"],
    ["Ａ", "A"],
    ["3.14", "314"],
    ["3.14", "3 14"],
    ["-5", "5"],
    ["(-5)", "(5)"],
    ["–5", "5"],
    ["-.5", ".5"],
    [".5", "5"],
    ["1,000", "1000"],
    ["1,000", "1.000"],
    ["10:30", "1030"],
    ["5 - 3", "5 3"],
    ["5 – 3", "5 3"],
    ["x - 3", "x 3"],
    ["3 - x", "3 x"],
    ["10-20", "10 20"],
    ["5!", "5"],
    ["50%", "50"],
    ["$5", "€5"],
    ["C++", "C"],
    ["C#", "C"],
    ["A-", "A"],
    ["A+", "A-"],
    ["Cl-", "Cl"],
    ["-x", "x"],
    ["!x", "x"],
    ["x != y", "x = y"],
    ["x!=y", "x=y"],
    ["(2+3)*4", "2+(3*4)"],
    ["2 * 3", "2 3"],
    ["a/b", "ab"],
    [".NET", "NET"],
    ["don't", "dont"],
    ["we're", "were"],
    ["e.g.", "eg"],
    ["well-known", "wellknown"],
    ["well-known", "well known"],
    ["example.com", "examplecom"],
    ["ab", "a b"],
    ["a\u200cb", "ab"],
    ["?", "!"],
    ["(", ")"],
    ["", "."],
  ])("%s is not %s", (a, b) => {
    expect(fold(a)).not.toBe(fold(b));
  });
});

describe("the options", () => {
  test("each takes away its own differences only", () => {
    const text = " The  “Cat”,\tSat. ";
    expect(foldText(text, NOTHING)).toBe(text);
    expect(foldText(text, CASE)).toBe(" the  “cat”,\tsat. ");
    expect(foldText(text, SPACE)).toBe("The “Cat”, Sat.");
    expect(foldText(text, PUNCTUATION)).toBe(" The  Cat\tSat ");
    expect(foldText("a - b", PUNCTUATION)).toBe("a  b");
  });
});

// --- the engine as an oracle --------------------------------------------------------------------------

const units = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i));
/** What the tables cover. */
const COVERED = [
  ...units(0x00, 0x24f),
  ...units(0x300, 0x36f),
  ...units(0x370, 0x52f),
  ...units(0x531, 0x587),
  ...units(0x10a0, 0x10ff),
  ...units(0x1c90, 0x1cbf),
  ...units(0x1e00, 0x1fff),
  ...units(0x2126, 0x2126),
  ...units(0x212a, 0x212b),
  ...units(0xfb00, 0xfb17),
  ...units(0xff21, 0xff5a),
];
/** Where we decide otherwise. */
const DECIDED = ["İ", "ı", "ẚ", "ẞ"];

const inSmallLetters = (text: string): string =>
  text.normalize("NFD").toUpperCase().toLowerCase().replaceAll("ς", "σ").normalize("NFD");

describe("the tables", () => {
  test("letters fall apart as in the engine", () => {
    expect(COVERED.filter((letter) => foldText(letter, NOTHING) !== letter.normalize("NFD"))).toEqual([]);
  });

  test("letters lose their case as in the engine", () => {
    const others = COVERED.filter((letter) => foldText(letter, CASE) !== inSmallLetters(letter));
    expect(others).toEqual(DECIDED);
  });

  const covered = fc.string({ unit: fc.constantFrom(...COVERED.filter((letter) => !/[\u0483-\u0487]/.test(letter))) });
  const marked = fc.string({ unit: fc.constantFrom("a", "e", "Ộ", "ῷ", "\u034f", ...units(0x300, 0x345)) });

  test("texts fall apart as in the engine, and it does not matter whether they were composed", () => {
    fc.assert(
      fc.property(fc.oneof(covered, marked), (text) => {
        expect(foldText(text, NOTHING)).toBe(text.normalize("NFD"));
        for (const options of [NOTHING, CASE, SPACE, PUNCTUATION, ALL])
          expect(foldText(text.normalize("NFC"), options)).toBe(foldText(text, options));
      }),
      { numRuns: runs(5_000) },
    );
  });
});

describe("any text", () => {
  const pieces = fc.constantFrom(
    ..."aB5İßéἈᾂ٣是😀 \t\u00a0.,:;!?'’\"()-–—−+=%$*/_",
    "\u0307",
    "\u0301",
    "\ud800",
    "\ufeff",
    "--",
    " - ",
    "5",
  );
  const texts = fc.oneof(fc.string({ unit: pieces, maxLength: 12 }), fc.string({ unit: "binary" }));
  const options = fc.record({ case: fc.boolean(), space: fc.boolean(), punctuation: fc.boolean() });

  test("folding twice changes nothing", () => {
    fc.assert(
      fc.property(texts, options, (text, chosen) => {
        const folded = foldText(text, chosen);
        expect(foldText(folded, chosen)).toBe(folded);
        expect(folded.length).toBeLessThanOrEqual(4 * text.length);
      }),
      { numRuns: runs(20_000) },
    );
  });

  test("digits stay, all of them and in their order", () => {
    const digits = (text: string): string => Array.from(text.matchAll(/[0-9]/g)).join("");
    fc.assert(
      fc.property(texts, options, (text, chosen) => {
        expect(digits(foldText(text, chosen))).toBe(digits(text));
      }),
      { numRuns: runs(5_000) },
    );
  });

  test("letters stay: only punctuation and white space can go without a trace", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab.,;!?()-'\" \n"), maxLength: 12 }), (text) => {
        const letters = (whole: string): string => whole.replaceAll(/[^ab]/g, "");
        expect(letters(fold(text))).toBe(letters(text));
      }),
      { numRuns: runs(5_000) },
    );
  });

  test("white space at word borders decides nothing but where words end", () => {
    const words = fc.array(fc.constantFrom("a", "b5", "é", "-5", "c++"), { minLength: 1, maxLength: 6 });
    const gaps = fc.array(fc.constantFrom(" ", "\n", "\u3000", ", ", " — ", "! ", " ("), {
      minLength: 6,
      maxLength: 6,
    });
    fc.assert(
      fc.property(words, gaps, (list, between) => {
        const text = list.map((word, i) => `${i === 0 ? "" : between[i]}${word}`).join("");
        const isFactorial = /\d! /.test(text);
        if (!isFactorial) expect(fold(text)).toBe(list.map((word) => fold(word)).join(" "));
      }),
      { numRuns: runs(5_000) },
    );
  });
});
