/** The results of attacks as a table of the terminal, and as a page beside those of an earlier version. */

import { packageVersion } from "../../node/platform/version.ts";
import { type Html, html } from "../../sim/report/html.ts";
import { document } from "../../sim/report/shell.ts";
import { ATTACKS } from "./catalog.ts";
import { failures, type Measured } from "./measure.ts";

export interface AttackResults {
  /** How long honest jobs were submitted, s. */
  readonly seconds: number;
  readonly baseline: Measured;
  readonly measured: readonly Measured[];
}

const nameOf = ({ attack }: Measured): string => attack ?? "(spinner)";
const secondsOf = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const COLUMNS = ["attack", "jobs", "certified", "p50", "p95", "memory", "disk", "nodes up", "verdict"] as const;

export function verdictOf(one: Measured, baseline: Measured): string {
  const said = failures(one, baseline);
  return said.length === 0 ? "held" : `not held: ${said.join("; ")}`;
}

function cellsOf(one: Measured, baseline: Measured): readonly string[] {
  return [
    nameOf(one),
    String(one.jobs),
    one.jobs === 0 ? "–" : `${((100 * one.certified) / one.jobs).toFixed(0)} %`,
    secondsOf(one.p50Ms),
    secondsOf(one.p95Ms),
    `${one.peakMib} MiB`,
    `${one.diskMib} MiB`,
    `${one.nodesUp} of 5`,
    one === baseline ? "baseline" : verdictOf(one, baseline),
  ];
}

const rowsOf = ({ baseline, measured }: AttackResults): readonly (readonly string[])[] =>
  [baseline, ...measured].map((one) => cellsOf(one, baseline));

export function tableOf(results: AttackResults): readonly string[] {
  const rows = [COLUMNS as readonly string[], ...rowsOf(results)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}

function tableHtml(results: AttackResults): Html {
  return html`<div class="scroll"><table>
<thead><tr>${COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rowsOf(results).map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table></div>`;
}

const nothing = html``;

/** `earlier`: the same attacks on an earlier version. */
export function renderPage(results: AttackResults, earlier: AttackResults | null): string {
  const held = results.measured.filter((one) => failures(one, results.baseline).length === 0).length;
  return document({
    title: "Attacks on an open mesh",
    head: html`<h1>Attacks on an open mesh</h1>
<p>${held} of ${results.measured.length} attacks were held. Five real nodes, each with one address that counts as public; honest
owners submitted jobs for ${results.seconds} s in each. The stranger has a core to itself, and the nodes share another. The
baseline has a spinner in the stranger’s place.</p>`,
    sections: [
      { id: "now", name: "This version", title: "This version", body: tableHtml(results) },
      {
        id: "before",
        name: "Before",
        title: "An earlier version",
        body: earlier === null ? nothing : tableHtml(earlier),
      },
      {
        id: "attacks",
        name: "The attacks",
        title: "What the stranger does",
        body: html`<dl>${ATTACKS.map(({ name, does, aims }) => html`<dt>${name}</dt><dd>${does}: ${aims}.</dd>`)}</dl>`,
      },
    ],
    note: "Measured on real nodes of one machine.",
    version: packageVersion(),
  });
}
