/**
 * When to say something again: after what answers took of late, later each time, and not when everybody else does. A fixed
 * interval makes most work for those that have too much to do already.
 *
 * Source: RFC 6298 (smoothed time and deviation, doubling); the jitter follows from a label, since nothing here is random.
 */

/** Weights of the newest sample. */
const SMOOTHING = 1 / 8;
const DEVIATION = 1 / 4;
/** Deviations that are waited beyond the mean. */
const MARGIN = 4;

/** How long answers take. */
export class AnswerTime {
  readonly #minMs: number;
  readonly #maxMs: number;
  #meanMs = 0;
  #deviationMs = 0;
  #isMeasured = false;

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  observe(tookMs: number): void {
    if (!this.#isMeasured) {
      this.#isMeasured = true;
      this.#meanMs = tookMs;
      this.#deviationMs = tookMs / 2;
      return;
    }
    this.#deviationMs += DEVIATION * (Math.abs(tookMs - this.#meanMs) - this.#deviationMs);
    this.#meanMs += SMOOTHING * (tookMs - this.#meanMs);
  }

  /** What they took of late, in the mean; 0 before the first. */
  get meanMs(): number {
    return this.#meanMs;
  }

  /** After this an answer is late. */
  get lateMs(): number {
    return Math.min(this.#maxMs, Math.max(this.#minMs, this.#meanMs + MARGIN * this.#deviationMs));
  }
}

/** Between 0.75 and 1.25, another one for each turn: agents that wait for the same do not all ask at once. */
function spread(label: string, turn: number): number {
  let hash = 0x811c9dc5 ^ turn;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return 0.75 + ((hash >>> 8) & 0xffff) / 0x2_0000;
}

/** How long to wait before turn `turn + 1` (0: the first has just been): twice as long each time, at most `mostMs`. */
export function backOffMs(firstMs: number, turn: number, mostMs: number, label: string): number {
  let waitMs = firstMs;
  for (let i = 0; i < turn && waitMs < mostMs; i++) waitMs *= 2;
  return Math.min(waitMs, mostMs) * spread(label, turn);
}
