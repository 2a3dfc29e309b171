/**
 * The frames of the direct streams: one message per frame, `[kind, body]` in canonical bytes. Streams are
 * encrypted and authenticate their peer, so messages carry no signature of their own. Whatever must convince third
 * parties (votes, commands, genesis, capability vectors) is signed inside.
 *
 * Source: protocol.md 2 (transport classes).
 */

import type { JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { beaconCodec, vcvCodec } from "./capability.ts";
import {
  bool,
  bytes,
  type Codec,
  type Decoded,
  decode,
  encode,
  hash,
  type Infer,
  list,
  nullable,
  struct,
  text,
  uint,
  variant,
} from "./codec.ts";
import { envelopeCodec, taskIdCodec } from "./command.ts";
import { agentId, blockCodec, committeeCodec, headerCodec, proposalCodec, signature, votesCodec } from "./consensus.ts";
import { delegationCodec } from "./delegation.ts";
import { EMBEDDING_BYTES, name, ppm, price, signedGenesisCodec, taskInputCodec } from "./genesis.ts";

const job = hash as Codec<JobId>;
const height = uint();
const attempt = uint(0xffff);

/** Where a member stands: `step` 0 idle, 1 propose, 2 prevote, 3 precommit. */
const positionCodec = struct({ job, height, round: uint(0xffffffff), step: uint(3), awards: uint() });
/**
 * `height`: of the next block. `awards`: how many live awards of this job the sender knows itself to hold, so
 * that members notice a worker that missed a notice.
 */
export type Position = Infer<typeof positionCodec>;

/** A block that was decided, with what proves it and what it holds. */
export const committedBlockCodec = struct({
  block: blockCodec,
  /** The commands of the block, as partial envelopes. */
  envelopes: list(envelopeCodec, limits.blockCommands),
  /** A quorum of precommits for it. */
  commit: votesCodec,
});
export type CommittedBlock = Infer<typeof committedBlockCodec>;

/** What a member tells a worker about tasks that it holds. */
const noticeItemCodec = variant({
  award: struct({
    task: taskIdCodec,
    attempt,
    skill: name,
    input: taskInputCodec,
    /** Numbers the awards of a job: a later award of the same seat has a higher serial. */
    serial: uint(),
    /** Ledger time at which the lease ends. */
    leaseEndsMs: uint(),
    price,
    /** Whether a seal is expected before the result. */
    sealed: bool,
  }),
  /** The batch is open: reveal. */
  open: struct({ task: taskIdCodec, attempt, revealByMs: uint() }),
  /** The award, and any before it of the same seat, is over: stop, if still at it. */
  closed: struct({ task: taskIdCodec, attempt, serial: uint() }),
});
export type NoticeItem = Infer<typeof noticeItemCodec>;

/** A command that its author takes for not settled, with what it is about. */
const unsettledItemCodec = struct({ task: taskIdCodec, attempt, command: hash });
export type UnsettledItem = Infer<typeof unsettledItemCodec>;

const queryCodec = variant({
  /** Canonical bytes (wire/value.ts) of the job's summary; without a job, of all that the node keeps. */
  status: struct({ job: nullable(job) }),
  /** Canonical bytes of the certificate of a job's output. */
  certificate: struct({ job }),
  /** Canonical bytes of why a task's workers were chosen (selection/explain.ts), choice by choice. */
  explanation: struct({ job, task: taskIdCodec }),
  /**
   * Canonical bytes of the agents with skills like a vector (256 signed bytes) of this embedder, best first; or of the
   * embedder's name where the one that is asked has another.
   */
  agents: struct({ embedder: name, like: bytes(EMBEDDING_BYTES), most: uint(limits.members) }),
  /** Canonical bytes of `{agent, addresses}`: of each shard that the node does not hear, two agents (capability/shards.ts). */
  shards: struct({}),
  /** Lists the agents that host jobs, as far as the node knows, in the order of their ids. */
  hosts: struct({}),
});
export type Query = Infer<typeof queryCodec>;

export const messageCodec = variant({
  pulse: struct({ load: ppm, positions: list(positionCodec, limits.knownJobs) }),

  // consensus and sync
  envelopes: struct({ job, envelopes: list(envelopeCodec, limits.blockCommands) }),
  proposal: proposalCodec,
  votes: struct({ job, votes: votesCodec }),
  fetchBlocks: struct({ job, from: height }),
  blocks: struct({ job, blocks: list(committedBlockCodec, limits.syncBlocks) }),
  fetchBody: struct({ job, block: hash }),
  body: struct({ job, block: blockCodec }),
  fetchCommands: struct({ job, hashes: list(hash, limits.blockCommands) }),
  /** "I hold these commands, and they apply": a member asks for those that it lacks (A1). */
  haveCommands: struct({ job, hashes: list(hash, limits.blockCommands) }),
  haveBlobs: struct({ job, blobs: list(hash, limits.blockCommands) }),

  // the start of a job
  /** "Would you host a job of mine?" */
  probe: struct({ id: uint(0xffffffff) }),
  /** Why not, in words; "": it would. */
  probed: struct({ id: uint(0xffffffff), reason: text(limits.textBytes) }),
  invite: struct({ genesis: signedGenesisCodec, vcvs: list(vcvCodec, limits.members + limits.standbys) }),
  /** The invitation arrived; the answer takes as long as fetching the inputs does. */
  inviteSeen: struct({ job }),
  inviteReply: struct({ job, yes: bool, reason: text(limits.textBytes) }),
  start: struct({ job }),
  fetchGenesis: struct({ job }),
  /** With the capability vectors of its hosts, if the mesh is split into shards (capability/shards.ts). */
  genesis: struct({ genesis: signedGenesisCodec, vcvs: list(vcvCodec, limits.members + limits.standbys) }),
  /**
   * "I follow this job": the host pulses from now on, and with `blocks` sends those from this height on as they are
   * decided. Null: no longer.
   */
  follow: struct({ job, from: nullable(struct({ height, blocks: bool })) }),
  /** The owner's word, signed, that a job without a first block is not to begin: whoever said yes to it is free. */
  withdraw: struct({ job, signature }),

  // members to workers
  notice: struct({ job, items: list(noticeItemCodec, limits.blockCommands) }),

  // capabilities
  /** `depth`: how deep the mesh is split for whoever asks. */
  fetchVcvs: struct({
    depth: uint(limits.shardBits),
    known: list(struct({ agent: agentId, incarnation: uint(), version: uint() }), limits.directoryAgents),
  }),
  /** `metS`: for how long the sender has known the agent of each by a connection, s; 0, or missing: it never met it. */
  vcvs: struct({
    vcvs: list(vcvCodec, limits.directoryAgents),
    metS: list(uint(0xffffffff), limits.directoryAgents),
  }),

  // clients
  query: struct({ id: uint(0xffffffff), query: queryCodec }),
  reply: struct({ id: uint(0xffffffff), ok: bool, bytes: bytes(limits.frameBytes - 1024) }),

  /** To agents that offered for a job: it has ended, and nobody waits for work. */
  over: struct({ job }),

  /** For whom the connection speaks that it comes by (protocol.md 2, clients). */
  delegation: delegationCodec,

  /** A current committee with its proof: for workers, who know the genesis only. */
  committee: struct({ job, header: headerCodec, commit: votesCodec, committee: committeeCodec }),

  // workers to members, and back
  /** "How do these commands of mine stand?": answered by notices, by `fetchCommands`, or by `held`. */
  unsettled: struct({ job, items: list(unsettledItemCodec, limits.blockCommands) }),
  /** "I hold these commands of yours": nobody need say them again for now. */
  held: struct({ job, hashes: list(hash, limits.blockCommands) }),
});
export type Message = Infer<typeof messageCodec>;
export type MessageKind = Message["kind"];

export const encodeMessage = (message: Message): Uint8Array => encode(messageCodec, message);
export const decodeMessage = (input: Uint8Array): Decoded<Message> => decode(messageCodec, input);

export const encodeVcv = (vcv: Infer<typeof vcvCodec>): Uint8Array => encode(vcvCodec, vcv);

export const decodeVcv = (input: Uint8Array): Decoded<Infer<typeof vcvCodec>> => decode(vcvCodec, input);

/** How an agent reads what it is sent. */
export interface Decoders {
  readonly message: (input: Uint8Array) => Decoded<Message>;
  readonly vcv: (input: Uint8Array) => Decoded<Infer<typeof vcvCodec>>;
  readonly beacon: (input: Uint8Array) => Decoded<Infer<typeof beaconCodec>>;
}

export const encodeBeacon = (beacon: Infer<typeof beaconCodec>): Uint8Array => encode(beaconCodec, beacon);
const decodeBeacon = (input: Uint8Array): Decoded<Infer<typeof beaconCodec>> => decode(beaconCodec, input);

export const DECODERS: Decoders = { message: decodeMessage, vcv: decodeVcv, beacon: decodeBeacon };
