/**
 * Schemas of the values in scenario files: names, shares, counts, durations, money, distributions, each with the message for
 * somebody who wrote something else.
 */

import { z } from "zod";
import { parseMs } from "../../node/platform/text/quantities.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { DistributionSpec } from "../world/distribution.ts";

/** Names of scenarios, groups, skills, labels, kinds of tasks: they also name files and columns. */
export const nameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    "use letters, digits, dots, dashes and underscores, a letter or digit first – rename it",
  )
  .max(limits.nameBytes);

/** More agents than this fit no machine. */
export const AGENTS_MAX = 100_000;

export const shareSchema = z.number().min(0).max(1);
export const percentSchema = z.number().min(0).max(100);
export const countSchema = (min: number, max: number) => z.int().min(min).max(max);

const DURATION = "a duration – write one like 400ms, 20s or 5m, or a number of milliseconds";

export const durationSchema = z.union([z.number(), z.string()]).transform((input, context) => {
  const ms = parseMs(input);
  if (ms !== null) return ms;
  context.addIssue({ code: "custom", message: `"${String(input)}" is not ${DURATION}` });
  return z.NEVER;
});

export const creditsSchema = (max: number) =>
  z
    .number()
    .min(0)
    .max(max / 1_000_000)
    .transform((credits) => Math.round(credits * 1_000_000));

/** One value, an even draw between two, or a log-normal one by its median and its 95th percentile. */
function distributionSchema(parse: (input: number | string) => number | null, wanted: string) {
  const part = z
    .union([z.number(), z.string()])
    .refine((input) => parse(input) !== null, `it is not ${wanted}`)
    .transform((input) => parse(input) ?? z.NEVER)
    .optional();
  const schema = z.strictObject({ min: part, max: part, p50: part, p95: part });
  return z.union([schema, z.number(), z.string()]).transform((input, context): DistributionSpec => {
    const fail = (message: string): DistributionSpec => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (typeof input !== "object") return parse(input) ?? fail(`"${input}" is not ${wanted}`);
    const { min, max, p50, p95 } = input;
    if (min !== undefined && max !== undefined && p50 === undefined && p95 === undefined) {
      return max >= min ? { min, max } : fail(`max ${max} is less than min ${min} – put them the other way round`);
    }
    if (p50 !== undefined && p95 !== undefined && min === undefined && max === undefined) {
      if (p50 <= 0) return fail("a median of 0 – write the value itself, or raise p50");
      return p95 >= p50 ? { p50, p95 } : fail(`p95 ${p95} is less than p50 ${p50} – put them the other way round`);
    }
    return fail("not one distribution – write a value, { min, max }, or { p50, p95 }");
  });
}

export const latencySchema = distributionSchema(parseMs, DURATION);
export const difficultySchema = distributionSchema(
  (input) => (typeof input === "number" && input >= 0 && input <= 1 ? input : null),
  "a difficulty – write a number from 0 to 1",
);
