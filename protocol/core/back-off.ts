/**
 * When to repeat a message: after as long as answers took recently, later each time, and not at the same moment as others.
 * A fixed interval would load most those agents that are already overloaded.
 *
 * Source: RFC 6298 (smoothed time and deviation, doubling); the jitter follows from a label, since nothing here is random.
 */

/** Weights of the newest sample. */
const SMOOTHING = 1 / 8;
const DEVIATION = 1 / 4;
/** How many deviations beyond the mean an answer may take. */
const MARGIN = 4;

/** A smoothed estimate of how long answers take, and when one is late: within `minMs` and `maxMs`. */
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

  /** The smoothed mean, ms; 0 before the first answer. */
  get meanMs(): number {
    return this.#meanMs;
  }

  /** After this long an answer is late, ms. */
  get lateMs(): number {
    return Math.min(this.#maxMs, Math.max(this.#minMs, this.#meanMs + MARGIN * this.#deviationMs));
  }
}

/** A factor between 0.75 and 1.25 that differs by label and turn, so that agents do not all ask at once. */
function spread(label: string, turn: number): number {
  let hash = 0x811c9dc5 ^ turn;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return 0.75 + ((hash >>> 8) & 0xffff) / 0x2_0000;
}

/** The wait after turn `turn` (from 0), ms: `firstMs`, then twice as long each time up to `mostMs`, then spread by label. */
export function backOffMs(firstMs: number, turn: number, mostMs: number, label: string): number {
  let waitMs = firstMs;
  for (let i = 0; i < turn && waitMs < mostMs; i++) waitMs *= 2;
  return Math.min(waitMs, mostMs) * spread(label, turn);
}
