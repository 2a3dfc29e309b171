/** What a world's network counts. */

import type { Input } from "../../protocol/input.ts";
import { topicKind } from "../../protocol/wire/topics.ts";
import type { Verdict } from "../../protocol/wire/verdict.ts";

type GossipMessage = Pick<Extract<Input, { kind: "gossip" }>, "topic" | "bytes">;

const increase = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

export class NetworkStats {
  /** Direct frames that were sent, and their bytes; also those that did not arrive. */
  frames = 0;
  frameBytes = 0;
  /** Dropped: lost at random or with their connection, cut by a partition, to a peer that cannot be reached. */
  lost = 0;
  cut = 0;
  unreachable = 0;
  duplicated = 0;
  /** Connections that were closed because a queue was full. */
  overflows = 0;
  /** Gossip messages, their deliveries, and the bytes of these. */
  published = 0;
  gossip = 0;
  gossipBytes = 0;
  /** Copies of gossip messages that a receiver had already. */
  gossipDuplicates = 0;
  /** Capability vectors among the gossip, every copy counted: agents send them even when there is no work. */
  advertised = 0;
  advertisedBytes = 0;
  /** Deliveries of gossip that did not happen. */
  gossipLost = 0;
  /** Blobs that were fetched, their bytes, and fetches that failed. */
  blobs = 0;
  blobBytes = 0;
  blobsFailed = 0;
  /** Verdicts on gossip: `accept`, or the verdict with its code (`ignore old`). */
  readonly verdicts = new Map<string, number>();
  /** `misbehaved` effects by code. */
  readonly misbehaved = new Map<string, number>();

  countDelivery(message: GossipMessage): void {
    this.gossip++;
    this.#count(message, 1);
  }

  countCopies(message: GossipMessage, copies: number): void {
    this.gossipDuplicates += copies;
    this.#count(message, copies);
  }

  #count({ topic, bytes }: GossipMessage, copies: number): void {
    this.gossipBytes += copies * bytes.length;
    if (topicKind(topic) !== "caps") return;
    this.advertised += copies;
    this.advertisedBytes += copies * bytes.length;
  }

  countVerdict(verdict: Verdict): void {
    increase(this.verdicts, verdict.verdict === "accept" ? "accept" : `${verdict.verdict} ${verdict.code}`);
  }

  countMisbehaviour(code: string): void {
    increase(this.misbehaved, code);
  }
}
