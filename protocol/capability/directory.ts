/**
 * The directory: the newest capability vector of each agent that this node has heard of. Bounded; entries expire.
 *
 * Source: protocol.md 2 (lifetime, rate of change), 3.
 */

import { type Crypto, statementMessage } from "../core/crypto.ts";
import { type AgentId, type Hash, type MeshId, sortedBy } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Vcv, vcvHash } from "../wire/capability.ts";
import { encodeVcv } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { EMBEDDER_NAME, isEmbedding, vectorOf } from "./embedding.ts";

/** A capability vector lives this long, ms; it is refreshed at half of it. */
export const VCV_LIFE_MS = 10 * 60_000;
/** How much longer than that somebody's clock may make it seem, ms. */
const VCV_LIFE_SLACK_MS = 5 * 60_000;

const isNewer = (a: Vcv, b: Pick<Vcv, "incarnation" | "version">): boolean =>
  a.incarnation > b.incarnation || (a.incarnation === b.incarnation && a.version > b.version);

/** Computed once a vector: a simulated world hands the same one to all its agents. */
const factsKnown = new WeakMap<Vcv, Facts>();

interface Facts {
  readonly bytes: number;
  readonly hash: Hash;
  /** Its skills' vectors can be compared with others: one that is too long would seem similar to everything. */
  readonly isSound: boolean;
}

function factsOf(crypto: Crypto, vcv: Vcv): Facts {
  let facts = factsKnown.get(vcv);
  if (facts === undefined) {
    const isSound = vcv.skills.every(({ vector }) => vector.length === 0 || isEmbedding(vectorOf(vector)));
    facts = { bytes: encodeVcv(vcv).length, hash: vcvHash(crypto.hash, vcv), isSound };
    factsKnown.set(vcv, facts);
  }
  return facts;
}

export class Directory {
  readonly #meshId: MeshId;
  readonly #crypto: Crypto;
  readonly #embedder: string;
  readonly #entries = new Map<AgentId, Vcv>();
  #version = 0;

  /** `embedder`: the mesh's; vectors of another one are refused. */
  constructor(meshId: MeshId, crypto: Crypto, embedder: string = EMBEDDER_NAME) {
    this.#embedder = embedder;
    this.#meshId = meshId;
    this.#crypto = crypto;
  }

  /** Another one after every change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(agent: AgentId): Vcv | undefined {
    return this.#entries.get(agent);
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

  take(wallMs: number, vcv: Vcv): Verdict {
    const known = this.#entries.get(vcv.agent);
    if (known !== undefined && !isNewer(vcv, known)) return ignore("known");
    const facts = factsOf(this.#crypto, vcv);
    // What gossip would not carry must not come in by another way: it is handed on in frames with others.
    if (facts.bytes > limits.gossipBytes) return reject("vcv-too-large");
    if (!facts.isSound) return reject("wrong-vector");
    if (vcv.embedder !== this.#embedder) return ignore("other-embedder");
    if (vcv.expiresMs <= wallMs) return ignore("expired");
    if (vcv.expiresMs > wallMs + VCV_LIFE_MS + VCV_LIFE_SLACK_MS) return ignore("from-the-future");
    if (known === undefined && this.#entries.size >= limits.directoryAgents) {
      this.expire(wallMs);
      if (this.#entries.size >= limits.directoryAgents) return ignore("directory-full");
    }
    if (!this.#crypto.verify(vcv.agent, statementMessage(this.#meshId, "vcv", facts.hash), vcv.signature))
      return reject("bad-signature");
    this.#entries.set(vcv.agent, vcv);
    this.#version++;
    return ACCEPT;
  }

  expire(wallMs: number): void {
    for (const [agent, vcv] of this.#entries) {
      if (vcv.expiresMs > wallMs) continue;
      this.#entries.delete(agent);
      this.#version++;
    }
  }

  /** What a neighbour that knows `known` lacks. */
  newerThan(wallMs: number, known: Iterable<Pick<Vcv, "agent" | "incarnation" | "version">>): Vcv[] {
    const theirs = new Map([...known].map((entry) => [entry.agent, entry]));
    return this.list(wallMs).filter((vcv) => {
      const entry = theirs.get(vcv.agent);
      return entry === undefined || isNewer(vcv, entry);
    });
  }
}
