/**
 * The transport of a node: libp2p (TCP, Noise, yamux), gossip, direct streams, blobs, discovery, conduct.
 *
 * Responsible for carrying out what the agent asks of the network and for telling it what happened, as inputs.
 * It knows nothing of what the bytes mean. Peers are bounded in what they can make it do: network-limits.ts.
 *
 * Source: protocol.md 2 (transport classes), 9 (admission and abuse).
 */

import type { Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import type { Logger } from "pino";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId, Hash, MeshId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Input } from "../../protocol/input.ts";
import type { QueueClass } from "../../protocol/wire/queue.ts";
import { FIRST_TOPICS, type GossipTopic } from "../../protocol/wire/topics.ts";
import type { Verdict } from "../../protocol/wire/verdict.ts";
import type { Identity } from "../identity.ts";
import type { BlobStore } from "../store/blob-store.ts";
import { AddressBook, parseAddress } from "./address-book.ts";
import { BlobClient } from "./blob-client.ts";
import { BlobServer } from "./blob-server.ts";
import { Conduct } from "./conduct.ts";
import { Dialer } from "./dialer.ts";
import { Discovery } from "./discovery.ts";
import { Gossip } from "./gossip.ts";
import { Instances } from "./instances.ts";
import { createNode, type MeshNode } from "./libp2p-node.ts";
import { blobsProtocol, framesProtocol, instancesProtocol } from "./names.ts";
import { networkLimits } from "./network-limits.ts";
import { Peers } from "./peers.ts";

export interface NetworkOptions {
  readonly meshId: MeshId;
  readonly identity: Identity;
  readonly blobs: BlobStore;
  /** Multiaddrs to listen on, `/ip4/127.0.0.1/tcp/0` for any free port of this machine. Empty: dials only. */
  readonly listen: readonly string[];
  /** Addresses to tell others instead of those it listens on (behind a NAT). Empty: those. */
  readonly announce?: readonly string[];
  /** Multiaddrs of peers to begin with; the peer id may be left out. */
  readonly bootstrap: readonly string[];
  /** All nodes of the mesh run on this machine: limits per address make no sense then. */
  readonly local: boolean;
  /** Find peers in the local network by multicast. */
  readonly mdns?: boolean;
  /** Somebody else runs with this node's key, since `startedMs` (ms since 1970). `isFirst`: since before this node. */
  readonly onTwin?: (twin: { readonly startedMs: number; readonly isFirst: boolean }) => void;
  readonly log: Logger;
}

export interface NetworkStats {
  /** Peers of the mesh that are there. */
  readonly peers: number;
  readonly sent: { readonly gossip: number; readonly direct: number; readonly bytes: number };
  readonly received: { readonly gossip: number; readonly direct: number; readonly bytes: number };
  /** Direct frames that were dropped: peers out of reach, queues that were full. */
  readonly dropped: number;
  /** Gossip that was ignored because too much of it waited for the agent. */
  readonly unjudged: number;
  /** Offences by code. */
  readonly offences: ReadonlyMap<string, number>;
  /** Peers that are refused now. */
  readonly refused: number;
  readonly blobs: { readonly fetched: number; readonly failed: number; readonly served: number };
}

export interface Network {
  readonly agent: AgentId;
  /** Listens, and delivers from now on. Rejects with `usage` or `storage` where an address cannot be used. */
  start(deliver: (input: Input) => void): Promise<void>;
  /** Where it can be dialled, with its peer id. Empty before `start`. */
  addresses(): string[];
  /** Peers of the mesh that are there. */
  peers(): AgentId[];
  send(to: AgentId, queue: QueueClass, bytes: Uint8Array): void;
  publish(topic: GossipTopic, bytes: Uint8Array): void;
  /** Hear these topics, and no others. Before the first call: `FIRST_TOPICS`. */
  subscribe(topics: readonly GossipTopic[]): void;
  verdict(ticket: number, verdict: Verdict): void;
  misbehaved(agent: AgentId, code: string): void;
  /** Where an agent is, in its own words; `suggest`: in others'. */
  address(agent: AgentId, addresses: readonly string[]): void;
  suggest(agent: AgentId, addresses: readonly string[]): void;
  /** True when the blob is in the store; false when nobody gave it. Rejects with `storage`. */
  fetchBlob(hash: Hash, bytes: number, from: readonly AgentId[]): Promise<boolean>;
  /** False: peers are not read for now. */
  setReading(reading: boolean): void;
  stats(): NetworkStats;
  /** Lets what waits leave, for a moment, and closes everything. Never rejects; a second call does nothing. */
  stop(): Promise<void>;
}

const SWEEP_MS = 30_000;
/** Codes that are counted one by one; the rest together, since codes may come from the agent. */
const OFFENCE_CODES_MAX = 256;

class Libp2pNetwork implements Network {
  readonly agent: AgentId;
  readonly #options: NetworkOptions;
  readonly #conduct: Conduct;
  readonly #book = new AddressBook();
  readonly #node: MeshNode;
  readonly #dialer: Dialer;
  readonly #peers: Peers;
  readonly #gossip: Gossip;
  readonly #server: BlobServer;
  readonly #client: BlobClient;
  readonly #discovery: Discovery;
  readonly #instances: Instances;
  readonly #offences = new Map<string, number>();
  #deliver: (input: Input) => void = () => {};
  #sweepTimer: NodeJS.Timeout | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: NetworkOptions, node: MeshNode, conduct: Conduct, bootstrap: readonly Multiaddr[]) {
    const { identity, meshId, blobs, log } = options;
    this.agent = identity.agent;
    this.#options = options;
    this.#node = node;
    this.#conduct = conduct;
    const deliver = (input: Input): void => this.#deliver(input);
    const offend = (agent: AgentId, code: string): void => this.misbehaved(agent, code);
    this.#dialer = new Dialer(node, this.#book);
    const dialer = this.#dialer;
    this.#peers = new Peers({ self: this.agent, protocol: framesProtocol(meshId), dialer, deliver, offend, log });
    const ratesOf = (agent: AgentId) => this.#peers.peerOf(agent).rates;
    const gossipRate = (agent: AgentId) => ratesOf(agent).gossip;
    this.#gossip = new Gossip(node.services.pubsub, { meshId, deliver, offend, rateOf: gossipRate, log });
    this.#server = new BlobServer({ blobs, offend, rateOf: (agent) => ratesOf(agent).blobRequests, log });
    this.#client = new BlobClient({ blobs, protocol: blobsProtocol(meshId), dialer, offend, log });
    this.#instances = new Instances({
      node: node as unknown as Libp2p,
      meshId,
      identity,
      onTwin: (twin) => options.onTwin?.(twin),
      log,
    });
    this.#discovery = new Discovery({
      node: node as unknown as Libp2p,
      self: this.agent,
      dialer,
      book: this.#book,
      bootstrap,
      present: () => this.#peers.present(),
      refuses: (agent) => conduct.refuses(agent, performance.now()),
      log,
    });
  }

  async start(deliver: (input: Input) => void): Promise<void> {
    this.#deliver = deliver;
    const { meshId, listen, log } = this.#options;
    this.#listenToNode();
    await this.#node.handle(framesProtocol(meshId), this.#peers.onStream, {
      maxInboundStreams: networkLimits.inboundStreams,
      maxOutboundStreams: networkLimits.inboundStreams,
    });
    await this.#node.handle(blobsProtocol(meshId), this.#server.onStream, {
      maxInboundStreams: 2 * networkLimits.blobTransfersPerPeer,
      maxOutboundStreams: 2 * networkLimits.blobTransfersPerPeer,
    });
    await this.#node.handle(instancesProtocol(meshId), this.#instances.onStream, {
      maxInboundStreams: networkLimits.inboundStreams,
      maxOutboundStreams: networkLimits.inboundStreams,
    });
    try {
      await this.#node.start();
    } catch (error) {
      await this.stop();
      throw new MeshworkError(
        "usage",
        `cannot listen on ${listen.join(", ")}: ${explainListen(error)}`,
        "choose another",
      );
    }
    this.#gossip.subscribe(FIRST_TOPICS);
    this.#discovery.start();
    this.#sweepTimer = setInterval(() => {
      this.#peers.sweep();
      this.#conduct.sweep(performance.now());
    }, SWEEP_MS).unref();
    this.#tellAddresses();
    log.debug({ addresses: this.addresses() }, "network up");
  }

  #listenToNode(): void {
    const protocol = framesProtocol(this.#options.meshId);
    this.#node.addEventListener("peer:identify", ({ detail }) => {
      const agent = detail.peerId.toString() as AgentId;
      if (detail.protocols.includes(protocol)) {
        this.#peers.onPresent(agent);
        void this.#instances.onPresent(detail.connection);
      } else {
        this.#options.log.debug({ peer: agent }, "not of this mesh");
        detail.connection.abort(new Error("not of this mesh"));
      }
    });
    this.#node.addEventListener("peer:disconnect", ({ detail }) => {
      this.#peers.onAbsent(detail.toString() as AgentId);
    });
    this.#node.addEventListener("peer:discovery", ({ detail }) => {
      if (detail.multiaddrs.length === 0) return;
      this.address(
        detail.id.toString() as AgentId,
        detail.multiaddrs.map((address) => address.toString()),
      );
    });
    this.#node.addEventListener("self:peer:update", () => this.#tellAddresses());
  }

  #toldAddresses = "";

  #tellAddresses(): void {
    const addresses = this.addresses().slice(0, limits.addresses);
    const told = addresses.join(" ");
    if (told === this.#toldAddresses || this.#stopping !== null) return;
    this.#toldAddresses = told;
    this.#deliver({ kind: "addresses", addresses });
  }

  addresses(): string[] {
    return this.#node.getMultiaddrs().map((address) => address.toString());
  }

  peers(): AgentId[] {
    return this.#peers.present();
  }

  send(to: AgentId, queue: QueueClass, bytes: Uint8Array): void {
    this.#peers.send(to, queue, bytes);
  }

  publish(topic: GossipTopic, bytes: Uint8Array): void {
    if (this.#stopping === null) this.#gossip.publish(topic, bytes);
  }

  subscribe(topics: readonly GossipTopic[]): void {
    if (this.#stopping === null) this.#gossip.subscribe(topics);
  }

  verdict(ticket: number, verdict: Verdict): void {
    this.#gossip.verdict(ticket, verdict);
  }

  misbehaved(agent: AgentId, code: string): void {
    const counted = this.#offences.has(code) || this.#offences.size < OFFENCE_CODES_MAX ? code : "other";
    this.#offences.set(counted, (this.#offences.get(counted) ?? 0) + 1);
    this.#options.log.debug({ peer: agent, code }, "offence");
    if (!this.#conduct.offend(agent, performance.now())) return;
    this.#options.log.warn({ peer: agent, code, refusedMs: networkLimits.refusedMs }, "peer refused for its conduct");
    this.#dialer.hangUp(agent);
  }

  address(agent: AgentId, addresses: readonly string[]): void {
    if (agent !== this.agent) this.#book.learn(agent, addresses);
  }

  suggest(agent: AgentId, addresses: readonly string[]): void {
    if (agent !== this.agent) this.#book.suggest(agent, addresses);
  }

  fetchBlob(hash: Hash, bytes: number, from: readonly AgentId[]): Promise<boolean> {
    return this.#client.fetch(
      hash,
      bytes,
      from.filter((agent) => agent !== this.agent),
    );
  }

  setReading(reading: boolean): void {
    this.#peers.setReading(reading);
  }

  stats(): NetworkStats {
    const { sent, received } = this.#peers;
    const gossip = this.#gossip.stats;
    return {
      peers: this.#peers.present().length,
      sent: { gossip: gossip.published, direct: sent.frames, bytes: gossip.publishedBytes + sent.bytes },
      received: { gossip: gossip.received, direct: received.frames, bytes: gossip.receivedBytes + received.bytes },
      dropped: sent.dropped,
      unjudged: gossip.unjudged,
      offences: new Map(this.#offences),
      refused: this.#conduct.refused,
      blobs: {
        fetched: this.#client.stats.fetched,
        failed: this.#client.stats.failed,
        served: this.#server.stats.served,
      },
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    this.#discovery.stop();
    this.#gossip.stop();
    this.#server.stop();
    await this.#client.stop();
    await this.#peers.stop();
    try {
      await this.#node.stop();
    } catch (error) {
      this.#options.log.debug({ err: error }, "libp2p did not stop in good order");
    }
  }
}

/** Of libp2p's long account with its advice to programmers, what the system said of the addresses. */
function explainListen(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const refusals = [...message.matchAll(/\blisten (E[A-Z]+): ([^\n]*?)(?= at |$)/gm)].map(([, , text]) => text!.trim());
  return refusals.length === 0 ? message : [...new Set(refusals)].join("; ");
}

/** Throws `usage` when an address of the options is none. Does nothing on the network before `start`. */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const check = (text: string): Multiaddr => {
    const address = parseAddress(text);
    if (address !== null) return address;
    throw new MeshworkError("usage", `"${text}" is no multiaddr`, "write it as /ip4/192.0.2.1/tcp/4001");
  };
  for (const text of [...options.listen, ...(options.announce ?? [])]) check(text);
  const bootstrap = options.bootstrap.map(check);
  const conduct = new Conduct();
  const node = await createNode(options, (agent) => conduct.refuses(agent, performance.now()));
  return new Libp2pNetwork(options, node, conduct, bootstrap);
}
