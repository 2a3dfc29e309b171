/**
 * The live view on a terminal: repaints in place, and restores the terminal. Without a terminal it prints the
 * same news as plain lines.
 *
 * Responsible for: cursor, rate and fallback. What is shown is render-view.ts.
 */

import { clock, columnsOf, counted, groupDigits, plainText, wantsColor } from "../platform/terminal/terminal-text.ts";
import { renderView, type ViewState } from "./render-view.ts";

/** The part of a writable stream that the view needs. */
export interface ViewStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

interface LiveViewOptions {
  readonly stream: ViewStream;
  readonly env: NodeJS.ProcessEnv;
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
/** Long lines are cut by the terminal instead of wrapped, so that the number of lines is known. */
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
const HOME_AND_CLEAR = "\x1b[2J\x1b[H";
/** Terminals that know it show all of a frame at once; others ignore it. */
const BEGIN_FRAME = "\x1b[?2026h";
const END_FRAME = "\x1b[?2026l";

/** Ten frames a second look continuous and cost little over a slow line. */
const FRAME_MS = 100;

export class LiveView {
  readonly #stream: ViewStream;
  readonly #live: boolean;
  readonly #color: boolean;
  #state: ViewState | null = null;
  #painted = 0;
  #timer: NodeJS.Timeout | null = null;
  #lastFrameMs = Number.NEGATIVE_INFINITY;
  #open = false;
  #logged: ViewState | null = null;

  constructor({ stream, env }: LiveViewOptions) {
    this.#stream = stream;
    this.#live = stream.isTTY === true && env.TERM !== "dumb";
    this.#color = wantsColor(stream, env);
  }

  /** Shows a new state: at once, or with the next frame. Without a terminal, prints what is new in it. */
  update(state: ViewState): void {
    this.#state = state;
    if (!this.#live) {
      for (const line of newsLines(this.#logged, state)) this.#stream.write(`${line}\n`);
      this.#logged = state;
      return;
    }
    if (this.#timer !== null) return;
    const wait = this.#lastFrameMs + FRAME_MS - performance.now();
    if (wait <= 0) this.#paint();
    else {
      this.#timer = setTimeout(() => this.#paint(), wait);
      this.#timer.unref();
    }
  }

  /** Prints a line above the view that stays. */
  log(line: string): void {
    this.#clear();
    this.#stream.write(`${plainText(line)}\n`);
    if (this.#open) this.#paint();
  }

  /** Ends the view. Its last frame stays on the screen, or makes room for what follows (`keep: false`). */
  stop({ keep = true }: { readonly keep?: boolean } = {}): void {
    if (!this.#open) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (keep) this.#paint();
    else this.#clear();
    this.#restore();
    process.off("exit", this.#restore);
    this.#stream.off?.("resize", this.#onResize);
  }

  /** Also called when the process exits by whatever way: a terminal without its cursor is of no use to anybody. */
  readonly #restore = (): void => {
    if (!this.#open) return;
    this.#open = false;
    this.#stream.write(`${WRAP}${SHOW_CURSOR}${END_FRAME}`);
  };

  /** A narrower window has wrapped the old lines: only a cleared screen is known again. */
  readonly #onResize = (): void => {
    this.#stream.write(HOME_AND_CLEAR);
    this.#painted = 0;
    this.#paint();
  };

  #clear(): void {
    if (this.#painted === 0) return;
    this.#stream.write(`\x1b[${this.#painted}A\r${CLEAR_BELOW}`);
    this.#painted = 0;
  }

  #paint(): void {
    this.#timer = null;
    if (this.#state === null) return;
    if (!this.#open) {
      this.#open = true;
      process.on("exit", this.#restore);
      this.#stream.on?.("resize", this.#onResize);
      this.#stream.write(HIDE_CURSOR);
    }
    // The last row stays free: writing in it would scroll.
    const lines = renderView(this.#state, columnsOf(this.#stream), (this.#stream.rows || 24) - 1, this.#color);
    const up = this.#painted === 0 ? "" : `\x1b[${this.#painted}A\r`;
    const body = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("");
    this.#stream.write(`${BEGIN_FRAME}${NO_WRAP}${up}${body}${CLEAR_BELOW}${WRAP}${END_FRAME}`);
    this.#painted = lines.length;
    this.#lastFrameMs = performance.now();
  }
}

/** Progress is printed once for each of this many parts of the job. */
const PROGRESS_PARTS = 10;

/**
 * What a reader of a log wants to know of a new state: the start, faults, agents that changed, and each tenth of
 * the way. Pure.
 */
export function newsLines(before: ViewState | null, now: ViewState): string[] {
  const lines: string[] = [];
  const say = (text: string, atMs = now.elapsedMs): void => void lines.push(`[${clock(atMs)}] ${plainText(text)}`);
  if (before === null) say(`${now.title}: ${counted(now.agents.length, "agent")}`);
  const states = new Map(before?.agents.map((agent) => [agent.name, agent.state]));
  for (const { name, state } of now.agents) {
    const was = states.get(name);
    if (was !== undefined && was !== state) say(`${name} is ${state}`);
  }
  for (const fault of now.faults.slice(before?.faults.length ?? 0))
    say(`fault: ${fault.name} ${fault.kind}`, fault.atMs);
  const waiting = before?.waiting ?? "";
  if (now.waiting !== waiting) say(now.waiting === "" ? "the job continues" : now.waiting);
  const part = ({ tasks: { total, accepted, failed } }: ViewState): number =>
    total === 0 ? 0 : Math.floor((PROGRESS_PARTS * (accepted + failed)) / total);
  const { tasks, blocks } = now;
  if (before === null || part(now) !== part(before)) {
    const failed = tasks.failed > 0 ? `, ${tasks.failed} failed` : "";
    say(
      `${groupDigits(tasks.accepted)} of ${counted(tasks.total, "task")} accepted${failed}, ${counted(blocks.height, "block")}`,
    );
  }
  return lines;
}
