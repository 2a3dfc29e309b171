/**
 * The report of a scenario's runs: one page that needs nothing but itself. Verdict first, then what happened, who did
 * what, the figures, and what was run. The same input gives the same bytes.
 */

import type { RunResult, Summary } from "../model/result.ts";
import type { Scenario } from "../model/scenario.ts";
import { agentTables } from "./agents.ts";
import { answerTable } from "./answers.ts";
import { diagram } from "./diagram.ts";
import { eventList, faultGroups, faultTable } from "./faults.ts";
import { type Focus, focusOf, violationsOf } from "./focus.ts";
import { preciseMoment } from "./format.ts";
import { type Html, html, nothing } from "./html.ts";
import { metricTable } from "./metrics.ts";
import { overTime } from "./over-time.ts";
import { setup } from "./setup.ts";
import { document, type Section } from "./shell.ts";
import { spread } from "./spread.ts";
import { statedTable } from "./stated.ts";
import { timeline } from "./timeline.ts";
import { expectations, head, invariants } from "./verdict.ts";

interface ReportOptions {
  /** What repeats the run, as typed. */
  readonly command: string;
  readonly version: string;
}

/** Around the requested moment, otherwise around the violation. */
function messages({ result }: Focus, count: number): Section {
  const [violation] = violationsOf(result);
  const askedMs = result.messagesAroundMs;
  const sent = result.messages.map(({ sentMs }) => sentMs).sort((a, b) => a - b);
  const aroundMs = askedMs ?? violation?.atMs ?? sent[Math.floor(sent.length / 2)] ?? 0;
  const marks = [
    ...violationsOf(result).map(({ atMs, property, message }) => ({
      atMs,
      kind: "violation" as const,
      text: `${property}: ${message}`,
    })),
    ...result.timeline.flatMap(({ atMs, kind, text }) => (kind === "fault" ? [{ atMs, kind, text }] : [])),
  ];
  const isViolation = askedMs === null && violation !== undefined;
  const moment = `${isViolation ? "the violation at " : ""}${preciseMoment(aroundMs)}`;
  const none = askedMs !== null && sent.length === 0;
  const title = `Messages around ${moment}${count > 1 ? `, seed ${result.seed}` : ""}`;
  return {
    id: "messages",
    name: "Messages",
    title,
    body: none
      ? html`<p class="note">Nobody sent anything around ${preciseMoment(askedMs)}; the run was over at ${preciseMoment(result.endedMs)}.</p>`
      : diagram(result.messages, { id: "diagram", aroundMs, marks }),
  };
}

function answers({ answers: rows }: RunResult): Section {
  const isOneJob = rows.every(({ job }) => job === rows[0]!.job);
  const named = rows.map(({ job, ...row }) => ({
    ...row,
    task: isOneJob ? row.task : `job ${job}: ${row.task}`,
    used: "",
  }));
  const body = answerTable(named, { leftOut: 0, isRedacted: false });
  return { id: "answers", name: "Answers", title: "Who said what, and why an answer won", body };
}

function focusNote({ result, why }: Focus, count: number): Html {
  return count < 2
    ? nothing
    : html`<p class="note">Shown is seed ${result.seed}, ${why}; in the plots below and under Agents, too.</p>`;
}

function sections(scenario: Scenario, results: readonly RunResult[], summary: Summary): readonly Section[] {
  const focus = focusOf(results, summary);
  const verdict: Section = {
    id: "expectations",
    name: "Expectations",
    title: "Expectations and invariants",
    body: html`${expectations(scenario, results, summary)}${spread(scenario.expect, results)}${invariants(results, summary)}`,
  };
  const metrics: Section = { id: "metrics", name: "Metrics", title: "Metrics", body: metricTable(summary, results) };
  const what: Section = { id: "setup", name: "Set-up", title: "What was run", body: setup(scenario, results, summary) };
  if (focus === null) return [verdict, metrics, what];
  const { result } = focus;
  const groups = faultGroups(scenario, result);
  const drawn = timeline(result, results, groups);
  const noSeries = result.series.length === 0 && html`<p class="note">No time series were recorded in this run.</p>`;
  const diagramSection = messages(focus, results.length);
  const isBroken = violationsOf(result).length > 0;
  return [
    verdict,
    ...(isBroken ? [diagramSection] : []),
    {
      id: "timeline",
      name: "Timeline",
      title: "Timeline",
      body: html`${focusNote(focus, results.length)}${drawn}${noSeries}${faultTable(groups, result, results)}${eventList(result)}`,
    },
    {
      id: "over-time",
      name: "Over time",
      title: "Selection, messages and rounds over time",
      body: overTime(result, groups),
    },
    ...(result.answers.length === 0 ? [] : [answers(result)]),
    {
      id: "agents",
      name: "Agents",
      title: "Who did what",
      body: html`${agentTables(result.agents)}${statedTable(result.stated)}`,
    },
    metrics,
    ...(isBroken ? [] : [diagramSection]),
    what,
  ];
}

/** A whole HTML page. Cost: some hundred ms, most of it ECharts. */
export function renderReport(
  scenario: Scenario,
  results: readonly RunResult[],
  summary: Summary,
  options: ReportOptions,
): string {
  return document({
    title: `${summary.verdict === "pass" ? "PASS" : "FAIL"} \u2013 ${scenario.name} \u2013 Meshwork simulation`,
    head: head(scenario, results, summary, options),
    sections: sections(scenario, results, summary),
    version: options.version,
  });
}
