/**
 * Self-screening, stage one at the candidate: an agent answers a beacon only if the beacon calls it. Each agent works that
 * out from its own directory, so nobody has to ask: among the agents that it knows to have such a skill and the labels, the
 * `calls` nearest answer, and equally near ones are taken in a random order. A repeated beacon calls more of them. In a mesh
 * that is split into shards, each agent that it hears of stands for as many as there are shards.
 *
 * The draw depends on job, skill and agent alone: an agent that was called stays called, and its standing offer stays useful.
 *
 * Source: protocol.md 6.2.
 */

import { toHex } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { BeaconContent, Vcv } from "../wire/capability.ts";
import { type Codec, hash, hashOf, struct, text } from "../wire/codec.ts";
import { agentId } from "../wire/consensus.ts";
import type { Directory } from "./directory.ts";
import { matchOf } from "./matching.ts";

const drawCodec = struct({ job: hash as Codec<JobId>, skill: text(limits.nameBytes), agent: agentId });

const DRAWS = 0x1_0000_0000;

/** A draw below `DRAWS`. */
const drawOf = (hasher: Hasher, { job, skill }: BeaconContent, agent: AgentId): number =>
  Number.parseInt((hashOf(hasher, drawCodec, { job, skill, agent }) as Hash).slice(0, 8), 16);

/** How near the agent is to what the beacon asks for, parts per million; null if it is not asked. */
function nearnessOf({ skills, labels, embedder }: Vcv, beacon: BeaconContent): number | null {
  if (!beacon.labels.every((label) => labels.includes(label))) return null;
  return matchOf(beacon, skills, embedder)?.similarity ?? null;
}

function keyOf({ skill, like, labels }: BeaconContent): string {
  const words = like === null ? null : [like.embedder, toHex(like.vector), like.least];
  return JSON.stringify([skill, words, ...labels]);
}

export class SelfScreening {
  readonly #directory: Directory;
  readonly #hasher: Hasher;
  readonly #leaves: boolean;
  /** For how many agents of the mesh those stand that are so near to what a beacon asks for; at `#version`. */
  readonly #near = new Map<string, ReadonlyMap<number, number>>();
  #version = -1;
  #walks = 0;

  /** `leaves`: some beacons to others. */
  constructor(directory: Directory, hasher: Hasher, leaves = true) {
    this.#directory = directory;
    this.#hasher = hasher;
    this.#leaves = leaves;
  }

  /** Times that it looked at all of the directory. */
  get walks(): number {
    return this.#walks;
  }

  /** Whether the beacon calls this agent, which the directory knows. */
  isCalled(self: AgentId, beacon: BeaconContent): boolean {
    const own = this.#directory.get(self);
    const mine = own === undefined ? null : nearnessOf(own, beacon);
    if (mine === null) return false;
    if (!this.#leaves) return true;
    const near = this.#nearOf(beacon);
    let nearer = 0;
    for (const [nearness, agents] of near) if (nearness > mine) nearer += agents;
    const equal = near.get(mine)!;
    const places = beacon.calls - nearer;
    return places >= equal || drawOf(this.#hasher, beacon, self) * equal < places * DRAWS;
  }

  #nearOf(beacon: BeaconContent): ReadonlyMap<number, number> {
    if (this.#version !== this.#directory.version) {
      this.#version = this.#directory.version;
      this.#near.clear();
    }
    const key = keyOf(beacon);
    const known = this.#near.get(key);
    if (known !== undefined) return known;
    this.#walks++;
    const near = new Map<number, number>();
    for (const vcv of this.#directory.entries()) {
      const weight = this.#directory.weightOf(vcv);
      const nearness = weight === 0 ? null : nearnessOf(vcv, beacon);
      if (nearness !== null) near.set(nearness, (near.get(nearness) ?? 0) + weight);
    }
    if (this.#near.size >= limits.skills) this.#near.clear(); // beacons name what they like
    this.#near.set(key, near);
    return near;
  }
}
