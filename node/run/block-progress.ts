/** Progress of what is read block by block after a run: nothing for two seconds, then a line, or one that is updated in place. */

import { type CliContext, interrupted } from "../cli/context.ts";
import { groupDigits } from "../cli/terminal-text.ts";

/** What takes less than this says nothing, ms. */
const PATIENCE_MS = 2_000;
/** Between two looks at the clock, and between two lines where there is no terminal, ms. */
const FRAME_MS = 250;
const LINE_MS = 5_000;
const CLEAR_LINE = "\r\x1b[K";

export interface BlockProgress {
  /** The block at hand. Throws `interrupted` if the user does not want to wait. */
  onHeight(height: number): void;
  end(): void;
}

/** `what`: as in "drawing the page". */
export function blockProgress({ io, note, signal }: CliContext, what: string, blocks: number): BlockProgress {
  const { terminal } = io;
  const isLive = terminal?.isTTY === true && io.env.TERM !== "dumb";
  let nextMs = performance.now() + PATIENCE_MS;
  let isShown = false;
  return {
    onHeight(height) {
      if (signal.aborted) throw interrupted();
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      const text = `${what}: ${groupDigits(height)} of ${groupDigits(blocks)} blocks`;
      nextMs = nowMs + (isLive ? FRAME_MS : LINE_MS);
      if (isLive) terminal.write(`${CLEAR_LINE}${text}`);
      else note(text);
      isShown = true;
    },
    end() {
      if (isShown && isLive) terminal.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
