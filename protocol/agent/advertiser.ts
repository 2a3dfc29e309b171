/**
 * This agent's own capability vector: when it goes out, and in which shard. It also takes in the vectors of others and what
 * this agent has seen of them (membership/acquaintances.ts).
 *
 * Source: protocol.md 2 (refreshed at half-life, changes at most every 10 s), 3.
 */

import { type Directory, GOODBYE, VCV_LIFE_MS } from "../capability/directory.ts";
import { statementMessage } from "../core/crypto.ts";
import type { AgentId } from "../core/ids.ts";
import { limits, RULES_VERSION } from "../core/limits.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import type { Input } from "../input.ts";
import { Acquaintances } from "../membership/acquaintances.ts";
import { type Vcv, type VcvContent, vcvHash } from "../wire/capability.ts";
import type { Genesis } from "../wire/genesis.ts";
import { encodeVcv, type Message } from "../wire/message.ts";
import { type CapsTopic, capsTopic, FIRST_TOPICS, type GossipTopic } from "../wire/topics.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { hostsOf } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import { Exchanges } from "./exchanges.ts";
import type { HostedJobs } from "./hosted-jobs.ts";

/** The least time between two publications of its vector, ms. */
const CHANGE_MS = 10_000;
/** After a first connection gossip's mesh needs about a heartbeat to form, ms. */
const FIRST_PUBLISH_MS = 1_500;
/** How often its vector goes out, ten seconds apart, while it learns from neighbours how large the mesh is. */
const JOINING = 2;
/** Vectors of one author that gossip carries: twice what an honest one publishes, and some starts one after another. */
const RATE = { perSecond: 2_000 / CHANGE_MS, burst: 6, keys: limits.directoryAgents };
/**
 * Vectors of agents that were never connected, of all that one source hands on without hosting a job together with this agent:
 * whatever this agent takes all others check and hand on too. What gossip leaves out the exchanges bring.
 */
const STRANGERS_RATE = { perSecond: 4, burst: 64, keys: limits.clients };

export class Advertiser {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #exchanges: Exchanges;
  readonly acquaintances = new Acquaintances();
  readonly #hostedJobs: HostedJobs;
  #addresses: readonly string[];
  #version = 0;
  #publishAtMs = Number.POSITIVE_INFINITY;
  /** How often it was published, and when last. */
  #published = 0;
  #publishedMs = Number.NEGATIVE_INFINITY;
  #publishedDepth = 0;
  /** When gossip last brought it a vector of another agent. */
  #heardMs = Number.NEGATIVE_INFINITY;
  /** When it was connected to somebody first. */
  #connectedMs = Number.POSITIVE_INFINITY;
  #topics: readonly GossipTopic[] = FIRST_TOPICS;
  /** From and to which depths `#topics` are. */
  #subscribedDepth = Number.NaN;
  #subscribedDeepest = Number.NaN;

  readonly #rates = new TokenBuckets(RATE);
  readonly #strangers = new TokenBuckets(STRANGERS_RATE);

  constructor(context: Context, directory: Directory, hostedJobs: HostedJobs) {
    this.#context = context;
    this.#hostedJobs = hostedJobs;
    this.#directory = directory;
    this.#exchanges = new Exchanges(context, directory, this.acquaintances);
    this.#addresses = context.config.addresses;
  }

  /** Where it can be dialled. */
  get addresses(): readonly string[] {
    return this.#addresses.slice(0, limits.addresses);
  }

  get #isConnected(): boolean {
    return this.#connectedMs < Number.POSITIVE_INFINITY;
  }

  start(): void {
    this.#renew();
  }

  /** Makes a fresh vector and puts it into this agent's own directory. Null for a client, which has none. */
  #renew(): Vcv | null {
    const { now, isClient } = this.#context;
    this.#publishAtMs = now.monoMs + VCV_LIFE_MS / 2;
    if (isClient) return null;
    const vcv = this.#sign({});
    this.#directory.take(now.wallMs, vcv);
    return vcv;
  }

  /** Its next vector, as it stands but for `change`. */
  #sign(change: Partial<VcvContent>): Vcv {
    const { config, self, now, skills, embedder } = this.#context;
    this.#version++;
    const content: VcvContent = {
      agent: self,
      incarnation: config.incarnation,
      version: this.#version,
      name: config.name,
      embedder,
      skills,
      slots: config.slots,
      labels: config.labels,
      addresses: this.addresses,
      hosts: config.hosts,
      rulesVersion: RULES_VERSION,
      depth: this.#directory.place.depth,
      expiresMs: Math.floor(now.wallMs) + VCV_LIFE_MS,
      ...change,
    };
    const message = statementMessage(config.meshId, "vcv", vcvHash(config.crypto.hash, content));
    return { ...content, signature: config.signer.sign(message) };
  }

  /** Good-bye: its last vector, to its neighbours and by gossip to the others, so that nobody waits for it. */
  #leave(): void {
    if (!this.#isConnected || this.#context.isClient) return;
    const last = this.#sign({ skills: [], labels: [], addresses: [], hosts: false, expiresMs: GOODBYE });
    this.#context.sendAll(this.#exchanges.connected, { kind: "vcvs", vcvs: [last], metS: [] });
    const topic = capsTopic(this.#directory.place.shard, last.depth);
    this.#context.emit({ kind: "publish", topic, bytes: encodeVcv(last) });
    this.#publishAtMs = Number.POSITIVE_INFINITY;
  }

  onInput(input: Extract<Input, { kind: "addresses" | "clock" | "unreachable" | "stop" }>): void {
    if (input.kind === "stop") return this.#leave();
    if (input.kind === "clock") {
      this.acquaintances.clock = { detail: input.detail, isUnheard: input.isUnheard };
      return;
    }
    if (input.kind === "unreachable") return this.acquaintances.onUnreachable(input.agent, input.reason);
    if (input.reach !== undefined) this.acquaintances.own = input.reach;
    this.#onAddresses(input.addresses);
  }

  #onAddresses(addresses: readonly string[]): void {
    if (addresses.join() === this.#addresses.join()) return;
    this.#addresses = addresses;
    this.#renew();
    if (this.#isConnected) this.#publishSoon();
  }

  onConnected(peer: AgentId, origin: string): void {
    const { now } = this.#context;
    this.acquaintances.onConnected(peer, origin, now.monoMs);
    if (!this.#isConnected) {
      this.#connectedMs = now.monoMs;
      this.#publishAtMs = Math.min(this.#publishAtMs, now.monoMs + FIRST_PUBLISH_MS);
    }
    this.#exchanges.onConnected(peer);
  }

  onDisconnected(peer: AgentId): void {
    this.acquaintances.onDisconnected(peer);
    this.#exchanges.onDisconnected(peer);
  }

  onFetch(from: AgentId, message: Extract<Message, { kind: "fetchVcvs" }>): Verdict {
    this.#exchanges.onFetch(from, message);
    return ACCEPT;
  }

  /** One that came by gossip: only in its own shard, or an agent could make itself heard everywhere. */
  onGossip(from: AgentId, topic: CapsTopic, bytes: Uint8Array): Verdict {
    const decoded = this.#context.decoders.vcv(bytes);
    if (!decoded.ok) return reject(decoded.code);
    const { shard, depth } = this.#directory.placeOf(decoded.value);
    if (topic !== capsTopic(shard, depth)) return reject("wrong-shard");
    const { agent } = decoded.value;
    const { monoMs } = this.#context.now;
    if (!this.#rates.has(agent, monoMs)) return ignore("too-often");
    const isMet = agent === from || this.acquaintances.of(agent).hasMet;
    const mayHandOn = isMet || this.#strangers.has(this.#sourceOf(from), monoMs) || this.#hostedJobs.hasMember(from);
    if (!mayHandOn) return ignore("too-many");
    const verdict = this.#onVcv(from, decoded.value);
    if (verdict.verdict === "accept") {
      this.#rates.take(agent, monoMs);
      if (!isMet) this.#strangers.take(this.#sourceOf(from), monoMs);
      this.#heardMs = monoMs;
      this.acquaintances.onHeard(agent, this.#heardMs);
    }
    return verdict;
  }

  /** Those that came from a neighbour: what it was asked for, up to the first that no honest one would hand on. */
  onVcvs(from: AgentId, { vcvs, metS }: Extract<Message, { kind: "vcvs" }>): Verdict {
    const expected = this.#exchanges.expects(from, vcvs);
    if (expected.verdict !== "accept") return expected;
    const verdict = this.#take(from, vcvs);
    const { monoMs } = this.#context.now;
    for (const [i, { agent }] of vcvs.entries()) {
      const knownMs = (metS[i] ?? 0) * 1_000;
      if (knownMs > 0 && this.#directory.get(agent) !== undefined) this.acquaintances.onTold(agent, monoMs - knownMs);
    }
    return verdict;
  }

  #take(from: AgentId, vcvs: readonly Vcv[]): Verdict {
    for (const vcv of vcvs) {
      const verdict = this.#onVcv(from, vcv);
      if (verdict.verdict === "reject") return verdict;
    }
    // Its first neighbours may have told it nothing: it joins when it learns how deep the others are.
    if (this.#published >= JOINING && this.#isJoining) {
      this.#directory.adoptUsualDepth();
      this.#subscribe();
    }
    this.#exchanges.plan();
    return ACCEPT;
  }

  /** Vectors of the hosts of a job that this agent begins to host or works for, whatever their shards. */
  onHosts(from: AgentId, genesis: Genesis, vcvs: readonly Vcv[]): Verdict {
    const hosts = new Set(hostsOf(genesis));
    this.#directory.keep(hosts, this.#sourceOf(from));
    return this.#take(
      from,
      vcvs.filter(({ agent }) => hosts.has(agent)),
    );
  }

  /** It is new, or lost: all others say in this time what they can do, and it heard none of them. */
  get #isJoining(): boolean {
    return this.#published < JOINING || this.#context.now.monoMs > this.#heardMs + VCV_LIFE_MS / 2;
  }

  #onVcv(from: AgentId, vcv: Vcv): Verdict {
    if (vcv.agent === this.#context.self) return ignore("own");
    const verdict = this.#directory.take(this.#context.now.wallMs, vcv, this.#broughtBy(from, vcv));
    if (verdict.verdict === "accept") {
      this.#context.emit({ kind: "address", agent: vcv.agent, addresses: vcv.addresses, from });
      this.#context.emit({ kind: "event", event: { kind: "directory", agents: this.#directory.size } });
      this.#subscribe();
    }
    return verdict;
  }

  #sourceOf(agent: AgentId): string {
    return this.acquaintances.of(agent).origin || agent;
  }

  /** Who brought a vector: nobody else, if its agent is connected to this one; its own source, if it ever was. */
  #broughtBy(from: AgentId, { agent }: Vcv): string {
    const { isConnected, hasMet } = this.acquaintances.of(agent);
    return isConnected ? "" : this.#sourceOf(hasMet ? agent : from);
  }

  /** Subscribes to its shard, the one that was split to make it, and, if its own may be split already, its part of that. */
  #subscribe(): void {
    const { place, isFilling } = this.#directory;
    const deepest = isFilling ? place.depth + 1 : place.depth;
    // Asked after every vector: nearly always nothing has changed.
    if (place.depth === this.#subscribedDepth && deepest === this.#subscribedDeepest) return;
    this.#subscribedDepth = place.depth;
    this.#subscribedDeepest = deepest;
    const topics: GossipTopic[] = [];
    for (let depth = Math.max(0, place.depth - 1); depth <= deepest; depth++)
      topics.push(capsTopic(place.shard, depth));
    topics.push("beacons");
    if (topics.join() === this.#topics.join()) return;
    this.#topics = topics;
    this.#context.emit({ kind: "subscribe", topics: this.#topics });
    this.#exchanges.plan();
    // The others go by what it says of its depth.
    if (this.#published > 0 && place.depth !== this.#publishedDepth) this.#publishSoon();
  }

  #publishSoon(): void {
    const soonMs = Math.max(this.#context.now.monoMs, this.#publishedMs + CHANGE_MS);
    this.#publishAtMs = Math.min(this.#publishAtMs, soonMs);
  }

  tick(): void {
    const { now } = this.#context;
    this.#exchanges.tick();
    if (now.monoMs < this.#publishAtMs) return;
    this.#directory.expire(now.wallMs);
    const hasJoined = this.#isJoining && this.#directory.adoptUsualDepth();
    // In time everybody is heard of who is there; where it just went it has heard of nobody yet.
    if (!hasJoined && now.monoMs >= this.#connectedMs + VCV_LIFE_MS / 2) this.#directory.mergeShards();
    this.#published++;
    this.#publishedMs = now.monoMs;
    this.#subscribe();
    this.#exchanges.plan(); // who was known may be gone
    this.#publishedDepth = this.#directory.place.depth;
    const vcv = this.#renew();
    if (vcv !== null) this.#publish(vcv);
    // Once more soon: whoever joined gossip's mesh a moment later has it then too.
    if (this.#published < JOINING) this.#publishAtMs = now.monoMs + CHANGE_MS;
  }

  #publish(vcv: Vcv): void {
    const topic = capsTopic(this.#directory.place.shard, vcv.depth);
    this.#context.emit({ kind: "publish", topic, bytes: encodeVcv(vcv) });
    // They tell workers where to find it, and need not be of its shard.
    if (vcv.depth === 0) return;
    const readers = this.#hostedJobs.ask((hosted) => (hosted.isEnded ? [] : [...hosted.readers()])).flat();
    this.#context.sendAll(new Set(readers), { kind: "vcvs", vcvs: [vcv], metS: [] });
  }

  nextWakeMs(): number {
    return Math.min(this.#publishAtMs, this.#exchanges.nextWakeMs());
  }
}
