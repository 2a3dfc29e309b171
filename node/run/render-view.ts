/**
 * The live view as a pure function of its state: what a run looks like while it runs.
 *
 * It lays the view out in the given columns and lines; live-view.ts paints it on a terminal.
 */

import {
  clock,
  counted,
  cut,
  displayWidth,
  groupDigits,
  type Paint,
  padEnd,
  padStart,
  painter,
  plainText,
  type Style,
  wrap,
} from "../platform/terminal/terminal-text.ts";

export type AgentState = "joining" | "up" | "silent" | "killed" | "stopped" | "lying" | "gone";

interface ViewAgent {
  readonly name: string;
  readonly state: AgentState;
  /** Awards that it holds now. */
  readonly holding: number;
  readonly accepted: number;
  readonly rejected: number;
}

export interface ViewState {
  readonly title: string;
  readonly elapsedMs: number;
  readonly agents: readonly ViewAgent[];
  readonly tasks: {
    readonly total: number;
    readonly ready: number;
    readonly running: number;
    readonly accepted: number;
    readonly failed: number;
  };
  readonly blocks: { readonly height: number; readonly perSecond: number };
  readonly faults: readonly { readonly atMs: number; readonly name: string; readonly kind: string }[];
  /** Why nothing is decided; "" if something is. */
  readonly waiting: string;
  /** The newest last. */
  readonly lastEvents: readonly string[];
}

const STATE_STYLE: { readonly [state in AgentState]: { readonly sign: string; readonly style: Style } } = {
  joining: { sign: "○", style: "dim" },
  up: { sign: "●", style: "green" },
  silent: { sign: "○", style: "yellow" },
  killed: { sign: "✗", style: "red" },
  stopped: { sign: "■", style: "yellow" },
  lying: { sign: "◆", style: "magenta" },
  gone: { sign: "○", style: "red" },
};

/** Wider terminals get margins rather than longer lines: a row must be read at a glance. */
const WIDTH_MAX = 96;
const WIDTH_MIN = 20;
const BAR_MIN = 8;

/** At most `height` lines of at most `width` columns (without their colours). */
export function renderView(state: ViewState, width: number, height: number, color = false): string[] {
  // A narrower terminal gets the narrowest layout, cut off, without colours.
  const tiny = width < WIDTH_MIN;
  const paint = painter(color && !tiny);
  const columns = Math.min(Math.max(width, WIDTH_MIN), WIDTH_MAX) - 2;
  const head = [
    header(state, columns, paint),
    paint("─".repeat(columns), "dim"),
    taskLine(state, columns, paint),
    blockLine(state, columns, paint),
    ...waitingLines(state, columns, paint),
  ];
  // The most important parts come first: agents, then faults, then events, as far as there is room.
  let room = height - head.length;
  const agents = agentLines(state, columns, room - 1, paint);
  room -= agents.length + 1;
  const faults = faultLines(state, columns, Math.min(room - 1, 5), paint);
  room -= faults.length === 0 ? 0 : faults.length + 1;
  const events = eventLines(state, columns, Math.min(room - 1, 6), paint);
  const sections = [head, agents, faults, events].filter((section) => section.length > 0);
  const lines = sections.flatMap((section, i) => (i === 0 ? section : ["", ...section]));
  const indented = lines.slice(0, Math.max(0, height)).map((line) => (line === "" ? "" : ` ${line}`));
  return tiny ? indented.map((line) => cut(line, Math.max(0, width))) : indented;
}

function header(state: ViewState, columns: number, paint: Paint): string {
  const time = clock(state.elapsedMs);
  const title = cut(plainText(state.title), Math.max(0, columns - time.length - 11));
  const gap = columns - 10 - displayWidth(title) - time.length;
  return `${paint("MESHWORK", "bold", "cyan")}  ${paint(title, "bold")}${" ".repeat(Math.max(1, gap))}${paint(time, "dim")}`;
}

function taskLine({ tasks }: ViewState, columns: number, paint: Paint): string {
  const done = `${groupDigits(tasks.accepted)}/${groupDigits(tasks.total)}`;
  const parts = [
    `${tasks.running} running`,
    `${tasks.ready} ready`,
    ...(tasks.failed > 0 ? [`${tasks.failed} failed`] : []),
  ];
  const words = `${done}  ${parts.join(" · ")}`;
  const space = columns - 8 - displayWidth(words) - 2;
  if (space < BAR_MIN) return `${paint(padEnd("tasks", 8), "dim")}${cut(words, columns - 8)}`;
  return `${paint(padEnd("tasks", 8), "dim")}${bar(tasks, Math.min(space, 40), paint)}  ${words}`;
}

/** Accepted, failed and running as shares of all; nothing known yet is an empty bar. */
function bar(tasks: ViewState["tasks"], cells: number, paint: Paint): string {
  const total = Math.max(tasks.total, tasks.accepted + tasks.running + tasks.failed, 1);
  // Rounding down keeps a full bar for a finished job.
  const accepted = Math.floor((cells * tasks.accepted) / total);
  const failed = Math.min(cells - accepted, Math.ceil((cells * tasks.failed) / total));
  const running = Math.min(cells - accepted - failed, Math.ceil((cells * tasks.running) / total));
  const rest = cells - accepted - failed - running;
  return (
    paint("█".repeat(accepted), "green") +
    paint("█".repeat(failed), "red") +
    paint("▒".repeat(running), "cyan") +
    paint("░".repeat(rest), "dim")
  );
}

function blockLine({ blocks }: ViewState, columns: number, paint: Paint): string {
  const words = `${groupDigits(blocks.height)} agreed · ${blocks.perSecond.toFixed(1)} a second`;
  return `${paint(padEnd("blocks", 8), "dim")}${cut(words, columns - 8)}`;
}

function waitingLines({ waiting }: ViewState, columns: number, paint: Paint): string[] {
  if (waiting === "") return [];
  const lines = wrap(plainText(waiting), columns - 8);
  return lines.map((line, i) => `${paint(padEnd(i === 0 ? "waiting" : "", 8), "dim")}${paint(line, "yellow")}`);
}

const COLUMNS = { state: 10, holding: 9, accepted: 10, rejected: 10 } as const;
const NAME_MIN = 8;

function agentLines(state: ViewState, columns: number, room: number, paint: Paint): string[] {
  if (state.agents.length === 0 || room < 2) return [];
  const numbers = COLUMNS.holding + COLUMNS.accepted + COLUMNS.rejected;
  const widest = Math.max(NAME_MIN, ...state.agents.map((agent) => displayWidth(plainText(agent.name))));
  const name = Math.min(widest + 2, Math.max(NAME_MIN, columns - COLUMNS.state - numbers));
  const narrow = columns < name + COLUMNS.state + numbers;
  const counters = (["holding", "accepted", "rejected"] as const).map((column) => padStart(column, COLUMNS[column]));
  const title = `${padEnd("agent", name)}${padEnd("", COLUMNS.state)}${narrow ? "" : counters.join("")}`;
  const row = (agent: ViewAgent): string => {
    const { sign, style } = STATE_STYLE[agent.state];
    const dead = agent.state === "killed" || agent.state === "gone";
    const label = padEnd(plainText(agent.name), name);
    const start = `${dead ? paint(label, "dim") : label}${paint(padEnd(`${sign} ${agent.state}`, COLUMNS.state), style)}`;
    if (narrow) return start;
    const rejected = padStart(agent.rejected === 0 ? "·" : groupDigits(agent.rejected), COLUMNS.rejected);
    const counts =
      padStart(agent.holding === 0 ? "·" : groupDigits(agent.holding), COLUMNS.holding) +
      padStart(groupDigits(agent.accepted), COLUMNS.accepted);
    return `${start}${dead ? paint(counts, "dim") : counts}${agent.rejected > 0 ? paint(rejected, "red") : paint(rejected, "dim")}`;
  };
  const hidden = state.agents.length + 1 > room;
  const shown = hidden ? state.agents.slice(0, Math.max(0, room - 2)) : state.agents;
  const more = hidden
    ? [paint(cut(`and ${counted(state.agents.length - shown.length, "more agent")}`, columns), "dim")]
    : [];
  return [paint(cut(title, columns), "dim"), ...shown.map(row), ...more];
}

function faultLines(state: ViewState, columns: number, room: number, paint: Paint): string[] {
  if (state.faults.length === 0 || room < 2) return [];
  const shown = state.faults.slice(-(room - 1));
  const line = (fault: ViewState["faults"][number]): string =>
    `${paint(clock(fault.atMs), "dim")}  ${paint(cut(`${plainText(fault.name)}  ${plainText(fault.kind)}`, columns - 9), "yellow")}`;
  return [paint("faults", "dim"), ...shown.map(line)];
}

function eventLines(state: ViewState, columns: number, room: number, paint: Paint): string[] {
  if (state.lastEvents.length === 0 || room < 2) return [];
  const shown = state.lastEvents.slice(-(room - 1));
  return [paint("events", "dim"), ...shown.map((event) => paint(cut(plainText(event), columns), "dim"))];
}
