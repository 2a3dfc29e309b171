/**
 * How far runs are: one line that is painted over on a terminal, and a line now and then without one.
 */

import { duration } from "../report/format.ts";
import type { CliContext } from "./context.ts";
import { plain } from "./figures.ts";
import type { PoolProgress } from "./seed-pool.ts";

const CLEAR_LINE = "\r\x1b[K";
const BAR = 20;
/** Real time between two paints, and between two plain lines, ms. */
const PAINT_MS = 100;
const SAY_MS = 10_000;

/** `, 12 s left`: an estimate has no milliseconds. */
export const leftText = (ms: number): string =>
  ms < 1_000 ? ", less than a second left" : `, about ${plain(duration(Math.round(ms / 1_000) * 1_000))} left`;

/** Said at the first Ctrl-C. */
export const INTERRUPTED = "ending the runs under way; once more ends at once";

/** `noun`: what is counted, seeds or runs. */
export function progressText({ done, total, share, leftMs }: PoolProgress, noun: string): string {
  const percent = `${Math.floor(100 * Math.min(1, share))} %`;
  // Runs end when their jobs have: how long one takes is known when one has ended.
  if (total === 1) return `${percent} of the longest that the run may take`;
  const left = leftMs === null || done === total ? "" : leftText(leftMs);
  const many = Number.isFinite(total) ? `${done} of ${total}` : `${done}`;
  return `${many} ${noun}, ${percent}${left}`;
}

export class ProgressLine {
  readonly #context: Pick<CliContext, "io" | "note">;
  readonly #noun: string;
  readonly #isLive: boolean;
  readonly #now: () => number;
  #atMs = Number.NEGATIVE_INFINITY;
  #saidDone = 0;

  constructor(context: Pick<CliContext, "io" | "note">, noun: string, now: () => number = () => performance.now()) {
    this.#context = context;
    this.#noun = noun;
    this.#now = now;
    const { terminal, env } = context.io;
    this.#isLive = terminal?.isTTY === true && env.TERM !== "dumb";
  }

  update(progress: PoolProgress): void {
    const nowMs = this.#now();
    if (this.#isLive) {
      if (nowMs - this.#atMs < PAINT_MS) return;
      this.#atMs = nowMs;
      const { terminal } = this.#context.io;
      const filled = Math.round(BAR * Math.min(1, progress.share));
      const bar = `${"━".repeat(filled)}${"╌".repeat(BAR - filled)}`;
      const line = `${bar} ${progressText(progress, this.#noun)}`;
      terminal?.write(`${CLEAR_LINE}${[...line].slice(0, (terminal.columns || 80) - 1).join("")}`);
      return;
    }
    // Without a terminal: when something was done, and not too often.
    if (progress.done === this.#saidDone || progress.total === 1) return;
    if (progress.done < progress.total && nowMs - this.#atMs < SAY_MS) return;
    this.#atMs = nowMs;
    this.#saidDone = progress.done;
    this.#context.note(progressText(progress, this.#noun));
  }

  end(): void {
    if (this.#isLive && this.#atMs > 0) this.#context.io.terminal?.write(CLEAR_LINE);
  }
}
