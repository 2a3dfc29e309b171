/**
 * Stage one at the candidate: an agent answers a beacon only if it is among those that the beacon calls. Which these
 * are, each works out for itself from its own directory, so nobody asks anybody: of the n agents that it knows to have
 * the skill and the labels, `calls` answer, by lot. A beacon that is repeated calls more of them.
 *
 * The lot depends on job, skill and agent alone: who was called stays called, and its standing offer is of use.
 *
 * Source: protocol.md 6.2.
 */

import type { Hasher } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { BeaconContent, Vcv } from "../wire/capability.ts";
import { type Codec, hash, hashOf, struct, text } from "../wire/codec.ts";
import { agentId } from "../wire/consensus.ts";
import type { Directory } from "./directory.ts";

const lotCodec = struct({ job: hash as Codec<JobId>, skill: text(limits.nameBytes), agent: agentId });

const LOTS = 0x1_0000_0000;

/** A lot below `LOTS`. */
const lotOf = (hasher: Hasher, { job, skill }: BeaconContent, agent: AgentId): number =>
  Number.parseInt((hashOf(hasher, lotCodec, { job, skill, agent }) as Hash).slice(0, 8), 16);

const offers = ({ skills, labels }: Vcv, beacon: BeaconContent): boolean =>
  skills.some((skill) => skill.name === beacon.skill) && beacon.labels.every((label) => labels.includes(label));

export class Screening {
  readonly #directory: Directory;
  readonly #hasher: Hasher;
  /** Agents that match, by skill and labels; of the directory as it was at `#version`. */
  readonly #matching = new Map<string, number>();
  #version = -1;

  constructor(directory: Directory, hasher: Hasher) {
    this.#directory = directory;
    this.#hasher = hasher;
  }

  /** Whether the beacon calls this agent, which the directory knows. */
  isCalled(self: AgentId, beacon: BeaconContent): boolean {
    const own = this.#directory.get(self);
    if (own === undefined || !offers(own, beacon)) return false;
    const matching = this.#count(beacon);
    return beacon.calls >= matching || lotOf(this.#hasher, beacon, self) * matching < beacon.calls * LOTS;
  }

  #count(beacon: BeaconContent): number {
    if (this.#version !== this.#directory.version) {
      this.#version = this.#directory.version;
      this.#matching.clear();
    }
    const key = JSON.stringify([beacon.skill, ...beacon.labels]);
    let count = this.#matching.get(key);
    if (count === undefined) {
      count = 0;
      for (const vcv of this.#directory.entries()) if (offers(vcv, beacon)) count++;
      if (this.#matching.size >= limits.skills) this.#matching.clear(); // beacons name what they like
      this.#matching.set(key, count);
    }
    return count;
  }
}
