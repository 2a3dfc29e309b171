/** What the transport keeps for one peer: the link to it, whether it is connected, and the rates at which it may send. */

import type { AgentId } from "../../protocol/core/ids.ts";
import { networkLimits } from "./network-limits.ts";
import type { OutboundLink } from "./outbound-link.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Token buckets by message class (protocol.md 9). */
export interface PeerRates {
  readonly frames: TokenBucket;
  readonly bytes: TokenBucket;
  readonly gossip: TokenBucket;
  readonly blobRequests: TokenBucket;
}

export function createPeerRates(nowMs: number): PeerRates {
  const rates = networkLimits;
  return {
    frames: new TokenBucket(rates.framesPerSecond, rates.framesBurst, nowMs),
    bytes: new TokenBucket(rates.frameBytesPerSecond, rates.frameBytesBurst, nowMs),
    gossip: new TokenBucket(rates.gossipPerSecond, rates.gossipBurst, nowMs),
    blobRequests: new TokenBucket(rates.blobRequestsPerSecond, rates.blobRequestsBurst, nowMs),
  };
}

export interface Peer {
  readonly agent: AgentId;
  readonly link: OutboundLink;
  readonly rates: PeerRates;
  /** Whether it is connected and speaks our protocol. */
  present: boolean;
  /** Whether the agent was told `connected`, and not `disconnected` since. */
  announced: boolean;
}
