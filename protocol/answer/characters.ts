/**
 * What kind of character a UTF-16 unit is: white space, punctuation, a sign, or part of a word. Tables of our own, as in
 * letter-tables.ts. punctuation.ts says which punctuation goes, spelling.ts what signs and digits mean to it.
 *
 * Source: the categories Z, P and S of Unicode, but punctuation here is what people leave out or write otherwise without
 * saying something else: * / % & # @ \ are signs.
 */

/** Units of the text, as [from, to], or [unit, unit]. */
type Range = readonly [from: number, to: number];

const SPACES: readonly Range[] = [
  [0x09, 0x0d], // tabulators and line ends
  [0x20, 0x20],
  [0x85, 0x85],
  [0xa0, 0xa0], // no-break space
  [0x1680, 0x1680],
  [0x2000, 0x200b], // the last one has no width and stands between words all the same
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
];

/** Nobody sees them, and they stand inside words: soft hyphen, direction marks, word joiner, byte order mark. */
const INVISIBLE: readonly Range[] = [
  [0xad, 0xad],
  [0x200e, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x2060],
  [0x2066, 0x2069],
  [0xfeff, 0xfeff],
];

const PUNCTUATION =
  ".,:;!?'\"`()[]{}-" +
  "¡¿«»´ʼ‐‑‒–—―‘’‚‛“”„‟•‣…‹›▪◦●−" +
  "։֊՛՜՝՞՟־׀׃׳״،؛؟۔।॥" +
  "、。〈〉《》「」『』【】〔〕〖〗〝〞〟・﹐﹑﹒﹔﹕﹖﹗﹘﹣" +
  "！＂＇（），－．：；？［］｀｛｝｡｢｣､･";

const SIGNS: readonly Range[] = [
  [0x23, 0x26], // # $ % &
  [0x2a, 0x2b], // * +
  [0x2f, 0x2f], // /
  [0x3c, 0x3e], // < = >
  [0x40, 0x40], // @
  [0x5c, 0x5c], // backslash
  [0x5e, 0x5f], // ^ _
  [0x7c, 0x7c], // |
  [0x7e, 0x7e], // ~
  [0xa2, 0xa9], // currencies, section, diaeresis, copyright
  [0xac, 0xac], // not
  [0xae, 0xb3], // registered, macron, degree, plus-minus, superscripts
  [0xb6, 0xb7], // pilcrow, middle dot
  [0xb9, 0xb9],
  [0xbc, 0xbe], // fractions
  [0xd7, 0xd7], // times
  [0xf7, 0xf7], // divided by
  [0x66a, 0x66c], // Arabic percent and separators
  [0x2020, 0x2021], // daggers
  [0x2030, 0x2037], // per mille, primes
  [0x203b, 0x2044],
  [0x2070, 0x209c], // superscripts and subscripts
  [0x20a0, 0x20cf], // currencies
  [0x2150, 0x215f], // fractions
  [0x2190, 0x245f], // arrows, mathematics, technical
  [0x2500, 0x2bff], // boxes, shapes, dingbats, mathematics
  [0xff03, 0xff06], // full-width forms
  [0xff0a, 0xff0b],
  [0xff0f, 0xff0f],
  [0xff1c, 0xff1e],
  [0xff20, 0xff20],
  [0xff3c, 0xff3c],
  [0xff3e, 0xff3f],
  [0xff5c, 0xff5c],
  [0xff5e, 0xff5e],
  [0xffe0, 0xffe6],
];

/** Zeros of decimal digits, each followed by the other nine. */
const ZEROS = [
  0x30, 0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x1040, 0x17e0, 0xff10,
];

const WORD = 0;
const SPACE = 1;
const PUNCTUATION_MARK = 2;
const SIGN = 3;
const UNSEEN = 4;

const kinds = new Uint8Array(0x10000);
for (const [from, to] of SPACES) kinds.fill(SPACE, from, to + 1);
for (const [from, to] of INVISIBLE) kinds.fill(UNSEEN, from, to + 1);
for (const [from, to] of SIGNS) kinds.fill(SIGN, from, to + 1);
// Last, since bullets and the minus stand among the signs.
for (let i = 0; i < PUNCTUATION.length; i++) kinds[PUNCTUATION.charCodeAt(i)] = PUNCTUATION_MARK;

export const isSpace = (unit: number): boolean => kinds[unit] === SPACE;
export const isInvisible = (unit: number): boolean => kinds[unit] === UNSEEN;
export const isPunctuation = (unit: number): boolean => kinds[unit] === PUNCTUATION_MARK;
export const isSign = (unit: number): boolean => kinds[unit] === SIGN;
/** Letters, marks, digits, halves of a surrogate pair, and whatever the tables do not know. */
export const isWord = (unit: number): boolean => kinds[unit] === WORD || kinds[unit] === UNSEEN;

/** 0 to 9, in any of the scripts that have digits of their own in wide use; null if it is no digit. */
export function digitOf(unit: number): number | null {
  if (unit < 0x660) return unit >= 0x30 && unit <= 0x39 ? unit - 0x30 : null;
  const zero = ZEROS.find((start) => unit >= start && unit <= start + 9);
  return zero === undefined ? null : unit - zero;
}

export const isDigit = (unit: number): boolean => digitOf(unit) !== null;
