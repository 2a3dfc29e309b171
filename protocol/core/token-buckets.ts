/**
 * Rates by key: each key has a bucket of tokens that fills with time. Memory is bounded: the key that was used longest ago is
 * forgotten first, and its bucket is then full again.
 */

interface Rate {
  readonly perSecond: number;
  readonly burst: number;
  /** Keys that are remembered. */
  readonly keys: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export class TokenBuckets {
  readonly #rate: Rate;
  /** The key that was used longest ago first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** What a key may still take. */
  #tokens(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return this.#rate.burst;
    const filled = ((nowMs - bucket.atMs) / 1_000) * this.#rate.perSecond;
    return Math.min(this.#rate.burst, bucket.tokens + filled);
  }

  /** Whether `take` would succeed. */
  has(key: string, nowMs: number): boolean {
    return this.#tokens(key, nowMs) > 0;
  }

  /** Takes `count` tokens, into debt if need be; false, and takes nothing, if the bucket is empty. */
  take(key: string, nowMs: number, count = 1): boolean {
    if (this.#tokens(key, nowMs) <= 0) return false;
    this.spend(key, nowMs, count);
    return true;
  }

  /** Takes `count` tokens, whatever is left: for what costs more than could be known before. */
  spend(key: string, nowMs: number, count: number): void {
    const tokens = this.#tokens(key, nowMs);
    this.#buckets.delete(key); // it goes to the end
    if (this.#buckets.size >= this.#rate.keys) this.#buckets.delete(this.#buckets.keys().next().value!);
    this.#buckets.set(key, { tokens: tokens - count, atMs: nowMs });
  }
}
