/**
 * What the members of a committee say to each other about one job's blocks: headers, proposals, votes.
 * Shapes and canonical bytes only; what they mean is in consensus/.
 *
 * Source: "The latest gossip on BFT consensus" (arXiv 1807.04938), messages of Algorithm 1; protocol.md 5.
 */

import type { Hasher } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { bytes, type Codec, hash, hashOf, type Infer, list, nullable, oneOf, struct, text, uint } from "./codec.ts";

export const agentId: Codec<AgentId> = text<AgentId>(limits.agentIdBytes);
export const signature: Codec<Uint8Array> = bytes(limits.signatureBytes);
const height = uint();
const round = uint(0xffffffff);

/** A member of a committee, or a standby, and its voting power (1..4). A standby's is the most that it may come to hold. */
const memberCodec = struct({ agent: agentId, power: uint(limits.power) });
export type Member = Infer<typeof memberCodec>;

/** The members that keep a job's log, in the order of the genesis; a replaced member's seat is taken in place. */
export const committeeCodec = list(memberCodec, limits.members);
export type CommitteeMembers = Infer<typeof committeeCodec>;
/** Who takes the seats of members that leave, in this order. */
export const standbysCodec = list(memberCodec, limits.standbys);

export const agentsOf = (members: CommitteeMembers): AgentId[] => members.map(({ agent }) => agent);

export const committeeHash = (hasher: Hasher, members: CommitteeMembers): Hash =>
  hashOf(hasher, committeeCodec, members);

/**
 * What a block commits to. Its hash is the block's name.
 * - `round`, `proposer`: of the round in which the block was made; a later round may propose it again.
 * - `parent`: hash of the block before; of height 1, the job id.
 * - `commandsHash`: hash of the list of command hashes.
 * - `eventsHash`: hash of the parent's `eventsHash` and the Merkle root of what the ledger decided in this block.
 * - `committeeHash`, `nextCommitteeHash`: of the committee that decides this block, and of the next block's.
 * - `stateHash`: of the whole ledger state after this block, every 1,024 blocks; else null.
 */
export const headerCodec = struct({
  job: hash as Codec<JobId>,
  height,
  round,
  proposer: agentId,
  parent: hash,
  timeMs: uint(),
  commandsHash: hash,
  eventsHash: hash,
  committeeHash: hash,
  nextCommitteeHash: hash,
  stateHash: nullable(hash),
});
export type Header = Infer<typeof headerCodec>;

export const blockHash = (hasher: Hasher, header: Header): Hash => hashOf(hasher, headerCodec, header);

export const commandHashesCodec = list(hash, limits.blockCommands);

/** A header with the hashes of the block's commands; the commands themselves travel apart. */
export const blockCodec = struct({ header: headerCodec, commands: commandHashesCodec });
export type Block = Infer<typeof blockCodec>;

export const VOTE_KINDS = ["prevote", "precommit"] as const;
export type VoteKind = (typeof VOTE_KINDS)[number];

const voteFields = {
  kind: oneOf(VOTE_KINDS),
  job: hash as Codec<JobId>,
  height,
  round,
  /** `null` is the paper's nil. */
  block: nullable(hash),
  voter: agentId,
};
const voteContentCodec = struct(voteFields);
export const voteCodec = struct({ ...voteFields, signature });
export type VoteContent = Infer<typeof voteContentCodec>;
export type Vote = Infer<typeof voteCodec>;

export const voteHash = (hasher: Hasher, vote: VoteContent): Hash => hashOf(hasher, voteContentCodec, vote);

/** Enough for a quorum of the largest committee, with both votes of members that equivocated. */
export const votesCodec = list(voteCodec, 2 * limits.members);

const proposalFields = {
  job: hash as Codec<JobId>,
  height,
  round,
  /** The paper's validRound plus one, so that 0 stands for "none" (-1). */
  validRoundPlus1: uint(0xffffffff),
  block: hash,
  proposer: agentId,
};
const proposalContentCodec = struct(proposalFields);
/** What a proposer signs. */
export const proposalStatementCodec = struct({ ...proposalFields, signature });
export type ProposalContent = Infer<typeof proposalContentCodec>;
export type ProposalStatement = Infer<typeof proposalStatementCodec>;

export const proposalHash = (hasher: Hasher, proposal: ProposalContent): Hash =>
  hashOf(hasher, proposalContentCodec, proposal);

/** A proposal as it travels: with the block's body, and, if it has a valid round, that round's quorum of prevotes (A2). */
export const proposalCodec = struct({ statement: proposalStatementCodec, block: blockCodec, polka: votesCodec });
export type Proposal = Infer<typeof proposalCodec>;

/** Whether the commands are those that the header names: the block's hash covers the header only. */
export const holdsItsCommands = (hasher: Hasher, { header, commands }: Block): boolean =>
  header.commandsHash === hashOf(hasher, commandHashesCodec, commands);
