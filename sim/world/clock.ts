/**
 * An agent's two clocks. The monotonic one is virtual time with a drift: a bad crystal makes timers late or early. The
 * wall clock is that, plus a skew and jumps.
 */

export interface ClockSetting {
  /** Ahead of true time (negative: behind), ms. */
  readonly skewMs?: number;
  /** Gains this much, parts per million: a bad crystal has 100. */
  readonly driftPpm?: number;
}

export class AgentClock {
  readonly #epochMs: number;
  #skewMs = 0;
  #driftPpm = 0;
  /** Since when the drift is counted, and what had been gained by then. */
  #sinceMs = 0;
  #gainedMs = 0;

  /** `epochMs`: what a right wall clock shows at virtual time 0. */
  constructor(epochMs: number, setting: ClockSetting = {}) {
    this.#epochMs = epochMs;
    this.set(setting, 0);
  }

  #driftedMs(nowMs: number): number {
    return ((nowMs - this.#sinceMs) * this.#driftPpm) / 1_000_000;
  }

  /** Whole milliseconds, as the system's clock gives them. */
  wallMs(nowMs: number): number {
    return Math.floor(this.#epochMs + nowMs + this.#skewMs + this.#driftedMs(nowMs));
  }

  /** Never goes back; 0 at virtual time 0. */
  monoMs(nowMs: number): number {
    return nowMs + this.#gainedMs + this.#driftedMs(nowMs);
  }

  /** The virtual time at which the monotonic clock shows `monoMs`, should the drift stay. */
  dueMs(monoMs: number): number {
    if (this.#driftPpm === 0) return monoMs - this.#gainedMs;
    return this.#sinceMs + (monoMs - this.#gainedMs - this.#sinceMs) / (1 + this.#driftPpm / 1_000_000);
  }

  /** What is not said stays: a new drift starts from where the clocks stand. */
  set({ skewMs, driftPpm }: ClockSetting, nowMs: number): void {
    const driftedMs = this.#driftedMs(nowMs);
    this.#gainedMs += driftedMs;
    this.#skewMs = skewMs ?? this.#skewMs + driftedMs;
    this.#driftPpm = driftPpm ?? this.#driftPpm;
    this.#sinceMs = nowMs;
  }

  /** Moves the wall clock, as an operator or a time service does. */
  jump(byMs: number, nowMs: number): void {
    this.set({ skewMs: this.#skewMs + this.#driftedMs(nowMs) + byMs }, nowMs);
  }
}
