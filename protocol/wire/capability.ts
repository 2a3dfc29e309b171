/**
 * What travels over gossip: capability vectors and beacons (their topics: topics.ts).
 *
 * Source: protocol.md 2, 3, 6.
 */

import type { Hasher } from "../core/crypto.ts";
import type { Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { bool, bytes, type Codec, hash, hashOf, type Infer, list, nullable, struct, text, uint } from "./codec.ts";
import { agentId, signature } from "./consensus.ts";
import { duration, EMBEDDING_BYTES, likeCodec, name, price } from "./genesis.ts";

/**
 * A skill as it is advertised. `schemas`: hash of its input and output schema, null where it has none. `vector`: what it
 * says of itself, in the mesh's embedder: 256 signed bytes, or none.
 */
export const skillAdCodec = struct({
  name,
  description: text(limits.textBytes),
  price,
  expectedMs: duration,
  schemas: nullable(hash),
  vector: bytes(EMBEDDING_BYTES),
});
export type SkillAd = Infer<typeof skillAdCodec>;

const vcvFields = {
  agent: agentId,
  /** Grows with each start of the agent; (incarnation, version) orders its capability vectors. */
  incarnation: uint(),
  version: uint(),
  /** What people call it; not an identity. */
  name,
  /** What made the skills' vectors: those of another embedder cannot be compared. */
  embedder: name,
  skills: list(skillAdCodec, limits.skills),
  slots: uint(limits.slots),
  labels: list(name, limits.labels),
  addresses: list(text(limits.textBytes), limits.addresses),
  /** Keeps logs of jobs when asked. */
  hosts: bool,
  /** The newest `rulesVersion` that it has. */
  rulesVersion: uint(),
  /** How deep the mesh was split for it: by so many bits it is in a shard (capability/shards.ts), and published there. */
  depth: uint(limits.shardBits),
  expiresMs: uint(),
};
const vcvContentCodec = struct(vcvFields);
/** A capability vector: an agent's signed, versioned word on itself. */
export const vcvCodec = struct({ ...vcvFields, signature });
export type VcvContent = Infer<typeof vcvContentCodec>;
export type Vcv = Infer<typeof vcvCodec>;

export const vcvHash = (hasher: Hasher, vcv: VcvContent): Hash => hashOf(hasher, vcvContentCodec, vcv);

const beaconFields = {
  job: hash as Codec<JobId>,
  /** Who sends it: any member; a node that does not know the job asks it for the genesis. */
  author: agentId,
  /** Where it can be dialled: in a large mesh not everybody knows it. */
  addresses: list(text(limits.textBytes), limits.addresses),
  skill: name,
  /** As in the job's genesis: who does not know the job yet can see whether it could do this. */
  like: nullable(likeCodec),
  labels: list(name, limits.labels),
  /** How many of those that could take the tasks are to offer. */
  calls: uint(limits.directoryAgents),
  /** When the window ends, in the ledger's time. */
  endsMs: uint(),
};
const beaconContentCodec = struct(beaconFields);
/** "These tasks are ready and need this": asks for offers. */
export const beaconCodec = struct({ ...beaconFields, signature });
export type BeaconContent = Infer<typeof beaconContentCodec>;
export type Beacon = Infer<typeof beaconCodec>;

export const beaconHash = (hasher: Hasher, beacon: BeaconContent): Hash => hashOf(hasher, beaconContentCodec, beacon);
