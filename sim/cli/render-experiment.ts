/** What a person reads after an experiment: a table a metric, the first label down, the others across. */

import { type Column, type Page, padEnd, table, wrap } from "../../node/platform/terminal/terminal-text.ts";
import type { Experiment, Finding, Measured } from "../experiments/experiment.ts";
import { type ExperimentDocument, metricNames, verdictOf } from "../experiments/results.ts";
import { METRICS } from "../run/metric-catalog.ts";
import { plusMinus, unitsOf } from "./figures.ts";
import { SIMULATED } from "./render-summary.ts";

interface ExperimentTableOptions {
  readonly page: Page;
  readonly document: ExperimentDocument;
  readonly files: readonly string[];
  /** What repeats the experiment, as typed. */
  readonly command: string;
}

export function renderTables(
  experiment: Experiment,
  rows: readonly Measured[],
  { page, document, files, command }: ExperimentTableOptions,
): string[] {
  const { paint, width } = page;
  const count = document.seeds.length;
  const interval = count === 2 ? "too few for an interval" : "± half of their 95 % interval";
  const note = `${SIMULATED}; ${count === 1 ? "one seed" : `means of ${count} seeds, ${interval}`}`;
  const line = (label: string, text: string): string => ` ${paint(padEnd(label, 11), "dim")}${text}`;
  return [
    "",
    ` ${paint(experiment.name, "bold")}  ${experiment.summary}`,
    ...(document.partial ? [` ${paint("PARTIAL: some runs are missing", "yellow")}`] : []),
    ...wrap(note, width - 2).map((text) => ` ${paint(text, "dim")}`),
    "",
    ...metricNames(experiment).flatMap((metric) => metricTable(experiment, metric, rows, page)),
    ...verdictOf(experiment, rows).flatMap((finding) => [...findingLines(finding, width), ""]),
    ...files.map((file, index) => line(index === 0 ? "files" : "", file)),
    line("repeat it", command),
    "",
  ];
}

function findingLines(finding: Finding, width: number): string[] {
  const { text, items } = typeof finding === "string" ? { text: finding, items: [] } : finding;
  const lines = wrap(text, width - 2).map((line) => ` ${line}`);
  const listed = items.flatMap((item) =>
    wrap(item, width - 5).map((line, i) => `${i === 0 ? "   - " : "     "}${line}`),
  );
  return [...lines, ...listed];
}

/** The labels but the first, in words. */
const lineOf = ({ labels }: Measured): string =>
  Object.entries(labels)
    .slice(1)
    .map(([label, value]) => `${label} ${value}`)
    .join(", ");

function metricTable(experiment: Experiment, metric: string, rows: readonly Measured[], page: Page): string[] {
  const unit = unitsOf(experiment.kind === "computed" ? experiment.metrics : METRICS).get(metric) ?? "";
  const [first = ""] = Object.keys(rows[0]?.labels ?? {});
  const across = [...new Set(rows.map(lineOf))];
  const down = [...new Set(rows.map(({ labels }) => String(labels[first])))];
  const columns: Column[] = [
    { title: first, align: "right" },
    ...across.map((title): Column => ({ title: title === "" ? metric : title, align: "right" })),
  ];
  const cells = down.map((value) => [
    value,
    ...across.map((line) => {
      const row = rows.find((one) => String(one.labels[first]) === value && lineOf(one) === line);
      if (row === undefined) return ""; // not asked there
      const measured = row.metrics[metric];
      return measured === undefined ? "–" : plusMinus(measured, unit);
    }),
  ]);
  return [` ${page.paint(metric, "bold")}`, ...table(columns, cells, page).map((text) => ` ${text}`), ""];
}
