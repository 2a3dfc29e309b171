/** "7 of 20 agents are up": updated in place on a terminal, else as a line every few seconds. */

import type { CliContext } from "../cli/context.ts";

const CLEAR_LINE = "\r\x1b[K";
/** Time between two lines where there is no terminal, ms. */
const LINE_MS = 5_000;

export interface StartProgress {
  /** Shows "`count` of all `what`". */
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
