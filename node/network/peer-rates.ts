/** The rates at which a peer may send, by class of message (protocol.md 9). */

import { networkLimits } from "./network-limits.ts";
import { TokenBucket } from "./token-bucket.ts";

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
