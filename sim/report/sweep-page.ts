/**
 * The report of a sweep: a scenario run at every point of a grid of parameters, with the same seeds. Verdicts as a grid,
 * a plot for every metric that changes, lines by all parameters but the first, and the figures as a table.
 */

import type { Value } from "../../protocol/wire/value.ts";
import type { Summary } from "../model/result.ts";
import type { Scenario } from "../model/scenario.ts";
import { METRICS } from "../run/metric-catalog.ts";
import { counted, estimateText } from "./format.ts";
import { type Html, html, join, type Part } from "./html.ts";
import { document, type Section } from "./shell.ts";
import { acrossOf, gridOf, legend, type SweepGrid, sweepPlot } from "./sweep-plot.ts";
import { seedsLabel, seedsText } from "./verdict.ts";

/** One point of the grid. */
export interface SweepPoint {
  /** By the titles of the axes, in the order of `--vary`; the same at every point. */
  readonly params: ReadonlyMap<string, Value>;
  readonly summary: Summary;
}

export interface SweepOptions {
  /** What repeats the sweep, as typed. */
  readonly command: string;
  readonly version: string;
}

/** Expected metrics first, then those of the catalogue, then plugins'. */
function metricNames(scenario: Scenario, points: readonly SweepPoint[]): readonly string[] {
  const measured = new Set(points.flatMap(({ summary }) => Object.keys(summary.metrics)));
  const others = [...measured].sort((a, b) => (a < b ? -1 : 1));
  const all = [...scenario.expect.map(({ metric }) => metric), ...METRICS.map(({ name }) => name), ...others];
  return [...new Set(all)].filter((name) => measured.has(name));
}

/** The same at every point: the digits of its mean do not change. */
const isConstant = (name: string, points: readonly SweepPoint[]): boolean =>
  new Set(points.map(({ summary }) => summary.metrics[name]?.mean.toPrecision(9))).size < 2;

function head(scenario: Scenario, points: readonly SweepPoint[], options: SweepOptions): Html {
  const passed = points.filter(({ summary }) => summary.verdict === "pass").length;
  const names = [...(points[0]?.params.keys() ?? [])];
  const isPartial = points.some(({ summary }) => summary.partial);
  return html`<header>
<p class="eyebrow">Meshwork simulation sweep</p>
<div class="title"><h1>${scenario.name}</h1>
<p id="verdict" class="verdict ${passed === points.length ? "passed" : passed === 0 ? "failed" : "mixed"}"><span class="visually-hidden">Verdict: </span>${passed} of ${points.length} pass</p></div>
${scenario.description !== "" && html`<p class="lead">${scenario.description}</p>`}
${isPartial && html`<p class="banner"><strong>Partial.</strong> Some runs were ended before their time.</p>`}
<dl class="facts">
<div><dt>Varied</dt><dd>${join(
    names.map((name) => html`<code>${name}</code>`),
    ", ",
  )}</dd></div>
<div><dt>Points</dt><dd>${points.length}</dd></div>
<div><dt>${seedsLabel(points[0]?.summary.seeds ?? [])} at each point</dt><dd>${seedsText(points[0]?.summary.seeds ?? [])}</dd></div>
<div><dt>Runs</dt><dd>${points.reduce((sum, { summary }) => sum + summary.seeds.length, 0)}</dd></div></dl>
<p class="simulated"><strong>Simulated answers.</strong> Agents\u2019 answers are drawn from their profiles, they are not a language model\u2019s. The protocol is the real one.</p>
<div class="command"><span class="soft">Repeat it</span><code id="command">${options.command}</code></div>
</header>`;
}

/** What failed at a point, in a word or two: expectations by their metrics. */
function failure({ expectations, invariants, shortfalls }: Summary, scenario: Scenario): Part {
  const broken = invariants.filter(({ pass }) => !pass).map(({ id }) => `invariant ${id}`);
  const failed = expectations
    .filter(({ pass }) => !pass)
    .map(({ expression }) => scenario.expect.find((one) => one.expression === expression)?.metric ?? expression);
  return [...broken, ...failed, ...(shortfalls.length > 0 ? ["less than was asked for"] : [])].join(", ");
}

function verdictGrid(grid: SweepGrid<Summary>, scenario: Scenario): Html {
  const cell = (summary: Summary | undefined): Html => {
    if (summary === undefined) return html`<td>\u2013</td>`;
    if (summary.verdict === "pass") return html`<td><span class="pass">pass</span></td>`;
    return html`<td class="bad"><strong class="fail">FAIL</strong> <span class="soft">${failure(summary, scenario)}</span></td>`;
  };
  const rows = grid.lines.map(
    ({ label, summaries }) =>
      html`<tr><th scope="row">${label === "" ? "Verdict" : label}</th>${summaries.map(cell)}</tr>\n`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Verdicts, table"><table class="grid">
<caption>Columns: <code>${grid.xName}</code></caption>
<thead><tr><th scope="col">${grid.lineName}</th>${grid.xLabels.map((label) => html`<th scope="col">${label}</th>`)}</tr></thead>
<tbody>\n${rows}</tbody></table></div>`;
}

/** A row a point, the expected metrics and what else the plots show. */
function table(points: readonly SweepPoint[], metrics: readonly string[]): Html {
  const names = [...(points[0]?.params.keys() ?? [])];
  const cell = (summary: Summary, name: string): Html => {
    const estimate = summary.metrics[name];
    if (estimate === undefined) return html`<td class="number">\u2013</td>`;
    const { mean, interval, unit } = estimateText(estimate.mean, estimate.ci95, estimate.unit);
    return html`<td class="number">${mean}${unit !== "" && `\u00a0${unit}`}${interval !== "" && html`<br><span class="soft">${interval}</span>`}</td>`;
  };
  const faults = (points[0]?.summary.faults ?? []).flatMap(({ asked }, index) =>
    asked.some((count) => count !== null) ? [index] : [],
  );
  const rows = points.map(
    ({ params, summary }) => html`<tr>${names.map((name) => html`<th scope="row">${paramText(params.get(name))}</th>`)}
<td>${summary.verdict === "pass" ? html`<span class="pass">pass</span>` : html`<strong class="fail">FAIL</strong>`}</td>
${faults.map((index) => html`<td class="number">${hitText(summary.faults[index])}</td>`)}
${metrics.map((name) => cell(summary, name))}</tr>\n`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Figures, table"><table>
<caption>Means over seeds; below them their 95\u00a0% confidence intervals</caption>
<thead><tr>${names.map((name) => html`<th scope="col"><code>${name}</code></th>`)}<th scope="col">Verdict</th>
${faults.map((index) => html`<th scope="col" class="number">hit by fault ${index + 1}</th>`)}
${metrics.map((name) => html`<th scope="col" class="number"><code>${name}</code></th>`)}</tr></thead>
<tbody>\n${rows}</tbody></table></div>`;
}

/** `34 of 37`, `33 to 34 of 37`: over the seeds of a point. */
function hitText(fault: Summary["faults"][number] | undefined): string {
  if (fault === undefined) return "\u2013";
  const span = (counts: readonly number[]): string => {
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    return least === most ? `${least}` : `${least} to ${most}`;
  };
  return `${span(fault.hit)} of ${span(fault.asked.map((count) => count ?? 0))}`;
}

const unitIn = (points: readonly SweepPoint[], name: string): string =>
  points.map(({ summary }) => summary.metrics[name]?.unit).find((unit) => unit !== undefined) ?? "";

const paramText = (value: Value | undefined): string =>
  typeof value === "string" ? value : JSON.stringify(value ?? null);

/** A whole HTML page; the same input gives the same bytes. */
export function renderSweep(scenario: Scenario, points: readonly SweepPoint[], options: SweepOptions): string {
  const grid = gridOf(points, paramText);
  const names = metricNames(scenario, points);
  const changing = names.filter((name) => !isConstant(name, points));
  const constant = names.filter((name) => isConstant(name, points));
  const plots = changing.map((name, index) =>
    sweepPlot(
      grid,
      name,
      scenario.expect.filter(({ metric }) => metric === name),
      index,
      unitIn(points, name),
    ),
  );
  const sections: readonly Section[] = [
    {
      id: "verdicts",
      name: "Verdicts",
      title: "Verdicts",
      body: points.length > 0 ? verdictGrid(grid, scenario) : html`<p class="note">No point was run.</p>`,
    },
    {
      id: "plots",
      name: "Plots",
      title: `${counted(changing.length, "metric")} that change${changing.length === 1 ? "s" : ""}`,
      body: html`<p class="note">Points are means over seeds, upright lines their 95\u00a0% confidence intervals, level dashed lines the bounds that are expected. ${acrossOf(grid)}</p>
${legend(grid)}<div class="plots">\n${plots}</div>${
        constant.length > 0 &&
        html`<p class="note">The same at every point: ${join(
          constant.map((name) => html`<code>${name}</code>`),
          ", ",
        )}.</p>`
      }`,
    },
    { id: "figures", name: "Figures", title: "Figures", body: table(points, changing) },
  ];
  return document({
    title: `${scenario.name} \u2013 Meshwork simulation sweep`,
    head: head(scenario, points, options),
    sections,
    version: options.version,
  });
}
