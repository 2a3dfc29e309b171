/**
 * One attempt at a task by one skill: input → `run` → canonical output.
 *
 * Binding: whatever the skill returns or throws becomes an outcome; nothing rejects. It imports little, since every process
 * of a skills file loads it.
 */

import type { z } from "zod";
import { limits } from "../../protocol/core/limits.ts";
import type { FailureReason } from "../../protocol/wire/command.ts";
import { encodeValue, explainNotValue, type Value } from "../../protocol/wire/value.ts";
import { formatPath } from "../platform/files/file-error.ts";
import { describeThrown, stackOf } from "../platform/modules/thrown.ts";
import { parseCredits } from "../platform/text/quantities.ts";
import {
  priceOf,
  type Skill,
  type SkillContext,
  type SkillOutcome,
  type SkillReply,
  type SkillUsage,
} from "./skill.ts";
import { readSkillError } from "./skill-error.ts";
import { readUsage } from "./skill-usage.ts";
import { WorkProblem } from "./work-problem.ts";

export async function performSkill(skill: Skill, input: unknown, context: SkillContext): Promise<SkillOutcome> {
  try {
    return await perform(skill, input, context);
  } catch (error) {
    const stack = context.signal.aborted ? "" : throwSite(error);
    if (stack !== "") context.log(`${skill.name} threw: ${stack}`);
    return failureOf(skill.name, error);
  }
}

const STACK_LINES = 12;

/** The stack of what a skill threw, for its author; "" for what this file finds wrong itself, or the skill says on purpose. */
function throwSite(error: unknown): string {
  if (readSkillError(error) !== null) return "";
  const stack = stackOf(error).split("\n").slice(0, STACK_LINES);
  const isOwn = stack[0]?.startsWith(WorkProblem.name) ?? true;
  return !isOwn && stack.some((line) => line.includes("    at ")) ? stack.join("\n") : "";
}

async function perform(skill: Skill, given: unknown, context: SkillContext): Promise<SkillOutcome> {
  const input = await skill.input.safeParseAsync(given);
  if (!input.success) throw new WorkProblem("invalid-input", `the input does not fit: ${explainIssue(input.error)}`);
  context.signal.throwIfAborted();
  const { output, confidence = 1, cost, usage: used } = unwrapReply(await skill.run(input.data, context));
  const parsed = await skill.output.safeParseAsync(output);
  if (!parsed.success)
    throw new WorkProblem("error", `the output does not fit its schema: ${explainIssue(parsed.error)}`);
  const problem = explainNotValue(parsed.data, "the output");
  if (problem !== null) throw new WorkProblem("error", problem);
  if (!(confidence >= 0 && confidence <= 1)) throw new WorkProblem("error", `confidence ${confidence} is not in 0..1`);
  const costMicro = cost === undefined ? priceOf(skill) : parseCredits(cost.toFixed(6));
  if (costMicro === null || costMicro > limits.price)
    throw new WorkProblem("error", `cost ${cost} is no amount of credits`);
  const usage = used === undefined ? null : readUsage(used);
  if (typeof usage === "string") throw new WorkProblem("error", usage);
  const bytes = encodeValue(parsed.data as Value);
  if (bytes.length > limits.blobBytes) {
    throw new WorkProblem("error", `an output of ${bytes.length} bytes, at most ${limits.blobBytes} are allowed`);
  }
  return { ok: true, output: bytes, confidencePpm: Math.round(confidence * 1_000_000), cost: costMicro, usage };
}

/** Takes a returned `{ output, confidence?, cost?, usage? }` apart; everything else is the output itself. */
export function unwrapReply(returned: unknown): SkillReply<unknown> {
  if (typeof returned !== "object" || returned === null || !Object.hasOwn(returned, "output")) {
    return { output: returned };
  }
  const { output, confidence, cost, usage, ...rest } = returned as { readonly [key: string]: unknown };
  const isNumber = (part: unknown): part is number | undefined => part === undefined || typeof part === "number";
  const isUsage = (part: unknown): part is SkillUsage | undefined =>
    part === undefined || (typeof part === "object" && part !== null && !Array.isArray(part));
  if (Object.keys(rest).length > 0 || !isNumber(confidence) || !isNumber(cost) || !isUsage(usage))
    return { output: returned };
  return {
    output,
    ...(confidence === undefined ? {} : { confidence }),
    ...(cost === undefined ? {} : { cost }),
    ...(usage === undefined ? {} : { usage }),
  };
}

function explainIssue(error: z.ZodError): string {
  const issue = error.issues[0]!;
  const where = issue.path.length === 0 ? "" : `${formatPath(issue.path)}: `;
  return `${where}${issue.message}`;
}

/** What was thrown may be anything. */
export function failureOf(name: string, thrown: unknown): SkillOutcome & { readonly ok: false } {
  return { ok: false, ...problemOf(thrown), message: failureMessage(name, describeThrown(thrown)) };
}

export const failureMessage = (name: string, text: string): string => cutText(`${name}: ${text}`, limits.textBytes);

function problemOf(thrown: unknown): { readonly reason: FailureReason; readonly retryMs: number } {
  try {
    if (thrown instanceof WorkProblem) return { reason: thrown.reason, retryMs: thrown.retryMs };
  } catch {
    // A proxy that lets nobody ask.
  }
  return readSkillError(thrown) ?? { reason: "error", retryMs: 0 };
}

/** The longest start of `text` that fits `bytesMax` bytes of UTF-8 without cutting a character. */
export function cutText(text: string, bytesMax: number): string {
  const bytes = new Uint8Array(bytesMax);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
