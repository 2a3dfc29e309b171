/**
 * What the job's selector learns of answers that were accepted and rejected. Each lesson uses the context at the time of
 * the choice.
 *
 * Quality and reliability are learned apart: wrong answers count against an agent's quality, and leases that brought no
 * result against its reliability (ends.ts). A worker that says itself that it is wrong, or never shows what it sealed, counts as
 * wrong and as late as possible. Otherwise a fast admission would look like a fast answer, and beat the expectations of an
 * agent that promised little.
 *
 * Source: protocol.md 6 (late rewards).
 */

import type { AgentId } from "../core/ids.ts";
import { lessonOf } from "../selection/reward.ts";
import type { Selector } from "../selection/selector.ts";
import type { Genesis } from "../wire/genesis.ts";
import { decodeValue } from "../wire/value.ts";
import { noteCredit } from "./credits.ts";
import type { Award, Result, Task } from "./state.ts";
import type { Transaction } from "./transaction.ts";
import { policyOf, specOf } from "./view.ts";

/** What the selector knows before the job: what the owner says it learned, if that is a state of it. */
export function startOf(selector: Selector, { knowledge }: Genesis): unknown {
  const decoded = knowledge.learned.length > 0 ? decodeValue(knowledge.learned) : null;
  return decoded?.ok === true && selector.isState?.(decoded.value) === true ? decoded.value : selector.start();
}

/** A worker says that its own answer is wrong. */
export function learnFromAdmission(tx: Transaction, task: Task, { worker, context }: Award): void {
  const { timeoutMs: targetMs } = policyOf(tx, task);
  const outcome = { correct: 0, tookMs: targetMs, targetMs, margin: 1 };
  tx.learn(lessonOf({ agent: worker, context }, specOf(tx, task).skill, outcome));
}

/** A right answer that another worker had shown before this one was sealed. */
export const mayBeCopy = (task: Task, { late, attempt }: Result, supporters: readonly AgentId[]): boolean =>
  late && task.results.some((other) => other.attempt < attempt && supporters.includes(other.worker));

/** An answer was accepted, so clearly: all that gave results learn of it. */
export function learnFromAnswer(tx: Transaction, task: Task, supporters: readonly AgentId[], margin: number): void {
  const { skill } = specOf(tx, task);
  const { timeoutMs: targetMs } = policyOf(tx, task);
  for (const result of task.results) {
    const { worker, output, context } = result;
    const tookMs = output === null ? targetMs : result.tookMs;
    const isRight = supporters.includes(worker);
    if (isRight && mayBeCopy(task, result, supporters)) continue;
    if (isRight) noteCredit(tx, task.node, { worker, context, tookMs });
    const outcome = { correct: isRight ? 1 : 0, tookMs, targetMs, margin };
    tx.learn(lessonOf({ agent: worker, context }, skill, outcome));
  }
}
