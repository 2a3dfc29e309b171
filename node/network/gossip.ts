/**
 * Gossip: topics (wire/topics.ts) over gossipsub, unsigned there (the messages carry their own signatures), each message
 * delivered as a `gossip` input and passed on only after the agent's verdict.
 *
 * js-libp2p marks a message as seen before it is validated, so "ignore" is final: the agent must
 * keep whatever is only too early. Settings and their reasons: docs of @libp2p/gossipsub, protocol.md 1, 2, 9.
 */

import { createHash } from "node:crypto";
import type { GossipSub, GossipsubOpts, Message } from "@libp2p/gossipsub";
import { TopicValidatorResult } from "@libp2p/gossipsub";
import { createTopicScoreParams } from "@libp2p/gossipsub/score";
import type { PeerId } from "@libp2p/interface";
import type { Logger } from "pino";
import type { AgentId, MeshId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Input } from "../../protocol/input.ts";
import type { GossipTopic } from "../../protocol/wire/topics.ts";
import type { Verdict } from "../../protocol/wire/verdict.ts";
import { GossipRates } from "./gossip-rates.ts";
import { networkLimits } from "./network-limits.ts";
import { topicName, topicNames } from "./protocol-names.ts";
import type { TokenBucket } from "./token-bucket.ts";
import type { Partner } from "./transfer-places.ts";

/** The same bytes under two topics are two messages. */
function messageId(message: Message): Uint8Array {
  return createHash("sha256").update(message.topic).update("\0").update(message.data).digest();
}

/**
 * Beacons and capability vectors are rare, so a peer is not judged by how much it delivers (P3 off), only by
 * what it forwards that no honest peer would (P4): 10 such messages reach the graylist at -80 within seconds.
 */
const TOPIC_SCORE = createTopicScoreParams({
  topicWeight: 1,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.9,
});

/** Below the first a peer is not told which messages there are, below the second it is sent none, below the third not heard. */
const SCORE_THRESHOLDS = { gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80 };

export function gossipOptions(meshId: MeshId, local: boolean): Partial<GossipsubOpts> {
  const topics = [...topicNames(meshId).keys()];
  return {
    globalSignaturePolicy: "StrictNoSign",
    msgIdFn: messageId,
    emitSelf: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    floodPublish: true,
    doPX: false,
    allowedTopics: topics,
    maxInboundDataLength: limits.gossipBytes + 1024, // the message and what gossipsub wraps around it
    maxOutboundBufferSize: networkLimits.gossipQueueBytes, // without it, gossip piles up for peers that do not read
    scoreThresholds: SCORE_THRESHOLDS,
    scoreParams: {
      // A peer whose event loop stood still for some seconds breaks promises, and is not to be punished for a few of them.
      behaviourPenaltyThreshold: 6,
      retainScore: networkLimits.refusedMs * 10,
      topics: Object.fromEntries(topics.map((topic) => [topic, TOPIC_SCORE])),
      // Many nodes of a local mesh share one address: the default would mute them silently.
      ...(local ? { IPColocationFactorWeight: 0 } : {}),
    },
  };
}

interface Waiting {
  readonly from: AgentId;
  readonly bytes: number;
  readonly resolve: (result: TopicValidatorResult) => void;
  readonly timer: NodeJS.Timeout;
}

interface GossipOptions {
  readonly meshId: MeshId;
  readonly deliver: (input: Input) => void;
  readonly offend: (agent: AgentId, code: string) => void;
  readonly rateOf: (agent: AgentId) => TokenBucket;
  readonly partnerOf: (agent: AgentId) => Pick<Partner, "source" | "isGuest">;
  readonly log: Logger;
}

interface GossipStats {
  published: number;
  publishedBytes: number;
  received: number;
  receivedBytes: number;
  /** Received, and not judged: too many waited, or no verdict came. */
  unjudged: number;
}

export class Gossip {
  readonly stats: GossipStats = { published: 0, publishedBytes: 0, received: 0, receivedBytes: 0, unjudged: 0 };
  readonly #pubsub: GossipSub;
  readonly #options: GossipOptions;
  readonly #rates = new GossipRates(performance.now());
  readonly #waiting = new Map<number, Waiting>();
  #waitingBytes = 0;
  #nextTicket = 1;
  #stopped = false;

  constructor(pubsub: GossipSub, options: GossipOptions) {
    this.#pubsub = pubsub;
    this.#options = options;
    for (const [name, topic] of topicNames(options.meshId)) {
      pubsub.topicValidators.set(name, (peer, message) => this.#validate(topic, peer, message));
    }
  }

  /** Hears these and no others. The node must be started. */
  subscribe(topics: readonly GossipTopic[]): void {
    const wanted = new Set(topics.map((topic) => topicName(this.#options.meshId, topic)));
    for (const name of this.#pubsub.getTopics()) if (!wanted.has(name)) this.#pubsub.unsubscribe(name);
    for (const name of wanted) this.#pubsub.subscribe(name);
  }

  publish(topic: GossipTopic, bytes: Uint8Array): void {
    if (bytes.length > limits.gossipBytes) {
      // Not an assertion: how long a capability vector is depends on what the operator wrote into it.
      this.#options.log.error({ topic, bytes: bytes.length, max: limits.gossipBytes }, "too long to be published");
      return;
    }
    this.#rates.onPublished(performance.now());
    this.stats.published++;
    this.stats.publishedBytes += bytes.length;
    this.#pubsub.publish(topicName(this.#options.meshId, topic), bytes).catch((error: unknown) => {
      this.#options.log.debug({ err: error, topic }, "gossip not published");
    });
  }

  #validate(topic: GossipTopic, peer: PeerId, message: Message): TopicValidatorResult | Promise<TopicValidatorResult> {
    const from = peer.toString() as AgentId;
    this.stats.received++;
    this.stats.receivedBytes += message.data.length;
    if (message.data.length > limits.gossipBytes) {
      this.#options.offend(from, "gossip-too-long");
      return TopicValidatorResult.Reject;
    }
    const nowMs = performance.now();
    const rate = this.#options.rateOf(from);
    const waitMs = rate.waitMs(nowMs);
    // A forwarder far over its rate must not take the places of the others.
    const flood = waitMs > networkLimits.gossipDelayMsMax;
    const isFull =
      this.#waiting.size >= networkLimits.gossipWaiting || this.#waitingBytes >= networkLimits.gossipWaitingBytes;
    if (this.#stopped || flood || isFull || !this.#rates.take(this.#options.partnerOf(from), nowMs)) {
      this.stats.unjudged++;
      if (flood) this.#options.offend(from, "gossip-flood");
      else rate.take(1, nowMs);
      return TopicValidatorResult.Ignore;
    }
    rate.take(1, nowMs);
    return new Promise((resolve) => {
      const ticket = this.#nextTicket++;
      const timer = setTimeout(() => {
        this.stats.unjudged++;
        this.#answer(ticket, TopicValidatorResult.Ignore);
      }, networkLimits.verdictTimeoutMs);
      this.#waiting.set(ticket, { from, bytes: message.data.length, resolve, timer });
      this.#waitingBytes += message.data.length;
      const input: Input = { kind: "gossip", from, topic, bytes: message.data, ticket };
      if (waitMs === 0) this.#options.deliver(input);
      else setTimeout(() => this.#options.deliver(input), waitMs).unref();
    });
  }

  /** The agent's answer; unknown tickets (it came too late) are fine. */
  verdict(ticket: number, verdict: Verdict): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    if (verdict.verdict === "accept") this.#answer(ticket, TopicValidatorResult.Accept);
    else if (verdict.verdict === "ignore") this.#answer(ticket, TopicValidatorResult.Ignore);
    else {
      this.#answer(ticket, TopicValidatorResult.Reject);
      this.#options.offend(waiting.from, verdict.code);
    }
  }

  #answer(ticket: number, result: TopicValidatorResult): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return;
    this.#waiting.delete(ticket);
    this.#waitingBytes -= waiting.bytes;
    clearTimeout(waiting.timer);
    waiting.resolve(result);
  }

  stop(): void {
    this.#stopped = true;
    for (const ticket of [...this.#waiting.keys()]) this.#answer(ticket, TopicValidatorResult.Ignore);
  }
}
