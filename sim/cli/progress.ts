/** How far runs are, in words and as a bar. */

import { type Progress, type ProgressLine, progressLine } from "../../node/platform/terminal/progress-line.ts";
import type { PoolProgress } from "../batch/seed-pool.ts";
import { duration } from "../report/format.ts";
import { plain } from "./figures.ts";

const BAR = 20;

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

export class RunsProgress {
  readonly #noun: string;
  readonly #line: ProgressLine;

  constructor(context: Progress, noun: string, now?: () => number) {
    this.#noun = noun;
    this.#line = progressLine(context, now);
  }

  update(progress: PoolProgress): void {
    if (progress.done === progress.total) return;
    const text = progressText(progress, this.#noun);
    const filled = Math.round(BAR * Math.min(1, progress.share));
    this.#line.show(text, `${"━".repeat(filled)}${"╌".repeat(BAR - filled)} ${text}`);
  }

  end(): void {
    this.#line.end();
  }
}
