/**
 * What follows from a capability vector alone, computed once for each. Agents of one process may share it: a simulated
 * world has thousands of directories, which take the same vectors.
 */

import { compareBytes } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import type { Hash } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Vcv, vcvHash } from "../wire/capability.ts";
import { encodeVcv } from "../wire/message.ts";
import { isEmbedding, vectorOf } from "./embedding.ts";
import { type Place, shardOf } from "./shards.ts";

export interface Facts extends Place {
  readonly bytes: number;
  readonly hash: Hash;
  /** Its skills' vectors can be compared with others: one that is too long would seem similar to everything. */
  readonly isSound: boolean;
}

export class VectorFacts {
  readonly #hasher: Hasher;
  readonly #known = new WeakMap<Vcv, Facts>();
  /** Vectors that were taken lately, by their hashes: the same one comes in a different frame each time. */
  readonly #taken = new Map<Hash, Vcv>();

  constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  of(vcv: Vcv): Facts {
    let facts = this.#known.get(vcv);
    if (facts === undefined) {
      const isSound = vcv.skills.every(({ vector }) => vector.length === 0 || isEmbedding(vectorOf(vector)));
      const { depth } = vcv;
      const shard = shardOf(this.#hasher, vcv.agent);
      facts = { bytes: encodeVcv(vcv).length, hash: vcvHash(this.#hasher, vcv), isSound, shard, depth };
      this.#known.set(vcv, facts);
    }
    return facts;
  }

  /** Returns the first of all equal vectors, so that only one copy is held. */
  same(vcv: Vcv): Vcv {
    const { hash } = this.of(vcv);
    const known = this.#taken.get(hash);
    if (known !== undefined && compareBytes(known.signature, vcv.signature) === 0) return known;
    if (this.#taken.size >= limits.directoryAgents) this.#taken.delete(this.#taken.keys().next().value!);
    this.#taken.set(hash, vcv);
    return vcv;
  }
}
