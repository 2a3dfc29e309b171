/**
 * A skill: something an agent can do.
 *
 * Responsible for: the interface that developers of agents write to, and the check of what they wrote. Leaves one attempt
 * to perform.ts, when attempts run to skill-runner.ts, files of skills to load-skills.ts.
 */

import { z } from "zod";
import { utf8Length } from "../../protocol/core/bytes.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { FailureReason } from "../../protocol/wire/command.ts";
import type { Usage } from "../../protocol/wire/usage.ts";
import { NAME_PATTERN } from "../platform/text/name-pattern.ts";
import { parseCredits } from "../platform/text/quantities.ts";

/** Writes a line to the node's log, with facts beside it. */
export type SkillLog = (message: string, facts?: Readonly<Record<string, unknown>>) => void;

/** What a skill is told beside its input. */
export interface SkillContext {
  /** Aborted when the lease has ended or the work is no longer wanted; what is returned then is dropped. */
  readonly signal: AbortSignal;
  readonly job: string;
  /** `<node>`, or `<node>/<index>` for an item of a map or a step of a chain. */
  readonly task: string;
  readonly attempt: number;
  /** When the lease ends, in milliseconds since 1970 by this machine's clock. */
  readonly deadlineMs: number;
  readonly log: SkillLog;
}

/** What the work used, by the skill's word: for the record, and summed for each task, job and agent. */
export interface SkillUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Dollars, e.g. 0.0123. */
  readonly usd?: number;
  /** Whole numbers under names of your own (up to 16, of 32 bytes): `{ searches: 3 }`. */
  readonly counters?: Readonly<Record<string, number>>;
}

/**
 * An output with what the skill knows about it. A returned object with `output` and no keys but these four is
 * taken for one.
 */
export interface SkillReply<O> {
  readonly output: O;
  /** How sure the skill is that the output is right, 0 to 1. Default 1. */
  readonly confidence?: number;
  /** What the work cost, in credits; for the record. Default: the skill's price. */
  readonly cost?: number;
  readonly usage?: SkillUsage;
}

export type SkillOutcome =
  | {
      readonly ok: true;
      /** Canonical bytes of the output. */
      readonly output: Uint8Array;
      readonly confidencePpm: number;
      /** Micro-credits. */
      readonly cost: number;
      readonly usage: Usage | null;
    }
  | {
      readonly ok: false;
      /**
       * `busy`, `unavailable`, `invalid-input`, `wrong-answer`: the skill says so (skill-error.ts), or its input does not fit
       * its schema. `lost-input`: a blob is gone. `refused`: no such skill. `crashed`: it ended the process that it ran in.
       * `too-large`: the job takes no output of that size. Else `error`.
       */
      readonly reason: FailureReason;
      /** When a busy skill can work again; 0: it does not say. */
      readonly retryMs: number;
      /** At most `limits.textBytes` bytes. */
      readonly message: string;
    };

/**
 * `run` may be called many times at once. Skills of a file run in a separate process (load-skills.ts). A function that is
 * given to `createNode` runs in the node's process: there, a long computation without `await` keeps the node from answering
 * its peers, and the program around the node must handle unhandled rejections.
 */
export interface Skill<I = unknown, O = unknown> {
  /** Letters, digits, dots, dashes, underscores; up to 64. */
  readonly name: string;
  /** What it does, for people and for agents that look for it. Up to 1 KiB. */
  readonly description: string;
  /** What `run` accepts. Input that does not fit is an `invalid-input`, and `run` is not called. */
  readonly input: z.ZodType<I>;
  /** What `run` returns. Output that does not fit is a failure, not an answer. */
  readonly output: z.ZodType<O>;
  /** Credits for one task, up to 6 decimals. */
  readonly price: number;
  /** How long one task usually takes, ms. */
  readonly expectedMs: number;
  /** What it throws is a failure: skill-error.ts. */
  run(input: I, context: SkillContext): O | SkillReply<O> | Promise<O | SkillReply<O>>;
}

/** The schemas as JSON Schema, which leaves open what it cannot express. */
interface SkillSchemas {
  readonly input: JsonSchema;
  readonly output: JsonSchema;
}
export type JsonSchema = { readonly [key: string]: unknown };

/** A skill that runs elsewhere: what `loadSkills` returns, for `createNode`. */
export interface HostedSkill {
  readonly name: string;
  readonly description: string;
  readonly price: number;
  readonly expectedMs: number;
  readonly schemas: SkillSchemas;
  /** Validates, runs, validates. Resolves with a failure rather than rejecting. */
  perform(input: unknown, context: SkillContext): Promise<SkillOutcome>;
}

export type AnySkill = Skill | HostedSkill;

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
export function priceOf(skill: Pick<Skill, "price">): number {
  return parseCredits(skill.price) ?? 0; // skillShape has checked it
}

export const isHosted = (skill: AnySkill): skill is HostedSkill => "perform" in skill;

export function schemasOf(skill: AnySkill): SkillSchemas {
  if (isHosted(skill)) return skill.schemas;
  const schema = (type: z.ZodType, io: "input" | "output"): JsonSchema =>
    JSON.parse(JSON.stringify(z.toJSONSchema(type, { io, unrepresentable: "any" }))) as JsonSchema;
  return { input: schema(skill.input, "input"), output: schema(skill.output, "output") };
}
