/** What a person reads after a sweep: the verdict at each point, and one table a metric. */

import { type Column, type Page, padEnd, table, wrap } from "../../node/platform/terminal/terminal-text.ts";
import { parseExpectation } from "../load/expectations.ts";
import { writeValue } from "../load/overrides.ts";
import type { Scenario } from "../model/scenario.ts";
import { counted } from "../report/format.ts";
import type { SweepPoint } from "../report/sweep-page.ts";
import { hasBrokenInvariant } from "../run/judge.ts";
import { METRICS } from "../run/metric-catalog.ts";
import { estimateCells, plain } from "./figures.ts";
import { intervalCell, SIMULATED } from "./render-summary.ts";

interface SweepTableOptions {
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
  const seeds = plain(counted(points[0]?.summary.seeds.length ?? 0, "seed"));
  const isPartial = points.length < asked || points.some(({ summary }) => summary.partial);
  const head = isPartial
    ? `■ PARTIAL: ${points.length} of ${plain(counted(asked, "point"))}, ${passed} of them pass`
    : `${passed} of ${plain(counted(points.length, "point"))} pass`;
  const style = isPartial ? "yellow" : passed === points.length ? "green" : "red";
  const lines = [
    "",
    ` ${paint(head, "bold", style)}  ${paint(scenario.name, "bold")}, ${seeds} at each`,
    ...wrap(SIMULATED, page.width - 2).map((text) => ` ${paint(text, "dim")}`),
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
  const verdictOf = ({ summary }: SweepPoint): string => {
    if (summary.partial && !hasBrokenInvariant(summary)) return "■ partial";
    return summary.verdict === "pass" ? "✓ pass" : "✗ fail";
  };
  const unmetOf = ({ summary }: SweepPoint): string =>
    summary.expectations
      .filter(({ pass }) => !pass)
      .map(({ expression }) => parseExpectation(expression)?.metric ?? expression)
      .join(", ");
  const rows = points.map((point) => [...paramCells(point), verdictOf(point), unmetOf(point)]);
  const hasUnmet = rows.some((row) => row.at(-1) !== "");
  const columns: Column[] = [...paramColumns(points), { title: "verdict" }, { title: hasUnmet ? "not met" : "" }];
  return [...indented(table(columns, rows, page)), ""];
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
  const hasIntervals = points.some(({ summary }) => summary.seeds.length > 1);
  const columns: Column[] = [
    ...paramColumns(points),
    { title: "mean", align: "right" },
    { title: "" },
    { title: hasIntervals ? "95 % interval" : "" },
  ];
  const rows = points.map((point) => {
    const measured = point.summary.metrics[name];
    if (measured === undefined) return [...paramCells(point), "–", "", ""];
    const { mean, unit, interval } = estimateCells(measured, units.get(name) ?? "");
    return [...paramCells(point), mean, unit, intervalCell(interval, point.summary.seeds.length)];
  });
  return [` ${page.paint(name, "bold")}`, ...indented(table(columns, rows, page)), ""];
}
