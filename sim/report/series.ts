/**
 * Time series of runs as plots want them: by name, in order of time, several runs together as a band. And the list of
 * the series that the page knows; a name that it does not know gets a plot of its own.
 */

import { lowerBound } from "../../protocol/core/sorted.ts";
import type { RunResult, Sample } from "../model/result.ts";
import { METRICS } from "../run/metric-catalog.ts";

interface SeriesType {
  readonly name: string;
  readonly unit: string;
  readonly summary: string;
}

const type = (name: string, unit: string, summary: string): SeriesType => ({ name, unit, summary });

/** Each point speaks of the time since the previous one, unless it says otherwise. */
const SERIES: readonly SeriesType[] = [
  type("throughput", "tasks/s", "accepted answers a second"),
  type("completion", "share", "certified jobs of those submitted so far"),
  type("tasks.completion", "share", "accepted tasks of those known so far"),
  type("jobs.submitted", "jobs", "submitted so far"),
  type("jobs.certified", "jobs", "certified so far"),
  type("jobs.running", "jobs", "under way at that moment"),
  type("taskLatencyMs.p50", "ms", "median of the newest"),
  type("taskLatencyMs.p95", "ms", "95th percentile of the newest"),
  type("agents.up", "agents", "up and running at that moment"),
  type("regret", "share", "the best free agent's chance of a right answer less the chosen one's, mean so far"),
  type("accuracy", "share", "results that are right"),
  type("wrongAccepted", "share", "accepted answers that are wrong"),
  type("framesPerSecond", "frames/s", "frames between agents"),
  type("gossipPerSecond", "messages/s", "gossip messages, each receiver's first copy"),
  type("duplicatesPerSecond", "messages/s", "gossip messages received again"),
  type("bytesPerSecond", "bytes/s", "of all frames and gossip messages"),
  type("blocksPerSecond", "blocks/s", "decided blocks of all jobs"),
  type("laterRounds", "share", "blocks that were decided above round 0"),
  type("reassignedPerSecond", "seats/s", "seats that went to somebody else"),
  type("timeoutsPerSecond", "awards/s", "leases that ran out"),
];

/** Families have a line for each agent: `reputation:<agent>`, at that moment. */
export const FAMILIES: readonly SeriesType[] = [
  type("reputation", "", "how far an agent's answers count, from its certified record"),
  type("weight", "", "answer weight that an agent's results had"),
];

const UNITS: ReadonlyMap<string, string> = new Map([
  ...METRICS.map(({ name, unit }) => [name, unit] as const),
  ...[...SERIES, ...FAMILIES].map(({ name, unit }) => [name, unit] as const),
]);
/** The unit of a metric or a series. */
export const unitOf = (name: string): string => UNITS.get(name) ?? (name.endsWith("PerSecond") ? "/s" : "");

/** Counts and what is made of them: a value holds until the next, so that lines are stairs. */
export const isStepped = (name: string): boolean => /^(?:jobs\.|(?:tasks\.)?completion$|agents\.up$)/.test(name);

/** Points in order of time, ms. */
export type Line = readonly (readonly [tMs: number, value: number])[];

export function linesOf({ series }: Pick<RunResult, "series">): ReadonlyMap<string, Line> {
  const lines = new Map<string, [number, number][]>();
  const finite = ({ tMs, value }: Sample): boolean => Number.isFinite(tMs) && Number.isFinite(value);
  for (const { tMs, metric, value } of series.filter(finite)) {
    const line = lines.get(metric);
    if (line === undefined) lines.set(metric, [[tMs, value]]);
    else line.push([tMs, value]);
  }
  for (const line of lines.values()) line.sort((a, b) => a[0] - b[0]);
  const completion = completionOf(lines);
  return completion === null ? lines : new Map([...lines, ["completion", completion]]);
}

/** From the counts of jobs, where no series says it. */
function completionOf(lines: ReadonlyMap<string, Line>): Line | null {
  const [submitted, certified] = [lines.get("jobs.submitted"), lines.get("jobs.certified")];
  if (submitted === undefined || certified === undefined || lines.has("completion")) return null;
  return submitted.flatMap(([tMs, count]) =>
    count > 0 ? [[tMs, (valueAt(certified, tMs) ?? 0) / count] as const] : [],
  );
}

/** The lines of a family by agent, in the order in which agents first appear. */
export function familyOf(lines: ReadonlyMap<string, Line>, family: string): ReadonlyMap<string, Line> {
  const prefix = `${family}:`;
  const found = [...lines].filter(([name]) => name.startsWith(prefix));
  return new Map(found.map(([name, line]) => [name.slice(prefix.length), line]));
}

/** The newest value at a time; null before the first. */
export function valueAt(line: Line, tMs: number): number | null {
  const next = lowerBound(line, ([atMs]) => atMs <= tMs);
  return next === 0 ? null : line[next - 1]![1];
}

/** 0 where there is none above. */
export const greatest = (values: readonly number[]): number => values.reduce((max, value) => Math.max(max, value), 0);

/** Quantile by the nearest rank of values in ascending order. */
export const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))]!;

interface Band {
  readonly low: Line;
  readonly middle: Line;
  readonly high: Line;
}

/** Lines together, at the times of the one with the most points: a lower quantile, the median, an upper one. */
export function bandOf(lines: readonly Line[], lower: number, upper: number): Band {
  const times = lines.reduce<Line>((longest, line) => (line.length > longest.length ? line : longest), []);
  const rows = times.flatMap(([tMs]) => {
    const values = lines
      .map((line) => valueAt(line, tMs))
      .filter((value) => value !== null)
      .sort((a, b) => a - b);
    return values.length === 0 ? [] : [{ tMs, values }];
  });
  const at = (q: number): Line => rows.map(({ tMs, values }) => [tMs, quantile(values, q)] as const);
  return { low: at(lower), middle: at(0.5), high: at(upper) };
}
