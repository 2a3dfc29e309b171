/** How far a wait is ("3 of 7 agents are up"): one line, updated in place on a terminal, else a line every few seconds. */

import type { CliContext } from "../../cli/context.ts";
import { columnsOf, cut } from "./terminal-text.ts";

const CLEAR_LINE = "\r\x1b[K";
/** A wait that ends sooner says nothing where there is no terminal; then a line each so often, ms. */
const PATIENCE_MS = 2_000;
const LINE_MS = 5_000;

export interface ProgressLine {
  show(text: string): void;
  /** Takes the line away: something else is printed. */
  end(): void;
}

export function progressLine({ io, note }: Pick<CliContext, "io" | "note">): ProgressLine {
  const { terminal } = io;
  const isLive = terminal?.isTTY === true && io.env.TERM !== "dumb";
  let saidMs = performance.now() + PATIENCE_MS - LINE_MS;
  let isShown = false;
  return {
    show(text) {
      if (isLive) {
        terminal.write(`${CLEAR_LINE}${cut(text, columnsOf(terminal) - 1)}`);
        isShown = true;
      } else if (performance.now() - saidMs > LINE_MS) {
        saidMs = performance.now();
        note(text);
      }
    },
    end() {
      if (isShown) terminal?.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
