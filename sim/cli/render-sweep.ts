/** What a person reads after a sweep: the verdict at each point, and one table a metric. */

import type { SweepPoint } from "../report/sweep-page.ts";
import { METRICS } from "../run/metric-catalog.ts";
import { writeValue } from "../scenario/overrides.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { estimateCells } from "./figures.ts";
import { SIMULATED } from "./render-summary.ts";
import { type Column, type Page, padEnd, table, wrap } from "./text.ts";

export interface SweepTableOptions {
  readonly page: Page;
  readonly units: ReadonlyMap<string, string>;
  readonly files: readonly string[];
  readonly command: string;
  /** Points that were asked for. */
  readonly asked: number;
  /** All metrics that change instead of the expected ones. */
  readonly isAll: boolean;
}

/** Shown where nothing is expected. */
const USUAL = ["completion", "wrongAccepted", "latencyMs.p95"];

export function renderSweepTables(
  scenario: Scenario,
  points: readonly SweepPoint[],
  options: SweepTableOptions,
): string[] {
  const { page, files, command, asked } = options;
  const { paint } = page;
  const passed = points.filter(({ summary }) => summary.verdict === "pass").length;
  const seeds = points[0]?.summary.seeds.length ?? 0;
  const head = `${passed} of ${points.length} points pass`;
  const lines = [
    "",
    ` ${paint(head, "bold", passed === points.length ? "green" : "red")}  ${paint(scenario.name, "bold")}, ${seeds} seeds at each`,
    ...(points.length < asked ? [` ${paint(`PARTIAL: ${points.length} of ${asked} points`, "yellow")}`] : []),
    ...wrap(SIMULATED, page.width - 2).map((line) => ` ${paint(line, "dim")}`),
    "",
    ...verdicts(points, page),
    ...metricsOf(scenario, points, options).flatMap((name) => metricTable(name, points, options)),
  ];
  const line = (label: string, text: string): string => ` ${paint(padEnd(label, 11), "dim")}${text}`;
  return [
    ...lines,
    ...files.map((file, index) => line(index === 0 ? "files" : "", file)),
    line("repeat it", command),
    "",
  ];
}

const paramColumns = (points: readonly SweepPoint[]): Column[] =>
  [...(points[0]?.params.keys() ?? [])].map((title) => ({ title, isElastic: true }));

const paramCells = ({ params }: SweepPoint): string[] => [...params.values()].map(writeValue);

const indented = (lines: readonly string[]): string[] => lines.map((line) => ` ${line}`);

function verdicts(points: readonly SweepPoint[], page: Page): string[] {
  const rows = points.map((point) => [...paramCells(point), point.summary.verdict === "pass" ? "✓ pass" : "✗ fail"]);
  return [...indented(table([...paramColumns(points), { title: "verdict" }], rows, page)), ""];
}

/** Those that are expected; or all whose means are not the same everywhere. */
function metricsOf(scenario: Scenario, points: readonly SweepPoint[], { isAll }: SweepTableOptions): string[] {
  const known = new Set(points.flatMap(({ summary }) => Object.keys(summary.metrics)));
  const expected = [...new Set(scenario.expect.map(({ metric }) => metric))];
  if (!isAll) return (expected.length > 0 ? expected : USUAL).filter((name) => known.has(name));
  const changes = (name: string): boolean =>
    new Set(points.map(({ summary }) => summary.metrics[name]?.mean.toPrecision(9))).size > 1;
  return [...new Set([...expected, ...METRICS.map(({ name }) => name), ...known])].filter(
    (name) => known.has(name) && changes(name),
  );
}

function metricTable(name: string, points: readonly SweepPoint[], { page, units }: SweepTableOptions): string[] {
  const columns: Column[] = [
    ...paramColumns(points),
    { title: "mean", align: "right" },
    { title: "" },
    { title: "95 % interval" },
  ];
  const rows = points.map((point) => {
    const measured = point.summary.metrics[name];
    if (measured === undefined) return [...paramCells(point), "–", "", ""];
    const { mean, unit, interval } = estimateCells(measured, units.get(name) ?? "");
    return [...paramCells(point), mean, unit, interval];
  });
  return [` ${page.paint(name, "bold")}`, ...indented(table(columns, rows, page)), ""];
}
