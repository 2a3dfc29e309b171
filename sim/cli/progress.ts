/**
 * How far runs are: one line that is painted over on a terminal, and a line every few seconds without one.
 */

import { duration } from "../report/format.ts";
import type { CliContext } from "./context.ts";
import { plain } from "./figures.ts";
import type { PoolProgress } from "./seed-pool.ts";

const CLEAR_LINE = "\r\x1b[K";
const BAR = 20;
/** Real time between two paints, and between two plain lines, ms. The first plain line comes sooner. */
const PAINT_MS = 100;
const SAY_MS = 5_000;
const FIRST_MS = 2_000;

/** `, 12 s left`: an estimate has no milliseconds. */
const leftText = (ms: number): string =>
  ms < 1_000 ? ", less than a second left" : `, about ${plain(duration(Math.round(ms / 1_000) * 1_000))} left`;

/** Said at the first Ctrl-C. */
export const INTERRUPTED = "ending the runs under way; once more ends at once";

/** `noun`: what is counted, seeds or runs. */
export function progressText({ done, total, share, simulatedMs, leftMs }: PoolProgress, noun: string): string {
  const percent = `${Math.floor(100 * Math.min(1, share))} %`;
  const left = leftMs === null || done === total ? "" : leftText(leftMs);
  const simulated = simulatedMs > 0 ? `, ${plain(duration(Math.round(simulatedMs / 100) * 100))} of virtual time` : "";
  if (total === 1) return `${percent}${simulated}${left}`;
  const many = Number.isFinite(total) ? `${done} of ${total}` : `${done}`;
  return `${many} ${noun}, ${percent}${simulated}${left}`;
}

export class ProgressLine {
  readonly #context: Pick<CliContext, "io" | "note">;
  readonly #noun: string;
  readonly #isLive: boolean;
  readonly #now: () => number;
  #atMs: number;

  constructor(context: Pick<CliContext, "io" | "note">, noun: string, now: () => number = () => performance.now()) {
    this.#context = context;
    this.#noun = noun;
    this.#now = now;
    const { terminal, env } = context.io;
    this.#isLive = terminal?.isTTY === true && env.TERM !== "dumb";
    this.#atMs = this.#isLive ? Number.NEGATIVE_INFINITY : now() - SAY_MS + FIRST_MS;
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
    // Without a terminal: a line now and then, and none about what is over.
    if (nowMs - this.#atMs < SAY_MS || progress.done === progress.total) return;
    this.#atMs = nowMs;
    this.#context.note(progressText(progress, this.#noun));
  }

  end(): void {
    if (this.#isLive && this.#atMs > 0) this.#context.io.terminal?.write(CLEAR_LINE);
  }
}
