/**
 * One machine's clock in virtual time: a monotonic reading that runs a little fast or slow, and a wall reading that
 * may be wrong besides.
 */

import type { Now } from "../../../protocol/input.ts";

/** Wall time at virtual time 0, ms: any date will do, the same one for all. */
export const EPOCH_MS = 1_700_000_000_000;

export interface ClockFault {
  /** How far the wall reading is ahead (below 0: behind), ms. */
  readonly skewMs: number;
  /** How much faster than virtual time it runs, parts per million; quartz is within 100. */
  readonly driftPpm: number;
}

export class VirtualClock {
  #skewMs = 0;
  #driftPpm = 0;
  /** Local time and virtual time when the drift last changed: the monotonic reading never jumps. */
  #localMs = 0;
  #sinceMs = 0;

  /** Monotonic reading, ms. */
  mono(virtualMs: number): number {
    const elapsedMs = virtualMs - this.#sinceMs;
    return this.#localMs + elapsedMs + (elapsedMs * this.#driftPpm) / 1_000_000;
  }

  read(virtualMs: number): Now {
    const monoMs = this.mono(virtualMs);
    return { monoMs, wallMs: Math.floor(EPOCH_MS + monoMs + this.#skewMs) };
  }

  /** Virtual time at which the monotonic reading is at least `monoMs`, if the drift stays. */
  virtualOf(monoMs: number): number {
    return this.#sinceMs + (monoMs - this.#localMs) / (1 + this.#driftPpm / 1_000_000);
  }

  /** Sets the clock wrong from now on. `skewMs` 0 puts the wall reading back to virtual time's. */
  set(virtualMs: number, { skewMs, driftPpm }: ClockFault): void {
    this.#localMs = this.mono(virtualMs);
    this.#sinceMs = virtualMs;
    this.#driftPpm = driftPpm;
    this.#skewMs = virtualMs - this.#localMs + skewMs;
  }

  /** The wall reading jumps, as when an operator or a time service sets it. */
  jump(ms: number): void {
    this.#skewMs += ms;
  }
}
