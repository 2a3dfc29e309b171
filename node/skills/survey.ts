/**
 * The corpus survey: skills that count what is in the files of a folder.
 *
 * `survey.files` counts one batch of files, `survey.merge` merges counts (any number of times, since it is
 * associative), `survey.report` makes the final result of them. Every order is that of code points, so that
 * honest workers give equal bytes.
 *
 * Definitions: `lines` is the number of line feeds (as `wc -l`); a word is a match of /\p{L}+/gu on the text;
 * words are counted together by their lower-cased form; a file that is not valid UTF-8 has neither lines nor
 * words (`null`). A byte order mark is a character of the text like any other.
 */

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { compareText } from "../../protocol/core/bytes.ts";
import { sortedBy } from "../../protocol/core/ids.ts";
import { defineSkill, fileSchema, type Skill } from "./skill.ts";

/** Counts by word. A map without a prototype: `constructor` and `__proto__` are words like any other. */
type WordCounts = { readonly [word: string]: number };

export interface SurveyedFile {
  readonly path: string;
  readonly bytes: number;
  readonly lines: number | null;
  readonly words: number | null;
  readonly sha256: string;
}

export interface SurveyPart {
  readonly files: readonly SurveyedFile[];
  readonly words: WordCounts;
}

export interface SurveyReport {
  readonly files: readonly SurveyedFile[];
  readonly totals: { readonly files: number; readonly bytes: number; readonly lines: number; readonly words: number };
  readonly topWords: readonly (readonly [word: string, count: number])[];
  readonly duplicates: readonly (readonly string[])[];
}

const TOP_WORDS = 20;
/** After this many bytes the survey lets the node do its other work. */
const BYTES_PER_TURN = 1024 * 1024;

const WORD = /\p{L}+/gu;
const LINE_FEED = 0x0a;

const count = z.int().min(0);

// Not z.record: it drops the key `__proto__`.
const wordsSchema = z.custom<WordCounts>(
  (value) =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((item) => Number.isSafeInteger(item) && item > 0),
  "must be a map of words to counts",
);

const surveyedFileSchema = z.strictObject({
  path: z.string(),
  bytes: count,
  lines: count.nullable(),
  words: count.nullable(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const partSchema: z.ZodType<SurveyPart, SurveyPart> = z.strictObject({
  files: z.array(surveyedFileSchema),
  words: wordsSchema,
});
const partsSchema = z.union([partSchema.transform((part) => [part]), z.array(partSchema)]);
const reportSchema: z.ZodType<SurveyReport, SurveyReport> = z.strictObject({
  files: z.array(surveyedFileSchema),
  totals: z.strictObject({ files: count, bytes: count, lines: count, words: count }),
  topWords: z.array(z.tuple([z.string(), count])),
  duplicates: z.array(z.array(z.string())),
});

/** Surveys one file, and adds its words to `counts`. */
export function surveyFile(path: string, data: Uint8Array, counts: Map<string, number>): SurveyedFile {
  const sha256 = createHash("sha256").update(data).digest("hex");
  const text = decodeText(data);
  if (text === null) return { path, bytes: data.length, lines: null, words: null, sha256 };
  let lines = 0;
  for (let at = data.indexOf(LINE_FEED); at >= 0; at = data.indexOf(LINE_FEED, at + 1)) lines++;
  let words = 0;
  for (const [word] of text.matchAll(WORD)) {
    // The word is lower-cased by itself: in a text, what follows it could change the result (a final sigma).
    const lower = word.toLowerCase();
    counts.set(lower, (counts.get(lower) ?? 0) + 1);
    words++;
  }
  return { path, bytes: data.length, lines, words, sha256 };
}

function decodeText(data: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null; // not UTF-8: the one thing that makes a fatal decoder throw
  }
}

function wordCounts(counts: ReadonlyMap<string, number>): WordCounts {
  const words: { [word: string]: number } = Object.create(null);
  for (const [word, times] of counts) words[word] = times;
  return words;
}

export function mergeSurveys(parts: readonly SurveyPart[]): SurveyPart {
  const counts = new Map<string, number>();
  for (const part of parts) {
    for (const [word, times] of Object.entries(part.words)) counts.set(word, (counts.get(word) ?? 0) + times);
  }
  return {
    files: sortedBy(
      parts.flatMap((part) => part.files),
      (file) => file.path,
    ),
    words: wordCounts(counts),
  };
}

export function reportSurvey(parts: readonly SurveyPart[]): SurveyReport {
  const { files, words } = mergeSurveys(parts);
  const sum = (pick: (file: SurveyedFile) => number | null): number =>
    files.reduce((total, file) => total + (pick(file) ?? 0), 0);
  const ranked = Object.entries(words).sort((a, b) => b[1] - a[1] || compareText(a[0], b[0]));
  const byHash = new Map<string, string[]>();
  for (const { path, sha256 } of files) {
    const group = byHash.get(sha256);
    if (group === undefined) byHash.set(sha256, [path]);
    else group.push(path);
  }
  return {
    files,
    totals: {
      files: files.length,
      bytes: sum((file) => file.bytes),
      lines: sum((file) => file.lines),
      words: sum((file) => file.words),
    },
    topWords: ranked.slice(0, TOP_WORDS),
    // Files are in order, so the groups are too: a Map keeps the order of first appearance.
    duplicates: [...byHash.values()].filter((paths) => paths.length > 1),
  };
}

export const surveySkills: readonly Skill[] = [
  defineSkill({
    name: "survey.files",
    description: "Counts bytes, lines and words of a list of files, and how often each word occurs.",
    input: z.array(fileSchema),
    output: partSchema,
    price: 0.001,
    expectedMs: 2_000,
    async run(files, { signal }) {
      const counts = new Map<string, number>();
      const surveyed: SurveyedFile[] = [];
      let bytes = 0;
      for (const { path, data } of files) {
        surveyed.push(surveyFile(path, data, counts));
        bytes += data.length;
        if (bytes < BYTES_PER_TURN) continue;
        bytes = 0;
        await setImmediate();
        signal.throwIfAborted();
      }
      return { files: sortedBy(surveyed, (file) => file.path), words: wordCounts(counts) };
    },
  }),
  defineSkill({
    name: "survey.merge",
    description: "Puts the counts of several batches of files together.",
    input: partsSchema,
    output: partSchema,
    price: 0.001,
    expectedMs: 2_000,
    run: (parts) => mergeSurveys(parts),
  }),
  defineSkill({
    name: "survey.report",
    description: "Makes the report of a survey: files, totals, the most frequent words, and duplicate files.",
    input: partsSchema,
    output: reportSchema,
    price: 0.001,
    expectedMs: 2_000,
    run: (parts) => reportSurvey(parts),
  }),
];
