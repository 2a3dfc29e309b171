/**
 * Runs as tables for other programs: `rows.csv` has a line for each seed with all metrics, `series.csv` a line for each
 * point of each time series. What was not measured is an empty cell. The same runs give the same bytes.
 */

import { metricNames } from "./judge.ts";
import type { RunResult } from "./result.ts";

/** Columns that stand before all others: the parameters of a point of a sweep. */
export interface Labelled {
  readonly labels: ReadonlyMap<string, string>;
  readonly results: readonly RunResult[];
}

/** RFC 4180: quoted where it must be. */
const cell = (value: string | number | boolean | null): string => {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const line = (cells: readonly (string | number | boolean | null)[]): string => `${cells.map(cell).join(",")}\n`;

export function rowsCsv(points: readonly Labelled[]): string {
  const labels = [...new Set(points.flatMap((point) => [...point.labels.keys()]))];
  const names = metricNames(points.flatMap(({ results }) => results));
  const rows = points.flatMap((point) =>
    point.results.map((result) =>
      line([
        ...labels.map((label) => point.labels.get(label) ?? null),
        result.seed,
        result.partial,
        result.endedMs,
        result.digest,
        ...names.map((name) => result.metrics[name] ?? null),
      ]),
    ),
  );
  return line([...labels, "seed", "partial", "endedMs", "digest", ...names]) + rows.join("");
}

export function seriesCsv(results: readonly RunResult[]): string {
  const rows = results.flatMap(({ seed, series }) =>
    series.map(({ tMs, metric, value }) => line([tMs, metric, value, seed])),
  );
  return line(["t", "metric", "value", "seed"]) + rows.join("");
}
