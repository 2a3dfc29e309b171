/** An agent's wall clock: virtual time, plus a skew, a drift, and jumps. Its monotonic clock is the process's own. */

export interface ClockSetting {
  /** Ahead of true time (negative: behind), ms. */
  readonly skewMs?: number;
  /** Gains this much, parts per million: a bad crystal has 100. */
  readonly driftPpm?: number;
}

export class WallClock {
  readonly #epochMs: number;
  #skewMs = 0;
  #driftPpm = 0;
  /** Since when the drift is counted. */
  #sinceMs = 0;

  /** `epochMs`: what a right clock shows at virtual time 0. */
  constructor(epochMs: number, setting: ClockSetting = {}) {
    this.#epochMs = epochMs;
    this.set(setting, 0);
  }

  #offsetMs(nowMs: number): number {
    return this.#skewMs + ((nowMs - this.#sinceMs) * this.#driftPpm) / 1_000_000;
  }

  /** Whole milliseconds, as the system's clock gives them. */
  read(nowMs: number): number {
    return Math.floor(this.#epochMs + nowMs + this.#offsetMs(nowMs));
  }

  /** What is not said stays: a new drift starts from where the clock stands. */
  set({ skewMs, driftPpm }: ClockSetting, nowMs: number): void {
    this.#skewMs = skewMs ?? this.#offsetMs(nowMs);
    this.#driftPpm = driftPpm ?? this.#driftPpm;
    this.#sinceMs = nowMs;
  }

  jump(byMs: number, nowMs: number): void {
    this.set({ skewMs: this.#offsetMs(nowMs) + byMs }, nowMs);
  }
}
