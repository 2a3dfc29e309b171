/**
 * Diversity: who else is asked when the workers of a task disagree. Agents that err together bring nothing new: those of one
 * operator, those that run the same model, and those that gave the same wrong answer as a worker of the task before. Others
 * go first. Labels that agents give themselves only exclude: nobody gains anything by one.
 *
 * Source: protocol.md 7; MAKER (arXiv 2511.09030) on errors that are not independent.
 */

import { compareUnits } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { sharedErrorsKey } from "./keys.ts";
import type { Offer, Task } from "./state.ts";
import type { Transaction } from "./transaction.ts";
import { checkedBy, isCheck } from "./verification.ts";
import { type LedgerView, specOf } from "./view.ts";

/** Labels that say who runs an agent, and what model it runs: `operator.acme`, `model.gpt-x`. */
const IDENTITY_LABELS = ["operator.", "model."] as const;
/** As many wrong answers as two agents must have shared before they count as alike: one may be chance. */
const SHARED_ERRORS = 2;

const identityOf = ({ labels }: Pick<Offer, "labels">): readonly string[] =>
  labels.filter((label) => IDENTITY_LABELS.some((prefix) => label.startsWith(prefix)));

/**
 * The offers of agents that are unlike every worker that has given a result to the task; of a check, unlike those whose work it
 * checks as well.
 */
export function unlikeWorkersOf(view: LedgerView, task: Task, offers: readonly Offer[]): readonly Offer[] {
  const workers = [...task.results.map(({ worker }) => worker), ...task.barred];
  if (workers.length === 0) return offers;
  const { state } = view;
  const skills = new Set([task, ...(isCheck(task) ? [checkedBy(view, task)] : [])].map((of) => specOf(view, of).skill));
  const standing = [...skills].flatMap((skill) => state.offers.get(skill) ?? []);
  const taken = new Set(standing.filter(({ agent }) => workers.includes(agent)).flatMap(identityOf));
  const errsWith = (agent: AgentId, worker: AgentId): boolean =>
    [...skills].some(
      (skill) => (state.sharedErrors.get(sharedErrorsKey(skill, agent, worker))?.count ?? 0) >= SHARED_ERRORS,
    );
  return offers.filter(
    (offer) =>
      !identityOf(offer).some((label) => taken.has(label)) && !workers.some((worker) => errsWith(offer.agent, worker)),
  );
}

/** These agents gave the same wrong answer. A late one may have copied another's, and beyond the limit nothing more is noted. */
export function noteSharedError(tx: Transaction, task: Task, agents: ReadonlySet<AgentId>): void {
  const { sharedErrors } = tx.state;
  const { skill } = specOf(tx, task);
  const erred = task.results.flatMap(({ worker, late }) => (agents.has(worker) && !late ? worker : []));
  const sorted = erred.sort(compareUnits);
  for (const [i, one] of sorted.entries()) {
    for (const other of sorted.slice(i + 1)) {
      const key = sharedErrorsKey(skill, one, other);
      const known = sharedErrors.get(key);
      if (known === undefined && sharedErrors.size >= limits.sharedErrors) continue;
      sharedErrors.set(key, { count: (known?.count ?? 0) + 1 });
    }
  }
}
