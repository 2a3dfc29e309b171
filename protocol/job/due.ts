/**
 * What is due by a block's time: the job's deadline, leases, reveals, hedges, and windows (seating.ts handles their needs).
 *
 * Source: protocol.md 6.6.
 */

import { unreachable } from "../core/assert.ts";
import type { AgentId } from "../core/ids.ts";
import { afterEnd, awardOf, closeReveals, endAward, saveTask } from "./batch.ts";
import { costToCome } from "./cost-to-come.ts";
import type { Deadline, DeadlineOf } from "./deadlines.ts";
import { decideLease } from "./decisions.ts";
import { endJob } from "./nodes.ts";
import { endBusy } from "./offers.ts";
import { hedge } from "./seating.ts";
import type { Task } from "./state.ts";
import { endOverdueSurplus } from "./surplus.ts";
import type { Transaction } from "./transaction.ts";
import { policyOf } from "./view.ts";

/** Everything due by the block's time. Returns the needs whose windows ended. */
export function runDue(tx: Transaction): Set<string> {
  const ended = new Set<string>();
  const late: DeadlineOf<"hedge">[] = [];
  for (;;) {
    const due = tx.state.deadlines.first;
    if (due === undefined || due.at > tx.timeMs) break;
    tx.state.deadlines.remove(due.at, due.value);
    if (due.value.kind === "window") ended.add(due.value.need);
    else if (due.value.kind === "hedge") late.push(due.value);
    else runDeadline(tx, due.value);
  }
  hedgeAll(tx, late);
  return ended;
}

function runDeadline(tx: Transaction, deadline: Exclude<Deadline, DeadlineOf<"window" | "hedge">>): void {
  switch (deadline.kind) {
    case "start":
    case "gather": // seating looks after gatherings
      return;
    case "deadline":
      return endJob(tx, "failed", "the deadline passed");
    case "retry":
      return endBusy(tx, deadline);
    case "surplus":
      return endOverdueSurplus(tx, deadline.award);
    case "reveal":
    case "lease": {
      const task = tx.state.tasks.get(deadline.task);
      if (task === undefined) return; // what was due before it ended the job
      return deadline.kind === "reveal" ? closeReveals(tx, task) : onLeaseEnd(tx, task, deadline.worker);
    }
    default:
      return unreachable(deadline);
  }
}

/** After all else that is due: what the tasks to come cost is looked up once a block, however many tasks are late. */
function hedgeAll(tx: Transaction, late: readonly DeadlineOf<"hedge">[]): void {
  let toCome: number | null = null;
  for (const { task: id, worker } of late) {
    const task = tx.state.tasks.get(id);
    if (task === undefined || awardOf(task, worker)?.status !== "live") continue;
    toCome ??= costToCome(tx);
    hedge(tx, task, toCome);
  }
}

function onLeaseEnd(tx: Transaction, task: Task, worker: AgentId): void {
  const award = awardOf(task, worker);
  if (award?.status !== "live") return;
  const decision = decideLease(award, tx.timeMs, policyOf(tx, task).timeoutMs);
  if (decision.kind === "grace") {
    const graced = { ...award, leaseEndsMs: decision.leaseEndsMs, graced: true };
    saveTask(tx, { ...task, awards: task.awards.map((other) => (other.worker === worker ? graced : other)) });
    tx.state.deadlines.add(graced.leaseEndsMs, { kind: "lease", task: task.id, worker });
    return;
  }
  tx.state.deadlines.remove(award.hedgeAtMs, { kind: "hedge", task: task.id, worker });
  afterEnd(tx, endAward(tx, task, worker, "timeout"), "timeout");
}
