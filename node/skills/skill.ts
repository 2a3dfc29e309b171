/**
 * A skill: something an agent can do.
 *
 * Responsible for: the interface that developers of agents write to, the check of what they wrote, and its
 * advertisement. Running is skill-runner.ts, files of skills are load-skills.ts.
 */

import { createHash } from "node:crypto";
import { z } from "zod";
import { EMBEDDING_BYTES } from "../../protocol/capability/embedding.ts";
import { utf8Length } from "../../protocol/core/bytes.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Hash } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { OwnSkill } from "../../protocol/machine.ts";
import { skillAdCodec } from "../../protocol/wire/capability.ts";
import { encode } from "../../protocol/wire/codec.ts";
import { encodeValue, type Value } from "../../protocol/wire/value.ts";
import { parseCredits } from "../job-file/duration.ts";
import { NAME_PATTERN } from "../job-file/schema.ts";

/** Writes a line to the node's log, with facts beside it. */
export type SkillLog = (message: string, facts?: Readonly<Record<string, unknown>>) => void;

/** What a skill is told beside its input. */
export interface SkillContext {
  /** Aborted when the lease has ended or the work is not wanted any more; what is returned then is dropped. */
  readonly signal: AbortSignal;
  readonly job: string;
  /** `<node>`, or `<node>/<index>` for an item of a map or a step of a chain. */
  readonly task: string;
  readonly attempt: number;
  /** When the lease ends, in milliseconds since 1970 by this machine's clock. */
  readonly deadlineMs: number;
  readonly log: SkillLog;
}

/**
 * An output with what the skill knows about it. A returned object with `output` and no keys but these three is
 * taken for one.
 */
export interface SkillReply<O> {
  readonly output: O;
  /** How sure the skill is that the output is right, 0 to 1. Default 1. */
  readonly confidence?: number;
  /** What the work cost, in credits; for the record. Default: the skill's price. */
  readonly cost?: number;
}

/**
 * `run` may be called many times at once. It runs in the node's process: one that computes for long without
 * `await` keeps the node from answering its peers, and belongs into a command or a worker thread.
 */
export interface Skill<I = unknown, O = unknown> {
  /** Letters, digits, dots, dashes, underscores; up to 64. */
  readonly name: string;
  /** What it does, for people and for agents that look for it. Up to 1 KiB. */
  readonly description: string;
  /** What `run` accepts. Input that does not fit is refused before `run` is called. */
  readonly input: z.ZodType<I>;
  /** What `run` returns. Output that does not fit is a failure, not an answer. */
  readonly output: z.ZodType<O>;
  /** Credits for one task, up to 6 decimals. */
  readonly price: number;
  /** How long one task takes as a rule, ms. */
  readonly expectedMs: number;
  run(input: I, context: SkillContext): O | SkillReply<O> | Promise<O | SkillReply<O>>;
}

/** Gives the parts of a skill their types; it changes nothing. */
export function defineSkill<I extends z.ZodType, O extends z.ZodType>(skill: {
  readonly name: string;
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly price: number;
  readonly expectedMs: number;
  run(
    input: z.output<I>,
    context: SkillContext,
  ): z.input<O> | SkillReply<z.input<O>> | Promise<z.input<O> | SkillReply<z.input<O>>>;
}): Skill {
  return skill as Skill;
}

/** A file of the submitter, as a skill gets it. */
export const fileSchema = z.object({
  /** Relative to the folder that was submitted, with `/`. */
  path: z.string(),
  data: z.instanceof(Uint8Array),
});

const isZod = (value: unknown): value is z.ZodType =>
  typeof value === "object" && value !== null && "_zod" in value && "safeParse" in value;

/** The shape of a skill in a module, which comes without types. */
export const skillShape = z.strictObject({
  name: z.string().regex(NAME_PATTERN, "use letters, digits, dots, dashes and underscores").max(limits.nameBytes),
  description: z.string().refine((text) => {
    const bytes = utf8Length(text);
    return bytes >= 1 && bytes <= limits.textBytes;
  }, `must have 1 to ${limits.textBytes} bytes`),
  input: z.custom<z.ZodType>(isZod, "must be a zod 4 schema"),
  output: z.custom<z.ZodType>(isZod, "must be a zod 4 schema"),
  price: z.number().refine((price) => {
    const micro = parseCredits(price);
    return micro !== null && micro <= limits.price;
  }, "must be an amount of credits, 0 or more with at most 6 decimals"),
  expectedMs: z.int().min(1).max(limits.durationMs),
  run: z.custom<Skill["run"]>((value) => typeof value === "function", "must be a function"),
});

/** Micro-credits for one task. */
export function priceOf(skill: Skill): number {
  return parseCredits(skill.price) ?? 0; // skillShape has checked it
}

/** How the skill stands in a capability vector. */
export function skillAd(skill: Skill, vector: Uint8Array): OwnSkill {
  return {
    name: skill.name,
    description: skill.description,
    price: priceOf(skill),
    expectedMs: skill.expectedMs,
    schemas: schemasHash(skill),
    vector,
  };
}

/** Of an advertisement, what is not its skills: names, labels, addresses. */
const ADVERTISEMENT_REST_BYTES = 8 * 1024;

/** Throws `usage` where one agent has more skills than its advertisement can carry: nobody would ever hear of it. */
export function checkAdvertised(skills: readonly Skill[]): void {
  if (skills.length > limits.skills)
    throw new MeshworkError("usage", `${skills.length} skills, one agent may have ${limits.skills}`, TWO_AGENTS);
  const vector = new Uint8Array(EMBEDDING_BYTES);
  const bytes = skills.reduce((sum, skill) => sum + encode(skillAdCodec, skillAd(skill, vector)).length, 0);
  const most = limits.gossipBytes - ADVERTISEMENT_REST_BYTES;
  if (bytes <= most) return;
  const kib = (size: number): number => Math.ceil(size / 1024);
  const what = `an advertisement of these ${skills.length} skills takes ${kib(bytes)} KiB, ${kib(most)} are allowed`;
  throw new MeshworkError("usage", what, `shorten their descriptions, or ${TWO_AGENTS}`);
}
const TWO_AGENTS = "run a second agent with some of them";

/** Hash of the JSON Schemas of input and output; parts that JSON Schema cannot say are left open. */
function schemasHash(skill: Skill): Hash {
  const schema = (type: z.ZodType, io: "input" | "output"): Value =>
    JSON.parse(JSON.stringify(z.toJSONSchema(type, { io, unrepresentable: "any" }))) as Value;
  const both = encodeValue([schema(skill.input, "input"), schema(skill.output, "output")]);
  return createHash("sha256").update(both).digest("hex") as Hash;
}
