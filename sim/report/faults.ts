/**
 * The faults of a run as the page numbers them: entries of the timeline with the same text are one fault that happened several
 * times. Without such entries, the faults that the scenario had planned.
 */

import type { FaultOutcome, RunResult, TimelineEntry } from "../model/result.ts";
import type { Scenario } from "../model/scenario.ts";
import { duration, fixed, listed, moment } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";

export interface FaultGroup {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** In order of time; a moment has `untilMs` null. */
  readonly spans: readonly { readonly atMs: number; readonly untilMs: number | null }[];
  readonly agents: readonly string[];
}

/** Those whose time had come. */
const planned = ({ faults }: Scenario, { endedMs, shortfalls }: RunResult): readonly TimelineEntry[] =>
  faults
    .filter(
      ({ atMs, text }) => atMs <= endedMs && !shortfalls.some(({ what, isNothing }) => isNothing && what === text),
    )
    .map(({ atMs, untilMs, text }) => ({ atMs, untilMs, kind: "fault", text, agents: [] }));

export function faultGroups(scenario: Scenario, result: RunResult): readonly FaultGroup[] {
  const happened = result.timeline.filter((entry) => entry.kind === "fault");
  return groupsOf(happened.length > 0 ? happened : planned(scenario, result));
}

export function groupsOf(entries: readonly TimelineEntry[]): readonly FaultGroup[] {
  const groups = new Map<string, TimelineEntry[]>();
  for (const entry of [...entries].sort((a, b) => a.atMs - b.atMs)) {
    const group = groups.get(entry.text);
    if (group === undefined) groups.set(entry.text, [entry]);
    else group.push(entry);
  }
  return [...groups].map(([text, members], index) => ({
    number: index + 1,
    text,
    spans: members.map(({ atMs, untilMs }) => ({ atMs, untilMs })),
    agents: [...new Set(members.flatMap(({ agents }) => agents))],
  }));
}

/** `20 s`, `40 s – 80 s`, `41 s … 79 s, 12 times`. */
function when({ spans }: FaultGroup): string {
  const first = spans[0]!;
  const last = spans.at(-1)!;
  if (spans.length > 1)
    return `${moment(first.atMs)} \u2026 ${moment(last.untilMs ?? last.atMs)}, ${spans.length} times`;
  if (first.untilMs === null) return moment(first.atMs);
  return `${moment(first.atMs)} \u2013 ${moment(first.untilMs)} (${duration(first.untilMs - first.atMs)})`;
}

/** How many agents all faults with one text asked for; "" where none is about a number of agents. */
function askedText(outcomes: readonly FaultOutcome[]): string {
  const asked = outcomes.flatMap((outcome) => outcome.asked ?? []);
  return asked.length === 0 ? "" : fixed(asked.reduce((sum, count) => sum + count, 0));
}

/** How many agents faults with one text hit: from the seed with the fewest to the one with the most. */
function hitOverSeeds(text: string, results: readonly RunResult[]): string {
  const hits = results.map(({ faults }) =>
    faults.filter((fault) => fault.text === text).reduce((sum, { hit }) => sum + hit, 0),
  );
  const [least, most] = [Math.min(...hits), Math.max(...hits)];
  return least === most ? fixed(least) : `${fixed(least)} to ${fixed(most)}`;
}

/** The plot's legend, and the same in words. `results`: all runs, where there are several. */
export function faultTable(
  groups: readonly FaultGroup[],
  { faults = [] }: Partial<Pick<RunResult, "faults">>,
  results: readonly RunResult[] = [],
  none = "The scenario has no faults.",
): Html {
  const idle = faults.filter(({ tookEffect }) => !tookEffect);
  if (groups.length === 0 && idle.length === 0) return html`<p class="note">${none}</p>`;
  const many = results.length > 1;
  const rows = groups.map((group) => {
    const same = faults.filter(({ text }) => text === group.text);
    const short = same.find(({ shortBecause }) => shortBecause !== null);
    return html`<tr class="${short !== undefined && !short.upTo ? "bad" : ""}"><th scope="row" class="number">${group.number}</th><td class="when">${when(group)}</td>
<td><code>${group.text}</code>${short !== undefined && html`<br><span class="${short.upTo ? "soft" : "fail"}">${short.shortBecause}</span>`}</td>
<td class="number">${askedText(same)}</td><td class="number">${group.agents.length > 0 ? fixed(group.agents.length) : ""}</td>
${many && html`<td class="number">${group.agents.length > 0 ? hitOverSeeds(group.text, results) : ""}</td>`}
<td class="names">${listed(group.agents, 8)}</td></tr>\n`;
  });
  const idleRows = idle.map(
    (fault) => html`<tr class="bad"><td></td><td class="when">never</td><td><code>${fault.text}</code></td>
<td class="number">${askedText([fault])}</td><td class="number">0</td>${many && html`<td></td>`}
<td><strong class="fail">never took effect</strong></td></tr>\n`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Faults, table"><table class="faults">
<caption>Faults, by their numbers in the plot</caption>
<thead><tr><th scope="col" class="number">No.</th><th scope="col">When</th><th scope="col">Fault</th>
<th scope="col" class="number">Asked for</th><th scope="col" class="number">Agents hit</th>
${many && html`<th scope="col" class="number">All seeds</th>`}<th scope="col">Who</th></tr></thead>
<tbody>${rows}${idleRows}</tbody></table></div>`;
}

/** What else is in the timeline: jobs, notes and violations, as a list that opens. */
export function eventList(result: RunResult): Html {
  const entries = result.timeline.filter((entry) => entry.kind !== "fault").sort((a, b) => a.atMs - b.atMs);
  if (entries.length === 0) return nothing;
  const shown = entries.slice(0, 400);
  const rows = shown.map(
    ({ atMs, untilMs, kind, text, agents }) => html`<tr><td class="when">${moment(atMs)}${
      untilMs === null ? "" : ` \u2013 ${moment(untilMs)}`
    }</td><td class="${kind === "violation" ? "fail" : ""}">${kind}</td><td>${text}</td>
<td class="names">${listed(agents, 6)}</td></tr>\n`,
  );
  const rest = entries.length - shown.length;
  return html`<details><summary>What happened, in order (${fixed(entries.length)})</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Events, table"><table>
<thead><tr><th scope="col">When</th><th scope="col">Kind</th><th scope="col">What</th><th scope="col">Agents</th></tr></thead>
<tbody>${rows}</tbody></table></div>${rest > 0 && html`<p class="note">${fixed(rest)} later entries are left out.</p>`}</details>`;
}
