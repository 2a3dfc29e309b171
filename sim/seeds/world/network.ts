/**
 * The network between virtual processes: direct streams with latency, loss, duplication and reordering; gossip as one
 * delivery per receiver; partitions, one-way ones too; connections that come and go with them.
 *
 * Leaves to the world what a delivery does. Everything is drawn from one seeded generator, in the order of the calls.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { Prng } from "../../../protocol/core/prng.ts";

/** Odds are probabilities in [0, 1]; times are ms. */
export interface NetworkSettings {
  /** One way, and how much more at most; drawn for each message. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** A direct frame or a gossip delivery is lost. */
  readonly loss: number;
  readonly duplication: number;
  /** A direct frame may overtake others; streams keep their order otherwise. */
  readonly reordering: number;
  /** How much slower each pair of agents may be than the others, ms: drawn once a pair. */
  readonly spreadMs: number;
  /** Until both sides of a connection know that it is gone. */
  readonly detectMs: number;
}

export const CALM_NETWORK: NetworkSettings = {
  latencyMs: 5,
  jitterMs: 2,
  loss: 0,
  duplication: 0,
  reordering: 0,
  spreadMs: 0,
  detectMs: 50,
};

const pairKey = (from: AgentId, to: AgentId): string => `${from}\n${to}`;

/** Times are multiples of 1/8 ms: exact in binary, so sums do not depend on their order. */
const quantize = (ms: number): number => Math.round(ms * 8) / 8;

export class VirtualNetwork {
  settings: NetworkSettings;
  readonly #lots: Prng;
  readonly #spread = new Map<string, number>();
  /** When the newest frame of an ordered stream arrives. */
  readonly #lastArrivals = new Map<string, number>();
  /** Pairs that cannot reach each other, directed. */
  readonly #cut = new Set<string>();
  readonly #overrides = new Map<string, number>();

  constructor(settings: NetworkSettings, lots: Prng) {
    this.settings = settings;
    this.#lots = lots;
  }

  isCut(from: AgentId, to: AgentId): boolean {
    return this.#cut.has(pairKey(from, to));
  }

  cut(from: AgentId, to: AgentId): void {
    this.#cut.add(pairKey(from, to));
  }

  healAll(): void {
    this.#cut.clear();
    this.#overrides.clear();
  }

  /** Loses this share of what goes one way between two agents, whatever the settings say. */
  setLoss(from: AgentId, to: AgentId, loss: number): void {
    this.#overrides.set(pairKey(from, to), loss);
  }

  #spreadOf(from: AgentId, to: AgentId): number {
    const key = from < to ? pairKey(from, to) : pairKey(to, from);
    let spread = this.#spread.get(key);
    if (spread === undefined) {
      spread = this.#lots.unit() * this.settings.spreadMs;
      this.#spread.set(key, spread);
    }
    return spread;
  }

  delayMs(from: AgentId, to: AgentId): number {
    const { latencyMs, jitterMs } = this.settings;
    return quantize(latencyMs + this.#spreadOf(from, to) + this.#lots.unit() * jitterMs);
  }

  #isLost(from: AgentId, to: AgentId): boolean {
    return this.isCut(from, to) || this.#lots.chance(this.#overrides.get(pairKey(from, to)) ?? this.settings.loss);
  }

  /** Arrival times of a direct frame that is sent now: none if it is lost, two if it is doubled. */
  arrivals(nowMs: number, from: AgentId, to: AgentId): number[] {
    if (this.#isLost(from, to)) return [];
    const key = pairKey(from, to);
    const { reordering, duplication } = this.settings;
    let atMs = nowMs + this.delayMs(from, to);
    if (this.#lots.chance(reordering)) atMs += quantize(this.#lots.unit() * 10 * (1 + this.settings.latencyMs));
    else {
      atMs = Math.max(atMs, this.#lastArrivals.get(key) ?? 0);
      this.#lastArrivals.set(key, atMs);
    }
    return this.#lots.chance(duplication) ? [atMs, atMs + this.delayMs(from, to)] : [atMs];
  }

  /** Arrival time of a gossip message at one receiver, over one or two hops; null if it is lost. */
  gossipArrival(nowMs: number, from: AgentId, to: AgentId): number | null {
    if (this.#isLost(from, to)) return null;
    const hops = this.#lots.chance(0.3) ? 2 : 1;
    return nowMs + hops * this.delayMs(from, to);
  }
}
