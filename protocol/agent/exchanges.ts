/**
 * Exchanges of capability vectors between neighbours: those that gossip carried before an agent joined, and those of a few
 * agents in each shard that it does not hear. In a mesh that is split, an agent also looks for neighbours of its own shard,
 * because gossip reaches it through them.
 *
 * Source: protocol.md 3 (a node that joins fetches what it lacks).
 */

import type { Directory } from "../capability/directory.ts";
import { isSameShard, type Place } from "../capability/shards.ts";
import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Acquaintances } from "../membership/acquaintances.ts";
import type { Vcv } from "../wire/capability.ts";
import { encodeVcv, type Message } from "../wire/message.ts";
import { ACCEPT, type Verdict } from "../wire/verdict.ts";
import type { Context } from "./context.ts";
import { Unasked } from "./unasked.ts";

/** How many neighbours are asked at once for what they know, and the time between later questions, ms. */
const FIRST_EXCHANGES = 3;
const EXCHANGE_MS = 10_000;
/** In a split mesh what is known of other shards comes by exchanges only: one in this time, ms. */
const REFRESH_MS = 60_000;
/** Neighbours of its own shard that an agent wants: gossipsub's degree. */
const SHARD_NEIGHBOURS = 6;
/** Between two attempts to find one, ms. */
const SEARCH_MS = 1_000;
/** In its first exchanges an agent without any asks whom it knows in shards near its own. */
const FIRST_SEARCHES = 16;
/** Between two answers to one neighbour, ms: none asks so often, and one that says it knows 20,000 agents costs 0.1 s. */
const ANSWER_MS = 500;
/** An answer comes within this time, ms, and has no more vectors than one source may have in a directory. */
const ANSWERED_MS = 60_000;
/** Bytes of capability vectors in one frame: far below the limit of frames. */
const VCVS_BYTES = 256 * 1024;

export class Exchanges {
  readonly #context: Context;
  readonly #directory: Directory;
  readonly #acquaintances: Acquaintances;
  /** The longest connected first. */
  readonly #connected = new Set<AgentId>();
  /** Neighbours that are asked in their turn: who connects first must not be all that a newcomer hears of the mesh. */
  readonly #toAsk = new Set<AgentId>();
  /** When it last told each of those that are connected what they lack. */
  readonly #answeredMs = new Map<AgentId, number>();
  readonly #unasked = new Unasked();
  /** Whom it asked: when last, and how many vectors the answer may still have. */
  readonly #asked = new Map<AgentId, { readonly atMs: number; left: number }>();
  /** Times that it asked somebody for what it lacks, when last, and when next. */
  #exchanges = 0;
  #exchangedMs = Number.NEGATIVE_INFINITY;
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(context: Context, directory: Directory, acquaintances: Acquaintances) {
    this.#context = context;
    this.#directory = directory;
    this.#acquaintances = acquaintances;
  }

  get connected(): Iterable<AgentId> {
    return this.#connected;
  }

  onConnected(peer: AgentId): void {
    this.#connected.add(peer);
    // Neighbours tell each other the same, so if connections open one after another, for a job, asking a few of them is enough.
    const isDue = this.#context.now.monoMs >= this.#exchangedMs + EXCHANGE_MS;
    if (this.#exchanges < FIRST_EXCHANGES || isDue) this.#askFor(peer);
    else if (this.#toAsk.size < limits.members) this.#toAsk.add(peer);
    this.plan();
  }

  onDisconnected(peer: AgentId): void {
    this.#connected.delete(peer);
    this.#answeredMs.delete(peer);
    this.#asked.delete(peer);
    this.plan();
  }

  /** Asks `peer` for vectors that this agent lacks. */
  #askFor(peer: AgentId): void {
    const { now } = this.#context;
    this.#toAsk.delete(peer);
    this.#exchanges++;
    this.#exchangedMs = now.monoMs;
    this.#asked.set(peer, { atMs: now.monoMs, left: limits.directoryPerSource });
    const known = this.#directory
      .list(now.wallMs)
      .map(({ agent, incarnation, version }) => ({ agent, incarnation, version }));
    const { depth } = this.#directory.place;
    this.#context.send(peer, { kind: "fetchVcvs", depth, known: known.slice(0, limits.directoryAgents) });
  }

  /** Whether `from` may tell about these agents: it was asked, or it tells about itself. */
  expects(from: AgentId, vcvs: readonly Vcv[]): Verdict {
    if (vcvs.length === 1 && vcvs[0]!.agent === from) return ACCEPT;
    const asked = this.#asked.get(from);
    const { monoMs } = this.#context.now;
    if (asked === undefined || monoMs > asked.atMs + ANSWERED_MS) return this.#unasked.verdict(from, monoMs);
    asked.left -= vcvs.length;
    return asked.left < 0 ? this.#unasked.verdict(from, monoMs) : ACCEPT;
  }

  onFetch(from: AgentId, { depth, known }: Extract<Message, { kind: "fetchVcvs" }>): void {
    const { monoMs, wallMs } = this.#context.now;
    // An answer costs a walk over all that both know.
    if (monoMs < (this.#answeredMs.get(from) ?? Number.NEGATIVE_INFINITY) + ANSWER_MS) return;
    this.#answeredMs.set(from, monoMs);
    // Those that it met come first: there may be more made-up ones than an answer has room for.
    const metMsOf = ({ agent }: Vcv): number => this.#acquaintances.of(agent).metMs ?? Number.POSITIVE_INFINITY;
    const lacking = this.#directory
      .newerThan(wallMs, from, depth, known)
      .map((vcv) => ({ vcv, metMs: metMsOf(vcv) }))
      .sort((a, b) => Number(a.metMs > b.metMs) - Number(a.metMs < b.metMs))
      .slice(0, limits.directoryPerSource);
    const metS = (metMs: number): number => Math.max(0, Math.ceil((monoMs - metMs) / 1_000));
    let batch: typeof lacking = [];
    let bytes = 0;
    const send = (): void => {
      const vcvs = batch.map(({ vcv }) => vcv);
      this.#context.send(from, { kind: "vcvs", vcvs, metS: batch.map(({ metMs }) => metS(metMs)) });
      batch = [];
      bytes = 0;
    };
    for (const one of lacking) {
      const size = encodeVcv(one.vcv).length;
      if (bytes + size > VCVS_BYTES && batch.length > 0) send();
      batch.push(one);
      bytes += size;
    }
    if (batch.length > 0) send();
  }

  /** When to ask next; to be called after whatever may change it. Returns whom, where it looks for a neighbour. */
  plan(): AgentId | null {
    const { place, isAmongDeeper } = this.#directory;
    const isSplit = place.depth > 0 || isAmongDeeper;
    const isSearching = isSplit && this.#shardNeighbours() < SHARD_NEIGHBOURS;
    const stranger = isSearching ? this.#stranger() : null;
    if (stranger !== null) this.#nextMs = this.#exchangedMs + SEARCH_MS;
    // If nobody is left to be found, neighbours may hear of somebody.
    else if (isSearching || this.#toAsk.size > 0 || this.#isLost()) this.#nextMs = this.#exchangedMs + EXCHANGE_MS;
    else this.#nextMs = isSplit ? this.#exchangedMs + REFRESH_MS : Number.POSITIVE_INFINITY;
    return stranger;
  }

  tick(): void {
    const { monoMs } = this.#context.now;
    if (monoMs < this.#nextMs) return;
    const stranger = this.plan();
    if (monoMs < this.#nextMs) return; // there is less to ask for by now
    const [waiting = this.#pick([...this.#connected])] = this.#toAsk;
    const peer = stranger ?? waiting;
    this.#exchangedMs = monoMs;
    if (peer !== null) this.#askFor(peer);
    this.plan();
  }

  nextWakeMs(): number {
    return this.#nextMs;
  }

  /** Most of its neighbours it never heard of: no answer came, and they speak where it does not listen. */
  #isLost(): boolean {
    let unknown = 0;
    for (const peer of this.#connected) if (this.#directory.get(peer) === undefined) unknown++;
    return 2 * unknown > this.#connected.size && this.#directory.place.depth === 0;
  }

  #shardNeighbours(): number {
    const { place } = this.#directory;
    let neighbours = 0;
    for (const peer of this.#connected) {
      const vcv = this.#directory.get(peer);
      if (vcv !== undefined && sharedBits(place, this.#directory.placeOf(vcv)) === place.depth) neighbours++;
    }
    return neighbours;
  }

  /** An agent that it is not connected to: of its own shard, or, as long as it knows nobody there, as near as it knows. */
  #stranger(): AgentId | null {
    const { place } = this.#directory;
    const isNew = this.#exchanges < FIRST_SEARCHES && this.#shardNeighbours() === 0;
    let nearest: AgentId[] = [];
    let least = isNew ? 0 : place.depth;
    for (const vcv of this.#directory.entries()) {
      if (vcv.agent === this.#context.self || this.#connected.has(vcv.agent)) continue;
      const shared = sharedBits(place, this.#directory.placeOf(vcv));
      if (shared < least) continue;
      if (shared > least) nearest = [];
      least = shared;
      nearest.push(vcv.agent);
    }
    return this.#pick(nearest);
  }

  /** Another one with each exchange. */
  #pick(agents: readonly AgentId[]): AgentId | null {
    return agents[this.#exchanges % Math.max(1, agents.length)] ?? null;
  }
}

/** Leading bits that two shards have in common, no more than make them one. */
function sharedBits(own: Place, other: Place): number {
  let bits = 0;
  while (bits < own.depth && isSameShard(own, other, bits + 1)) bits++;
  return bits;
}
