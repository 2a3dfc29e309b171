/**
 * The directory: the newest capability vector of each agent of its shard that this node has heard of, and of a few agents
 * of each other shard. Bounded; entries expire. From its entries it estimates how large the mesh is, and how deep the
 * mesh must be split.
 *
 * Source: protocol.md 2 (lifetime, rate of change), 3.
 */

import { type Crypto, isSigned, statementMessage } from "../core/crypto.ts";
import { type AgentId, type MeshId, sortedBy } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { SharedPlaces } from "../core/shared-places.ts";
import type { Vcv } from "../wire/capability.ts";
import { shardAt } from "../wire/topics.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { EMBEDDER_NAME } from "./embedding.ts";
import { Goodbyes, isNewer } from "./goodbyes.ts";
import { isNear, outsidersOf, type Place, SHARD_AGENTS, shardOf, weightOf } from "./shards.ts";
import { VectorFacts } from "./vector-facts.ts";

/** A capability vector lives this long, ms; it is refreshed at half of it. */
export const VCV_LIFE_MS = 10 * 60_000;
/** Bytes of the vectors that go with a genesis: with one of 1 MiB they stay below the limit of frames. */
export const VECTORS_BYTES = 1024 * 1024;
/** When a vector expires that says good-bye: in everybody's past, whatever their clocks say. */
export const GOODBYE = 0;
/**
 * How much longer than that somebody's clock may make it seem, ms. With clocks further apart, one of two agents takes the
 * other's vectors for ones from the future, or for expired ones.
 */
export const CLOCK_SLACK_MS = 5 * 60_000;

interface DirectoryOptions {
  /** The mesh's; vectors of another one are refused. Default: the built-in one. */
  readonly embedder?: string;
  /** A shard of more agents is split. Default SHARD_AGENTS. */
  readonly shardAgents?: number | undefined;
  /** Default: its own. */
  readonly vectorFacts?: VectorFacts;
}

/** Fewer known agents than this do not say how deep the mesh is split: one alone must not. */
const MANY = 16;
/** Contacts in each other shard: one may be gone, or may by now hear less than it said. */
export const CONTACTS = 2;
const CELLS = 1 << limits.shardBits;
const DEPTHS = limits.shardBits + 1;

export class Directory {
  readonly #meshId: MeshId;
  readonly #crypto: Crypto;
  readonly #self: AgentId;
  readonly #facts: VectorFacts;
  readonly #embedder: string;
  readonly #shardAgents: number;
  readonly #entries = new Map<AgentId, Vcv>();
  /** Entries that somebody else brought, by who it was, the oldest first. */
  readonly #brought = new SharedPlaces<AgentId, true>(limits.directoryAgents);
  #place: Place;
  /** How many agents the ones it hears of stand for, without itself. */
  #others = 0;
  /** Agents that it knows of each depth. */
  readonly #depths = new Uint32Array(DEPTHS);
  /** Agents that it does not hear, by their shards at its own depth: of each only a few, the longest known first. */
  readonly #outsiders: AgentId[][] = Array.from({ length: CELLS }, () => []);
  /** Agents that are remembered whatever their shards, by who named them. */
  readonly #kept = new SharedPlaces<AgentId, true>(limits.keptAgents);
  readonly #goodbyes = new Goodbyes();
  #version = 0;

  constructor(meshId: MeshId, crypto: Crypto, self: AgentId, options: DirectoryOptions = {}) {
    this.#meshId = meshId;
    this.#facts = options.vectorFacts ?? new VectorFacts(crypto.hash);
    this.#crypto = crypto;
    this.#self = self;
    this.#embedder = options.embedder ?? EMBEDDER_NAME;
    this.#shardAgents = options.shardAgents ?? SHARD_AGENTS;
    this.#place = { shard: shardOf(crypto.hash, self), depth: 0 };
  }

  /** Another one after every change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Where its agent is, and how deep the mesh is split for it. */
  get place(): Place {
    return this.#place;
  }

  /** How many agents the mesh has, as far as can be told from those that it hears of. */
  get meshAgents(): number {
    return this.#others + (1 << this.#place.depth);
  }

  /** Whether it hears of enough agents that others may already have split the mesh deeper. */
  get isFilling(): boolean {
    return this.#place.depth < limits.shardBits && this.meshAgents > this.#room / 2;
  }

  /** How large the mesh may become before it is split deeper. */
  get #room(): number {
    return this.#shardAgents * (1 << this.#place.depth);
  }

  get(agent: AgentId): Vcv | undefined {
    return this.#entries.get(agent);
  }

  /** The vectors of `agents`, as far as they are known and fit into a frame beside a genesis. */
  vectorsOf(agents: Iterable<AgentId>): Vcv[] {
    const vcvs: Vcv[] = [];
    let bytes = 0;
    for (const agent of agents) {
      const vcv = this.#entries.get(agent);
      if (vcv === undefined) continue;
      bytes += this.#facts.of(vcv).bytes;
      if (bytes > VECTORS_BYTES) break;
      vcvs.push(vcv);
    }
    return vcvs;
  }

  /** In no particular order, with those that have expired since the last `expire`. */
  entries(): Iterable<Vcv> {
    return this.#entries.values();
  }

  /** Live entries in the order of agent ids. */
  list(wallMs: number): Vcv[] {
    return sortedBy(
      [...this.#entries.values()].filter((vcv) => vcv.expiresMs > wallMs),
      (vcv) => vcv.agent,
    );
  }

  /** Where an agent is, as it says itself. */
  placeOf(vcv: Vcv): Place {
    return this.#facts.of(vcv);
  }

  /** For how many agents of the mesh an entry stands: 0 if it is of a shard that is not heard. */
  weightOf(vcv: Vcv): number {
    return vcv.agent === this.#self ? 1 << this.#place.depth : weightOf(this.#place, this.placeOf(vcv));
  }

  /** Remembers these from now on, whatever their shards: for as long as they are heard of, as all others. `source` names them. */
  keep(agents: Iterable<AgentId>, source: string): void {
    // Who names agents of others' jobs must not take them along when its own share is cut.
    for (const agent of agents) this.#kept.set(agent, this.#kept.sourceOf(agent) ?? source, true);
  }

  /** `source`: who brought it (agent/admission.ts); "": its agent itself. */
  take(wallMs: number, vcv: Vcv, source = ""): Verdict {
    const known = this.#entries.get(vcv.agent);
    if (known !== undefined && !isNewer(vcv, known)) return ignore("known");
    if (this.#goodbyes.covers(vcv)) return ignore("left");
    const isGoodbye = vcv.expiresMs === GOODBYE;
    const facts = this.#facts.of(vcv);
    // What gossip would not carry must not come in another way, because frames pass it on with others.
    if (facts.bytes > limits.gossipBytes) return reject("vcv-too-large");
    if (!facts.isSound) return reject("wrong-vector");
    if (vcv.embedder !== this.#embedder) return ignore("other-embedder");
    if (vcv.expiresMs <= wallMs && !isGoodbye) return ignore("expired");
    if (vcv.expiresMs > wallMs + VCV_LIFE_MS + CLOCK_SLACK_MS) return ignore("from-the-future");
    // What was known before stays, or anybody could drive it out by making up more.
    if (known === undefined && source !== "" && this.#brought.countOf(source) >= limits.directoryPerSource)
      return ignore("enough-known");
    const isFull = (): boolean => known === undefined && this.#entries.size >= limits.directoryAgents && !isGoodbye;
    if (isFull()) this.expire(wallMs);
    const { verify } = this.#crypto;
    const message = (): Uint8Array => statementMessage(this.#meshId, "vcv", facts.hash);
    if (!isSigned(this.#crypto, vcv, () => verify(vcv.agent, message(), vcv.signature))) return reject("bad-signature");
    if (isFull() && !this.#makeRoom()) return ignore("directory-full");
    const before = this.#brought.sourceOf(vcv.agent);
    if (known !== undefined) this.#drop(known);
    if (isGoodbye) {
      this.#goodbyes.add(wallMs, vcv);
      return ACCEPT;
    }
    const kept = this.#facts.same(vcv);
    this.#put(kept);
    // Who hands on what others brought must not take it along when its own share is cut.
    const isBrought = known !== undefined && before !== null && source !== "";
    this.#noteSource(
      kept,
      isBrought && this.#brought.countOf(before) < this.#brought.countOf(source) ? before : source,
    );
    this.#splitShard();
    return this.#entries.get(vcv.agent) === kept ? ACCEPT : ignore("enough-known");
  }

  /** Agents that this one is connected to count for nobody. */
  #noteSource({ agent }: Vcv, source: string): void {
    if (source === "" || agent === this.#self) this.#brought.delete(agent);
    else if (this.#entries.has(agent)) this.#brought.set(agent, source, true);
  }

  #forget(agent: AgentId | undefined): void {
    const vcv = agent === undefined ? undefined : this.#entries.get(agent);
    if (vcv !== undefined) this.#drop(vcv);
  }

  /** The source that brought most loses its oldest. */
  #makeRoom(): boolean {
    const oldest = this.#brought.oldestOfLargest();
    if (oldest === null) return false;
    this.#forget(oldest);
    return true;
  }

  #put(vcv: Vcv): void {
    this.#version++;
    this.#entries.set(vcv.agent, vcv);
    if (vcv.agent === this.#self) return;
    this.#depths[vcv.depth]!++;
    const weight = this.weightOf(vcv);
    this.#others += weight;
    if (weight > 0 || this.#kept.has(vcv.agent)) return;
    const outsiders = this.#outsiders[shardAt(this.placeOf(vcv).shard, this.#place.depth)]!;
    outsiders.push(vcv.agent);
    if (outsiders.length <= outsidersOf(this.#shardAgents)) return;
    // Agents that host jobs may be few, and committees are drawn from known ones, so they stay. Otherwise the agents
    // that were known longer stay, so that nobody can drive them out by arriving in numbers.
    const all = outsiders.map((agent) => this.#entries.get(agent)!);
    this.#drop((vcv.hosts ? all.find(({ hosts }) => !hosts) : undefined) ?? vcv);
  }

  #drop(vcv: Vcv): void {
    this.#brought.delete(vcv.agent);
    this.#remove(vcv);
  }

  #remove(vcv: Vcv): void {
    this.#version++;
    this.#entries.delete(vcv.agent);
    if (vcv.agent === this.#self) return;
    this.#depths[vcv.depth]!--;
    this.#others -= this.weightOf(vcv);
    const outsiders = this.#outsiders[shardAt(this.placeOf(vcv).shard, this.#place.depth)]!;
    const at = outsiders.indexOf(vcv.agent);
    if (at >= 0) outsiders.splice(at, 1);
  }

  expire(wallMs: number): void {
    for (const vcv of this.#entries.values()) if (vcv.expiresMs <= wallMs) this.#drop(vcv);
    this.#goodbyes.expire(wallMs);
  }

  // --- depth ------------------------------------------------------------------------------------------

  /** Splits its shard while it hears of more agents than a shard should have. */
  #splitShard(): void {
    while (this.#place.depth < limits.shardBits && this.meshAgents > this.#room) this.#moveTo(this.#place.depth + 1);
  }

  /**
   * Merges shards when the mesh has become small enough. Call it only when every agent there is has been heard of. It also
   * follows if most known agents have merged far more: it no longer hears those, so its own count is too low.
   */
  mergeShards(): void {
    while (this.#place.depth > 0 && this.meshAgents <= this.#room / 4) this.#moveTo(this.#place.depth - 1);
    const usual = this.#usualDepth();
    if (usual !== null && usual < this.#place.depth - 1) this.#moveTo(usual);
  }

  /**
   * Splits as deep as most known agents, if these are far deeper. Only for an agent that has just joined and cannot see yet
   * how large the mesh is: later it believes what it hears, not what it is told, or a few liars could split a small mesh.
   * False: the others are not far deeper.
   */
  adoptUsualDepth(): boolean {
    const usual = this.#usualDepth();
    if (usual === null || usual <= this.#place.depth + 1) return false;
    this.#moveTo(usual);
    return true;
  }

  /** Whether most agents that it knows are split deeper than it is: then it does not hear them. */
  get isAmongDeeper(): boolean {
    let deeper = 0;
    for (let depth = this.#place.depth + 1; depth < DEPTHS; depth++) deeper += this.#depths[depth]!;
    return 2 * deeper > this.#entries.size;
  }

  /** The median depth of the agents that it knows; null while they are few. */
  #usualDepth(): number | null {
    if (this.#entries.size < MANY) return null;
    let seen = 0;
    for (let depth = limits.shardBits; depth > 0; depth--) {
      seen += this.#depths[depth]!;
      if (2 * seen > this.#entries.size) return depth;
    }
    return 0;
  }

  #moveTo(depth: number): void {
    const all = [...this.#entries.values()];
    for (const vcv of all) this.#remove(vcv);
    this.#place = { ...this.#place, depth };
    for (const vcv of all) this.#put(vcv);
  }

  /** Agents of the shards that it does not hear, up to two for each: together they know the rest of the mesh. */
  contacts(): Vcv[] {
    /** How many more are wanted, by shard at full depth. */
    const wanted = new Int8Array(CELLS).fill(CONTACTS);
    const cover = ({ shard, depth }: Place, times: number): void => {
      for (const cell of wanted.keys()) if (shardAt(cell, depth) === shardAt(shard, depth)) wanted[cell]! -= times;
    };
    cover(this.#place, CONTACTS);
    const contacts: Vcv[] = [];
    // The agent that was heard of last is most likely still there.
    for (const vcv of [...this.#entries.values()].sort((a, b) => b.expiresMs - a.expiresMs)) {
      const place = this.placeOf(vcv);
      if (wanted[place.shard]! <= 0) continue;
      // An agent that claims to hear far more than this one is not believed, or two liars could be the only way to others.
      cover({ ...place, depth: Math.max(place.depth, this.#place.depth) }, 1);
      contacts.push(vcv);
    }
    return contacts;
  }

  // --- what a neighbour lacks -------------------------------------------------------------------------

  /** What a neighbour that knows `known` lacks: all of its own shard, and a few of each other shard. `depth`: the neighbour's. */
  newerThan(
    wallMs: number,
    neighbour: AgentId,
    depth: number,
    known: Iterable<Pick<Vcv, "agent" | "incarnation" | "version">>,
  ): Vcv[] {
    const theirs = new Map([...known].map((entry) => [entry.agent, entry]));
    const place = { shard: shardOf(this.#crypto.hash, neighbour), depth };
    /** How many agents of each other shard it knows or is told of. */
    const outsiders = new Uint16Array(CELLS);
    if (depth > 0) for (const agent of theirs.keys()) outsiders[shardAt(shardOf(this.#crypto.hash, agent), depth)]!++;
    const lacks = (vcv: Vcv): boolean => {
      const entry = theirs.get(vcv.agent);
      if (entry !== undefined) return isNewer(vcv, entry);
      const at = this.placeOf(vcv);
      return isNear(place, at) || outsiders[shardAt(at.shard, depth)]!++ < outsidersOf(this.#shardAgents);
    };
    // It starts from another place each time, so that not everybody learns of the same few outsiders.
    const all = [...this.#entries.values()];
    const first = this.#version % all.length;
    const turned = [...all.slice(first), ...all.slice(0, first)].filter(({ expiresMs }) => expiresMs > wallMs);
    const left = this.#goodbyes.newerThan(theirs);
    if (this.#place.depth === 0) return [...left, ...turned.filter(lacks)]; // of few outsiders, if any
    return [
      ...left,
      ...[...turned.filter(({ hosts }) => hosts), ...turned.filter(({ hosts }) => !hosts)].filter(lacks),
    ];
  }
}
