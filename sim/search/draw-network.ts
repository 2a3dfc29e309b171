/** Draws the network of a scenario from a seed. */

import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import { QUEUE_POLICIES } from "../../protocol/wire/queue.ts";
import { OWN } from "../load/service-costs.ts";
import type { NetworkSpec, ServiceCosts } from "../model/scenario.ts";

/** Nothing goes wrong, everything is near, and everybody knows everybody. */
export const CALM_NETWORK: NetworkSpec = {
  overlay: { kind: "full", degree: 0 },
  latencyMs: { min: 5, max: 7 },
  spreadMs: 0,
  loss: 0,
  gossipLoss: 0,
  duplication: 0,
  reorder: false,
  bandwidth: null,
  queueBytes: QUEUE_POLICIES.main.bytes,
  detectMs: 10_000,
  redialMs: 50,
  blobIdleMs: 500,
  fullGossip: false,
  shardAgents: SHARD_AGENTS,
  realSignatures: false,
  service: null,
};

/** Up to so many percent, in tenths: short to write. */
const drawPercent = (prng: Prng, most: number): number => prng.below(10 * most + 1) / 10 / 100;

/** Latencies of a street, a city, a continent: even around a middle, or with the long tail of real ones. */
function drawLatency(prng: Prng): NetworkSpec["latencyMs"] {
  const middleMs = 1 + prng.below(prng.chance(0.2) ? 150 : 20);
  if (prng.chance(0.4)) return { p50: middleMs, p95: Math.ceil(middleMs * (1.2 + 2 * prng.unit())) };
  return { min: middleMs, max: middleMs + prng.below(30) };
}

const drawService = (prng: Prng): ServiceCosts => ({
  preset: OWN,
  baseMs: (1 + prng.below(100)) / 100,
  perKibMs: 0,
  forcedWriteMs: 0,
  sharedCores: null,
});

export function drawNetwork(prng: Prng): NetworkSpec {
  const isLossy = prng.chance(0.6);
  const isNarrow = prng.chance(0.3);
  return {
    ...CALM_NETWORK,
    overlay: prng.chance(0.2) ? { kind: "random", degree: 2 + prng.below(4) } : CALM_NETWORK.overlay,
    latencyMs: drawLatency(prng),
    spreadMs: prng.chance(0.2) ? prng.below(80) : 0,
    loss: isLossy ? drawPercent(prng, 20) : 0,
    gossipLoss: prng.chance(0.45) ? drawPercent(prng, 30) : 0,
    duplication: prng.chance(0.3) ? drawPercent(prng, 10) : 0,
    reorder: prng.chance(0.4),
    bandwidth: isNarrow ? 5 + prng.below(prng.chance(0.5) ? 50 : 1_000) : null,
    // Only where frames wait at all can a queue be too short for them.
    queueBytes: prng.chance(0.5) ? 2_000 + prng.below(isNarrow ? 12_000 : 100_000) : CALM_NETWORK.queueBytes,
    detectMs: 50 + prng.below(prng.chance(0.3) ? 10_000 : 500),
    redialMs: 20 + prng.below(1_000),
    blobIdleMs: 200 + prng.below(3_000),
    fullGossip: prng.chance(0.2),
    shardAgents: prng.chance(0.25) ? 2 + prng.below(4) : SHARD_AGENTS,
    service: prng.chance(0.15) ? drawService(prng) : null,
  };
}

/** How long nearly every frame takes at most, ms. */
export function slowestMs({ latencyMs, spreadMs }: NetworkSpec): number {
  if (typeof latencyMs === "number") return latencyMs + spreadMs;
  return ("p50" in latencyMs ? 2 * latencyMs.p95 : latencyMs.max) + spreadMs;
}
