/**
 * The skills that every node can offer without any configuration.
 */

import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { defineSkill, fileSchema, type Skill } from "./skill.ts";
import { surveySkills } from "./survey.ts";

const text = z.string();
/** Text as such, or the contents of a file that must be UTF-8. */
const textOrFile = z.union([
  text,
  fileSchema.transform(({ data }, context) => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    } catch {
      context.addIssue({ code: "custom", message: "the file is not UTF-8 text" });
      return z.NEVER;
    }
  }),
]);

const WAIT_MS_MAX = 3_600_000;

const textSkills: readonly Skill[] = [
  defineSkill({
    name: "echo",
    description: "Returns its input unchanged.",
    input: z.unknown(),
    output: z.unknown(),
    price: 0.0001,
    expectedMs: 1,
    run: (input) => ({ output: input }), // wrapped, so that an input with a key `output` is not taken for a reply
  }),
  defineSkill({
    name: "text.upper",
    description: "Returns a text or a text file in upper case.",
    input: textOrFile,
    output: text,
    price: 0.0001,
    expectedMs: 1,
    run: (input) => input.toUpperCase(),
  }),
  defineSkill({
    name: "text.words",
    description: "Counts the words (runs of letters) of a text or a text file.",
    input: textOrFile,
    output: z.int(),
    price: 0.0001,
    expectedMs: 1,
    run: (input) => input.match(/\p{L}+/gu)?.length ?? 0,
  }),
  defineSkill({
    name: "text.lines",
    description: "Splits a text or a text file into its lines, without the line ends.",
    input: textOrFile,
    output: z.array(text),
    price: 0.0001,
    expectedMs: 1,
    run(input) {
      const lines = input.split(/\r?\n/);
      if (lines.at(-1) === "") lines.pop(); // what follows the last line end is no line
      return lines;
    },
  }),
  defineSkill({
    name: "text.reverse",
    description: "Returns a text with its characters (code points) in reverse order.",
    input: textOrFile,
    output: text,
    price: 0.0001,
    expectedMs: 1,
    run: (input) => [...input].reverse().join(""),
  }),
  defineSkill({
    name: "text.join",
    description: "Joins a list of texts into one, a line each.",
    input: z.array(text),
    output: text,
    price: 0.0001,
    expectedMs: 1,
    run: (input) => input.join("\n"),
  }),
];

/** Whole numbers whose sum is beyond 2^53 are refused: it would be rounded. */
function addExactly(a: number, b: number): number {
  const sum = a + b;
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && !Number.isSafeInteger(sum))
    throw new Error(`${a} + ${b} is beyond 2^53 and would be rounded`);
  return sum;
}

const otherSkills: readonly Skill[] = [
  defineSkill({
    name: "math.sum",
    description: "Adds a list of numbers, in their order.",
    input: z.array(z.number()),
    output: z.number(),
    price: 0.0001,
    expectedMs: 1,
    run: (input) => input.reduce(addExactly, 0),
  }),
  defineSkill({
    name: "math.increment",
    description: "Adds 1 to a number; nothing counts as 0. A step for chains.",
    input: z.number().nullable(),
    output: z.number(),
    price: 0.0001,
    expectedMs: 1,
    run: (input) => addExactly(input ?? 0, 1),
  }),
  defineSkill({
    name: "hash.sha256",
    description: "SHA-256 of a text (in UTF-8) or of a file, in hexadecimal.",
    input: z.union([text, fileSchema]),
    output: z.string().length(64),
    price: 0.0001,
    expectedMs: 1,
    run: (input) =>
      createHash("sha256")
        .update(typeof input === "string" ? input : input.data)
        .digest("hex"),
  }),
  defineSkill({
    name: "wait",
    description: "Waits as many milliseconds as it is told and returns them. For trying out timeouts and failures.",
    input: z.int().min(0).max(WAIT_MS_MAX),
    output: z.int(),
    price: 0.0001,
    expectedMs: 1_000,
    run: (input, { signal }) => setTimeout(input, input, { signal }),
  }),
];

export const builtInSkills: readonly Skill[] = [...textSkills, ...otherSkills, ...surveySkills];
