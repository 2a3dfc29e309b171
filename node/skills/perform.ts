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
import { priceOf, type Skill, type SkillContext, type SkillOutcome, type SkillReply } from "./skill.ts";
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

/** The stack of what a skill threw, for its author; "" for what this file finds wrong itself. */
function throwSite(error: unknown): string {
  const stack = stackOf(error).split("\n").slice(0, STACK_LINES);
  const isOwn = stack[0]?.startsWith(WorkProblem.name) ?? true;
  return !isOwn && stack.some((line) => line.includes("    at ")) ? stack.join("\n") : "";
}

async function perform(skill: Skill, given: unknown, context: SkillContext): Promise<SkillOutcome> {
  const input = await skill.input.safeParseAsync(given);
  if (!input.success) throw new WorkProblem("refused", `the input does not fit: ${explainIssue(input.error)}`);
  context.signal.throwIfAborted();
  const { output, confidence = 1, cost } = unwrapReply(await skill.run(input.data, context));
  const parsed = await skill.output.safeParseAsync(output);
  if (!parsed.success)
    throw new WorkProblem("error", `the output does not fit its schema: ${explainIssue(parsed.error)}`);
  const problem = explainNotValue(parsed.data, "the output");
  if (problem !== null) throw new WorkProblem("error", problem);
  if (!(confidence >= 0 && confidence <= 1)) throw new WorkProblem("error", `confidence ${confidence} is not in 0..1`);
  const costMicro = cost === undefined ? priceOf(skill) : parseCredits(cost.toFixed(6));
  if (costMicro === null || costMicro > limits.price)
    throw new WorkProblem("error", `cost ${cost} is no amount of credits`);
  const bytes = encodeValue(parsed.data as Value);
  if (bytes.length > limits.blobBytes) {
    throw new WorkProblem("error", `an output of ${bytes.length} bytes, at most ${limits.blobBytes} are allowed`);
  }
  return { ok: true, output: bytes, confidencePpm: Math.round(confidence * 1_000_000), cost: costMicro };
}

/** Takes a returned `{ output, confidence?, cost? }` apart; everything else is the output itself. */
export function unwrapReply(returned: unknown): SkillReply<unknown> {
  if (typeof returned !== "object" || returned === null || !Object.hasOwn(returned, "output")) {
    return { output: returned };
  }
  const { output, confidence, cost, ...rest } = returned as { readonly [key: string]: unknown };
  const isNumber = (part: unknown): part is number | undefined => part === undefined || typeof part === "number";
  if (Object.keys(rest).length > 0 || !isNumber(confidence) || !isNumber(cost)) return { output: returned };
  return { output, ...(confidence === undefined ? {} : { confidence }), ...(cost === undefined ? {} : { cost }) };
}

function explainIssue(error: z.ZodError): string {
  const issue = error.issues[0]!;
  const where = issue.path.length === 0 ? "" : `${formatPath(issue.path)}: `;
  return `${where}${issue.message}`;
}

/** What was thrown may be anything. */
export function failureOf(name: string, thrown: unknown): SkillOutcome & { readonly ok: false } {
  return { ok: false, reason: reasonOf(thrown), message: failureMessage(name, describeThrown(thrown)) };
}

export const failureMessage = (name: string, text: string): string => cutText(`${name}: ${text}`, limits.textBytes);

function reasonOf(thrown: unknown): FailureReason {
  try {
    return thrown instanceof WorkProblem ? thrown.reason : "error";
  } catch {
    return "error"; // a proxy that lets nobody ask
  }
}

/** The longest start of `text` that fits `bytesMax` bytes of UTF-8 without cutting a character. */
export function cutText(text: string, bytesMax: number): string {
  const bytes = new Uint8Array(bytesMax);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
