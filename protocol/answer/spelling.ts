/**
 * How far apart two texts are spelled: what the comparator `similar` compares. It measures spelling, not meaning: "car" and
 * "automobile" have nothing in common, and in a long text one word for another is a small difference whatever it says. It serves
 * answers that should be the same sentence, and differ in a typo, an article or the form of a word.
 *
 * Three things must be the same, or nothing is in common:
 * - **What is counted and measured**: numbers, signs such as % $ < = ^, and letters that stand alone, in their order ("5%" is not
 *   "50%", "option B" not "option C"). Numbers are compared as they are written: "1,000" is not "1000", "5" is not "five".
 * - **What is denied**: words that deny (negation.ts) are equally many, and no word stands in one text where its opposite by a
 *   beginning stands in the other ("safe", "unsafe").
 * - **The order**: words that two texts share stand in the same order in both ("A beats B" is not "B beats A"). A word counts as
 *   shared if both have it equally often, and so do the first three letters of words, so that endings do not hide an order. Articles without cases may move.
 *
 * Beyond that, the distance is one less the cosine of two vectors: each run of three letters of a word counts, and each pair of
 * words that follow each other (by their first three letters). Words of Chinese, Japanese, Thai and other scripts without
 * spaces are single characters. Runs are hashed to places of a vector of fixed size, half of them with a minus, so that
 * collisions cancel out.
 *
 * Whoever wants to can find texts that collide; they look like nothing that people write.
 *
 * Source: protocol.md 7; Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (arXiv 0902.2206).
 */

import { digitOf, isDigit, isSign, isWord } from "./characters.ts";
import { foldText } from "./folding.ts";
import { NOT, negatingPartAt, oppositesOf, withNegations } from "./negation.ts";

/** The distance of texts with nothing in common; 0 is that of equal ones. Parts per million. */
const FAR = 1_000_000;

/** Places of a vector: two unrelated ones of n runs each have a cosine of some 1/√1024 by collisions. */
const PLACES = 1_024;
/** Letters of a run; of a word's beginning that stands for it in pairs of words. */
const RUN = 3;
const STEM = 3;
/** Syllables of a run in Korean, where one is up to three letters. */
const SYLLABLES = 2;
/** What counts how much: a run, a run of an article, a pair of words. Integers, so that order changes no sum. */
const RUN_WEIGHT = 3;
const ARTICLE_WEIGHT = 1;
const PAIR_WEIGHT = 1;
const wordSet = (list: string): ReadonlySet<string> =>
  new Set(list.split(" ").map((word) => foldText(word, { case: true, space: true, punctuation: true })));
/** Articles that may stand anywhere: where they moved, the order is the same. */
const FREE_ARTICLES = wordSet(
  "the an le la les un une el los las unos unas il lo gli os as um uma de het een en ett az egy",
);
/** Those that say who does what to whom, and letters that also name something. */
const BOUND_ARTICLES = wordSet(
  "der die das den dem des ein eine einen einem einer eines το οι τα του της των ένας μια ένα a o i l ο η",
);
/** Letters that are a word alone in some language. Others that stand alone name something: an option, a variable. */
const ONE_LETTER_WORDS = "aeiouywzvskаивкосуяіїйєжбоη";

/** What a text is compared by. Some 4 KiB, and 8 bytes for each word and each beginning of a longer word. */
export interface Spelling {
  /** What must be the same in both texts, as text. */
  readonly facts: string;
  readonly vector: Int32Array;
  /** The vector's length, squared. */
  readonly square: number;
  /** Words and their beginnings in ascending order: hash · 2^16 + place in the text. */
  readonly order: Float64Array;
  /** How often each word occurs, by its hash. */
  readonly counts: ReadonlyMap<number, number>;
  /** Words that may be opposites, as hashes, and what they are opposites of. */
  readonly opposites: readonly (readonly [word: number, opposite: number])[];
}

// --- text to words ------------------------------------------------------------------------------------

/** Scripts that do not separate words: Thai and Lao, Burmese, Khmer, Chinese, Japanese; halves of surrogate pairs, too. */
const isUnspaced = (unit: number): boolean =>
  (unit >= 0xe00 && unit <= 0xeff) ||
  (unit >= 0x1000 && unit <= 0x109f) ||
  (unit >= 0x1780 && unit <= 0x17ff) ||
  (unit >= 0x2e80 && unit <= 0x2fdf) ||
  (unit >= 0x3040 && unit <= 0x30ff) ||
  (unit >= 0x3400 && unit <= 0x9fff) ||
  (unit >= 0xd800 && unit <= 0xdfff) ||
  (unit >= 0xf900 && unit <= 0xfaff);

const isHangul = (unit: number): boolean => unit >= 0xac00 && unit <= 0xd7a3;

const APOSTROPHE = 0x27;
const HYPHEN = 0x2d;
const SPACE = 0x20;
const HASH_SIGN = 0x23;
/** * # _ | ~ : they set off words in Markdown, and say something between two words only. */
const MARKUP: ReadonlySet<number> = new Set([0x2a, 0x23, 0x5f, 0x7c, 0x7e]);

interface Read {
  /** Words in the text's order, numbers too. */
  readonly words: string[];
  /** Numbers, signs and letters alone in the text's order. */
  readonly facts: string[];
}

/** The end of the number that starts at `from`: digits, and single characters between digits ("1,000.5", "10:30", "2-3"). */
function numberEnd(text: string, from: number): number {
  let end = from;
  for (;;) {
    while (isDigit(text.charCodeAt(end))) end++;
    const next = text.charCodeAt(end);
    if (Number.isNaN(next) || next === SPACE || isWord(next) || !isDigit(text.charCodeAt(end + 1))) return end;
    end++;
  }
}

const inAsciiDigits = (text: string, from: number, to: number): string => {
  let number = "";
  for (let i = from; i < to; i++) number += digitOf(text.charCodeAt(i)) ?? text[i]!;
  return number;
};

/** Whether the sign or hyphen at `i` says something of its own. */
function isFact(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  const isAfterWord = i > 0 && isWord(text.charCodeAt(i - 1));
  const isBeforeWord = i + 1 < text.length && isWord(text.charCodeAt(i + 1));
  if (unit === HYPHEN) return !isAfterWord || !isBeforeWord;
  if (!isSign(unit)) return false;
  return !MARKUP.has(unit) || (isAfterWord && (isBeforeWord || unit === HASH_SIGN));
}

/** The end of the word that starts at `from`: letters, and apostrophes between letters. */
function wordEnd(text: string, from: number): number {
  let end = from;
  for (;;) {
    const unit = text.charCodeAt(end);
    const isLetter = isWord(unit) && !isDigit(unit) && !isUnspaced(unit);
    const next = text.charCodeAt(end + 1);
    if (!isLetter && !(unit === APOSTROPHE && end > from && isWord(next) && !isDigit(next) && !isUnspaced(next)))
      return end;
    end++;
  }
}

function readText(text: string): Read {
  const words: string[] = [];
  const facts: string[] = [];
  for (let i = 0; i < text.length; ) {
    const unit = text.charCodeAt(i);
    const from = i;
    if (isDigit(unit)) {
      i = numberEnd(text, from);
      words.push(inAsciiDigits(text, from, i));
      facts.push(words[words.length - 1]!);
    } else if (!isWord(unit)) {
      if (isFact(text, i)) facts.push(text[i]!);
      i++;
    } else if (isUnspaced(unit)) {
      const denies = negatingPartAt(text, i);
      const isPair = unit >= 0xd800 && unit <= 0xdbff && text.charCodeAt(i + 1) >= 0xdc00;
      i += denies > 0 ? denies : isPair ? 2 : 1;
      words.push(denies > 0 ? NOT : text.slice(from, i));
    } else {
      i = wordEnd(text, from);
      words.push(text.slice(from, i));
      if (i === from + 1 && !ONE_LETTER_WORDS.includes(text[from]!)) facts.push(text[from]!);
      for (let at = from; at < i; at++) if (negatingPartAt(text, at) > 0) words.push(NOT);
    }
  }
  return { words, facts };
}

// --- words to numbers ---------------------------------------------------------------------------------

// 32-bit FNV-1a over UTF-16 units, with the last steps of murmur3 to spread it.
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Continues a hash by `text[from, to)`. */
function hashOf(text: string, from: number, to: number, start: number = FNV_OFFSET): number {
  let hash = start;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash;
}

/** An unsigned integer of 32 bits. */
function spread(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function add(vector: Int32Array, hash: number, weight: number): void {
  const h = spread(hash);
  vector[h % PLACES]! += h < 0x80000000 ? weight : -weight;
}

const isArticle = (word: string): boolean => FREE_ARTICLES.has(word) || BOUND_ARTICLES.has(word);

function vectorOf(words: readonly string[]): Int32Array {
  const vector = new Int32Array(PLACES);
  let before = "";
  for (const word of words) {
    // The ends of a word count as letters: "<tra" says more than "tra".
    const letters = `<${word}>`;
    const run = isHangul(word.charCodeAt(0)) ? SYLLABLES : RUN;
    const weight = isArticle(word) ? ARTICLE_WEIGHT : RUN_WEIGHT;
    for (let i = 0; i + run <= letters.length; i++) add(vector, hashOf(letters, i, i + run), weight);
    const pair = `${before} ${word.slice(0, STEM)}`;
    add(vector, hashOf(pair, 0, pair.length), PAIR_WEIGHT);
    before = word.slice(0, STEM);
  }
  return vector;
}

const increment = (counts: Map<number, number>, key: number): number => {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
};

/** A beginning has another hash than the word of the same letters. */
const stemHash = (word: string): number => spread(hashOf(word, 0, STEM, ~FNV_OFFSET));
const wordHash = (word: string): number => spread(hashOf(word, 0, word.length));

/**
 * Words and beginnings by their hashes, which tell the first "the" of three from the second, and from the first of four: what
 * two texts have equally often comes in pairs.
 */
function orderOf(words: readonly string[]): { counts: Map<number, number>; order: Float64Array } {
  const entries: { hash: number; place: number }[] = [];
  const counts = new Map<number, number>();
  const stems = new Map<number, number>();
  const total = (hash: number): number => counts.get(hash) ?? stems.get(hash)!;
  for (const [i, word] of words.entries()) {
    const hash = wordHash(word);
    increment(counts, hash);
    if (FREE_ARTICLES.has(word)) continue;
    entries.push({ hash, place: 2 * i });
    if (word.length <= STEM) continue;
    const stem = stemHash(word);
    increment(stems, stem);
    entries.push({ hash: stem, place: 2 * i + 1 });
  }
  const seen = new Map<number, number>();
  const order = new Float64Array(entries.length);
  for (const [i, { hash, place }] of entries.entries()) {
    const key = spread(hash ^ Math.imul(increment(seen, hash), FNV_PRIME) ^ Math.imul(total(hash), 0x5bd1e995));
    order[i] = key * 0x10000 + place;
  }
  return { counts, order: order.sort((a, b) => a - b) };
}

/**
 * Prepares a text for comparisons. Cost: linear but for sorting the words.
 *
 * @param text of at most `limits.similarUnits`. Sums and places are exact for 16,384 units.
 */
export function spellingOf(text: string): Spelling {
  const folded = foldText(text, { case: true, space: true, punctuation: true });
  const { words: read, facts } = readText(folded);
  const words = withNegations(read);
  const denials = words.filter((word) => word === NOT).length;
  // Where nothing can be compared, only the same is near.
  const whole = words.length === 0 ? folded : "";
  const vector = vectorOf(words);
  const opposites = [...new Set(words)].flatMap((word) =>
    oppositesOf(word).map((opposite) => [wordHash(word), wordHash(opposite)] as const),
  );
  return {
    facts: [denials, ...facts, "", whole].join(" "),
    vector,
    square: dot(vector, vector),
    ...orderOf(words),
    opposites,
  };
}

// --- comparing ----------------------------------------------------------------------------------------

/** Exact: the sum of the weights of a text is below 2^20. */
function dot(a: Int32Array, b: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < PLACES; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Whether one has a word more often where the other has its opposite more often. */
function deny(a: Spelling, b: Spelling): boolean {
  const more = (hash: number): number => (a.counts.get(hash) ?? 0) - (b.counts.get(hash) ?? 0);
  const isSwapped = ([word, opposite]: readonly [number, number]): boolean => {
    const difference = more(opposite);
    return difference !== 0 && difference * more(word) < 0;
  };
  return a.opposites.some(isSwapped) || b.opposites.some(isSwapped);
}

/** Whether the words that both have stand in one order. */
function agreeInOrder(a: Float64Array, b: Float64Array): boolean {
  // For each place in a, from 1, that in b; 0 where they share nothing.
  const places = new Uint16Array(2 * a.length + 2);
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [Math.floor(a[i]! / 0x10000), Math.floor(b[j]! / 0x10000)];
    if (x === y) {
      places[a[i]! - x * 0x10000] = b[j]! - y * 0x10000 + 1;
      i++;
      j++;
    } else if (x < y) i++;
    else j++;
  }
  let last = 0;
  for (const place of places) {
    if (place === 0) continue;
    if (place < last) return false;
    last = place;
  }
  return true;
}

/** Parts per million, 0 to 1,000,000; 0 only if the folded texts count the same letters and words. Symmetric. */
export function spellingDistance(a: Spelling, b: Spelling): number {
  if (a.facts !== b.facts || deny(a, b) || !agreeInOrder(a.order, b.order)) return FAR;
  const common = dot(a.vector, b.vector);
  if (common === a.square && common === b.square) return 0;
  if (common <= 0) return FAR;
  // IEEE 754 rounds roots, products and quotients exactly: every engine gets the same.
  const cosine = common / (Math.sqrt(a.square) * Math.sqrt(b.square));
  return Math.max(1, FAR - Math.floor(cosine * FAR));
}
