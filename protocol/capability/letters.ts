/**
 * Text to the words that the embedder counts: lower-case, without accents, names in camelCase, snake_case and kebab-case
 * taken apart.
 *
 * The tables are our own: engines carry different versions of Unicode, and all nodes of a mesh must see the same words.
 *
 * Source: protocol.md 3.
 */

/** Letters that are written with others: of Latin-1 and Latin Extended-A, which cover the languages of Europe. */
const FOLDED: readonly (readonly [to: string, from: string])[] = [
  ["a", "àáâãäåāăą"],
  ["c", "çćĉċč"],
  ["d", "ďđð"],
  ["e", "èéêëēĕėęě"],
  ["g", "ĝğġģ"],
  ["h", "ĥħ"],
  ["i", "ìíîïĩīĭįı"],
  ["j", "ĵ"],
  ["k", "ķĸ"],
  ["l", "ĺļľŀł"],
  ["n", "ñńņňŉŋ"],
  ["o", "òóôõöøōŏő"],
  ["r", "ŕŗř"],
  ["s", "śŝşšșſ"],
  ["t", "ţťŧț"],
  ["u", "ùúûüũūŭůűų"],
  ["w", "ŵ"],
  ["y", "ýÿŷ"],
  ["z", "źżž"],
  ["ae", "æ"],
  ["oe", "œ"],
  ["ij", "ĳ"],
  ["ss", "ß"],
  ["th", "þ"],
  // Capitals stand apart: from here on they cannot be told from small letters by arithmetic.
  ["A", "ÀÁÂÃÄÅĀĂĄ"],
  ["C", "ÇĆĈĊČ"],
  ["D", "ĎĐÐ"],
  ["E", "ÈÉÊËĒĔĖĘĚ"],
  ["G", "ĜĞĠĢ"],
  ["H", "ĤĦ"],
  ["I", "ÌÍÎÏĨĪĬĮİ"],
  ["J", "Ĵ"],
  ["K", "Ķ"],
  ["L", "ĹĻĽĿŁ"],
  ["N", "ÑŃŅŇŊ"],
  ["O", "ÒÓÔÕÖØŌŎŐ"],
  ["R", "ŔŖŘ"],
  ["S", "ŚŜŞŠȘ"],
  ["T", "ŢŤŦȚ"],
  ["U", "ÙÚÛÜŨŪŬŮŰŲ"],
  ["W", "Ŵ"],
  ["Y", "ÝŶŸ"],
  ["Z", "ŹŻŽ"],
  ["Ae", "Æ"],
  ["Oe", "Œ"],
  ["Ij", "Ĳ"],
  ["Ss", "ẞ"],
  ["Th", "Þ"],
];

const foldedOf = new Map<string, string>();
for (const [to, from] of FOLDED) for (const letter of from) foldedOf.set(letter, to);

/** From here on scripts write no spaces between words (Chinese, Japanese, Korean). */
const UNSPACED = 0x2e80;

const isUpper = (unit: number): boolean => unit >= 65 && unit <= 90;
const isLower = (unit: number): boolean => unit >= 97 && unit <= 122;
const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57;
/** Accents that stand after their letter. */
const isCombining = (unit: number): boolean => unit >= 0x300 && unit <= 0x36f;
/** A letter of a script that has no place in the table; punctuation, symbols and spaces of Unicode are none. */
const isOther = (unit: number): boolean =>
  unit >= 0xaa &&
  !(unit <= 0xbf && unit !== 0xaa && unit !== 0xb5 && unit !== 0xba) &&
  unit !== 0xd7 &&
  unit !== 0xf7 &&
  !(unit >= 0x2000 && unit <= 0x2bff) &&
  !(unit >= 0x3000 && unit <= 0x303f) &&
  !(unit >= 0xfe00 && unit <= 0xfe6f) &&
  unit !== 0xfeff &&
  !(unit >= 0xff00 && unit <= 0xff20);

/** Greek and Cyrillic capitals have their small letters at a fixed distance. */
function lower(unit: number): number {
  if (isUpper(unit)) return unit + 32;
  if ((unit >= 0x391 && unit <= 0x3a9) || (unit >= 0x410 && unit <= 0x42f)) return unit + 32;
  return unit >= 0x400 && unit <= 0x40f ? unit + 80 : unit;
}

function fold(text: string): string {
  let folded = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter < "\u0080") folded += letter;
    else if (!isCombining(text.charCodeAt(i))) {
      const to = foldedOf.get(letter) ?? letter;
      const next = foldedOf.get(text[i + 1] ?? "") ?? text[i + 1] ?? "";
      // "ÆSIR" has two more capitals, "Ælfred" has one.
      folded += isUpper(to.charCodeAt(0)) && isUpper(next.charCodeAt(0)) ? to.toUpperCase() : to;
    }
  }
  return folded;
}

/** Whether a word ends before `text[i]`, though `text[i - 1]` and `text[i]` both stand in words. */
function isSeam(text: string, i: number): boolean {
  const before = text.charCodeAt(i - 1);
  const unit = text.charCodeAt(i);
  if (isDigit(before) !== isDigit(unit)) return true;
  if (before >= UNSPACED !== unit >= UNSPACED) return true;
  if (!isUpper(unit)) return false;
  if (!isUpper(before)) return true;
  // "HTTPServer" is two words, "PDFs" and "APIs" are one.
  const next = text.charCodeAt(i + 1);
  return isLower(next) && !(next === 115 && !isLower(text.charCodeAt(i + 2)));
}

/** The words of `text` in their order, repeated ones too; each of letters alone or of digits alone. */
export function wordsOf(text: string): string[] {
  const folded = fold(text);
  const words: string[] = [];
  let word = "";
  for (let i = 0; i < folded.length; i++) {
    const unit = folded.charCodeAt(i);
    const isWord = isUpper(unit) || isLower(unit) || isDigit(unit) || isOther(unit);
    if (word !== "" && (!isWord || isSeam(folded, i))) {
      words.push(word);
      word = "";
    }
    if (isWord) word += String.fromCharCode(lower(unit));
  }
  if (word !== "") words.push(word);
  return words;
}

/** Whether spaces tell nothing about the words of this one. */
export const isUnspaced = (word: string): boolean => word.charCodeAt(0) >= UNSPACED;
