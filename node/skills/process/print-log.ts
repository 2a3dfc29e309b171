/** Writes what skills print into the log, line by line: long lines are cut, and the rate of lines is limited. */

import type { SkillLog } from "../skill.ts";

const LINE_CHARS_MAX = 2_000;
/** More lines than this within `WINDOW_MS` are counted, not logged. */
const LINES_MAX = 200;
const WINDOW_MS = 1_000;

type Facts = Readonly<Record<string, unknown>>;

export class PrintLog {
  readonly #log: SkillLog;
  #windowMs = 0;
  #lines = 0;

  constructor(log: SkillLog) {
    this.#log = log;
  }

  text(facts: Facts, stream: "stdout" | "stderr", text: string): void {
    for (const line of text.split("\n")) this.line(facts, stream, line);
  }

  line(facts: Facts, stream: "stdout" | "stderr", line: string): void {
    if (line.trim() === "") return;
    const now = performance.now();
    if (now - this.#windowMs > WINDOW_MS) {
      const dropped = this.#lines - LINES_MAX;
      if (dropped > 0) this.#log(`${dropped} more lines were printed within a second`, facts);
      this.#windowMs = now;
      this.#lines = 0;
    }
    this.#lines++;
    if (this.#lines <= LINES_MAX) this.#log(line.slice(0, LINE_CHARS_MAX), { ...facts, printed: stream });
  }
}
