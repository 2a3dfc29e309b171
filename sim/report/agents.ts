/**
 * Who did what: agents by group and behaviour, with their awards, their results and their earnings. Beyond a
 * hundred agents, a summary by group and the twenty that stand out most.
 */

import { compareText } from "../../protocol/core/bytes.ts";
import type { AgentRow } from "../model/result.ts";
import { counted, decimalsOf, fixed } from "./format.ts";
import { type Html, html, type Part } from "./html.ts";
import { remarkable } from "./remarkable.ts";
import { unitOf } from "./series.ts";

const ALL_MAX = 100;
const REMARKABLE = 20;

const COUNTS = ["awards", "results", "accepted", "rejected", "timeouts", "earned", "crashes"] as const;
type Counts = { readonly [name in (typeof COUNTS)[number]]: number };

const behaviourOf = ({ behaviour }: AgentRow): string => behaviour || "honest";

const most = (rows: readonly Counts[], name: keyof Counts): number =>
  rows.reduce((max, row) => Math.max(max, row[name]), 0);

const percent = (part: number, whole: number): string => `${Number(((100 * part) / whole).toFixed(1))}%`;

const numberText = (value: number): string => fixed(value, Number.isInteger(value) ? 0 : decimalsOf(value));

/** A number beside its bar; as wide as the column's greatest, so that bars begin below one another. */
function barred(bars: Part, value: number, max: number): Html {
  const width = Math.max(numberText(value).length, fixed(max, Number.isInteger(max) ? 0 : 1).length);
  return html`<td class="number barred"><span class="track">${bars}</span><span class="beside" style="min-width:${width}ch">${numberText(value)}</span></td>`;
}

/** A number, and a bar as long as its share of the column's greatest. */
function bar(value: number, max: number): Html {
  const width = max > 0 && value > 0 && html`<i class="plain" style="width:${percent(value, max)}"></i>`;
  return barred(width, value, max);
}

/** Where the awards went: accepted, rejected, timed out, otherwise ended; of different heights as well as colours. */
function outcomes(row: Counts, max: number): Html {
  const parts: readonly (readonly [string, number])[] = [
    ["ok", row.accepted],
    ["no", row.rejected],
    ["late", row.timeouts],
    ["rest", Math.max(0, row.awards - row.accepted - row.rejected - row.timeouts)],
  ];
  const whole = Math.max(max, 1);
  const bars = parts.map(
    ([name, value]) => value > 0 && html`<i class="${name}" style="width:${percent(value, whole)}"></i>`,
  );
  return barred(bars, row.awards, max);
}

const cells = (row: Counts, max: Counts): Part => [
  outcomes(row, max.awards),
  html`<td class="number">${fixed(row.results)}</td><td class="number">${fixed(row.accepted)}</td>`,
  html`<td class="number${row.rejected > 0 ? "" : " soft"}">${fixed(row.rejected)}</td><td class="number${row.timeouts > 0 ? "" : " soft"}">${fixed(row.timeouts)}</td>`,
  bar(row.earned, max.earned),
  html`<td class="number${row.crashes > 0 ? "" : " soft"}">${fixed(row.crashes)}</td>`,
];

const maxima = (rows: readonly Counts[]): Counts =>
  Object.fromEntries(COUNTS.map((name) => [name, most(rows, name)])) as Counts;

const HEADS = html`<th scope="col" class="number">Awards</th><th scope="col" class="number">Results</th>
<th scope="col" class="number">Accepted</th><th scope="col" class="number">Rejected</th><th scope="col" class="number">Timeouts</th>
<th scope="col" class="number">Earned</th><th scope="col" class="number">Crashes</th>`;

const table = (name: string, head: Part, body: Part): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${name}, table"><table class="agents">
<thead><tr>${head}</tr></thead>\n${body}</table></div>`;

function agentRow(row: AgentRow, max: Counts): Html {
  return html`<tr><th scope="row">${row.agent}</th><td class="${row.state === "up" ? "soft" : "strong"}">${row.state}</td>${cells(row, max)}</tr>\n`;
}

/** Groups in the order of their first agent; honest agents before others of the same group. */
function grouped(rows: readonly AgentRow[]): { title: string; behaviour: string; members: AgentRow[] }[] {
  const groups = new Map<string, { title: string; behaviour: string; members: AgentRow[] }>();
  for (const row of rows) {
    const key = JSON.stringify([row.group, row.behaviour]);
    const found = groups.get(key);
    if (found === undefined) groups.set(key, { title: row.group, behaviour: behaviourOf(row), members: [row] });
    else found.members.push(row);
  }
  return [...groups.values()];
}

const byAwards = (a: AgentRow, b: AgentRow): number =>
  b.awards - a.awards || b.accepted - a.accepted || a.agent.length - b.agent.length || compareText(a.agent, b.agent);

function everybody(rows: readonly AgentRow[]): Html {
  const max = maxima(rows);
  const body = grouped(rows).map(
    ({
      title,
      behaviour,
      members,
    }) => html`<tbody><tr class="group"><th colspan="9" scope="rowgroup">Group ${title}: <em>${behaviour}</em> <span class="soft">${counted(members.length, "agent")}</span></th></tr>
${members.sort(byAwards).map((row) => agentRow(row, max))}</tbody>`,
  );
  return table("Agents", html`<th scope="col">Agent</th><th scope="col">At the end</th>${HEADS}`, body);
}

/** Means an agent, so that groups of different size compare. */
function summaryByGroup(rows: readonly AgentRow[]): Html {
  const groups = grouped(rows).map(({ title, behaviour, members }) => {
    const mean = Object.fromEntries(
      COUNTS.map((name) => [name, members.reduce((sum, row) => sum + row[name], 0) / members.length]),
    ) as Counts;
    const down = members.filter(({ state }) => state !== "up").length;
    return { title, behaviour, size: members.length, down, mean };
  });
  const text = (value: number): string => fixed(value, decimalsOf(value, 2));
  const max = maxima(groups.map(({ mean }) => mean));
  const body = groups.map(
    ({ title, behaviour, size, down, mean }) => html`<tr><th scope="row">${title}: <em>${behaviour}</em></th>
<td class="number">${fixed(size)}</td><td class="number">${fixed(down)}</td>${bar(mean.awards, max.awards)}
${(["results", "accepted", "rejected", "timeouts"] as const).map((name) => html`<td class="number">${text(mean[name])}</td>`)}
${bar(mean.earned, max.earned)}<td class="number">${text(mean.crashes)}</td></tr>\n`,
  );
  const head = html`<th scope="col">Group</th><th scope="col" class="number">Agents</th><th scope="col" class="number">Not up at the end</th>${HEADS}`;
  return html`<h3>By group, means an agent</h3>${table("Groups of agents", head, html`<tbody>${body}</tbody>`)}`;
}

function standouts(rows: readonly AgentRow[]): Html {
  const found = remarkable(rows, REMARKABLE);
  const max = maxima(rows);
  const body = found.map(
    ({
      row,
      why,
    }) => html`<tr><th scope="row">${row.agent}</th><td class="group-name">${row.group}: <em>${behaviourOf(row)}</em></td>
<td class="${row.state === "up" ? "soft" : "strong"}">${row.state}</td><td class="meaning">${why}</td>${outcomes(row, max.awards)}
<td class="number">${fixed(row.accepted)}</td><td class="number">${fixed(row.rejected)}</td>
<td class="number">${fixed(row.timeouts)}</td><td class="number">${fixed(row.earned)}</td></tr>\n`,
  );
  const head = html`<th scope="col">Agent</th><th scope="col">Group</th><th scope="col">At the end</th><th scope="col">Against its group</th>
<th scope="col" class="number">Awards</th><th scope="col" class="number">Accepted</th><th scope="col" class="number">Rejected</th>
<th scope="col" class="number">Timeouts</th><th scope="col" class="number">Earned</th>`;
  return html`<h3>The ${found.length} that stand out most</h3>${table("Remarkable agents", head, html`<tbody>${body}</tbody>`)}`;
}

const LEGEND = html`<p class="note legend"><span>Awards that ended:</span>
<span class="key"><i class="ok"></i>accepted</span> <span class="key"><i class="no"></i>rejected</span>
<span class="key"><i class="late"></i>timed out</span> <span class="key"><i class="rest"></i>otherwise, or not yet</span>
<span>Earned in ${unitOf("spent")}.</span></p>`;

export function agentTables(rows: readonly AgentRow[]): Html {
  if (rows.length === 0) return html`<p class="note">No agents were recorded.</p>`;
  if (rows.length <= ALL_MAX) return html`${LEGEND}${everybody(rows)}`;
  return html`${summaryByGroup(rows)}${standouts(rows)}${LEGEND}`;
}
