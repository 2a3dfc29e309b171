/**
 * Completion and latency of jobs by what they met: jobs that were under way at a fault, jobs that had ended before any, and
 * jobs that came later. One figure for all of them would show neither what a fault costs nor what it leaves behind.
 */

import type { Metrics } from "../model/result.ts";
import type { SubmittedJob } from "../model/submitted-job.ts";
import { type JobPhase, PHASES } from "./metric-catalog.ts";
import { percentile } from "./statistics.ts";

/** When a fault was, ms; a moment ends when it begins. */
export interface Span {
  readonly atMs: number;
  readonly endMs: number;
}

type Times = Pick<SubmittedJob, "submittedMs" | "endedMs">;

export function phaseOf({ submittedMs, endedMs }: Times, faults: readonly Span[]): JobPhase {
  const untilMs = endedMs ?? Number.POSITIVE_INFINITY;
  if (faults.some(({ atMs, endMs }) => atMs <= untilMs && endMs >= submittedMs)) return "atFault";
  return faults.some(({ endMs }) => endMs < submittedMs) ? "afterFault" : "beforeFault";
}

/** The metrics of all jobs, for the jobs of each phase, with the phase after their names. */
export function byPhase(jobs: readonly (Times & Pick<SubmittedJob, "status">)[], faults: readonly Span[]): Metrics {
  const metrics: { [name: string]: number | null } = {};
  for (const { phase } of PHASES) {
    const those = jobs.filter((job) => phaseOf(job, faults) === phase);
    const certified = those.filter(({ status }) => status === "certified");
    const latencies = certified.map(({ submittedMs, endedMs }) => endedMs! - submittedMs);
    metrics[`submitted.${phase}`] = those.length;
    metrics[`completion.${phase}`] = those.length === 0 ? null : certified.length / those.length;
    metrics[`latencyMs.p50.${phase}`] = percentile(latencies, 0.5);
    metrics[`latencyMs.p95.${phase}`] = percentile(latencies, 0.95);
  }
  return metrics;
}
