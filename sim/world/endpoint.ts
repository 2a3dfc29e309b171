/**
 * The two ends of a connection, as the network sees them: agents that are up or down, on a side of a partition, with links
 * to others.
 */

import type { AgentId, Hash } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";
import type { GossipTopic } from "../../protocol/wire/topics.ts";
import type { Distribution } from "./distribution.ts";

export interface Endpoint {
  readonly index: number;
  readonly name: string;
  readonly id: AgentId;
  readonly state: "down" | "up" | "paused";
  readonly isUp: boolean;
  /** Counts starts and crashes: what was meant for an earlier run does not reach this one. */
  readonly run: number;
  /** By the other end's id, also of connections that are down. */
  readonly links: Map<AgentId, Link>;
  /** Topics of gossip that it hears. */
  readonly topics: ReadonlySet<GossipTopic>;
  readonly blobs: Map<Hash, Uint8Array>;
  /** Which blobs it does not give. */
  readonly withholds: (hash: Hash) => boolean;
  deliver(input: Input): void;
  /** Delivers it at a later time, if the agent has not crashed by then. */
  later(atMs: number, input: Input): void;
  onWake(token: number): void;
  onServed(): void;
}

/** One direction of a connection. */
export interface Way {
  readonly latency: Distribution;
  /** When the newest frame arrives: no later one overtakes it. */
  lastMs: number;
  /** When all that waits to be sent has left. */
  freeMs: number;
}

export class Link {
  readonly a: Endpoint;
  readonly b: Endpoint;
  /** From a to b, and back. */
  readonly forth: Way;
  readonly back: Way;
  /** Counts connections: frames of an earlier one are lost. */
  epoch = 0;
  up = false;
  /** Part of the overlay, which gossip follows. Other links were made by sending. */
  isMesh = false;
  /** Which ends were told `connected`, and not `disconnected` since. */
  aTold = false;
  bTold = false;
  /** Nobody dials by sending before this: whoever lost a connection backs off. */
  retryMs = 0;
  /** Frames of this earlier connection still arrive at `drainsTo`: they were on the way when the other end died. */
  drained = -1;
  drainsTo: Endpoint | null = null;
  /** Since when a partition cuts it; Infinity while none does. */
  cutMs = Number.POSITIVE_INFINITY;

  constructor(a: Endpoint, b: Endpoint, forth: Distribution, back: Distribution) {
    this.a = a;
    this.b = b;
    this.forth = { latency: forth, lastMs: 0, freeMs: 0 };
    this.back = { latency: back, lastMs: 0, freeMs: 0 };
  }
}
