/**
 * Invariant 6: no task is lost. While a job runs, its deadline is due some time, and each open task has something that
 * will move it: a live award with its lease's deadline, a reveal deadline, an open window of its need, somebody busy
 * who will be free, or a reservation that will end. No node waits for others that are all accepted.
 */

import { limits } from "../../protocol/core/limits.ts";
import type { LedgerEvent } from "../../protocol/job/event.ts";
import type { Ledger } from "../../protocol/job/ledger.ts";
import { isFull } from "../../protocol/job/offers.ts";
import { needKey, type Task } from "../../protocol/job/state.ts";
import type { TraceEntry } from "../virtual/trace.ts";
import { type Checker, saidDecisions, violated } from "./checker.ts";

const PROPERTY = "6 no task is lost";

/** Why nothing will move this task, or null. */
function explainLost(ledger: Ledger, task: Task): string | null {
  const { state, genesis } = ledger;
  const due = new Set(state.deadlines.list().map((item) => item.name));
  if (task.phase === "open") return due.has(`reveal|${task.id}`) ? null : "it is open and no reveal is due";
  for (const award of task.awards) {
    if (award.status === "live" && !due.has(`lease|${task.id}|${award.worker}`))
      return `the lease of ${award.worker} never ends`;
  }
  const filled = task.awards.filter((award) => award.status !== "ended").length;
  if (filled >= task.seats)
    return task.awards.some((award) => award.status === "live") ? null : "its seats are filled and nobody works";
  if (!state.ready.list().some((item) => item.name === task.id)) return "it has a free seat and is not in the queue";
  const spec = genesis.nodes.find((node) => node.id === task.node)!;
  const window = state.windows.get(needKey(spec.skill, spec.labels));
  if (window !== undefined && window.endsMs > 0)
    return due.has(`window|${needKey(spec.skill, spec.labels)}`) ? null : "its window never ends";
  if ((state.offers.get(spec.skill) ?? []).some(isFull)) return null; // its window comes again at the next block
  // Somebody who will be free again, or a reservation that will be: a live award, or a reveal that is due.
  if (state.surplus.size > 0) return null; // a slot and money come free when it ends
  const isUnderWay = state.tasks
    .sorted()
    .some(([, other]) => other.phase === "open" || other.awards.some((award) => award.status === "live"));
  return isUnderWay ? null : "no window is open, nobody works, nobody reveals";
}

function checkEnd(events: readonly LedgerEvent[], height: number, where: TraceEntry | string): void {
  const last = events.findIndex((event) => event.kind === "completed");
  if (last >= 0 && last < events.length - 1)
    violated(PROPERTY, where, `height ${height}: the ledger decided ${events[last + 1]!.kind} after the job's end`);
}

export function tasksChecker(): Checker {
  return {
    onTrace(entry) {
      const said = saidDecisions(entry);
      if (said !== null) checkEnd(said.events, said.height, entry);
    },
    onDecided({ ledger, height, by, events }) {
      const { state } = ledger;
      checkEnd(events, height, by);
      if (state.status.get() !== "running") {
        if (state.tasks.size > 0 || state.deadlines.size > 0)
          violated(PROPERTY, by, `height ${height}: the job ended and keeps tasks or deadlines`);
        return;
      }
      if (!state.deadlines.list().some((item) => item.name === "deadline"))
        violated(PROPERTY, by, `height ${height}: the job has no deadline`);
      for (const [id, task] of state.tasks.sorted()) {
        const why = explainLost(ledger, task);
        if (why !== null) violated(PROPERTY, by, `height ${height}, task ${id}: ${why}`);
      }
      for (const [name, node] of state.nodes.sorted()) {
        const isLost =
          node.status === "open" &&
          node.done < node.total &&
          node.unfolded === node.done &&
          state.tasks.size < limits.openTasks;
        if (isLost)
          violated(
            PROPERTY,
            by,
            `height ${height}: node ${name} has ${node.total - node.done} tasks to come and none open`,
          );
        if (node.status === "waiting" && node.unmet === 0)
          violated(PROPERTY, by, `height ${height}: node ${name} waits for nothing`);
      }
      if (state.tasks.size === 0) violated(PROPERTY, by, `height ${height}: the job has nothing to do and goes on`);
    },
  };
}
