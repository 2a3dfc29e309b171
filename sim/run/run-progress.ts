/**
 * How far a run is: by its tasks and by the times of its jobs and faults, whichever is further behind. A run ends when both
 * are done, mostly long before the longest time that it may take.
 */

import type { JobFacts } from "./job-facts.ts";
import type { JobMonitor } from "./job-monitor.ts";

interface Times {
  readonly nowMs: number;
  /** When the last job is submitted and the last fault is over. */
  readonly knownMs: number;
  /** The longest that the run may take. */
  readonly maxMs: number;
}

type Watched = Pick<JobMonitor, "accepted"> & {
  readonly submitted: Pick<JobMonitor["submitted"], "index" | "status" | "endedMs">;
};

/** In [0, 1]; it never goes back. */
export function shareOf(
  { nowMs, knownMs, maxMs }: Times,
  monitors: Iterable<Watched>,
  facts: Pick<JobFacts, "tasks" | "tasksOf">,
): number {
  const time = Math.min(1, nowMs / Math.max(1, Math.min(knownMs, maxMs)));
  return Math.min(1, Math.max(nowMs / maxMs, Math.min(time, workOf(monitors, facts))));
}

/** Answered tasks of all planned ones; those of jobs that have ended count as done, each job once. */
function workOf(monitors: Iterable<Watched>, facts: Pick<JobFacts, "tasks" | "tasksOf">): number {
  const done = new Map<number, number>();
  for (const { submitted, accepted } of monitors) {
    const { index, status, endedMs } = submitted;
    const of = facts.tasksOf(index);
    if (endedMs !== null) done.set(index, of);
    else if (status === "running") done.set(index, Math.min(of, Math.max(done.get(index) ?? 0, accepted)));
  }
  return [...done.values()].reduce((sum, count) => sum + count, 0) / Math.max(1, facts.tasks);
}
