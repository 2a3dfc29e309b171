/**
 * Whether workers are believed that say that a task's input is wrong for its skill.
 *
 * Source: protocol.md 6.6, 6.3 (newcomers).
 */

import type { AgentId } from "../core/ids.ts";
import { standingOf } from "./eligible.ts";
import { invalidAfter } from "./policy.ts";
import type { Task } from "./state.ts";
import { isCheck } from "./verification.ts";
import { isNewcomer, type LedgerView, policyOf, specOf } from "./view.ts";

/**
 * As many workers say so as the rule would believe with an answer, and more than gave one; nobody works on it any more.
 * Newcomers cost nothing to make up: while an agent with a record offers, their claims do not count. Nor do verifiers' claims,
 * whose word is true or false.
 */
export function isInvalid(view: LedgerView, task: Task): boolean {
  if (task.invalid.by.length === 0 || isCheck(task)) return false;
  if (task.awards.some(({ status }) => status === "live")) return false;
  const { skill, labels } = specOf(view, task);
  const { offers, newcomers } = standingOf(view, skill, labels);
  const isAnyKnown = offers.some(({ agent }) => !newcomers.has(agent));
  const counts = (agent: AgentId): boolean => !isAnyKnown || !isNewcomer(view, agent, skill);
  const claims = task.invalid.by.filter(counts).length;
  const given = task.results.length + task.awards.filter(({ status }) => status === "sealed").length;
  return claims >= invalidAfter(policyOf(view, task)) && claims > given;
}
