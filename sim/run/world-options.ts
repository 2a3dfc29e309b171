/** The options of a run's world, from its scenario: the network, and what inputs cost agents. */

import { createPrng } from "../../protocol/core/prng.ts";
import type { Input } from "../../protocol/input.ts";
import type { NetworkSpec, Scenario } from "../model/scenario.ts";
import { CorePool } from "../world/core-pool.ts";
import type { DistributionSpec } from "../world/distribution.ts";
import type { CostOptions, FrameListener, NetworkOptions } from "../world/options.ts";
import { namesOf } from "./population.ts";

export function networkOf(
  { network, agents }: Pick<Scenario, "network" | "agents">,
  seed: number,
  onFrame: FrameListener,
): NetworkOptions {
  const origins = new Map(agents.flatMap((group) => namesOf(group).map((name) => [name, group.origin])));
  const { overlay, latencyMs, loss, gossipLoss, duplication, reorder, bandwidth, queueBytes, detectMs, redialMs } =
    network;
  return {
    ...{ overlay, latencyMs, loss, gossipLoss, duplication, reorder, bandwidth, queueBytes, detectMs, redialMs },
    blobs: { idleMs: network.blobIdleMs },
    gossip: network.fullGossip ? "full" : "mesh",
    ...(network.spreadMs > 0 && { latencyOf: spreadOf(network, seed) }),
    originOf: (name) => origins.get(name) ?? "",
    onFrame,
  };
}

/** Some pairs are further apart than others. */
function spreadOf({ latencyMs, spreadMs }: NetworkSpec, seed: number): () => DistributionSpec {
  const prng = createPrng(`${seed}/spread`);
  return () => {
    const extraMs = prng.unit() * spreadMs;
    if (typeof latencyMs === "number") return latencyMs + extraMs;
    if ("p50" in latencyMs) return { p50: latencyMs.p50 + extraMs, p95: latencyMs.p95 + extraMs };
    return { min: latencyMs.min + extraMs, max: latencyMs.max + extraMs };
  };
}

const bytesOf = (input: Input): number => (input.kind === "frame" || input.kind === "gossip" ? input.bytes.length : 0);

export function costOptionsOf({ service }: Pick<NetworkSpec, "service">): CostOptions {
  if (service === null) return {};
  const { baseMs, perKibMs, forcedWriteMs, sharedCores } = service;
  return {
    serviceMs: (input) => baseMs + (bytesOf(input) * perKibMs) / 1_024,
    forcedWriteMs,
    ...(sharedCores === null ? {} : { cores: new CorePool(sharedCores) }),
  };
}
