/**
 * What the job's selector learns, and from what: accepted and rejected answers, and leases that brought nothing. Each
 * lesson goes by the context of selection time.
 *
 * Kept apart: wrong answers are of an agent's quality, leases that ran out of its reliability (protocol.md 6.6). A worker
 * that says at once that it failed, or never shows what it sealed, was not right either, and as late as can be: a fast
 * failure must not look like a fast answer, or one that promised little would do better than was expected of it.
 *
 * Source: protocol.md 6 (late rewards).
 */

import type { AgentId } from "../core/ids.ts";
import { lessonOf } from "../selection/reward.ts";
import type { Selector } from "../selection/selector.ts";
import type { Genesis } from "../wire/genesis.ts";
import { decodeValue } from "../wire/value.ts";
import { noteCredit } from "./credits.ts";
import type { EndReason } from "./event.ts";
import { policyOf, type Rules, specOf } from "./nodes.ts";
import type { Award, Task } from "./state.ts";

/** What the selector knows before the job: what the owner says it learned, if that is a state of it. */
export function startOf(selector: Selector, { knowledge }: Genesis): unknown {
  const decoded = knowledge.learned.length > 0 ? decodeValue(knowledge.learned) : null;
  return decoded?.ok === true && selector.isState?.(decoded.value) === true ? decoded.value : selector.start();
}

/** Ends that are nobody's fault, and teach nothing. */
const NO_FAULT: ReadonlySet<EndReason> = new Set(["busy", "not-needed", "late", "lost-input", "refused"]);

/** A worker that says itself that it failed at the task: its skill gave up, or ended the process that it ran in. */
export const isOwnWord = (reason: EndReason): boolean => reason === "error" || reason === "crashed";

/** An award ended without a result. */
export function learnFromEnd(rules: Rules, task: Task, { worker, context }: Award, reason: EndReason): void {
  // What was sealed and not shown is taught with the answer: it counts as wrong.
  if (NO_FAULT.has(reason) || reason === "unrevealed") return;
  const { skill } = specOf(rules, task);
  if (!isOwnWord(reason)) {
    rules.learn({ kind: "timeout", agent: worker, skill });
    return;
  }
  const { timeoutMs: targetMs } = policyOf(rules, task);
  const outcome = { correct: 0, tookMs: targetMs, targetMs, margin: 1 };
  rules.learn(lessonOf({ agent: worker, context }, skill, outcome));
}

/** An answer was accepted, so clearly: all that gave results learn of it. */
export function learnFromAnswer(rules: Rules, task: Task, supporters: readonly AgentId[], margin: number): void {
  const { skill } = specOf(rules, task);
  const { timeoutMs: targetMs } = policyOf(rules, task);
  for (const { worker, late, output, context, ...result } of task.results) {
    const tookMs = output === null ? targetMs : result.tookMs;
    const isRight = supporters.includes(worker);
    if (isRight && late) continue; // it could have copied
    if (isRight) noteCredit(rules, task.node, { worker, context, tookMs });
    const outcome = { correct: isRight ? 1 : 0, tookMs, targetMs, margin };
    rules.learn(lessonOf({ agent: worker, context }, skill, outcome));
  }
}
