/**
 * Runs skills for a driver.
 *
 * Responsible for: one outcome for each start within its time, none after a stop. Leaves the work to perform.ts or to the
 * process of a skills file (process/), which award runs and what follows from the outcome to the machine, and blobs to the
 * store.
 */

import type { AwardRef } from "../../protocol/core/ids.ts";
import type { TaskInput } from "../../protocol/wire/genesis.ts";
import { failureOf, performSkill } from "./perform.ts";
import { type AnySkill, isHosted, type SkillContext, type SkillLog, type SkillOutcome } from "./skill.ts";
import { type BlobSource, resolveInput } from "./task-input.ts";
import { WorkProblem } from "./work-problem.ts";

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

interface SkillRunnerOptions {
  readonly skills: readonly AnySkill[];
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
      finish({ ok: false, reason: "error", retryMs: 0, message: `${name}: no result within ${budgetMs} ms` });
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
    attempt(byName.get(name), () => resolveInput(input, blobs), context).then(finish, (error: unknown) =>
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

async function attempt(
  skill: AnySkill | undefined,
  resolve: () => Promise<unknown>,
  context: SkillContext,
): Promise<SkillOutcome> {
  if (skill === undefined) throw new WorkProblem("refused", "this agent has no such skill");
  const input = await resolve();
  return isHosted(skill) ? skill.perform(input, context) : performSkill(skill, input, context);
}
