/**
 * The end of a run: the shape of `summary.json`, and what a person reads of it in ten seconds.
 */

import type { AnsweredTask } from "../../protocol/job/answer-log.ts";
import { toleratedMembers } from "../../protocol/job/committee-draw.ts";
import { describeCauses, type ReassignmentCounts } from "../../protocol/job/reassignments.ts";
import { commandLine } from "../platform/terminal/command-line.ts";
import {
  counted,
  cut,
  displayWidth,
  groupDigits,
  type Paint,
  padEnd,
  padStart,
  painter,
  plainText,
  wrap,
} from "../platform/terminal/terminal-text.ts";
import { type ShownUsage, usageWords } from "../platform/terminal/usage-text.ts";
import { formatDuration, formatSize } from "../platform/text/quantities.ts";

export type RunStatus = "certified" | "failed" | "stalled" | "cancelled";

/** `summary.json`. */
export interface RunSummary {
  readonly job: string;
  readonly status: RunStatus;
  /** Why the job did not end with an answer; "" where it did. */
  readonly reason: string;
  readonly tasks: {
    readonly total: number;
    readonly accepted: number;
    readonly failed: number;
    /** Ended by the owner's cancel. */
    readonly cancelled: number;
    /** Neither accepted nor failed when the job failed, or when nobody waited for it any more. */
    readonly unfinished: number;
    /** Seats that went to somebody else, and why they were free. */
    readonly reassigned: number;
    readonly reassignedBy: ReassignmentCounts;
    /** Awards that others, asked because they were late, came before. */
    readonly hedged: number;
  };
  readonly committee: readonly { readonly agent: string; readonly power: number }[];
  readonly agents: readonly {
    readonly agent: string;
    readonly name: string;
    readonly offers: number;
    /** What the job's selector expected of it when it could choose it last: a reward of about 0..1; null if it never could. */
    readonly expected: number | null;
    readonly awards: number;
    readonly results: number;
    readonly accepted: number;
    readonly rejected: number;
    readonly timeouts: number;
    /** What its results used, as it says; null if it says nothing. */
    readonly usage: ShownUsage | null;
  }[];
  /** What all results used, and those of each task (the first thousand that say so; `leftOut`: results of others). */
  readonly usage:
    | (ShownUsage & { readonly byTask: { readonly [task: string]: ShownUsage }; readonly leftOut: number })
    | null;
  /** How the first five hundred tasks came to their answers, or to none: who said what. `leftOut`: later tasks. */
  readonly answers: {
    /** The job keeps its outputs out of summaries: their hashes stand here. */
    readonly isRedacted: boolean;
    readonly tasks: readonly AnsweredTask[];
    readonly leftOut: number;
  };
  readonly faults: readonly {
    readonly atMs: number;
    readonly agent: string;
    readonly name: string;
    readonly kind: string;
  }[];
  readonly blocks: number;
  readonly wallMs: number;
  /** Sent; `by`: by whom, in words. */
  readonly messages: { readonly gossip: number; readonly direct: number; readonly bytes: number; readonly by: string };
  /** Path of the certificate; null where there is none. */
  readonly certificate: string | null;
  /** A task whose workers can be explained by the trace; null if there is none. */
  readonly explained: string | null;
  /** Path of the page; null where none was drawn. */
  readonly report: string | null;
}

/** What is known of a run before its page is drawn. */
export type RunFigures = Omit<RunSummary, "report">;

export interface SummaryOptions {
  readonly width: number;
  readonly color: boolean;
  /** What the job was called. */
  readonly title: string;
  /** Where the files of the run are; null where nothing was written. */
  readonly directory: string | null;
  /** It ran on a mesh of its own, which left a trace, and logs with what its skills printed and threw. */
  readonly isLocal: boolean;
  /** Lines about the answer itself, e.g. totals of a survey. */
  readonly highlights?: readonly string[];
}

const HEADINGS: {
  readonly [status in RunStatus]: {
    readonly sign: string;
    readonly words: string;
    readonly style: "green" | "red" | "yellow";
  };
} = {
  certified: { sign: "✓", words: "CERTIFIED", style: "green" },
  failed: { sign: "✗", words: "FAILED", style: "red" },
  stalled: { sign: "✗", words: "STALLED", style: "red" },
  cancelled: { sign: "■", words: "CANCELLED", style: "yellow" },
};

const LABEL = 12;

/** The table comes first and the answer last: below it stands the prompt, and what is above may be off the screen. */
export function renderSummary(summary: RunFigures, options: SummaryOptions): string[] {
  const { width, color, title, directory, highlights = [] } = options;
  const paint = painter(color);
  const columns = Math.max(20, width) - 1;
  const { sign, words, style } = HEADINGS[summary.status];
  const named = `${plainText(title)} in ${formatDuration(summary.wallMs)}`;
  const labelled = (label: string, text: string): string => ` ${paint(padEnd(label, LABEL), "dim")}${text}`;
  /** On as many lines as it takes: the reason of a failure is not for guessing. */
  const line = (label: string, text: string): string[] =>
    wrap(plainText(text), columns - LABEL).map((part, i) => labelled(i === 0 ? label : "", part));
  const agents = agentTable(summary, columns, paint);
  const lines = [
    "",
    ...agents,
    ...(agents.length === 0 ? [] : [""]),
    ` ${paint(`${sign} ${words}`, "bold", style)}  ${paint(cut(named, columns - words.length - 4), "bold")}`,
    "",
  ];
  if (summary.reason !== "") lines.push(...line("reason", summary.reason));
  // An answer may be of any length; all of it is in result.json.
  for (const [i, highlight] of highlights.entries())
    lines.push(labelled(i === 0 ? "answer" : "", cut(plainText(highlight), columns - LABEL)));
  lines.push(...line("tasks", tasksLine(summary)), ...line(...committeeLine(summary)));
  if (summary.usage !== null) lines.push(...line("used", usageWords(summary.usage)));
  for (const [i, fault] of summary.faults.entries())
    lines.push(...line(i === 0 ? "survived" : "", faultLine(summary, fault)));
  const { messages, blocks } = summary;
  lines.push(
    ...line(
      "traffic",
      `sent by ${messages.by}: ${groupDigits(messages.direct)} direct and ${groupDigits(messages.gossip)} gossip messages, ${formatSize(messages.bytes)}; ${counted(blocks, "block")}`,
    ),
  );
  if (directory !== null) lines.push(...fileLines(summary, { ...options, directory }, labelled));
  return [...lines, ""];
}

function tasksLine({ tasks }: RunFigures): string {
  const parts = [`${groupDigits(tasks.accepted)} of ${groupDigits(tasks.total)} accepted`];
  if (tasks.failed > 0) parts.push(`${groupDigits(tasks.failed)} failed`);
  if (tasks.cancelled > 0) parts.push(`${groupDigits(tasks.cancelled)} cancelled`);
  if (tasks.unfinished > 0) parts.push(`${groupDigits(tasks.unfinished)} not finished`);
  if (tasks.reassigned > 0)
    parts.push(`${groupDigits(tasks.reassigned)} handed to another agent (${describeCauses(tasks.reassignedBy)})`);
  if (tasks.hedged > 0) parts.push(`${groupDigits(tasks.hedged)} late and hedged`);
  return parts.join(", ");
}

function committeeLine({ committee, agents, blocks, status }: RunFigures): [label: string, text: string] {
  const names = new Map(agents.map(({ agent, name }) => [agent, name]));
  const shown = committee.map(({ agent }) => names.get(agent) ?? agent.slice(-8));
  const tolerated = toleratedMembers(committee.map((member) => member.power));
  const safety = tolerated === 0 ? "each of which must be trusted" : `safe with any ${tolerated} Byzantine`;
  const isOne = committee.length === 1;
  const who = isOne ? "one agent alone" : `a committee of ${committee.length}`;
  if (blocks === 0) return ["committee", `${who}, which decided nothing: ${shown.join(", ")}`];
  return [
    status === "stalled" ? "kept by" : "agreed by",
    `${who}, ${isOne ? "which must be trusted" : safety}: ${shown.join(", ")}`,
  ];
}

function faultLine({ agents, tasks }: RunFigures, fault: RunSummary["faults"][number]): string {
  const agent = agents.find((candidate) => candidate.agent === fault.agent);
  const when = `at ${formatDuration(fault.atMs)}`;
  if (agent !== undefined && fault.kind === "lying")
    return `${fault.name}: ${fault.kind} ${when}, ${counted(agent.rejected, "result")} rejected`;
  const { expired, gone } = tasks.reassignedBy;
  const after = expired + gone + tasks.hedged > 0 ? "its work went to others" : "the job continued without it";
  return `${fault.name}: ${fault.kind} ${when}, ${after}`;
}

const HEADS = ["awards", "results", "accepted", "rejected", "timeouts", "expected"] as const;
/** What a narrow terminal does without first. */
const SPARE: readonly (typeof HEADS)[number][] = ["expected", "awards", "timeouts", "results"];
const CELL = 10;
/** The longest title and a space. */
const CELL_MIN = 9;
const NAME_MIN = 8;

/** The columns for which there is room beside the names. */
function tableColumns(
  columns: number,
  all: readonly (typeof HEADS)[number][],
): { readonly heads: readonly (typeof HEADS)[number][]; readonly cell: number } {
  if (LABEL + all.length * CELL <= columns) return { heads: all, cell: CELL };
  let heads = all;
  for (const spare of SPARE) {
    if (LABEL + heads.length * CELL_MIN <= columns) break;
    heads = heads.filter((head) => head !== spare);
  }
  return { heads, cell: CELL_MIN };
}

function cellText(agent: RunSummary["agents"][number], title: (typeof HEADS)[number]): string {
  const value = agent[title];
  if (value === null) return "·";
  if (title === "expected") return value.toFixed(2);
  return value === 0 ? "·" : groupDigits(value);
}

function agentTable(summary: RunFigures, columns: number, paint: Paint): string[] {
  if (summary.agents.length === 0) return [];
  // A selector without expectations has nothing to show.
  const isExpected = summary.agents.some(({ expected }) => expected !== null && expected !== 0);
  const { heads, cell } = tableColumns(columns, isExpected ? HEADS : HEADS.slice(0, -1));
  const widest = Math.max(LABEL, ...summary.agents.map((agent) => displayWidth(plainText(agent.name)) + 2));
  const name = Math.min(widest, Math.max(NAME_MIN, columns - heads.length * cell));
  const faulty = new Set(summary.faults.map((fault) => fault.agent));
  const head = ` ${padEnd("agent", name)}${heads.map((title) => padStart(title, cell)).join("")}`;
  const rows = summary.agents.map((agent) => {
    const label = padEnd(plainText(agent.name), name);
    const cells = heads.map((title) => {
      const text = padStart(cellText(agent, title), cell);
      return title === "rejected" && agent.rejected > 0 ? paint(text, "red") : text;
    });
    return ` ${faulty.has(agent.agent) ? paint(label, "yellow") : label}${cells.join("")}`;
  });
  return [paint(head, "dim"), ...rows];
}

/** Paths are not shortened, so that people can copy them. */
function fileLines(
  summary: RunFigures,
  { directory, isLocal }: SummaryOptions & { readonly directory: string },
  labelled: (label: string, text: string) => string,
): string[] {
  const files = labelled("files", `${plainText(directory)}/`);
  const logs = isLocal ? [labelled("logs", plainText(`${directory}/agents/*/log.txt`))] : [];
  if (summary.certificate === null) return [files, ...logs];
  const how = "(offline: it needs no network and no agent)";
  const explain =
    !isLocal || summary.explained === null
      ? []
      : [labelled("explain it", plainText(explainCommand(summary.job, summary.explained, directory)))];
  return [files, labelled("check it", plainText(verifyCommand(directory))), labelled("", how), ...explain];
}

/** Where the page is, once it is drawn: the summary does not wait for it. */
export const pageLine = (report: string, color: boolean): string =>
  ` ${painter(color)(padEnd("page", LABEL), "dim")}${plainText(report)}`;

/** This many digits tell a job from all others that one meets. */
const SHOWN_DIGITS = 12;

/** What says why one of its tasks went where it went, as typed. */
const explainCommand = (job: string, task: string, directory: string): string =>
  commandLine(["explain", job.slice(0, SHOWN_DIGITS), task, "--run", directory]);

/** What checks the certificate of a run, as typed. */
export const verifyCommand = (directory: string): string =>
  commandLine(["verify", `${directory}/certificate.json`, "--result", `${directory}/result.json`]);
