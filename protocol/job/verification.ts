/**
 * Verification: under the rule `verified`, other agents check an answer before it is accepted. The results of a task are
 * candidates, the one with most supporters first. A candidate is checked by a *check task*: a task of the verifiers' skill
 * whose input is the task's input and the candidate, and whose answer is true or false. It is an ordinary task, with sealed
 * results, leases, records and payment, apart from this: it belongs to no node of the genesis, whoever gave a result to the
 * task is barred from it, and its end concludes nothing but the check.
 *
 * Source: protocol.md 7 (verified).
 */

import { type AgentId, type TaskId, taskId, taskParts } from "../core/ids.ts";
import type { Data, NodeSpec } from "../wire/genesis.ts";
import { decodeValue } from "../wire/value.ts";
import { CHECK_SUFFIX } from "./graph.ts";
import type { Task } from "./state.ts";
import { nextOrder, type Transaction } from "./transaction.ts";
import type { LedgerView } from "./view.ts";

/** Whether a task checks another one's candidate. */
export const isCheck = ({ node }: Pick<Task, "node">): boolean => node.endsWith(CHECK_SUFFIX);

export const isCheckId = (task: TaskId): boolean => isCheck(taskParts(task));

/** The id that checks of a task go by, one after the other. */
export const checkIdOf = ({ node, index }: Pick<Task, "node" | "index">): TaskId =>
  taskId(`${node}${CHECK_SUFFIX}`, index);

const checkedIdOf = ({ node, index }: Pick<Task, "node" | "index">): TaskId =>
  taskId(node.slice(0, -CHECK_SUFFIX.length), index);

/** The task that a check task is about. */
export const checkedTaskOf = (check: TaskId): TaskId => checkedIdOf(taskParts(check));

/** The task whose candidate a check task checks. It is there as long as the check is. */
export const checkedBy = ({ state }: Pick<LedgerView, "state">, check: Pick<Task, "node" | "index">): Task =>
  state.tasks.get(checkedIdOf(check))!;

/** The output that is checked. */
export const candidateOf = ({ results, candidate }: Task): Data =>
  results.find(({ serial }) => serial === candidate)!.data!;

/** Whether the attempt of a check can no longer count; null: the task is no check. */
export function isCheckOver({ state }: Pick<LedgerView, "state">, id: TaskId, attempt: number): boolean | null {
  const parts = taskParts(id);
  if (!isCheck(parts)) return null;
  const task = state.tasks.get(checkedIdOf(parts));
  return task === undefined || task.candidate === null || task.checks > attempt;
}

/** Begins to check the result with this serial number. */
export function beginCheck(tx: Transaction, task: Task, serial: number): void {
  const { state } = tx;
  const order = nextOrder(tx);
  const id = checkIdOf(task);
  const attempt = task.checks + 1;
  state.tasks.set(task.id, { ...task, phase: "checking", candidate: serial, checks: attempt });
  state.ready.remove(task.order, task.id);
  const spec: NodeSpec = tx.graph.specs.get(`${task.node}${CHECK_SUFFIX}`)!;
  const barred: readonly AgentId[] = task.results.map(({ worker }) => worker);
  state.tasks.set(id, {
    ...{ id, node: spec.id, index: task.index, attempt, seats: spec.policy.redundancy, phase: "seating" },
    ...{ awards: [], results: [], failures: 0, tried: [], invalid: { by: [], why: "" }, hedged: false },
    ...{ revealMs: 0, revealByMs: 0, order, candidate: null, refuted: [], checks: 0, barred },
  });
  state.ready.add(order, id);
  tx.begun.checks++;
}

/**
 * The check is over and leaves the state. Returns the task that was checked; its next check has a later attempt. If it has
 * another batch, others than its verifiers go first, or a verifier would earn by refuting what is right.
 */
export function endCheck(tx: Transaction, check: Task): Task {
  const checked = checkedBy(tx, check);
  const tried = [...new Set([...checked.tried, ...check.results.map(({ worker }) => worker)])];
  const task = { ...checked, candidate: null, checks: check.attempt, tried };
  tx.state.tasks.delete(check.id);
  tx.state.ready.remove(check.order, check.id);
  tx.state.tasks.set(task.id, task);
  return task;
}

/** Whether an answer of a check says that the candidate is right. Everything but `true` says that it is not. */
export function isConfirmed(answer: Data): boolean {
  const decoded = answer.kind === "inline" ? decodeValue(answer.bytes) : null;
  return decoded?.ok === true && decoded.value === true;
}
