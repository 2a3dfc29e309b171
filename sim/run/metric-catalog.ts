/**
 * The metrics of a run: stable names, with their units. `meshwork sim metrics` lists them.
 */

import type { MetricType } from "../model/result.ts";
import type { Range } from "./statistics.ts";

const metric = (name: string, unit: string, summary: string): MetricType => ({ name, unit, summary });

/** Jobs by when they were under way, where a scenario has faults. Each job is in one phase. */
export const PHASES = [
  { phase: "atFault", jobs: "were under way when a fault happened, or while one lasted" },
  { phase: "beforeFault", jobs: "had ended before the first fault" },
  { phase: "afterFault", jobs: "came later than a fault, and met none" },
] as const;
export type JobPhase = (typeof PHASES)[number]["phase"];

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
  ...PHASES.flatMap(({ phase, jobs }) => [
    metric(`submitted.${phase}`, "jobs", `jobs that ${jobs}`),
    metric(`completion.${phase}`, "share", `certified jobs of those that ${jobs}`),
    metric(`latencyMs.p50.${phase}`, "ms", `from submission to the certificate, median of the jobs that ${jobs}`),
    metric(`latencyMs.p95.${phase}`, "ms", "the same, 95th percentile"),
  ]),
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
  metric("reassigned", "seats", "seats that went to somebody else, because an award ended without a result"),
  metric("reassigned.expired", "seats", "of these, the lease before had run out"),
  metric("reassigned.gone", "seats", "of these, the agent before was voted dead"),
  metric("reassigned.busy", "seats", "of these, the agent before said that it was busy"),
  metric("reassigned.failed", "seats", "of these, the work before had failed or crashed"),
  metric("reassigned.refused", "seats", "of these, the agent before refused, or could not get the input"),
  metric("hedged", "awards", "awards that were still worked on when a hedge beside them had filled the batch"),
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

const KNOWN: ReadonlyMap<string, MetricType> = new Map(METRICS.map((one) => [one.name, one]));

const SHARE: Range = [0, 1];
const NO_LESS_THAN_NOTHING: Range = [0, Number.POSITIVE_INFINITY];

/** The range of a metric, which intervals must not leave. Without a stated range, shares lie in [0, 1] and nothing is negative. */
export const rangeOf = ({ unit, range }: Pick<MetricType, "unit" | "range">): Range =>
  range ?? (unit === "share" ? SHARE : NO_LESS_THAN_NOTHING);

/** By name, those of plugins among them; null if nobody knows it. */
export const metricType = (name: string, added: readonly MetricType[] = []): MetricType | null =>
  KNOWN.get(name) ?? added.find((one) => one.name === name) ?? null;

/** Throws where the value of a plugin's metric is outside of its range: its interval would be cut at a wrong place. */
export function checkedValue(type: MetricType, value: number): number {
  const [least, most] = rangeOf(type);
  if (value >= least && value <= most) return value;
  const said = `the metric "${type.name}" of a plugin gave ${value}, and can be ${least} to ${most}`;
  throw new Error(`${said}: let it say what it can be, range: [least, most]`);
}
