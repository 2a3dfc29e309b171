/**
 * How much gossip this node takes in, of all forwarders together. It hands on what it takes in, so it takes less than what its
 * neighbours count as a flood: a flood of valid messages by made-up authors makes no honest node offend another.
 *
 * Leaves to gossip.ts what one forwarder may send.
 */

import { networkLimits } from "./network-limits.ts";
import { TokenBucket } from "./token-bucket.ts";
import type { Partner } from "./transfer-places.ts";

export class GossipRates {
  readonly #all: TokenBucket;
  /** By source, the one that was used longest ago first. */
  readonly #parts = new Map<string, TokenBucket>();

  constructor(nowMs: number) {
    this.#all = new TokenBucket(networkLimits.gossipTakenPerSecond, networkLimits.gossipTakenBurst, nowMs);
  }

  /**
   * Whether a message of `source` is taken in. While there is much room anybody may have it; then each source has a part. That of
   * guests is so small that, handed on by all nodes of a neighbourhood, it leaves room for what those say themselves.
   */
  take({ source, isGuest }: Pick<Partner, "source" | "isGuest">, nowMs: number): boolean {
    const { gossipTakenBurst, gossipPartPerSecond, gossipPartBurst, gossipGuestPerSecond, gossipGuestBurst } =
      networkLimits;
    const key = `${isGuest ? "guests" : "partners"} ${source}`;
    const fresh = isGuest
      ? () => new TokenBucket(gossipGuestPerSecond, gossipGuestBurst, nowMs)
      : () => new TokenBucket(gossipPartPerSecond, gossipPartBurst, nowMs);
    const part = this.#parts.get(key) ?? fresh();
    this.#parts.delete(key); // it goes to the end
    this.#parts.set(key, part);
    if (this.#parts.size > networkLimits.gossipSources) this.#parts.delete(this.#parts.keys().next().value!);
    const left = this.#all.left(nowMs);
    if (left < 1 || (left < gossipTakenBurst / 2 && part.left(nowMs) < 1)) return false;
    part.take(1, nowMs);
    this.#all.take(1, nowMs);
    return true;
  }

  /** What this node says itself reaches the same neighbours. */
  onPublished(nowMs: number): void {
    this.#all.take(1, nowMs);
  }
}
