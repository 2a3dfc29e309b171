/**
 * Topics of gossip: one for beacons, and one per shard for capability vectors (capability/shards.ts). A shard's topic is
 * named by the bits that its agents share: `caps` for the whole mesh, `caps/0` and `caps/1` for its halves, and so on.
 *
 * Source: protocol.md 2, 3.
 */

import { limits } from "../core/limits.ts";

/** The shard at that depth which an agent is in. */
export const shardAt = (shard: number, depth: number): number => shard >> (limits.shardBits - depth);

/** `shard`: at full depth, below 2^limits.shardBits. */
export function capsTopic(shard: number, depth: number): CapsTopic {
  if (depth === 0) return "caps";
  return `caps/${shardAt(shard, depth).toString(2).padStart(depth, "0")}`;
}

export type CapsTopic = "caps" | `caps/${string}`;
export type GossipTopic = CapsTopic | "beacons";

const shardTopics = (): CapsTopic[] => {
  const topics: CapsTopic[] = [];
  for (let depth = 0; depth <= limits.shardBits; depth++)
    for (let first = 0; first < 1 << depth; first++) topics.push(capsTopic(first << (limits.shardBits - depth), depth));
  return topics;
};

/** All that there can be. */
export const GOSSIP_TOPICS: readonly GossipTopic[] = [...shardTopics(), "beacons"];
/** What an agent hears until it says otherwise. */
export const FIRST_TOPICS: readonly GossipTopic[] = ["caps", "beacons"];

/** What a topic is about, whatever the shard. */
export const TOPIC_KINDS = ["caps", "beacons"] as const;
export type TopicKind = (typeof TOPIC_KINDS)[number];
export const topicKind = (topic: GossipTopic): TopicKind => (topic === "beacons" ? "beacons" : "caps");
