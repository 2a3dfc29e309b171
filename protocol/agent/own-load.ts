/**
 * The load that an agent reports: the share of its slots in use, or the load of its machine beside its awards, if that is
 * more.
 */

import { FULL_LOAD } from "../job/policy.ts";

export class OwnLoad {
  readonly #slots: number;
  /** Awards that it is at work for. */
  running = 0;
  /** By other work than its awards, ppm. */
  outsidePpm = 0;

  constructor(slots: number) {
    this.#slots = slots;
  }

  get ppm(): number {
    const ofSlots = Math.floor((this.running * FULL_LOAD) / this.#slots);
    return Math.min(FULL_LOAD, Math.max(this.outsidePpm, ofSlots));
  }

  get isFull(): boolean {
    return this.ppm >= FULL_LOAD;
  }

  /** Slots that it would fill now. */
  get free(): number {
    return this.isFull ? 0 : this.#slots - this.running;
  }
}
