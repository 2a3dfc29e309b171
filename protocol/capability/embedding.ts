/**
 * The built-in embedder: what a skill says of itself, as a vector of 256 signed bytes. Similar texts have similar
 * vectors; the dot product of two is an exact integer, the same on every machine.
 *
 * Feature hashing: each word (its stem) and each run of three or four letters of it adds its weight to one of 256
 * places, with the sign that its hash draws. It sees spelling, not meaning: "photo" and "picture" have nothing in common.
 * Where that matters, a mesh names an embedder that was trained (node/search/embeddings-endpoint.ts).
 *
 * Source: protocol.md 3; Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (arXiv 0902.2206).
 */

import { EMBEDDING_BYTES } from "../wire/genesis.ts";
import { isUnspaced, wordsOf } from "./letters.ts";

/** A mesh names its embedder: any change of what follows, or of letters.ts, is another one. */
export const EMBEDDER_NAME = "hashed-256/1";

/** The length of a vector but for rounding: the greatest that fits a place when all of it is in one. */
const LENGTH = 127;
/** The greatest dot product of two vectors of that length. Rounding may add a little, which does not count. */
export const DOT_MAX = LENGTH * LENGTH;
/** How far rounding 256 places by at most 1/2 each can move the length. */
const ROUNDING = 8;

/** Letters of a run. Runs of 3 to 5 find no more (test/protocol/capability/skill-search.test.ts), and take longer; none at all: 0.76. */
const RUN_MIN = 3;
const RUN_MAX = 4;
/** Weight of a word; its runs together weigh as much. Weights are integers, so that the order of words changes nothing. */
const WORD_WEIGHT = 1_000;

/** Words that tell nothing about a skill: with them 0.65 of questions find the right family, without them 0.84. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a an and any are as at be by can do for from get give has have how i if in into is it its me my need no not of on " +
    "or our so that the their them then there these they this to up use used uses using was we what when which who " +
    "will with you your"
  ).split(" "),
);

/** Endings of English, longest first: 0.84 of questions find the right family; with words left whole 0.76. */
const ENDINGS = ["ations", "ation", "ings", "ing", "ers", "er", "ed", "es", "s", "e"];
/** Letters that stay when an ending goes. */
const STEM_MIN = 4;

function stemOf(word: string): string {
  if (word.endsWith("ies") && word.length > STEM_MIN + 1) return `${word.slice(0, -3)}y`;
  const ending = ENDINGS.find((end) => word.endsWith(end) && word.length - end.length >= STEM_MIN);
  return ending === undefined ? word : word.slice(0, -ending.length);
}

// 32-bit FNV-1a over UTF-16 units, with the last steps of murmur3 to spread it.
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Where words start, so that a word is another feature than a run of the same letters. */
const WORD_OFFSET = 0xdadc4b54;

function spread(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function add(sums: Float64Array, hash: number, weight: number): void {
  const h = spread(hash);
  sums[h & 255]! += (h & 256) === 0 ? weight : -weight;
}

function addWord(sums: Float64Array, word: string, weight: number): void {
  const stem = stemOf(word);
  let hash = WORD_OFFSET;
  for (let i = 0; i < stem.length; i++) hash = Math.imul(hash ^ stem.charCodeAt(i), FNV_PRIME);
  add(sums, hash, weight);

  const unspaced = isUnspaced(word);
  const [min, max] = unspaced ? [1, 2] : [RUN_MIN, RUN_MAX];
  // The ends of a word count as letters: "<tra" says more than "tra". Where nothing ends words, there are none.
  const letters = unspaced ? word : `<${word}>`;
  let runs = 0;
  for (let size = min; size <= max; size++) runs += Math.max(0, letters.length - size + 1);
  if (runs === 0) return;
  const share = Math.round(weight / Math.sqrt(runs));
  for (let from = 0; from < letters.length; from++) {
    let run = FNV_OFFSET;
    const to = Math.min(letters.length, from + max);
    for (let i = from; i < to; i++) {
      run = Math.imul(run ^ letters.charCodeAt(i), FNV_PRIME);
      if (i - from + 1 >= min) add(sums, run, share);
    }
  }
}

/**
 * `values` scaled to length 127 and rounded, which moves the length by 0.5 in the median and by less than 3 in 15,000
 * texts; all zeros if these are. `values` are finite, and not so large that their squares overflow.
 */
export function quantize(values: ArrayLike<number>): Int8Array {
  const vector = new Int8Array(EMBEDDING_BYTES);
  let squares = 0;
  for (let i = 0; i < EMBEDDING_BYTES; i++) squares += values[i]! * values[i]!;
  if (squares === 0) return vector;
  const scale = LENGTH / Math.sqrt(squares);
  for (let i = 0; i < EMBEDDING_BYTES; i++) vector[i] = Math.round(values[i]! * scale);
  return vector;
}

export interface SkillText {
  readonly name: string;
  readonly description: string;
}

/**
 * The vector of a text, or of a skill's name and description together. Of a text without words it is all zeros, which
 * is similar to nothing. Words count by the root of how often they occur; their order does not count.
 */
export function embed(text: string | SkillText): Int8Array {
  const all = typeof text === "string" ? wordsOf(text) : [...wordsOf(text.name), ...wordsOf(text.description)];
  const telling = all.filter((word) => !STOP_WORDS.has(word));
  const counts = new Map<string, number>();
  for (const word of telling.length > 0 ? telling : all) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sums = new Float64Array(EMBEDDING_BYTES);
  for (const [word, count] of counts) addWord(sums, word, Math.round(WORD_WEIGHT * Math.sqrt(count)));
  return quantize(sums);
}

/** Exact: at most 256 · 128². Both of 256 places. */
export function dot(a: Int8Array, b: Int8Array): number {
  let sum = 0;
  for (let i = 0; i < EMBEDDING_BYTES; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** What a dot product says about two directions: from -1 (opposite) by 0 (nothing in common) to 1 (the same). */
export const similarityOfDot = (product: number): number => Math.max(-1, Math.min(1, product / DOT_MAX));

export const similarity = (a: Int8Array, b: Int8Array): number => similarityOfDot(dot(a, b));

/**
 * Whether `vector` could come from an embedder: a longer one would seem similar to everything. Rounded vectors of
 * length 127 always could, and all zeros.
 */
export function isEmbedding(vector: Int8Array): boolean {
  if (vector.length !== EMBEDDING_BYTES) return false;
  const squares = dot(vector, vector);
  const [min, max] = [LENGTH - ROUNDING, LENGTH + ROUNDING];
  return squares === 0 || (squares >= min * min && squares <= max * max);
}

/** A vector as it travels, and back: the same bytes. */
export const bytesOf = (vector: Int8Array): Uint8Array =>
  new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
export const vectorOf = (bytes: Uint8Array): Int8Array =>
  new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
