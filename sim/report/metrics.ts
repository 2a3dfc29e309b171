/**
 * All metrics of the runs, by what they are about: mean and 95 % interval, unit, and what each means. With several
 * seeds, a strip of dots from the least to the greatest.
 */

import type { RunResult, Summary } from "../model/result.ts";
import { METRICS, metricType } from "../run/metric-catalog.ts";
import { estimateText } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";

/** A metric stands in the first that it fits. */
const GROUPS: readonly (readonly [title: string, names: RegExp])[] = [
  ["Jobs", /^(?:submitted|completion|certified|failed|stalled|refused)$/],
  ["Jobs by what they met", /^(?:submitted|completion|latencyMs\.p\d+)\.(?:at|before|after)Fault$/],
  ["Answers", /^(?:wrongAccepted|accuracy|regret|undecided)$/],
  ["Speed", /^(?:latencyMs|taskLatencyMs|throughput)(?:\.|$)/],
  [
    "Failures and repair",
    /^(?:detectionMs|falseSuspicions|recoveryMs|reassigned|hedged|timeouts|replaced|evidence)(?:\.|$)/,
  ],
  ["Cost", /^(?:awards|spent|costPerTask)$/],
  ["Agreement", /^(?:blocks|laterRounds)$/],
  ["Traffic", /^(?:messages|bytes|bytesPerTask|overflows|events)(?:\.|$)/],
];

const ORDER = new Map(METRICS.map(({ name }, index) => [name, index]));

/** The values of all seeds on one line; the table says the figures. */
function strip(values: readonly number[]): Html {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (values.length < 2 || least === most) return nothing;
  const dots = values.map((value) => {
    const x = 4 + ((value - least) / (most - least)) * 72;
    return html`<circle cx="${Number(x.toFixed(1))}" cy="6" r="2.5"/>`;
  });
  return html`<svg class="strip" viewBox="0 0 80 12" width="80" height="12" aria-hidden="true"><path d="M4 6H76"/>${dots}</svg>`;
}

function row(name: string, summary: Summary, results: readonly RunResult[]): Html {
  const { mean, ci95, unit } = summary.metrics[name]!;
  const meaning = metricType(name, results[0]?.addedMetrics)?.summary ?? "";
  const text = estimateText(mean, ci95, unit);
  const values = results.flatMap(({ metrics }) => metrics[name] ?? []);
  const many = results.length > 1;
  const partly =
    many && values.length < results.length && html` (measured in ${values.length} of ${results.length} seeds)`;
  return html`<tr role="row"><th scope="row" role="rowheader"><code>${name}</code></th>
<td role="cell" class="number mean">${text.mean}</td><td role="cell" class="unit">${text.unit}</td>
${many && html`<td role="cell" class="number interval">${text.interval}</td><td role="cell" class="seeds">${strip(values)}</td>`}
<td role="cell" class="meaning">${meaning}${partly}</td></tr>\n`;
}

export function metricTable(summary: Summary, results: readonly RunResult[]): Html {
  const order = (name: string): number => ORDER.get(name) ?? ORDER.size;
  const names = Object.keys(summary.metrics).sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
  if (names.length === 0) return html`<p class="note">No metrics were measured.</p>`;
  const many = results.length > 1;
  const groupOf = (name: string): number => GROUPS.findIndex(([, pattern]) => pattern.test(name));
  const rest = names.filter((name) => groupOf(name) < 0);
  const groups = [
    ...GROUPS.map(([title], place) => ({ title, members: names.filter((name) => groupOf(name) === place) })),
    { title: "Others", members: rest },
  ].filter(({ members }) => members.length > 0);
  const columns = many ? 6 : 4;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Metrics, table"><table class="metrics" role="table">
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Metric</th><th scope="col" role="columnheader" class="number">${many ? "Mean" : "Value"}</th><th scope="col" role="columnheader">Unit</th>
${many && html`<th scope="col" role="columnheader" class="number">95 % interval</th><th scope="col" role="columnheader">Seeds</th>`}
<th scope="col" role="columnheader">What it is</th></tr></thead>
${groups.map(
  ({
    title,
    members,
  }) => html`<tbody role="rowgroup"><tr class="group" role="row"><th colspan="${columns}" scope="rowgroup" role="rowheader">${title}</th></tr>
${members.map((name) => row(name, summary, results))}</tbody>`,
)}</table></div>${
    many &&
    html`<p class="note">Means over ${results.length} seeds; 95\u00a0% confidence intervals of the mean by Student’s t. Dots: each seed, from the least to the greatest.</p>`
  }`;
}
