/** "7 of 20 agents are up": in place on a terminal, as a line now and then where there is none. */

import type { CliContext } from "../cli/context.ts";

const CLEAR_LINE = "\r\x1b[K";
/** Lines where there is no terminal: one each so many ms. */
const LINE_MS = 5_000;

export interface StartProgress {
  /** So many of all are as far as `what` says. */
  show(count: number, what: string): void;
  end(): void;
}

export function startProgress({ io, note }: CliContext, all: number): StartProgress {
  const { terminal } = io;
  const isLive = terminal?.isTTY === true && io.env.TERM !== "dumb";
  let lastMs = performance.now();
  let isShown = false;
  return {
    show(count, what) {
      const text = `${count} of ${all} ${what}`;
      if (isLive) {
        terminal.write(`${CLEAR_LINE}${text}`);
        isShown = true;
      } else if (performance.now() - lastMs > LINE_MS) {
        lastMs = performance.now();
        note(text);
      }
    },
    end() {
      if (isShown) terminal?.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
