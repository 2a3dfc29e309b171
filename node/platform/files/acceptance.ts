/**
 * How job files and scenarios say which outputs are the same answer, and how results become one: the schemas, what they
 * stand for, how they are written, and the combinations that could never bring an answer.
 *
 * protocol/answer/ says what each rule and comparator does.
 */

import { z } from "zod";
import { readSchema, readsOutputs } from "../../../protocol/answer/flags.ts";
import { isOutputSchema } from "../../../protocol/answer/output-schema.ts";
import { unreachable } from "../../../protocol/core/assert.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { DEFAULT_POLICY } from "../../../protocol/job/policy.ts";
import type { Comparator, PlainComparator, Policy, Rule } from "../../../protocol/wire/genesis.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { isPath } from "../../../protocol/wire/value-path.ts";
import { NAME_PATTERN } from "../text/name-pattern.ts";
import { type FlagsFile, flagsOf } from "./flags.ts";

const ONE = 1_000_000;

const share = z.number().min(0, "write a share from 0 to 1").max(1, "write a share from 0 to 1");
const votes = z.int().min(1).max(limits.seats);

// --- rules --------------------------------------------------------------------------------------------

const RULES = {
  first: z
    .strictObject({ rule: z.literal("first") })
    .describe("Accepts the first result. For work that cannot be wrong."),
  majority: z
    .strictObject({ rule: z.literal("majority") })
    .describe("Accepts an answer on which more than half of the results agree."),
  quorum: z
    .strictObject({ rule: z.literal("quorum"), q: votes })
    .describe("Accepts an answer on which q results agree."),
  "ahead-by": z
    .strictObject({ rule: z.literal("ahead-by"), k: votes })
    .describe(
      "Accepts an answer that has k results more than any other. For long chains of steps that must all be right.",
    ),
  median: z
    .strictObject({ rule: z.literal("median") })
    .describe("Accepts the middle one of the numbers. For estimates; needs compare: {as: number}."),
  "confidence-weighted": z
    .strictObject({ rule: z.literal("confidence-weighted"), least: z.number().min(0.5).max(1).optional() })
    .describe(
      "Weighs each result by its worker's record for the skill; accepts an answer that is right with `least`. Default 0.9.",
    ),
  "cp-wbft": z
    .strictObject({ rule: z.literal("cp-wbft") })
    .describe(
      "The published rule, for comparison: the highest stated confidence. One agent that lies about it can win.",
    ),
  verified: z
    .strictObject({
      rule: z.literal("verified"),
      skill: z.string().regex(NAME_PATTERN, "write the name of a skill").describe("The skill that checks answers."),
      n: votes.optional().describe("How many agents check an answer. Default 3."),
      quorum: votes.optional().describe("How many of them must find it right. Default: more than half."),
    })
    .describe(
      "Other agents check an answer before it is accepted: their skill gets { input, output } and returns true or false.",
    ),
};

/** Rules that need nothing but their name. */
const PLAIN_RULES = ["first", "majority", "median", "confidence-weighted", "cp-wbft"] as const;
const LEAST = 0.9;
const VERIFIERS = 3;

const acceptOptions = z.discriminatedUnion("rule", [
  RULES.first,
  RULES.majority,
  RULES.quorum,
  RULES["ahead-by"],
  RULES.median,
  RULES["confidence-weighted"],
  RULES["cp-wbft"],
  RULES.verified,
]);
type AcceptOptions = z.output<typeof acceptOptions>;

export const acceptSchema = z
  .union([z.enum(PLAIN_RULES).transform((rule): AcceptOptions => ({ rule })), acceptOptions])
  .optional()
  .describe("How results become an answer. Default: first for redundancy 1, else majority.");
type AcceptFile = z.output<typeof acceptSchema>;

function ruleOf(accept: AcceptFile, redundancy: number): Rule {
  if (accept === undefined) return { kind: redundancy === 1 ? "first" : "majority" };
  switch (accept.rule) {
    case "quorum":
      return { kind: "quorum", q: accept.q };
    case "ahead-by":
      return { kind: "ahead-by", k: accept.k };
    case "confidence-weighted":
      return { kind: accept.rule, leastPpm: Math.round((accept.least ?? LEAST) * ONE) };
    case "verified": {
      const verifiers = accept.n ?? VERIFIERS;
      const quorum = accept.quorum ?? Math.floor(verifiers / 2) + 1;
      return { kind: "verified", skill: accept.skill, verifiers, quorum };
    }
    default:
      return { kind: accept.rule };
  }
}

/** Workers of a task with `redundancy: auto`: at first, and at most where the file says nothing. */
const AUTO = { first: 2, most: 7 } as const;

export const redundancySchema = z
  .union([z.literal("auto"), z.int().min(1).max(limits.seats)])
  .optional()
  .describe(
    `How many workers get a task at first. auto: ${AUTO.first}, and more one after the other until the answer is as likely right as accept says (confidence-weighted, ${LEAST} by default). Default 1.`,
  );

export const redundancyMaxSchema = z
  .int()
  .min(1)
  .max(limits.seats)
  .optional()
  .describe(
    `How many results a task may collect before it fails for disagreement. Default: 1 for redundancy 1, ${AUTO.most} for auto, else twice redundancy + 1.`,
  );

interface RedundancyFile {
  readonly redundancy?: number | "auto" | undefined;
  readonly redundancyMax?: number | undefined;
  readonly accept?: AcceptFile;
  readonly compare?: CompareFile;
  readonly flags?: FlagsFile;
}

/** How many workers a task gets, and how their results become an answer. */
export function acceptanceOf(file: RedundancyFile): Acceptance {
  const read = { compare: comparatorOf(file.compare), flags: flagsOf(file.flags) };
  if (file.redundancy === "auto") {
    const accept = file.accept ?? { rule: "confidence-weighted" as const };
    return {
      redundancy: AUTO.first,
      redundancyMax: file.redundancyMax ?? AUTO.most,
      accept: ruleOf(accept, AUTO.first),
      ...read,
    };
  }
  const redundancy = file.redundancy ?? DEFAULT_POLICY.redundancy;
  const isOne = redundancy === 1 && file.accept?.rule !== "verified";
  const redundancyMax = file.redundancyMax ?? (isOne ? 1 : Math.min(2 * redundancy + 1, limits.seats));
  return { redundancy, redundancyMax, accept: ruleOf(file.accept, redundancy), ...read };
}

export function acceptNode(rule: Rule): Value {
  if (rule.kind === "verified") {
    const { skill, verifiers: n, quorum } = rule;
    return { rule: rule.kind, skill, n, quorum };
  }
  if (rule.kind === "confidence-weighted") return { rule: rule.kind, least: rule.leastPpm / ONE };
  const { kind, ...options } = rule;
  return { rule: kind, ...options };
}

// --- comparators --------------------------------------------------------------------------------------

/**
 * Another article or a plural in a sentence of six words stays above it, another town falls below; in one of 14 words another
 * day stays above it (test/protocol/answer/spelling.test.ts has pairs with their distances).
 */
const SIMILAR_LEAST = 0.9;

const exact = z.strictObject({ as: z.literal("exact") }).describe("Outputs are the same if their canonical forms are.");
const number = z
  .strictObject({ as: z.literal("number"), absolute: z.number().min(0).optional(), relative: share.optional() })
  .describe("Numbers are the same if they differ by at most `absolute`, or by at most the share `relative`.");
const set = z
  .strictObject({ as: z.literal("set"), least: share.optional() })
  .describe("Lists whose order does not matter are the same if they share `least` of all their items. Default 1: all.");

const ALIKE = ["case", "space", "punctuation"] as const;
const text = z
  .strictObject({ as: z.literal("text"), ignore: z.array(z.enum(ALIKE)).optional() })
  .describe("Texts are the same but for what `ignore` names: case, space, punctuation. Default: all three.");
const similar = z
  .strictObject({ as: z.literal("similar"), least: share.optional() })
  .describe(
    `Texts of up to ${limits.similarUnits} characters are the same if their spelling is alike by \`least\`. It measures spelling, not meaning. Default ${SIMILAR_LEAST}.`,
  );

const PLAIN_NAMES = ["exact", "number", "set", "text", "similar"] as const;
const plainOptions = z.discriminatedUnion("as", [exact, number, set, text, similar]);
type PlainFile = z.output<typeof plainOptions>;
const named = z.enum(PLAIN_NAMES).transform((as): PlainFile => ({ as }));
const plainSchema = z.union([named, plainOptions]);

const fieldSchema = z.strictObject({
  path: z
    .string()
    .refine(isPath, "write a path into the output, such as items[2].name")
    .describe("Part of the output."),
  compare: plainSchema.optional().describe("Default exact."),
});

const list = z
  .strictObject({ as: z.literal("list"), item: plainSchema.optional() })
  .describe("Lists are the same if they are equally long and each item is the same by `item`. Default exact.");
const field = z
  .strictObject({
    as: z.literal("field"),
    path: fieldSchema.shape.path.optional(),
    compare: fieldSchema.shape.compare,
    fields: z.array(fieldSchema).min(1).max(limits.comparedFields).optional(),
    match: z.enum(["all", "any"]).optional().describe("Whether all `fields` must be the same, or one. Default all."),
  })
  .describe("Only parts of the outputs are compared: the one at `path`, or several `fields`.")
  .refine(({ path, fields }) => (path === undefined) !== (fields === undefined), "give either path or fields")
  .refine(
    ({ fields, compare }) => fields === undefined || compare === undefined,
    "give compare with each of the fields",
  );

export const compareSchema = z
  .union([named, z.discriminatedUnion("as", [exact, number, set, text, similar, list, field])])
  .optional()
  .describe("When two outputs are the same answer. Default exact.");
type CompareFile = z.output<typeof compareSchema>;

function plainComparatorOf(file: PlainFile = { as: "exact" }): PlainComparator {
  switch (file.as) {
    case "exact":
      return { kind: "exact" };
    case "number":
      return { kind: "number", absolute: file.absolute ?? 0, relativePpm: Math.round((file.relative ?? 0) * ONE) };
    case "set":
      return { kind: "set", leastPpm: Math.round((file.least ?? 1) * ONE) };
    case "text": {
      const ignored = new Set(file.ignore ?? ALIKE);
      return {
        kind: "text",
        case: ignored.has("case"),
        space: ignored.has("space"),
        punctuation: ignored.has("punctuation"),
      };
    }
    case "similar":
      return { kind: "similar", leastPpm: Math.round((file.least ?? SIMILAR_LEAST) * ONE) };
    default:
      return unreachable(file);
  }
}

function comparatorOf(file: CompareFile): Comparator {
  if (file?.as === "list") return { kind: "list", item: plainComparatorOf(file.item) };
  if (file?.as === "field") {
    const { fields = [{ path: file.path!, compare: file.compare }], match } = file;
    const parts = fields.map(({ path, compare }) => ({ path, compare: plainComparatorOf(compare) }));
    return { kind: "field", all: match !== "any", fields: parts };
  }
  return plainComparatorOf(file);
}

function plainNode(comparator: PlainComparator): Value {
  switch (comparator.kind) {
    case "exact":
      return { as: "exact" };
    case "number":
      return { as: "number", absolute: comparator.absolute, relative: comparator.relativePpm / ONE };
    case "set":
      return { as: "set", least: comparator.leastPpm / ONE };
    case "text":
      return { as: "text", ignore: ALIKE.filter((difference) => comparator[difference]) };
    case "similar":
      return { as: "similar", least: comparator.leastPpm / ONE };
    default:
      return unreachable(comparator);
  }
}

export function compareNode(comparator: Comparator): Value {
  if (comparator.kind === "list") return { as: "list", item: plainNode(comparator.item) };
  if (comparator.kind !== "field") return plainNode(comparator);
  const fields = comparator.fields.map(({ path, compare }) => ({ path, compare: plainNode(compare) }));
  return { as: "field", fields, match: comparator.all ? "all" : "any" };
}

// --- both ---------------------------------------------------------------------------------------------

/** A combination that cannot work: which key to look at, what is wrong, what to do. */
interface AcceptanceProblem {
  readonly key: string;
  readonly what: string;
  readonly remedy: string;
}

type Acceptance = Pick<Policy, "redundancy" | "redundancyMax" | "accept" | "compare" | "flags">;

/** The type of the outputs that a comparator reads, as schemas call it; null: several. */
export const READ_TYPE: { readonly [kind in Comparator["kind"]]: string | null } = {
  exact: null,
  number: "number",
  set: "array",
  text: "string",
  similar: "string",
  list: "array",
  field: null,
};

/** Why every output would be flagged or unreadable; null if some can be an answer. */
function flagsProblem({ compare, flags }: Pick<Policy, "compare" | "flags">): AcceptanceProblem | null {
  const key = "flags";
  const { maxBytes, pattern, schema } = flags;
  if (maxBytes !== null && maxBytes > limits.inlineBytes && readsOutputs({ compare, flags })) {
    const what = `maxBytes ${maxBytes} is more than the ${limits.inlineBytes} bytes of an output that a job can look into`;
    return { key, what, remedy: "lower it, or leave it out" };
  }
  const wanted = READ_TYPE[compare.kind];
  const isInside = compare.kind === "field" && compare.fields.every(({ path }) => path !== "");
  if (pattern !== null && (isInside || (wanted !== null && wanted !== "string"))) {
    const what = `a pattern takes texts only, and compare ${compare.kind} reads none`;
    return { key, what, remedy: "use schema instead of pattern" };
  }
  const form = schema === null ? null : readSchema(schema);
  if (form === null || !isOutputSchema(form) || form.types === null || wanted === null) return null;
  if (form.types.has(wanted) || (wanted === "number" && form.types.has("integer"))) return null;
  const what = `the schema takes ${[...form.types].join(", ")}, and compare ${compare.kind} reads ${wanted} only`;
  return { key, what, remedy: `write type: ${wanted}, or compare otherwise` };
}

/** Why these could never bring an answer; null if they can. */
export function acceptanceProblem({
  redundancy,
  redundancyMax,
  accept,
  compare,
  flags,
}: Acceptance): AcceptanceProblem | null {
  if (redundancyMax < redundancy) {
    const what = `redundancyMax ${redundancyMax} is less than redundancy ${redundancy}`;
    return { key: "redundancyMax", what, remedy: "raise it, or leave it out" };
  }
  if (accept.kind === "first" && redundancyMax > 1) {
    const what = `rule "first" takes redundancy 1, not ${redundancyMax}`;
    return { key: "accept", what, remedy: 'use rule "majority", or redundancy 1' };
  }
  if (accept.kind === "quorum" && accept.q > redundancyMax) {
    const what = `a quorum of ${accept.q} can never be met by at most ${redundancyMax} results`;
    return { key: "accept", what, remedy: "lower q, or raise redundancyMax" };
  }
  if (accept.kind === "verified" && (2 * accept.quorum <= accept.verifiers || accept.quorum > accept.verifiers)) {
    const what = `a quorum of ${accept.quorum} of ${accept.verifiers} verifiers is no majority that they can reach`;
    return { key: "accept", what, remedy: "set quorum to more than half of n, and to n at most" };
  }
  if (accept.kind === "verified" && 2 * accept.verifiers > limits.seats) {
    const what = `up to twice as many verifiers as n are asked, and ${2 * accept.verifiers} are more than ${limits.seats}`;
    return { key: "accept", what, remedy: `lower n to ${limits.seats / 2} or less` };
  }
  if (accept.kind === "ahead-by" && accept.k > redundancyMax) {
    const what = `no answer can be ahead by ${accept.k} with at most ${redundancyMax} results`;
    return { key: "accept", what, remedy: "lower k, or raise redundancyMax" };
  }
  if (accept.kind === "median" && compare.kind !== "number") {
    const what = `rule "median" is for numbers, and compare is ${compare.kind}`;
    return { key: "compare", what, remedy: "write compare: {as: number, relative: 0.05}" };
  }
  return flagsProblem({ compare, flags });
}
