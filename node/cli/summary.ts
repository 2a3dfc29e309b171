/**
 * The end of a run: the shape of `summary.json`, and what a person reads of it in ten seconds.
 */

import { formatDuration, formatSize } from "../job-file/duration.ts";
import { COMMAND } from "../version.ts";
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
} from "./terminal-text.ts";

export type RunStatus = "certified" | "failed" | "stalled" | "cancelled";

/** `summary.json`. */
export interface RunSummary {
  readonly job: string;
  readonly status: RunStatus;
  readonly tasks: {
    readonly total: number;
    readonly accepted: number;
    readonly failed: number;
    readonly cancelled: number;
    readonly reassigned: number;
  };
  readonly committee: readonly { readonly agent: string; readonly power: number }[];
  readonly agents: readonly {
    readonly agent: string;
    readonly name: string;
    readonly offers: number;
    readonly awards: number;
    readonly results: number;
    readonly accepted: number;
    readonly rejected: number;
    readonly timeouts: number;
  }[];
  readonly faults: readonly {
    readonly atMs: number;
    readonly agent: string;
    readonly name: string;
    readonly kind: string;
  }[];
  readonly blocks: number;
  readonly wallMs: number;
  readonly messages: { readonly gossip: number; readonly direct: number; readonly bytes: number };
  /** Path of the certificate; null where there is none. */
  readonly certificate: string | null;
  /** Path of the page; null where none was drawn. */
  readonly report: string | null;
}

export interface SummaryOptions {
  readonly width: number;
  readonly color: boolean;
  /** What the job was called. */
  readonly title: string;
  /** Where the files of the run are; null where nothing was written. */
  readonly directory: string | null;
  /** Lines about the answer itself, e.g. totals of a survey. */
  readonly highlights?: readonly string[];
  /** Why the job did not end with an answer; "" where it did. */
  readonly reason?: string;
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

export function renderSummary(summary: RunSummary, options: SummaryOptions): string[] {
  const { width, color, title, directory, highlights = [], reason = "" } = options;
  const paint = painter(color);
  const columns = Math.max(20, width) - 1;
  const { sign, words, style } = HEADINGS[summary.status];
  const named = `${plainText(title)} in ${formatDuration(summary.wallMs)}`;
  const line = (label: string, text: string): string =>
    ` ${paint(padEnd(label, LABEL), "dim")}${cut(plainText(text), columns - LABEL)}`;
  const lines = [
    "",
    ` ${paint(`${sign} ${words}`, "bold", style)}  ${paint(cut(named, columns - words.length - 4), "bold")}`,
    "",
  ];
  if (reason !== "") lines.push(line("reason", reason));
  for (const [i, highlight] of highlights.entries()) lines.push(line(i === 0 ? "answer" : "", highlight));
  lines.push(line("tasks", tasksLine(summary)), line("agreed by", committeeLine(summary)));
  for (const [i, fault] of summary.faults.entries())
    lines.push(line(i === 0 ? "survived" : "", faultLine(summary, fault)));
  lines.push("", ...agentTable(summary, columns, paint), "");
  const { messages, blocks } = summary;
  lines.push(
    line(
      "traffic",
      `${groupDigits(messages.direct)} direct and ${groupDigits(messages.gossip)} gossip messages, ${formatSize(messages.bytes)}, ${counted(blocks, "block")}`,
    ),
  );
  if (directory !== null) lines.push(...fileLines(summary, directory, line, paint));
  return [...lines, ""];
}

function tasksLine({ tasks }: RunSummary): string {
  const parts = [`${groupDigits(tasks.accepted)} of ${groupDigits(tasks.total)} accepted`];
  if (tasks.failed > 0) parts.push(`${groupDigits(tasks.failed)} failed`);
  if (tasks.cancelled > 0) parts.push(`${groupDigits(tasks.cancelled)} cancelled`);
  if (tasks.reassigned > 0) parts.push(`${groupDigits(tasks.reassigned)} handed to another agent`);
  return parts.join(", ");
}

/** The most members that may be Byzantine, whichever: the heaviest, as long as they have less than 1/3 together. */
function toleratedMembers(powers: readonly number[]): number {
  const total = powers.reduce((sum, power) => sum + power, 0);
  let held = 0;
  return [...powers].sort((a, b) => b - a).filter((power) => 3 * (held += power) < total).length;
}

function committeeLine({ committee, agents }: RunSummary): string {
  const names = new Map(agents.map(({ agent, name }) => [agent, name]));
  const shown = committee.map(({ agent }) => names.get(agent) ?? agent.slice(-8));
  const tolerated = toleratedMembers(committee.map((member) => member.power));
  const safety = tolerated === 0 ? "trusts each of them" : `safe with any ${tolerated} Byzantine`;
  return `a committee of ${committee.length}, ${safety}: ${shown.join(", ")}`;
}

function faultLine({ agents, tasks }: RunSummary, fault: RunSummary["faults"][number]): string {
  const agent = agents.find((candidate) => candidate.agent === fault.agent);
  const when = `at ${formatDuration(fault.atMs)}`;
  if (agent !== undefined && fault.kind === "lying")
    return `${fault.name}: ${fault.kind} ${when}, ${counted(agent.rejected, "result")} rejected`;
  return `${fault.name}: ${fault.kind} ${when}${tasks.reassigned > 0 ? ", its work went to others" : ""}`;
}

function agentTable(summary: RunSummary, columns: number, paint: Paint): string[] {
  if (summary.agents.length === 0) return [];
  const heads = ["awards", "results", "accepted", "rejected", "timeouts"] as const;
  const cell = 10;
  const widest = Math.max(LABEL, ...summary.agents.map((agent) => displayWidth(plainText(agent.name)) + 2));
  const name = Math.min(widest, Math.max(LABEL, columns - heads.length * cell));
  const faulty = new Set(summary.faults.map((fault) => fault.agent));
  const head = ` ${padEnd("agent", name)}${heads.map((title) => padStart(title, cell)).join("")}`;
  const rows = summary.agents.map((agent) => {
    const label = padEnd(plainText(agent.name), name);
    const cells = heads.map((title) => {
      const text = padStart(agent[title] === 0 ? "·" : groupDigits(agent[title]), cell);
      return title === "rejected" && agent.rejected > 0 ? paint(text, "red") : text;
    });
    return ` ${faulty.has(agent.agent) ? paint(label, "yellow") : label}${cells.join("")}`;
  });
  return [paint(head, "dim"), ...rows];
}

/** Paths are not cut: they are there to be copied. */
function fileLines(
  summary: RunSummary,
  directory: string,
  line: (label: string, text: string) => string,
  paint: Paint,
): string[] {
  const files = ` ${paint(padEnd("files", LABEL), "dim")}${plainText(directory)}/`;
  const page = summary.report === null ? [] : [` ${paint(padEnd("page", LABEL), "dim")}${plainText(summary.report)}`];
  if (summary.certificate === null) return [files, ...page];
  return [
    files,
    ...page,
    ` ${paint(padEnd("check it", LABEL), "dim")}${plainText(verifyCommand(directory))}`,
    line("", "(offline: it needs no network and no agent)"),
  ];
}

/** What checks the certificate of a run, as typed. */
export const verifyCommand = (directory: string): string =>
  `${COMMAND} verify ${directory}/certificate.json --result ${directory}/result.json`;
