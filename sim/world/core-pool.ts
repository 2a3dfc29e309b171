/**
 * Cores that several agents share, as nodes on one machine do: work begins on the core that is free first, in the order
 * in which it comes, and is not interrupted.
 */

import { assert } from "../../protocol/core/assert.ts";

export class CorePool {
  /** When each is free, ms. */
  readonly #freeMs: number[];

  constructor(cores: number) {
    assert(cores >= 1, "there is no core");
    this.#freeMs = Array.from({ length: cores }, () => 0);
  }

  /** When work of this length that comes now is done. */
  take(nowMs: number, lengthMs: number): number {
    const core = this.#freeMs.indexOf(Math.min(...this.#freeMs));
    const endMs = Math.max(nowMs, this.#freeMs[core]!) + lengthMs;
    this.#freeMs[core] = endMs;
    return endMs;
  }
}
