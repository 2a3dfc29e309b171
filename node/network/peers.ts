/**
 * All peers of a node: which are connected, and the frames that go to them and come from them.
 *
 * It makes the inputs `connected`, `disconnected` and `frame`, and carries out `send`. outbound-link.ts and inbound-frames.ts
 * handle the streams, and dialer.ts dials.
 */

import type { Connection, Stream } from "@libp2p/interface";
import type { Logger } from "pino";
import { assert } from "../../protocol/core/assert.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";
import type { QueueClass } from "../../protocol/wire/queue.ts";
import type { NodeLimits } from "../limits/node-limits.ts";
import type { Dialer } from "./dialer.ts";
import { InboundFrames } from "./inbound-frames.ts";
import { MemoryBudget } from "./memory-budget.ts";
import type { Reading } from "./network-interface.ts";
import { networkLimits } from "./network-limits.ts";
import { type LinkStats, OutboundLink } from "./outbound-link.ts";
import type { Peer } from "./peer.ts";
import { createPeerRates } from "./peer-rates.ts";
import { TokenBucket } from "./token-bucket.ts";

interface PeersOptions {
  /** This node's own id. */
  readonly self: AgentId;
  readonly protocol: string;
  readonly dialer: Dialer;
  readonly limits: NodeLimits["memory"];
  /** The network from which the agent is connected. */
  readonly originOf: (agent: AgentId) => string;
  readonly deliver: (input: Input) => void;
  readonly offend: (agent: AgentId, code: string) => void;
  readonly log: Logger;
}

interface ReceiveStats {
  frames: number;
  bytes: number;
}

export class Peers {
  readonly sent: LinkStats = { frames: 0, bytes: 0, dropped: 0 };
  readonly received: ReceiveStats = { frames: 0, bytes: 0 };
  readonly #options: PeersOptions;
  readonly #peers = new Map<AgentId, Peer>();
  /** Frames that are not whole, and frames that wait for peers to read them. */
  readonly #inboundMemory: MemoryBudget;
  readonly #outboundMemory: MemoryBudget;
  /** Those that share a job with this node, and when each that did so lately ceased to. */
  #sharing: ReadonlySet<AgentId> = new Set();
  readonly #sharedMs = new Map<AgentId, number>();
  /** By source, the one that was used longest ago first. */
  readonly #guestRates = new Map<string, TokenBucket>();
  /** Networks of which a peer was refused, and until when that is remembered. */
  readonly #suspects = new Map<string, number>();
  #reading: Reading = "all";
  #stopped = false;

  constructor(options: PeersOptions) {
    this.#options = options;
    const { limits } = options;
    this.#inboundMemory = new MemoryBudget("unfinished frames", limits.inboundBytes, limits.guestInboundBytes);
    this.#outboundMemory = new MemoryBudget("what peers do not read", limits.outboundBytes, limits.guestOutboundBytes);
  }

  /** Bytes that are held for peers. */
  get held(): { readonly inbound: number; readonly outbound: number } {
    return { inbound: this.#inboundMemory.bytes, outbound: this.#outboundMemory.bytes };
  }

  /** Whether this node shares no job with it. */
  isGuest(agent: AgentId): boolean {
    return (
      !this.#sharing.has(agent) &&
      performance.now() > (this.#sharedMs.get(agent) ?? Number.NEGATIVE_INFINITY) + networkLimits.sharedMs
    );
  }

  sharing(agents: ReadonlySet<AgentId>): void {
    const nowMs = performance.now();
    for (const [agent, sharedMs] of this.#sharedMs)
      if (nowMs > sharedMs + networkLimits.sharedMs) this.#sharedMs.delete(agent);
    for (const agent of this.#sharing) if (!agents.has(agent)) this.#sharedMs.set(agent, nowMs);
    this.#sharing = agents;
  }

  /** Connected peers, in the order in which they came. */
  present(): AgentId[] {
    return [...this.#peers.values()].filter((peer) => peer.present).map((peer) => peer.agent);
  }

  peerOf(agent: AgentId): Peer {
    const known = this.#peers.get(agent);
    if (known !== undefined) return known;
    const link = new OutboundLink(
      {
        open: (signal) => this.#options.dialer.openStream(agent, this.#options.protocol, signal),
        onUp: () => this.#onUp(peer),
        onDown: (reason) => this.#onDown(peer, reason),
        onUnreachable: (reason) => this.#onDown(peer, reason),
        wantsStream: () => peer.present && !this.#stopped,
        isGuest: () => this.isGuest(agent),
        hangUp: (reason) => {
          this.#options.log.debug({ peer: agent, reason }, "peer hung up on");
          void this.#options.dialer.hangUp(agent);
        },
      },
      this.sent,
      {
        memory: this.#outboundMemory,
        guestBytesMax: this.#options.limits.guestPeerOutboundBytes,
        writeIdleMs: this.#options.limits.writeIdleMs,
      },
    );
    const peer: Peer = {
      ...{ agent, link, rates: createPeerRates(performance.now()), present: false, announced: false },
      inbound: null,
    };
    this.#peers.set(agent, peer);
    return peer;
  }

  send(to: AgentId, queue: QueueClass, frame: Uint8Array): void {
    assert(to !== this.#options.self, "an agent sends nothing to itself");
    if (this.#stopped) return;
    this.peerOf(to).link.send(queue, frame);
  }

  /** A peer has said that it speaks our protocol. */
  onPresent(agent: AgentId): void {
    if (this.#stopped || !this.#options.dialer.isConnected(agent)) return;
    const peer = this.peerOf(agent);
    if (!peer.present && this.#isSuspect(agent)) peer.rates = createPeerRates(performance.now(), true);
    peer.link.reachable();
    peer.present = true;
    this.#announce(peer);
  }

  /** A peer was refused for its offences: others of its network begin with less. */
  onRefused(agent: AgentId): void {
    const origin = this.#options.originOf(agent);
    if (origin === "") return;
    this.#suspects.delete(origin); // it goes to the end
    this.#suspects.set(origin, performance.now() + networkLimits.suspectMs);
    if (this.#suspects.size > networkLimits.guestSources) this.#suspects.delete(this.#suspects.keys().next().value!);
  }

  #isSuspect(agent: AgentId): boolean {
    return performance.now() < (this.#suspects.get(this.#options.originOf(agent)) ?? 0);
  }

  /** Whoever has many identities has few networks, so guests of one share a rate. */
  #guestBytesOf(agent: AgentId): TokenBucket {
    const source = this.#options.originOf(agent) || agent;
    const { guestBytesPerSecond, guestBytesBurst, guestSources } = networkLimits;
    const rate =
      this.#guestRates.get(source) ?? new TokenBucket(guestBytesPerSecond, guestBytesBurst, performance.now());
    this.#guestRates.delete(source); // it goes to the end
    this.#guestRates.set(source, rate);
    if (this.#guestRates.size > guestSources) this.#guestRates.delete(this.#guestRates.keys().next().value!);
    return rate;
  }

  /** No connection is left. */
  onAbsent(agent: AgentId): void {
    const peer = this.#peers.get(agent);
    if (peer === undefined) return;
    peer.present = false;
    this.#onDown(peer, "the connection is gone");
  }

  #announce(peer: Peer): void {
    if (peer.announced || this.#stopped) return;
    peer.announced = true;
    this.#options.deliver({ kind: "connected", agent: peer.agent, origin: this.#options.originOf(peer.agent) });
  }

  #onUp(peer: Peer): void {
    // A stream of our protocol is open, so there is no need to wait for identify.
    peer.present = this.#options.dialer.isConnected(peer.agent);
    if (peer.present) this.#announce(peer);
  }

  #onDown(peer: Peer, reason: string): void {
    if (!peer.announced) {
      this.#options.log.trace({ peer: peer.agent, reason }, "peer not reached");
      return;
    }
    peer.announced = false;
    this.#options.log.debug({ peer: peer.agent, reason }, "peer lost");
    if (!this.#stopped) this.#options.deliver({ kind: "disconnected", agent: peer.agent });
  }

  /** For `libp2p.handle`: frames of a peer. */
  readonly onStream = (stream: Stream, connection: Connection): void => {
    const agent = connection.remotePeer.toString() as AgentId;
    if (this.#stopped) {
      stream.abort(new Error("the node stops"));
      return;
    }
    this.onPresent(agent);
    const { received } = this;
    const { frameIdleMs, frameMs } = this.#options.limits;
    const peer = this.peerOf(agent);
    const frames: InboundFrames = new InboundFrames(stream, {
      ...{
        rates: peer.rates,
        guestBytes: this.#guestBytesOf(agent),
        memory: this.#inboundMemory,
        frameIdleMs,
        frameMs,
      },
      isGuest: () => this.isGuest(agent),
      reading: () => this.#reading === "all" || (this.#reading === "sharing" && !this.isGuest(agent)),
      onFrame: (bytes) => {
        received.frames++;
        received.bytes += bytes.length;
        this.#options.deliver({ kind: "frame", from: agent, bytes });
      },
      onProblem: (problem) => this.#options.offend(agent, problem),
      onClosed: () => {
        if (peer.inbound === frames) peer.inbound = null;
      },
    });
    const older = peer.inbound;
    peer.inbound = frames;
    older?.replace();
  };

  /** No frame of others is delivered, so the windows of the senders fill up. Reading continues where it stopped. */
  setReading(whom: Reading): void {
    if (this.#reading === whom) return;
    this.#reading = whom;
    if (whom !== "nobody") for (const peer of [...this.#peers.values()]) peer.inbound?.resume();
  }

  /** Ends streams that do not get on. To be called every second or so. */
  look(): void {
    const nowMs = performance.now();
    for (const peer of [...this.#peers.values()]) {
      peer.inbound?.look(nowMs);
      peer.link.look(nowMs);
    }
  }

  /** Forgets peers that are not connected and have no frames waiting. To be called now and then. */
  sweep(): void {
    for (const peer of this.#peers.values()) {
      if (!peer.present && peer.link.idle && peer.inbound === null) this.#peers.delete(peer.agent);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const peer of this.#peers.values()) peer.inbound?.stop();
    await Promise.all([...this.#peers.values()].map((peer) => peer.link.close(peer.present)));
  }
}
