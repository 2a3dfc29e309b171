/**
 * The page of a run of real nodes: how it ended, the faults over throughput, completion and latency, who did what, and
 * the protocol's invariants over the run's trace. Beside a simulated run's page (page.ts), and of the same parts.
 *
 * What a trace of real nodes cannot tell - regret, whether answers are right, messages one by one - has no panel here.
 */

import { describeCauses, type ReassignmentCounts } from "../../protocol/job/reassignments.ts";
import type { RunResult } from "../model/result.ts";
import type { CheckedInvariant } from "../parts/checkers/trace-check.ts";
import type { CheckedTraces } from "../traces/check-traces.ts";
import { agentTables } from "./agents.ts";
import { type AnswerFacts, answerTable } from "./answers.ts";
import { faultTable, groupsOf } from "./faults.ts";
import { counted, duration, fixed, preciseMoment, quantity } from "./format.ts";
import { type Html, html, type Part } from "./html.ts";
import { overTime } from "./over-time.ts";
import { document } from "./shell.ts";
import { timeline } from "./timeline.ts";

export interface RealRun {
  readonly title: string;
  readonly status: "certified" | "failed" | "stalled" | "cancelled";
  /** Why there is no answer; "" where there is one. */
  readonly reason: string;
  /** About the answer, in words. */
  readonly highlights: readonly string[];
  readonly job: string;
  readonly tasks: {
    readonly total: number;
    readonly accepted: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly reassigned: number;
    readonly reassignedBy: ReassignmentCounts;
    /** Awards that others, asked because they were late, came before. */
    readonly hedged: number;
  };
  readonly committee: readonly { readonly name: string; readonly power: number }[];
  readonly blocks: number;
  readonly wallMs: number;
  /** `by`: who sent them, in words. */
  readonly messages: { readonly gossip: number; readonly direct: number; readonly bytes: number; readonly by: string };
  /** Series, faults and agents, from the trace. */
  readonly result: Pick<RunResult, "series" | "timeline" | "agents" | "endedMs">;
  readonly checked: CheckedTraces;
  /** How tasks came to their answers, with the agents' names; `leftOut`: tasks of which nothing is told. */
  readonly answers: { readonly isRedacted: boolean; readonly rows: readonly AnswerFacts[]; readonly leftOut: number };
  /** What runs it again, what checks its certificate (null if it has none) and its trace, as typed. */
  readonly commands: { readonly repeat: string; readonly verify: string | null; readonly check: string };
  readonly version: string;
}

const fact = (name: string, value: Part): Html => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

const brokenOf = ({ checked }: RealRun): readonly CheckedInvariant[] =>
  checked.invariants.filter(({ verdict }) => verdict === "broken");

const heldOf = ({ checked }: RealRun): number => checked.invariants.filter(({ verdict }) => verdict === "ok").length;

function tasksText({ total, accepted, failed, cancelled, reassigned, reassignedBy, hedged }: RealRun["tasks"]): string {
  const parts = [`${fixed(accepted)} of ${fixed(total)} accepted`];
  if (failed > 0) parts.push(`${fixed(failed)} failed`);
  if (cancelled > 0) parts.push(`${fixed(cancelled)} cancelled`);
  if (reassigned > 0) parts.push(`${counted(reassigned, "seat")} handed on (${describeCauses(reassignedBy)})`);
  if (hedged > 0) parts.push(`${counted(hedged, "award")} late and hedged`);
  return parts.join(", ");
}

function head(run: RealRun): Html {
  const { title, status, reason, highlights, tasks, committee, wallMs, commands, result } = run;
  const broken = brokenOf(run);
  const isFine = status === "certified" && broken.length === 0;
  const faults = result.timeline.filter(({ kind }) => kind === "fault");
  return html`<header>
<p class="eyebrow">Meshwork run report: real nodes, not simulated</p>
<div class="title"><h1>${title}</h1>
<p id="verdict" class="verdict ${isFine ? "passed" : "failed"}"><span class="visually-hidden">Status: </span>${status.toUpperCase()}</p></div>
${reason !== "" && html`<p class="lead">${reason}</p>`}
${highlights.map((text) => html`<p>${text}</p>`)}
${broken.length > 0 && html`<ul class="reasons">${broken.map(({ id }) => html`<li>Invariant <strong>${id}</strong> broke.</li>`)}</ul>`}
<dl class="facts">
${fact("Tasks", tasksText(tasks))}
${fact("Took", duration(wallMs))}
${fact("Invariants", broken.length === 0 ? `${heldOf(run)} held, none broken` : html`<strong class="fail">${broken.length} broken</strong>`)}
${fact("Faults", faults.length === 0 ? "none" : fixed(faults.length))}
${fact("Agents", fixed(result.agents.length))}
${fact("Committee", committee.length === 1 ? "one member, trusted" : counted(committee.length, "member"))}
${fact("Blocks", fixed(run.blocks))}
${fact("Traffic", `${quantity(run.messages.bytes, "bytes")}, sent by ${run.messages.by}`)}
</dl>
<p class="simulated"><strong>A real run.</strong> Its agents were processes of this machine that talked over libp2p; times are those of its clock, and a second run takes others. ${
    faults.length > 0 && "Its faults were caused on purpose."
  }</p>
<div class="command"><span class="soft">Repeat it</span><code id="command">${commands.repeat}</code></div>
</header>`;
}

const WORDS = {
  ok: html`<span class="pass">held</span>`,
  broken: html`<strong class="fail">BROKEN</strong>`,
  undecided: html`<span class="soft">not decided by a trace</span>`,
} as const;

function invariantTable({ checked, commands }: RealRun): Html {
  const rows = checked.invariants.map(({ id, verdict, note, first }) => {
    const where =
      first !== null &&
      html` <span class="soft">(${first.at.name}, ${first.at.unit} ${first.at.line}, ${preciseMoment(first.at.atMs)})</span>`;
    return html`<tr class="${verdict === "broken" ? "bad" : ""}"><td>${WORDS[verdict]}</td><th scope="row">${id}</th>
<td class="finding">${note}${where}</td></tr>\n`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Invariants, table"><table>
<thead><tr><th scope="col">Outcome</th><th scope="col">Invariant</th><th scope="col">What was looked at, or why not</th></tr></thead>
<tbody>\n${rows}</tbody></table></div>
<p class="note">By the checkers of simulated runs, over the ${fixed(checked.entries)} entries that ${counted(checked.agents, "agent")} wrote down. Again: <code>${commands.check}</code></p>`;
}

function setup(run: RealRun): Html {
  const { job, committee, messages, commands } = run;
  const members = committee.map(({ name, power }) => (power === 1 ? name : `${name} (power ${power})`)).join(", ");
  return html`<dl class="settings">
${fact("Job", html`<code>${job}</code>`)}
${fact("Committee", members)}
${fact("Traffic", `${fixed(messages.direct)} direct and ${fixed(messages.gossip)} gossip messages, ${quantity(messages.bytes, "bytes")}, sent by ${messages.by}`)}
${commands.verify !== null && fact("Check the certificate", html`<code>${commands.verify}</code>`)}
</dl>`;
}

const answers = ({ answers: { isRedacted, rows, leftOut } }: RealRun): Html =>
  answerTable(rows, { leftOut, isRedacted });

/** A whole HTML page. Cost: some hundred ms, most of it ECharts. */
export function renderRealRun(run: RealRun): string {
  const { result, status, title, version } = run;
  const groups = groupsOf(result.timeline.filter(({ kind }) => kind === "fault"));
  const drawn = { ...result, driver: "lab" as const, seed: 0 };
  return document({
    title: `${status.toUpperCase()} \u2013 ${title} \u2013 Meshwork run`,
    head: head(run),
    sections: [
      {
        id: "timeline",
        name: "Timeline",
        title: "Timeline",
        body: html`${timeline(drawn, [drawn], groups)}${faultTable(groups, {}, [], "Nothing was broken on purpose.")}`,
      },
      { id: "answers", name: "Answers", title: "Who said what, and why an answer won", body: answers(run) },
      { id: "agents", name: "Agents", title: "Who did what", body: agentTables(result.agents) },
      { id: "invariants", name: "Invariants", title: "Invariants", body: invariantTable(run) },
      {
        id: "over-time",
        name: "Over time",
        title: "Blocks and reassignments over time",
        body: overTime(drawn, groups),
      },
      { id: "setup", name: "Set-up", title: "What was run", body: setup(run) },
    ],
    note: "Times are those of the machine on which it ran, from the moment at which the job was submitted.",
    version,
  });
}
