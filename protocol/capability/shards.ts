/**
 * Shards of a large mesh: who hears whose capability vectors. Agents are split by the first bits of a hash of their ids,
 * deep enough for a shard to be small. At depth 0 there is one shard, and everybody hears everybody. So an agent knows an
 * even sample of the mesh, in which an agent that is split at depth d stands for 2^d agents.
 *
 * Why by id and not by skill: docs/decisions/0016-shards-by-agent.md.
 *
 * Source: protocol.md 3.
 */

import type { Hasher } from "../core/crypto.ts";
import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { hashOf, struct, text } from "../wire/codec.ts";
import { agentId } from "../wire/consensus.ts";
import { shardAt } from "../wire/topics.ts";

/** A shard of more agents is split in two. Halves that have less than a quarter of it become one again. */
export const SHARD_AGENTS = 1_024;

const shardCodec = struct({ purpose: text(limits.nameBytes), agent: agentId });

/** Which shard an agent is of at full depth, below 2^limits.shardBits. */
export function shardOf(hasher: Hasher, agent: AgentId): number {
  const hash = hashOf(hasher, shardCodec, { purpose: "shard", agent });
  return Number.parseInt(hash.slice(0, 2), 16) >> (8 - limits.shardBits);
}

/** Where an agent is: its shard at full depth, and how deep the mesh is split for it. */
export interface Place {
  readonly shard: number;
  readonly depth: number;
}

/** Agents of each shard that it does not hear that an agent knows all the same, as ways there; by the size of a shard. */
export const outsidersOf = (shardAgents: number): number => Math.max(2, Math.floor(shardAgents / 128));

/** Whether both are of one shard at that depth. */
export const isSameShard = (a: Place, b: Place, depth: number): boolean =>
  shardAt(a.shard, depth) === shardAt(b.shard, depth);

/**
 * How deep the other one counts for the first. Agents judge the mesh's size on their own, so neighbours differ by a level
 * at times, and hear each other all the same; whoever says that it is deeper than that is counted as one level deeper, or
 * a few could pass for many.
 */
const depthFor = (own: Place, other: Place): number => Math.min(other.depth, own.depth + 1);

/** Whether the first hears the other's capability vectors. */
export const isNear = (own: Place, other: Place): boolean =>
  other.depth >= own.depth - 1 && isSameShard(own, other, depthFor(own, other));

/** For how many agents of the mesh the other one stands among those that the first hears of. */
export const weightOf = (own: Place, other: Place): number => (isNear(own, other) ? 1 << depthFor(own, other) : 0);
