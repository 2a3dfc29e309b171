/**
 * Runs skills for a driver.
 *
 * Responsible for: input → `run` → canonical output, within a time; one outcome for each start, none after a
 * stop. Which award runs, and what becomes of the outcome, is the machine's matter; where blobs come from is
 * the store's.
 */

import type { z } from "zod";
import { limits } from "../../protocol/core/limits.ts";
import type { AwardRef } from "../../protocol/input.ts";
import type { FailureReason } from "../../protocol/wire/command.ts";
import type { TaskInput } from "../../protocol/wire/genesis.ts";
import { encodeValue, explainNotValue, type Value } from "../../protocol/wire/value.ts";
import { parseCredits } from "../job-file/duration.ts";
import { formatPath } from "../job-file/yaml-source.ts";
import { priceOf, type Skill, type SkillLog, type SkillReply } from "./skill.ts";
import { type BlobSource, resolveInput, WorkProblem } from "./task-input.ts";

export type SkillOutcome =
  | {
      readonly ok: true;
      /** Canonical bytes of the output. */
      readonly output: Uint8Array;
      readonly confidencePpm: number;
      /** Micro-credits. */
      readonly cost: number;
    }
  | {
      readonly ok: false;
      /** `lost-input`: a blob is gone. `refused`: no such skill, or its input does not fit. Else `error`. */
      readonly reason: FailureReason;
      /** At most `limits.textBytes` bytes. */
      readonly message: string;
    };

export interface SkillRunner {
  /** Calls `done` once, unless the award is stopped before. Never throws, never calls `done` before returning. */
  start(
    award: AwardRef,
    skill: string,
    input: TaskInput,
    budgetMs: number,
    done: (outcome: SkillOutcome) => void,
  ): void;
  /** Aborts a run and forgets it; unknown awards are fine. */
  stop(award: AwardRef): void;
}

export interface SkillRunnerOptions {
  readonly skills: readonly Skill[];
  readonly blobs: BlobSource;
  readonly log: SkillLog;
}

/** The longest that a Node timer can wait: beyond it, it fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const keyOf = (award: AwardRef): string => `${award.job} ${award.task} ${award.attempt}`;

export function createSkillRunner({ skills, blobs, log }: SkillRunnerOptions): SkillRunner {
  const byName = new Map(skills.map((skill) => [skill.name, skill]));
  const running = new Map<string, AbortController>();

  function start(
    award: AwardRef,
    name: string,
    input: TaskInput,
    budgetMs: number,
    done: (outcome: SkillOutcome) => void,
  ): void {
    const key = keyOf(award);
    running.get(key)?.abort(new Error("started anew"));
    const controller = new AbortController();
    running.set(key, controller);
    // Whatever comes first counts; a skill that ignores its signal is abandoned and its late outcome dropped.
    const finish = (outcome: SkillOutcome): void => {
      if (running.get(key) !== controller) return;
      running.delete(key);
      clearTimeout(timer);
      if (!outcome.ok) log("a skill failed", { skill: name, job: award.job, task: award.task, why: outcome.message });
      done(outcome);
    };
    const late = (): void => {
      finish({ ok: false, reason: "error", message: `${name}: no result within ${budgetMs} ms` });
      controller.abort(new Error("the lease has ended"));
    };
    const timer = setTimeout(late, Math.min(Math.max(0, budgetMs), TIMER_MS_MAX));
    controller.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    const context = {
      signal: controller.signal,
      job: award.job,
      task: award.task,
      attempt: award.attempt,
      deadlineMs: Date.now() + budgetMs,
      log: (message: string, facts?: Readonly<Record<string, unknown>>): void =>
        log(message, { ...facts, skill: name, job: award.job, task: award.task }),
    };
    runSkill(byName.get(name), () => resolveInput(input, blobs), context).then(finish, (error: unknown) =>
      finish(failureOf(name, error)),
    );
  }

  function stop(award: AwardRef): void {
    const controller = running.get(keyOf(award));
    running.delete(keyOf(award));
    controller?.abort(new Error("the work is not wanted any more"));
  }

  return { start, stop };
}

async function runSkill(
  skill: Skill | undefined,
  resolve: () => Promise<unknown>,
  context: Parameters<Skill["run"]>[1],
): Promise<SkillOutcome> {
  if (skill === undefined) throw new WorkProblem("refused", "this agent has no such skill");
  const input = await skill.input.safeParseAsync(await resolve());
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

function failureOf(name: string, error: unknown): SkillOutcome {
  const reason = error instanceof WorkProblem ? error.reason : "error";
  const message = error instanceof Error ? error.message || error.name : String(error);
  return { ok: false, reason, message: cutText(`${name}: ${message}`, limits.textBytes) };
}

/** The longest start of `text` that fits `bytesMax` bytes of UTF-8 without cutting a character. */
export function cutText(text: string, bytesMax: number): string {
  const bytes = new Uint8Array(bytesMax);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
