/**
 * The transport of a node: libp2p (TCP, Noise, yamux), gossip, direct streams, blobs, discovery, and which peers are refused.
 *
 * Carries out what the agent asks of the network, and tells it what happened, as inputs. It does not know what the bytes
 * mean. network-limits.ts bounds what peers can make it do.
 *
 * Source: protocol.md 2 (transport classes), 9 (admission and abuse).
 */

import type { Connection, Libp2p } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { isLoopback } from "../../protocol/capability/addresses.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId, Hash, JobId } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";
import type { QueueClass } from "../../protocol/wire/queue.ts";
import { FIRST_TOPICS, type GossipTopic } from "../../protocol/wire/topics.ts";
import type { Verdict } from "../../protocol/wire/verdict.ts";
import { DEFAULT_NODE_LIMITS } from "../limits/node-limits.ts";
import { type AddressBook, agentOfAddress, parseAddress, parsePeerId } from "./address-book.ts";
import { BlobExchange } from "./blob-exchange.ts";
import { type ClockOffset, type ClockState, clockProblem, describeClocks } from "./clock-findings.ts";
import { Clocks } from "./clocks.ts";
import { type ConnectionPolicy, createConnectionPolicy } from "./connection-policy.ts";
import { DialBackServer } from "./dial-back.ts";
import { Dialer } from "./dialer.ts";
import { countDialled, Discovery } from "./discovery.ts";
import { Gossip } from "./gossip.ts";
import { Instances } from "./instances.ts";
import { IsolationWatch } from "./isolation.ts";
import { createLibp2pNode, type MeshNode } from "./libp2p-node.ts";
import { startListening } from "./listening.ts";
import type { Network, NetworkOptions, NetworkStats, Reading } from "./network-interface.ts";
import { networkLimits } from "./network-limits.ts";
import { type NetworkNews, tellNews } from "./news.ts";
import { Origins } from "./origins.ts";
import { bare, hostOf, joinsAnotherMachine } from "./own-addresses.ts";
import { PeerOffences } from "./peer-offences.ts";
import { Peers } from "./peers.ts";
import { blobsProtocol, clockProtocol, dialBackProtocol, framesProtocol, instancesProtocol } from "./protocol-names.ts";
import { Reachability } from "./reachability.ts";

export type { Network, NetworkOptions, NetworkStats, Reading } from "./network-interface.ts";

const SWEEP_MS = 30_000;
/** How often it checks its own addresses, asks busy agents again, and checks that any agent is left, ms. */
const LOOK_MS = 2_000;
/** How many codes have their own counter. The rest share one, because codes may come from the agent. */
const OFFENCE_CODES_MAX = 256;

interface NetworkParts {
  readonly node: MeshNode;
  readonly offences: PeerOffences;
  readonly bootstrap: readonly Multiaddr[];
  readonly book: AddressBook;
  readonly probes: ConnectionPolicy["probes"];
  readonly origins: Origins;
  readonly isLocal: boolean;
}

class Libp2pNetwork implements Network {
  readonly agent: AgentId;
  readonly #origins: NetworkParts["origins"];
  readonly #options: NetworkOptions;
  readonly #offences: PeerOffences;
  readonly #book: AddressBook;
  readonly #node: MeshNode;
  readonly #dialer: Dialer;
  readonly #peers: Peers;
  readonly #gossip: Gossip;
  readonly #blobs: BlobExchange;
  readonly #discovery: Discovery;
  readonly #instances: Instances;
  readonly #clocks: Clocks;
  readonly #reachability: Reachability;
  readonly #dialBacks: DialBackServer;
  readonly #offenceCodes = new Map<string, number>();
  #deliver: (input: Input) => void = () => {};
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #isolation = new IsolationWatch((news) => this.#tell(news));
  #stopping: Promise<void> | null = null;

  constructor(options: NetworkOptions, parts: NetworkParts) {
    const { node, offences, bootstrap, book, probes } = parts;
    const { identity, meshId, blobs, log } = options;
    this.agent = identity.agent;
    this.#options = options;
    this.#node = node;
    this.#offences = offences;
    this.#book = book;
    this.#origins = parts.origins;
    const deliver = (input: Input): void => this.#onInput(input);
    const offend = (agent: AgentId, code: string): void => this.misbehaved(agent, code);
    this.#dialer = new Dialer(node, book, (agent, reason) => deliver({ kind: "unreachable", agent, reason }));
    const dialer = this.#dialer;
    const originOf = (agent: AgentId): string => this.originOf(agent) ?? "";
    const { memory } = options.limits ?? DEFAULT_NODE_LIMITS;
    const framing = { self: this.agent, protocol: framesProtocol(meshId), dialer, originOf, limits: memory };
    this.#peers = new Peers({ ...framing, deliver, offend, log });
    const ratesOf = (agent: AgentId) => this.#peers.peerOf(agent).rates;
    const partnerOf = (agent: AgentId) => ({
      source: originOf(agent) || agent,
      isGuest: this.#peers.isGuest(agent),
    });
    const gossipRate = (agent: AgentId) => ratesOf(agent).gossip;
    this.#gossip = new Gossip(node.services.pubsub, { meshId, deliver, offend, rateOf: gossipRate, partnerOf, log });
    const { writeIdleMs } = memory;
    this.#blobs = new BlobExchange({ meshId, blobs, dialer, peers: this.#peers, originOf, offend, writeIdleMs, log });
    this.#instances = new Instances({
      node: node as unknown as Libp2p,
      meshId,
      identity,
      onTwin: (twin) => options.onTwin?.(twin),
      log,
    });
    this.#clocks = new Clocks({
      node: node as unknown as Libp2p,
      meshId,
      present: () => this.#peers.present(),
      tell: (news) => this.#tell(news),
      onChange: (state) =>
        this.#deliver({ kind: "clock", detail: describeClocks(state), isUnheard: clockProblem(state) !== null }),
      log,
    });
    this.#discovery = new Discovery({
      node: node as unknown as Libp2p,
      self: this.agent,
      dialer,
      book,
      bootstrap,
      probes,
      isOwn: (address) => node.services.listeners.getAddrs().some((own) => bare(own) === bare(address)),
      tell: (news) => this.#tell(news),
      present: () => this.#peers.present(),
      ...{ originOf, dialled: () => countDialled(node.getConnections()) },
      refuses: (agent) => offences.refuses(agent, performance.now()),
      log,
    });
    const listenHosts = new Set(options.listen === "every-interface" ? [] : options.listen.map(hostOf));
    this.#dialBacks = new DialBackServer({ node: node as unknown as Libp2p, offend, log });
    this.#reachability = new Reachability({
      node: node as unknown as Libp2p,
      protocol: dialBackProtocol(meshId),
      listening: () => node.services.listeners.getAddrs(),
      announce: options.announce ?? [],
      isNamed: (address) => listenHosts.has(hostOf(address)),
      isLocal: parts.isLocal,
      onChange: () => this.#tellAddresses(),
      tell: (news) => this.#tell(news),
      log,
    });
  }

  /** Passes an input on to the agent. Parts of the network also need to know who is connected. */
  #onInput(input: Input): void {
    this.#deliver(input);
    if (input.kind === "connected") {
      this.#reachability.onMet(input.agent);
      this.#isolation.onConnected(input.agent, this.#book.addressesOf(input.agent).length > 0);
    } else if (input.kind === "disconnected") {
      this.#reachability.onLost(input.agent);
      this.#isolation.onDisconnected(input.agent);
    }
  }

  #tell(news: NetworkNews): void {
    if (this.#stopping === null) tellNews(news, this.#options.onNews, this.#options.log);
  }

  async start(deliver: (input: Input) => void): Promise<void> {
    this.#deliver = deliver;
    const { meshId, log } = this.#options;
    this.#listenToNode();
    const streams = (most: number) => ({ maxInboundStreams: most, maxOutboundStreams: most });
    const few = streams(networkLimits.inboundStreams);
    await this.#node.handle(framesProtocol(meshId), this.#peers.onStream, few);
    await this.#node.handle(
      blobsProtocol(meshId),
      this.#blobs.server.onStream,
      streams(2 * networkLimits.blobTransfersPerPeer),
    );
    await this.#node.handle(instancesProtocol(meshId), this.#instances.onStream, few);
    await this.#node.handle(dialBackProtocol(meshId), this.#dialBacks.onStream, few);
    await this.#node.handle(clockProtocol(meshId), this.#clocks.onStream, few);
    try {
      await startListening(this.#node, this.#options.listen, log);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#gossip.subscribe(FIRST_TOPICS);
    this.#discovery.start();
    const sweep = (): void => {
      this.#peers.sweep();
      this.#offences.sweep(performance.now());
    };
    const look = (): void => {
      this.#reachability.look();
      this.#isolation.look();
      this.#clocks.look();
    };
    const lookForStalls = (): void => this.#peers.look();
    this.#timers.push(setInterval(sweep, SWEEP_MS).unref(), setInterval(look, LOOK_MS).unref());
    this.#timers.push(setInterval(lookForStalls, networkLimits.stallLookMs).unref());
    this.#reachability.look();
    log.debug({ addresses: this.addresses() }, "network up");
  }

  #listenToNode(): void {
    const protocol = framesProtocol(this.#options.meshId);
    this.#node.addEventListener("peer:identify", ({ detail }) => {
      const agent = detail.peerId.toString() as AgentId;
      if (detail.protocols.includes(protocol)) {
        this.#peers.onPresent(agent);
        void this.#instances.onPresent(detail.connection);
        void this.#clocks.onPresent(detail.connection);
      } else {
        this.#options.log.debug({ peer: agent }, "not of this mesh");
        detail.connection.abort(new Error("not of this mesh"));
      }
    });
    this.#node.addEventListener("peer:disconnect", ({ detail }) => {
      this.#peers.onAbsent(detail.toString() as AgentId);
      this.#clocks.onAbsent(detail.toString() as AgentId);
    });
    this.#node.addEventListener("peer:discovery", ({ detail }) => {
      if (detail.multiaddrs.length === 0) return;
      this.address(
        detail.id.toString() as AgentId,
        detail.multiaddrs.map((address) => address.toString()),
      );
    });
    this.#node.addEventListener("self:peer:update", () => this.#reachability.look());
  }

  #tellAddresses(): void {
    if (this.#stopping !== null) return;
    const addresses = this.advertised().map((address) => address.toString());
    this.#deliver({ kind: "addresses", addresses, reach: this.#reachability.state() });
  }

  /** The addresses that other agents are told. */
  advertised(): Multiaddr[] {
    return this.#reachability.advertised().map((text) => this.#named(multiaddr(text)));
  }

  #named(address: Multiaddr): Multiaddr {
    return agentOfAddress(address) === "" ? address.encapsulate(`/p2p/${this.agent}`) : address;
  }

  addresses(): string[] {
    const listening = this.#node.services.listeners.getAddrs();
    const announced = (this.#options.announce ?? []).map((text) => multiaddr(text));
    return [...announced, ...listening].map((address) => this.#named(address).toString());
  }

  peers(): AgentId[] {
    return this.#peers.present();
  }

  /** Whether the agent is connected by loopback. */
  isOnThisMachine(agent: AgentId): boolean {
    return this.#connectionsOf(agent).some(({ remoteAddr }) => isLoopback(remoteAddr.toString()));
  }

  originOf(agent: AgentId): string | null {
    const connections = this.#connectionsOf(agent);
    return connections.length === 0 ? null : this.#origins.of(connections);
  }

  #connectionsOf(agent: AgentId): Connection[] {
    const peerId = parsePeerId(agent);
    return peerId === null ? [] : this.#node.getConnections(peerId);
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
    const counted = this.#offenceCodes.has(code) || this.#offenceCodes.size < OFFENCE_CODES_MAX ? code : "other";
    this.#offenceCodes.set(counted, (this.#offenceCodes.get(counted) ?? 0) + 1);
    this.#options.log.debug({ peer: agent, code }, "offence");
    const refusedMs = this.#offences.offend(agent, performance.now());
    if (refusedMs === 0) return;
    this.#options.log.warn({ peer: agent, code, refusedMs }, "peer refused for its offences");
    this.#peers.onRefused(agent);
    this.#dialer.hangUp(agent);
  }

  sharing(agents: ReadonlySet<AgentId>): void {
    this.#peers.sharing(agents);
  }

  address(agent: AgentId, addresses: readonly string[], from: AgentId = agent): void {
    if (agent === this.agent) return;
    this.#book.learn(agent, addresses, this.originOf(from) || from);
    this.#isolation.onAdvertised(agent);
  }

  suggest(agent: AgentId, addresses: readonly string[]): void {
    if (agent !== this.agent) this.#book.suggest(agent, addresses);
  }

  fetchBlob(hash: Hash, bytes: number, from: readonly AgentId[], job: JobId | ""): Promise<boolean> {
    const holders = from.filter((agent) => agent !== this.agent);
    return this.#blobs.client.fetch({ hash, bytes, job }, holders);
  }

  setReading(whom: Reading): void {
    this.#peers.setReading(whom);
  }

  stats(): NetworkStats {
    const { sent, received } = this.#peers;
    const gossip = this.#gossip.stats;
    return {
      peers: this.#peers.present().length,
      sent: { gossip: gossip.published, direct: sent.frames, bytes: gossip.publishedBytes + sent.bytes },
      received: { gossip: gossip.received, direct: received.frames, bytes: gossip.receivedBytes + received.bytes },
      dropped: sent.dropped,
      held: this.#peers.held,
      unjudged: gossip.unjudged,
      offences: new Map(this.#offenceCodes),
      refused: this.#offences.refused(performance.now()),
      blobs: {
        fetched: this.#blobs.client.stats.fetched,
        failed: this.#blobs.client.stats.failed,
        served: this.#blobs.server.stats.served,
      },
    };
  }

  clock(): ClockState {
    return this.#clocks.state();
  }

  clockOf(agent: AgentId): ClockOffset | null {
    return this.#clocks.offsetOf(agent);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#discovery.stop();
    this.#reachability.stop();
    this.#dialBacks.stop();
    this.#gossip.stop();
    await this.#blobs.stop();
    await this.#peers.stop();
    try {
      await this.#node.stop();
    } catch (error) {
      this.#options.log.debug({ err: error }, "libp2p did not stop in good order");
    }
  }
}

/** Throws `usage` if an address in the options is malformed. Does nothing on the network before `start`. */
export async function createNetwork(options: NetworkOptions): Promise<Network> {
  const check = (text: string): Multiaddr => {
    const address = parseAddress(text);
    if (address !== null) return address;
    throw new MeshworkError("usage", `"${text}" is no multiaddr`, "write it as /ip4/192.0.2.1/tcp/4001");
  };
  const listen = options.listen === "every-interface" ? [] : options.listen;
  for (const text of [...listen, ...(options.announce ?? [])]) check(text);
  const bootstrap = options.bootstrap.map(check);
  const offences = new PeerOffences();
  const isLocal =
    options.listen !== "every-interface" && listen.every(isLoopback) && !joinsAnotherMachine(options.bootstrap);
  let network: Libp2pNetwork | null = null;
  const { rules, book, probes } = createConnectionPolicy({
    isLocal,
    bootstrap,
    refuses: (agent) => offences.refuses(agent, performance.now()),
    isOnThisMachine: (agent) => network?.isOnThisMachine(agent) === true,
    advertised: () => network?.advertised() ?? [],
  });
  const origins = new Origins();
  const node = await createLibp2pNode({ ...options, listen, lookup: origins.lookup }, rules);
  network = new Libp2pNetwork(options, { node, offences, bootstrap, book, probes, origins, isLocal });
  return network;
}
