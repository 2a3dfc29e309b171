/** Progress of reading block by block after a run: nothing for two seconds, then a progress line (progress-line.ts). */

import { type CliContext, interrupted } from "../platform/terminal/context.ts";
import { progressLine } from "../platform/terminal/progress-line.ts";
import { counted, groupDigits } from "../platform/terminal/terminal-text.ts";

/** Nothing is said of what takes less than this, ms. */
const PATIENCE_MS = 2_000;
/** Between two updates, ms. */
const FRAME_MS = 250;

export interface BlockProgress {
  /** The block at hand. Throws `interrupted` if the user does not want to wait. */
  onHeight(height: number): void;
  end(): void;
}

/** `what`: as in "drawing the page". */
export function blockProgress(context: CliContext, what: string, blocks: number): BlockProgress {
  const line = progressLine(context);
  let nextMs = performance.now() + PATIENCE_MS;
  return {
    onHeight(height) {
      if (context.signal.aborted) throw interrupted();
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + FRAME_MS;
      line.show(`${what}: ${groupDigits(height)} of ${counted(blocks, "block")}`);
    },
    end: () => line.end(),
  };
}
