/** The progress of a wait ("3 of 7 agents are up"): one line, updated in place on a terminal, otherwise a line every few seconds. */

import type { CliContext, CliIo } from "./context.ts";
import { columnsOf, cut } from "./terminal-text.ts";

const CLEAR_LINE = "\r\x1b[K";
/** Between two updates on a terminal, ms. */
const PAINT_MS = 100;
/** A wait that ends sooner says nothing where there is no terminal; then a line each so often, ms. */
const PATIENCE_MS = 2_000;
const LINE_MS = 5_000;

export interface ProgressLine {
  /** `live`: what a terminal shows, where that is more than the text. */
  show(text: string, live?: string): void;
  /** Takes the line away: something else is printed. */
  end(): void;
}

export interface Progress extends Pick<CliContext, "note"> {
  readonly io: Pick<CliIo, "terminal" | "env">;
}

export function progressLine({ io, note }: Progress, now: () => number = () => performance.now()): ProgressLine {
  const { terminal } = io;
  const isLive = terminal?.isTTY === true && io.env.TERM !== "dumb";
  let saidMs = isLive ? Number.NEGATIVE_INFINITY : now() + PATIENCE_MS - LINE_MS;
  let isShown = false;
  return {
    show(text, live = text) {
      const nowMs = now();
      if (nowMs - saidMs < (isLive ? PAINT_MS : LINE_MS)) return;
      saidMs = nowMs;
      if (isLive) terminal.write(`${CLEAR_LINE}${cut(live, columnsOf(terminal) - 1)}`);
      else note(text);
      isShown = isLive;
    },
    end() {
      if (isShown) terminal?.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
