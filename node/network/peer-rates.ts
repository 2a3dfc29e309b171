/** The rates at which a peer may send, by class of message (protocol.md 9). */

import { networkLimits } from "./network-limits.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface PeerRates {
  readonly frames: TokenBucket;
  readonly bytes: TokenBucket;
  readonly gossip: TokenBucket;
  readonly blobRequests: TokenBucket;
}

/** `isSuspect`: a peer of its network was refused a moment ago; another key does not give it another burst. */
export function createPeerRates(nowMs: number, isSuspect = false): PeerRates {
  const rates = networkLimits;
  const gossip = isSuspect
    ? new TokenBucket(rates.suspectGossipPerSecond, rates.suspectGossipBurst, nowMs)
    : new TokenBucket(rates.gossipPerSecond, rates.gossipBurst, nowMs);
  return {
    frames: new TokenBucket(rates.framesPerSecond, rates.framesBurst, nowMs),
    bytes: new TokenBucket(rates.frameBytesPerSecond, rates.frameBytesBurst, nowMs),
    gossip,
    blobRequests: new TokenBucket(rates.blobRequestsPerSecond, rates.blobRequestsBurst, nowMs),
  };
}
