/**
 * Draws what goes wrong. Which kinds of faults a seed has at all is drawn first, then how many and how strong (swarm
 * testing): with all of them always on, each would hide behind the others.
 *
 * Bounds that keep a plan fair: everything heals, clocks are off by seconds, and nobody is slower than its inputs come
 * in for longer than its fault lasts.
 *
 * Source: Groce et al., "Swarm testing" (ISSTA 2012).
 */

import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import { QUEUE_POLICIES } from "../../protocol/wire/queue.ts";
import { FAULT_KINDS, type Fault, type FaultKind, type PlannedFault } from "../faults/fault.ts";
import { type NetworkPlan, SUBMIT_MS } from "./plan.ts";

/** A lone decider is planned by what the committee is: drawSharpFaults. */
type TimedKind = Exclude<FaultKind, "lone-decider">;

const TIMED = FAULT_KINDS.filter((kind): kind is TimedKind => kind !== "lone-decider");

/** At least one group that is not everybody. */
const drawGroup = (lots: Prng, agents: readonly string[]): string[] =>
  lots.shuffle(agents).slice(0, 1 + lots.below(agents.length - 1));

function drawFault(lots: Prng, kind: TimedKind, agents: readonly string[]): Fault {
  const name = lots.pick(agents);
  switch (kind) {
    case "crash":
    case "crash-at-write":
    case "host-down":
    case "stop":
      return { kind, name, downMs: 10 + lots.below(8_000) };
    case "full-disk":
    case "pause":
      return { kind, name, forMs: 100 + lots.below(8_000) };
    case "slow":
      return { kind, name, serviceMs: 1 + lots.below(30), forMs: 200 + lots.below(8_000) };
    case "partition":
    case "one-way-partition":
      return { kind, group: drawGroup(lots, agents), forMs: 200 + lots.below(10_000) };
    case "drop-connections":
      return { kind, name };
    case "clock":
      return { kind, name, skewMs: lots.below(4_001) - 2_000, driftPpm: lots.below(1_001) - 500 };
    case "clock-jump":
      return { kind, name, byMs: lots.below(2_001) - 1_000 };
  }
}

/** Those of a seed, in the order of their times. */
export function drawFaults(lots: Prng, agents: readonly string[], untilMs: number): PlannedFault[] {
  const odds = lots.pick([0, 0.2, 0.4, 0.8]);
  const kinds = TIMED.filter(() => lots.chance(odds));
  if (kinds.length === 0) return [];
  const count = 1 + lots.below(12);
  const spanMs = untilMs - SUBMIT_MS;
  const faults = Array.from({ length: count }, () => ({
    ...drawFault(lots, lots.pick(kinds), agents),
    // The first moments of a job are the most delicate: half of the faults fall there.
    atMs: SUBMIT_MS + lots.below(lots.chance(0.5) ? Math.min(3_000, spanMs) : spanMs),
  }));
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** Faults that hit between a polka and its commit, where locks decide whether a job forks. */
export function drawSharpFaults(lots: Prng, members: readonly string[], untilMs: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let atMs = SUBMIT_MS + lots.below(500); atMs < untilMs; ) {
    const name = lots.pick(members);
    const muteMs = 1_000 + lots.below(5_000);
    const crashed = lots.chance(0.5) ? members.filter((other) => other !== name) : [];
    faults.push({ kind: "lone-decider", name, muteMs, crashed, atMs });
    atMs += muteMs + lots.below(1_500);
  }
  return faults;
}

/** Latencies of a street, a city, a continent: even around a middle, or with the long tail of real ones. */
function drawLatency(lots: Prng): NetworkPlan["latencyMs"] {
  const middleMs = 1 + lots.below(lots.chance(0.2) ? 150 : 20);
  if (lots.chance(0.4)) return { p50: middleMs, p95: middleMs * (1.2 + 2 * lots.unit()) };
  return { min: middleMs, max: middleMs + lots.below(30) };
}

export function drawNetwork(lots: Prng): NetworkPlan {
  const latencyMs = drawLatency(lots);
  const isLossy = lots.chance(0.6);
  const isNarrow = lots.chance(0.25);
  return {
    latencyMs,
    spreadMs: typeof latencyMs === "object" && "min" in latencyMs && lots.chance(0.3) ? lots.below(80) : 0,
    loss: isLossy ? lots.unit() * 0.2 : 0,
    gossipLoss: lots.chance(0.4) ? lots.unit() * 0.3 : 0,
    duplication: lots.chance(0.3) ? lots.unit() * 0.1 : 0,
    reorder: lots.chance(0.4),
    bandwidth: isNarrow ? 5 + lots.below(lots.chance(0.5) ? 50 : 1_000) : null,
    // Only where frames wait at all can a queue be too short for them.
    queueBytes: lots.chance(0.5) ? 2_000 + lots.below(isNarrow ? 12_000 : 100_000) : QUEUE_POLICIES.main.bytes,
    degree: lots.chance(0.2) ? 2 + lots.below(4) : null,
    detectMs: 50 + lots.below(lots.chance(0.3) ? 10_000 : 500),
    redialMs: 20 + lots.below(1_000),
    blobIdleMs: 200 + lots.below(3_000),
    serviceMs: lots.chance(0.15) ? lots.unit() : 0,
    shardAgents: lots.chance(0.25) ? 2 + lots.below(4) : SHARD_AGENTS,
  };
}

/** How long nearly every frame takes at most, ms. */
export function slowestMs({ latencyMs, spreadMs }: NetworkPlan): number {
  if (typeof latencyMs === "number") return latencyMs;
  return "p50" in latencyMs ? 2 * latencyMs.p95 : latencyMs.max + spreadMs;
}
