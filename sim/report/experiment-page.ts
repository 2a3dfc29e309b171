/**
 * The page of an experiment: what was asked, a plot for every metric over its first label with a line for each value of
 * the others, and the figures as a table. The same input gives the same bytes.
 */

import type { Experiment, Measured } from "../experiments/experiment.ts";
import { metricNames, verdictOf } from "../experiments/results.ts";
import type { MetricType } from "../plugins/registry.ts";
import { METRICS } from "../run/metric-catalog.ts";
import { estimateText } from "./format.ts";
import { type Html, html } from "./html.ts";
import { document, type Section } from "./shell.ts";
import { gridOf, legend, sweepPlot } from "./sweep-plot.ts";
import { seedsText } from "./verdict.ts";

export interface ExperimentPageOptions {
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

function head({ name, summary, description, params }: Experiment, options: ExperimentPageOptions): Html {
  const { seeds, isPartial, command } = options;
  return html`<header>
<p class="eyebrow">Meshwork experiment</p>
<div class="title"><h1>${name}</h1></div>
<p class="lead">${summary}</p>
${description.map((text) => html`<p>${text}</p>\n`)}
${isPartial && html`<p class="banner"><strong>Partial.</strong> Some of the runs that were asked for are missing.</p>`}
<dl class="facts">
${Object.entries(params as object).map(
  ([key, value]) => html`<div><dt>${key}</dt><dd><code>${JSON.stringify(value)}</code></dd></div>\n`,
)}
<div><dt>Seeds at each point</dt><dd>${seedsText(seeds)}</dd></div></dl>
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

const verdictSection = (said: readonly string[]): Section => ({
  id: "verdict",
  name: "Verdict",
  title: "What the figures say",
  body: html`${said.map((text) => html`<p>${text}</p>\n`)}`,
});

/** A whole HTML page. */
export function renderExperiment(
  experiment: Experiment,
  rows: readonly Measured[],
  options: ExperimentPageOptions,
): string {
  const points = rows.map(({ labels, metrics }) => ({ params: new Map(Object.entries(labels)), summary: { metrics } }));
  const grid = gridOf(points, (value) => String(value ?? ""));
  const metrics = metricsOf(experiment);
  const isMeasured = ({ name }: MetricType): boolean => rows.some((row) => row.metrics[name] !== undefined);
  const shown = metrics.filter(isMeasured);
  const plots = shown.map(({ name, unit }, index) => sweepPlot(grid, name, [], index, unit));
  const meanings = shown.map(({ name, summary }) => html`<dt><code>${name}</code></dt><dd>${summary}</dd>\n`);
  const said = verdictOf(experiment, rows);
  const sections: readonly Section[] = [
    ...(said.length === 0 ? [] : [verdictSection(said)]),
    {
      id: "plots",
      name: "Plots",
      title: `${metricNames(experiment).join(", ")}`,
      body:
        plots.length === 0
          ? html`<p class="note">No run came to its end.</p>`
          : html`<p class="note">Points are means over seeds, upright lines their 95\u00a0% confidence intervals. Across: <code>${grid.xName}</code>.</p>
${legend(grid)}<div class="plots">\n${plots}</div><dl>${meanings}</dl>`,
    },
    { id: "figures", name: "Figures", title: "Figures", body: table(rows, shown) },
  ];
  return document({
    title: `${experiment.name} \u2013 Meshwork experiment`,
    head: head(experiment, options),
    sections,
    version: options.version,
  });
}
