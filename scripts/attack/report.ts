/** The results of attacks as a table of the terminal, as a page, and as docs/attacks.md. */

import { packageVersion } from "../../node/platform/version.ts";
import { type Html, html } from "../../sim/report/html.ts";
import { document } from "../../sim/report/shell.ts";
import { NODES } from "./attacked-mesh.ts";
import { ATTACKS } from "./catalog.ts";
import { BOUNDS, failures, type Measured } from "./measure.ts";
import type { AttackResults } from "./results.ts";

const nameOf = ({ attack }: Measured): string => attack ?? "(spinner)";
const secondsOf = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
/** What is measured, and then what it means. */
const MEASURES = ["certified", "p50", "p95", "memory", "disk", "nodes up"] as const;
const COLUMNS = ["attack", ...MEASURES, "verdict"] as const;

const isHeld = (one: Measured): boolean => failures(one).length === 0;
const heldOf = ({ measured }: AttackResults): number => measured.filter(isHeld).length;

export function verdictOf(one: Measured): string {
  if (one.attack === null) return "baseline";
  return isHeld(one) ? "held" : `not held: ${failures(one).join("; ")}`;
}

function measuresOf(one: Measured): readonly string[] {
  const isTimed = one.certified > 0;
  const times = one.attack === null || one.usualP95Ms === 0 ? "" : ` (${(one.p95Ms / one.usualP95Ms).toFixed(1)} ×)`;
  return [
    `${one.certified} of ${one.jobs}`,
    isTimed ? secondsOf(one.p50Ms) : "–",
    isTimed ? `${secondsOf(one.p95Ms)}${times}` : "–",
    `${one.peakMib} of ${BOUNDS.peakMib} MiB`,
    `${one.diskMib} of ${BOUNDS.diskMib} MiB`,
    `${one.nodesUp} of ${NODES}`,
  ];
}

const rowOf = (one: Measured): readonly string[] => [nameOf(one), ...measuresOf(one), verdictOf(one)];

const allOf = ({ baseline, measured }: AttackResults): readonly Measured[] => [baseline, ...measured];

/** The same attack, or the baseline, on the earlier version. */
const earlierOf = ({ before }: AttackResults, one: Measured): Measured | undefined =>
  before === null ? undefined : allOf(before).find(({ attack }) => attack === one.attack);

export function tableOf(results: AttackResults): readonly string[] {
  const rows = [COLUMNS as readonly string[], ...allOf(results).map(rowOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}

// --- the page -------------------------------------------------------------------------------------------

/** Between a number and its unit no line ends. */
const UNIT = / (?=(?:s|×|MiB)(?![a-z]))/g;

function verdictHtml(one: Measured): Html {
  if (one.attack === null) return html`baseline`;
  if (isHeld(one)) return html`<span class="pass">held</span>`;
  return html`<span class="fail">not held</span>: ${failures(one).join("; ")}`;
}

function rowHtml(one: Measured, version: string): Html {
  const cells = measuresOf(one).map((cell) => cell.replace(UNIT, "\u00a0"));
  return html`<tr${!isHeld(one) && version !== "before" && html` class="bad"`}>
<th scope="row">${nameOf(one)}${version !== "" && html` <span class="soft">${version}</span>`}</th>
<td class="why">${verdictHtml(one)}</td>
${cells.map((cell, i) => html`<td data-agent="${MEASURES[i]}">${cell}</td>`)}</tr>`;
}

function tableHtml(results: AttackResults): Html {
  const rows = allOf(results).flatMap((one) => {
    const earlier = earlierOf(results, one);
    return earlier === undefined ? [rowHtml(one, "")] : [rowHtml(earlier, "before"), rowHtml(one, "now")];
  });
  return html`<div class="scroll"><table class="answers">
<thead><tr>${["attack", "verdict", ...MEASURES].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;
}

const fact = (name: string, value: string): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

function headHtml(results: AttackResults): Html {
  const { measured, before, commit, machine, date, seconds } = results;
  const all = heldOf(results) === measured.length;
  return html`<header>
<p class="eyebrow">Meshwork, real nodes</p>
<div class="title"><h1>Attacks on an open mesh</h1>
<p id="verdict" class="verdict ${all ? "passed" : "failed"}"><span class="visually-hidden">Verdict: </span>${all ? "HELD" : "NOT HELD"}</p></div>
<p class="lead">${heldOf(results)} of ${measured.length} attacks were held${before !== null && `, ${heldOf(before)} of ${before.measured.length} before`}.
Five real nodes, each with an address that counts as public; honest owners submitted jobs all the time. The stranger has a core to
itself, and the nodes share another; the baseline has a spinner in the stranger’s place.</p>
<dl class="facts">${[
    fact("Commit", commit),
    before !== null && fact("Before", before.commit),
    fact("Jobs were submitted for", `${seconds} s each`),
    fact("Date", date),
    fact("Machine", machine),
  ]}</dl></header>`;
}

export function renderPage(results: AttackResults): string {
  return document({
    title: "Attacks on an open mesh",
    head: headHtml(results),
    sections: [
      { id: "results", name: "Results", title: "What was measured", body: tableHtml(results) },
      {
        id: "attacks",
        name: "The attacks",
        title: "What the stranger does",
        body: html`<dl class="settings">${ATTACKS.map(
          ({ name, does, aims }) => html`<div><dt>${name}</dt><dd>${does}: ${aims}.</dd></div>`,
        )}</dl>`,
      },
    ],
    note: "Measured on real nodes of one machine. Memory and disk are the most that one node took at any time.",
    version: packageVersion(),
  });
}

// --- the page of the docs -------------------------------------------------------------------------------

const markdownRow = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;

const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  ...[head, head.map(() => "---"), ...rows].map(markdownRow),
];

function beforeLines(results: AttackResults): string[] {
  const { before } = results;
  if (before === null) return [];
  const rows = results.measured.map((one) => {
    const earlier = earlierOf(results, one);
    return [nameOf(one), earlier === undefined ? "not run" : verdictOf(earlier), verdictOf(one)];
  });
  return [
    ...["", "## Before and after", ""],
    `Before is commit ${before.commit}, under the same scripts (${before.seconds} s each): ${heldOf(before)} of ${before.measured.length} attacks were held.`,
    "",
    ...markdownTable(["attack", "before", "after"], rows),
  ];
}

/** docs/attacks.md. */
export function renderMarkdown(results: AttackResults): string {
  const { commit, machine, date, seconds, measured } = results;
  const lines = [
    "# Attacks on an open mesh",
    "",
    "Results of `npm run attack`, which writes this page. [SECURITY.md](../SECURITY.md) says what each attack is and what becomes of it.",
    "",
    `${heldOf(results)} of ${measured.length} attacks were held. Commit ${commit}, ${date}, ${machine}. Honest jobs were submitted for`,
    `${seconds} s in each. The stranger has a core to itself, and all nodes share another. In the first row a spinner takes the`,
    "stranger's place; × is how many times as long jobs took as there. Memory and disk are the most that one node took at any time,",
    "and what it may take.",
    "",
    ...markdownTable(COLUMNS, allOf(results).map(rowOf)),
    ...beforeLines(results),
  ];
  return `${lines.join("\n")}\n`;
}
