/**
 * The page of an experiment: what was asked, a plot for every metric over its first label with a line for each value of
 * the others, and the figures as a table. The same input gives the same bytes.
 */

import type { Experiment, Finding, Measured } from "../experiments/experiment.ts";
import { verdictOf } from "../experiments/results.ts";
import type { MetricType } from "../model/result.ts";
import { METRICS } from "../run/metric-catalog.ts";
import { counted, estimateText } from "./format.ts";
import { type Html, html } from "./html.ts";
import { document, type Section } from "./shell.ts";
import { acrossOf, gridOf, legend, sweepPlot } from "./sweep-plot.ts";
import { seedsLabel, seedsText } from "./verdict.ts";

interface ExperimentPageOptions {
  readonly seeds: readonly number[];
  readonly isPartial: boolean;
  /** What repeats the experiment, as typed. */
  readonly command: string;
  readonly version: string;
}

const KNOWN = new Map(METRICS.map((metric) => [metric.name, metric]));

/** With their units and meanings. */
const metricsOf = (experiment: Experiment): readonly MetricType[] =>
  experiment.kind === "computed"
    ? experiment.metrics
    : experiment.metrics.map((name) => KNOWN.get(name) ?? { name, unit: "", summary: "" });

/** JSON with room to break lines in. */
const parameterText = (value: unknown): string =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? `{ ${Object.entries(value)
        .map(([key, inner]) => `${key}: ${parameterText(inner)}`)
        .join(", ")} }`
    : Array.isArray(value)
      ? `[${value.map(parameterText).join(", ")}]`
      : String(value);

function head({ name, summary, description }: Experiment, options: ExperimentPageOptions): Html {
  const { seeds, isPartial, command } = options;
  return html`<header>
<p class="eyebrow">Meshwork experiment</p>
<div class="title"><h1>${name}</h1></div>
<p class="lead">${summary}</p>
${description.map((text) => html`<p>${text}</p>\n`)}
${isPartial && html`<p class="banner"><strong>Partial.</strong> Some of the runs that were asked for are missing.</p>`}
<p class="note">${seedsLabel(seeds)} at each point: ${seedsText(seeds)}.</p>
<p class="simulated"><strong>Simulated.</strong> Answers and outcomes are drawn, they are not a language model\u2019s.</p>
<div class="command"><span class="soft">Repeat it</span><code id="command">${command}</code></div>
</header>`;
}

function table(rows: readonly Measured[], metrics: readonly MetricType[]): Html {
  const labels = Object.keys(rows[0]?.labels ?? {});
  const cell = (row: Measured, { name, unit }: MetricType): Html => {
    const estimate = row.metrics[name];
    if (estimate === undefined) return html`<td class="number">\u2013</td>`;
    const text = estimateText(estimate.mean, estimate.ci95, unit);
    return html`<td class="number">${text.mean}${text.unit !== "" && `\u00a0${text.unit}`}${text.interval !== "" && html`<br><span class="soft">${text.interval}</span>`}</td>`;
  };
  const lines = rows.map(
    (row) => html`<tr>${labels.map((label) => html`<th scope="row">${row.labels[label] ?? ""}</th>`)}
${metrics.map((metric) => cell(row, metric))}</tr>\n`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Figures, table"><table>
<caption>Means over seeds; below them their 95\u00a0% confidence intervals</caption>
<thead><tr>${labels.map((label) => html`<th scope="col">${label}</th>`)}
${metrics.map(({ name }) => html`<th scope="col" class="number"><code>${name}</code></th>`)}</tr></thead>
<tbody>\n${lines}</tbody></table></div>`;
}

const parameters = ({ params }: Experiment): Html =>
  html`<dl class="settings">${Object.entries(params as object).map(
    ([key, value]) => html`<div><dt>${key}</dt><dd><code>${parameterText(value)}</code></dd></div>\n`,
  )}</dl>`;

const findingHtml = (finding: Finding): Html =>
  typeof finding === "string"
    ? html`<p>${finding}</p>\n`
    : html`<p>${finding.text}</p>\n<ul>${finding.items.map((item) => html`<li>${item}</li>`)}</ul>\n`;

const verdictSection = (findings: readonly Finding[]): Section => ({
  id: "verdict",
  name: "Verdict",
  title: "What the figures say",
  body: html`${findings.map(findingHtml)}`,
});

/** A whole HTML page. */
export function renderExperiment(
  experiment: Experiment,
  rows: readonly Measured[],
  options: ExperimentPageOptions,
): string {
  const points = rows.map((row) => ({
    params: new Map(Object.entries(row.labels)),
    summary: { metrics: row.metrics },
  }));
  const grid = gridOf(points, (value) => String(value ?? ""));
  const metrics = metricsOf(experiment);
  const isMeasured = ({ name }: MetricType): boolean => rows.some((row) => row.metrics[name] !== undefined);
  const shown = metrics.filter(isMeasured);
  const plots = shown.map(({ name, unit }, index) => sweepPlot(grid, name, [], index, unit));
  const meanings = shown.map(
    ({ name, summary }) => html`<div><dt><code>${name}</code></dt><dd>${summary}</dd></div>\n`,
  );
  const findings = verdictOf(experiment, rows);
  const sections: readonly Section[] = [
    ...(findings.length === 0 ? [] : [verdictSection(findings)]),
    {
      id: "plots",
      name: "Plots",
      title: counted(shown.length, "metric"),
      body:
        plots.length === 0
          ? html`<p class="note">No run came to its end.</p>`
          : html`<p class="note">Points are means over seeds, upright lines their 95\u00a0% confidence intervals. ${acrossOf(grid)}</p>
${legend(grid)}<div class="plots">\n${plots}</div><dl class="settings">${meanings}</dl>`,
    },
    { id: "figures", name: "Figures", title: "Figures", body: table(rows, shown) },
    { id: "parameters", name: "Parameters", title: "Parameters", body: parameters(experiment) },
  ];
  return document({
    title: `${experiment.name} \u2013 Meshwork experiment`,
    head: head(experiment, options),
    sections,
    version: options.version,
  });
}
