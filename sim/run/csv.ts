/**
 * Runs as tables for other programs: `rows.csv` has a line for each seed with all metrics, `series.csv` a line for each
 * point of each time series. What was not measured is an empty cell. The same runs give the same bytes.
 */

import type { FaultOutcome, RunResult } from "../model/result.ts";
import { metricNames } from "./judge.ts";

type Cell = string | number | boolean | null;

/** Columns that stand before all others: the parameters of a point of a sweep. */
interface Labelled {
  readonly labels: ReadonlyMap<string, string | number>;
  readonly results: readonly RunResult[];
}

/** A line of `rows.csv` without labels. */
export type SeedRow = {
  readonly seed: number;
  /** The run was ended before its time. */
  readonly partial: boolean;
  /** Virtual time at the end, ms. */
  readonly endedMs: number;
  readonly digest: string;
} & { readonly [metric: string]: Cell };

/** A line of `series.csv`. */
export interface SeriesRow {
  /** Virtual time, ms. */
  readonly t: number;
  readonly metric: string;
  readonly value: number;
  readonly seed: number;
}

/** RFC 4180: quoted where it must be. */
const cell = (value: Cell): string => {
  const text = value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const line = (cells: readonly Cell[]): string => `${cells.map(cell).join(",")}\n`;

/** A heading, and a line a row with its columns in that order; what a row lacks is empty. */
export const tableCsv = (columns: readonly string[], rows: readonly { readonly [column: string]: Cell }[]): string =>
  line(columns) + rows.map((row) => line(columns.map((column) => row[column] ?? null))).join("");

const ROW_COLUMNS = ["seed", "partial", "endedMs", "digest"] as const;
const SERIES_COLUMNS = ["t", "metric", "value", "seed"] as const;

/** Agents that a fault was to hit and hit, by its place in the file: `faults[0].asked`, `faults[0].hit`. */
const faultCells = ({ place, asked, hit }: FaultOutcome): [string, number | null][] => [
  [`faults[${place}].asked`, asked],
  [`faults[${place}].hit`, hit],
];

/** `results` in the order in which the rows are to be. */
export function seedRows(results: readonly RunResult[]): SeedRow[] {
  const names = metricNames(results);
  return results.map(({ seed, partial, endedMs, digest, faults, metrics }) => ({
    seed,
    partial,
    endedMs,
    digest,
    ...Object.fromEntries(faults.flatMap(faultCells)),
    ...Object.fromEntries(names.map((name) => [name, metrics[name] ?? null])),
  }));
}

export const seriesRows = (results: readonly RunResult[]): SeriesRow[] =>
  results.flatMap(({ seed, series }) => series.map(({ tMs, metric, value }) => ({ t: tMs, metric, value, seed })));

export function rowsCsv(points: readonly Labelled[]): string {
  const labels = [...new Set(points.flatMap((point) => [...point.labels.keys()]))];
  const all = points.flatMap(({ results }) => results);
  const names = metricNames(all);
  const faults = new Set(all.flatMap((result) => result.faults.flatMap(faultCells)).map(([column]) => column));
  const rows = points.flatMap((point) =>
    seedRows(point.results).map((row) => ({ ...row, ...Object.fromEntries(point.labels) })),
  );
  return tableCsv([...labels, ...ROW_COLUMNS, ...faults, ...names], rows);
}

export const seriesCsv = (results: readonly RunResult[]): string =>
  tableCsv(
    SERIES_COLUMNS,
    seriesRows(results).map((row) => ({ ...row })),
  );
