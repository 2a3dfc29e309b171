/**
 * What a member must find again after a crash, so that it never signs twice (A4): round and step, lock, valid value
 * with its polka, and what it said. The named blocks are stored beside it.
 */

import type { Crypto } from "../core/crypto.ts";
import type { AgentId, Hash, JobId, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Decoded, decode, encode, hash, type Infer, list, nullable, struct, uint } from "../wire/codec.ts";
import { blockCodec, blockHash, holdsItsCommands, proposalCodec, voteCodec, votesCodec } from "../wire/consensus.ts";
import { isSignedProposal, isSignedVote } from "./ballots.ts";
import type { Committee } from "./committee.ts";
import { holds } from "./divergence.ts";
import { type HeightState, roundOf, type Step, saidIn } from "./height.ts";

const roundCodec = uint(0xffffffff);
const recordCodec = struct({
  height: uint(),
  round: roundCodec,
  step: uint(3),
  locked: nullable(struct({ round: roundCodec, block: hash })),
  valid: nullable(struct({ round: roundCodec, block: hash, polka: votesCodec })),
  votes: list(voteCodec, 4 * limits.keptRounds),
  proposal: nullable(proposalCodec),
  /** Headers and command lists of the locked, the valid and the own proposed block. */
  blocks: list(blockCodec, 3),
});

export type ConsensusRecord = Omit<Infer<typeof recordCodec>, "step"> & { readonly step: Step };

export const encodeRecord = (record: ConsensusRecord): Uint8Array => encode(recordCodec, record);

export function decodeRecord(bytes: Uint8Array): Decoded<ConsensusRecord> {
  const decoded = decode(recordCodec, bytes);
  return decoded.ok ? { ok: true, value: { ...decoded.value, step: decoded.value.step as Step } } : decoded;
}

export function recordOf({ height, round, step, locked, valid, blocks, said }: HeightState): ConsensusRecord {
  const needed = new Set<Hash>();
  if (locked !== null) needed.add(locked.block);
  if (valid !== null) needed.add(valid.block);
  const proposal = said.get(round)?.proposal ?? null;
  if (proposal !== null) needed.add(proposal.statement.block);
  const whole = [...needed].map((block) => blocks.get(block)!);
  const votes = [...said.values()].flatMap((entry) => entry.votes);
  return { height, round, step, locked, valid, votes, proposal, blocks: whole };
}

interface RecordOwner {
  readonly meshId: MeshId;
  readonly job: JobId;
  readonly self: AgentId;
  readonly crypto: Crypto;
}

/**
 * Throws `Divergence` if a record is not what this agent wrote for this job: an agent that continued from another record
 * could sign twice. The record contains the last signed statements, so their signatures show that it is intact.
 */
function checkRecord(record: ConsensusRecord, { meshId, job, self, crypto }: RecordOwner): void {
  const { height, round, locked, valid, votes, proposal, blocks } = record;
  for (const vote of votes) {
    const isOwn = vote.job === job && vote.height === height && vote.voter === self && vote.round <= round;
    holds(isOwn && isSignedVote(meshId, crypto, vote), "its stored votes are damaged");
  }
  const hashes = new Set(blocks.map(({ header }) => blockHash(crypto.hash, header)));
  const areWhole = blocks.every((block) => block.header.job === job && holdsItsCommands(crypto.hash, block));
  const named = [locked?.block, valid?.block, proposal?.statement.block];
  holds(areWhole && named.every((block) => block === undefined || hashes.has(block)), "its stored blocks are damaged");
  if (locked !== null) holds(locked.round <= round, "its stored lock is damaged");
  if (valid !== null)
    holds(
      valid.round <= round && valid.polka.every((vote) => vote.job === job && vote.height === height),
      "its stored valid value is damaged",
    );
  if (proposal === null) return;
  const { statement } = proposal;
  const isOwn = statement.job === job && statement.height === height && statement.proposer === self;
  holds(isOwn && isSignedProposal(meshId, crypto, statement), "its stored proposal is damaged");
}

/** Puts back what was durable before a crash, if it is of the height that is being decided. Throws `Divergence`. */
export function restoreHeight(
  state: HeightState,
  committee: Committee,
  owner: RecordOwner,
  record: ConsensusRecord,
): void {
  checkRecord(record, owner);
  holds(record.height <= state.height, "its stored votes are of a height whose parent is not stored");
  if (record.height < state.height) return;
  const { self, crypto } = owner;
  state.round = record.round;
  state.step = record.step;
  for (const block of record.blocks) state.blocks.set(blockHash(crypto.hash, block.header), block);
  if (record.locked !== null) state.locked = record.locked;
  if (record.valid !== null) {
    state.valid = record.valid;
    const { prevote } = roundOf(state, committee, record.valid.round);
    for (const vote of record.valid.polka) prevote.add(vote);
  }
  for (const vote of record.votes) {
    saidIn(state, vote.round).votes.push(vote);
    roundOf(state, committee, vote.round)[vote.kind].add(vote);
    state.heard.add(self);
  }
  if (record.proposal !== null) {
    saidIn(state, record.proposal.statement.round).proposal = record.proposal;
    roundOf(state, committee, record.proposal.statement.round).proposal = record.proposal;
  }
}
