/**
 * The metrics of a run: names that stay, with their units. `meshwork sim metrics` lists them.
 */

import type { MetricType } from "../plugins/registry.ts";
import type { Range } from "./estimate.ts";

const metric = (name: string, unit: string, summary: string): MetricType => ({ name, unit, summary });

export const METRICS: readonly MetricType[] = [
  metric("submitted", "jobs", "jobs that clients submitted"),
  metric("completion", "share", "certified jobs of the submitted ones"),
  metric("certified", "jobs", "jobs that ended with a certificate"),
  metric("failed", "jobs", "jobs that ended with an explicit failure"),
  metric("stalled", "jobs", "jobs that had not ended at the end of the run"),
  metric("refused", "jobs", "jobs that no committee took"),
  metric("wrongAccepted", "share", "accepted answers that are wrong for the input that the task was given"),
  metric("latencyMs.p50", "ms", "from submission to the certificate, median of the certified jobs"),
  metric("latencyMs.p95", "ms", "the same, 95th percentile"),
  metric("taskLatencyMs.p50", "ms", "from a task's first award to its accepted answer, median"),
  metric("taskLatencyMs.p95", "ms", "the same, 95th percentile"),
  metric(
    "throughput",
    "tasks/s",
    "accepted answers a second of virtual time, from the first submission to the last job's end",
  ),
  metric("detectionMs.p50", "ms", "from an agent's sudden death to the first that suspects it, median"),
  metric("detectionMs.p95", "ms", "the same, 95th percentile"),
  metric("falseSuspicions", "suspicions", "of agents that were up, running and in reach"),
  metric("recoveryMs.p50", "ms", "from the end of a fault to the next block of each job that waited, median"),
  metric("recoveryMs.p95", "ms", "the same, 95th percentile"),
  metric("awards", "awards", "seats that were given"),
  metric("reassigned", "awards", "awards that ended without a result, and whose seat went to somebody else"),
  metric("hedged", "awards", "awards beside a late one"),
  metric("timeouts", "awards", "leases that ran out"),
  metric("undecided", "batches", "batches that needed more results"),
  metric("replaced", "members", "members of committees that were replaced"),
  metric("evidence", "members", "members found to have said two things at once"),
  metric("spent", "micro-credits", "paid to workers"),
  metric("costPerTask", "micro-credits", "paid, by accepted answers"),
  metric("regret", "share", "mean over awards: the best free agent's chance of a right answer less the chosen one's"),
  metric("accuracy", "share", "results that are right"),
  metric("blocks", "blocks", "decided blocks of all jobs"),
  metric("laterRounds", "share", "blocks that were decided above round 0"),
  metric("messages.direct", "frames", "frames between agents"),
  metric("messages.gossip", "messages", "gossip messages received, each receiver's first copy"),
  metric("messages.duplicates", "messages", "gossip messages received again"),
  metric("messages.capabilities", "messages", "of these, capability vectors, all copies: they come without any job"),
  metric("messages.refused", "messages", "frames and gossip messages that were refused"),
  metric("bytes", "bytes", "of all frames and gossip messages"),
  metric("bytes.capabilities", "bytes", "of these, capability vectors"),
  metric("bytesPerTask", "bytes", "of all frames and gossip messages, by accepted answers"),
  metric("overflows", "streams", "streams that were closed because their queue was full"),
  metric("events", "events", "of the virtual world"),
];

const UNITS: ReadonlyMap<string, string> = new Map(METRICS.map(({ name, unit }) => [name, unit]));

export const SHARE: Range = [0, 1];

/** What a metric of this list can be: an interval must not promise more. Those of plugins may be anything. */
export function rangeOf(metric: string): Range | undefined {
  const unit = UNITS.get(metric);
  if (unit === undefined) return undefined;
  return unit === "share" ? SHARE : [0, Number.POSITIVE_INFINITY];
}
