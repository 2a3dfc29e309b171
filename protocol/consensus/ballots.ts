/**
 * Signing and checking votes and proposals. Leaves what they mean to consensus.ts.
 */

import { type Crypto, isSigned, type Signer, statementMessage } from "../core/crypto.ts";
import type { Hash, JobId, MeshId } from "../core/ids.ts";
import {
  type ProposalContent,
  type ProposalStatement,
  proposalHash,
  type Vote,
  type VoteContent,
  voteHash,
} from "../wire/consensus.ts";
import type { Committee } from "./committee.ts";

export function signVote(meshId: MeshId, crypto: Crypto, signer: Signer, content: VoteContent): Vote {
  const message = statementMessage(meshId, content.kind, voteHash(crypto.hash, content));
  return { ...content, signature: signer.sign(message) };
}

export function isSignedVote(meshId: MeshId, crypto: Crypto, vote: Vote): boolean {
  return isSigned(crypto, vote, () =>
    crypto.verify(vote.voter, statementMessage(meshId, vote.kind, voteHash(crypto.hash, vote)), vote.signature),
  );
}

export function signProposal(
  meshId: MeshId,
  crypto: Crypto,
  signer: Signer,
  content: ProposalContent,
): ProposalStatement {
  const message = statementMessage(meshId, "proposal", proposalHash(crypto.hash, content));
  return { ...content, signature: signer.sign(message) };
}

export function isSignedProposal(meshId: MeshId, crypto: Crypto, proposal: ProposalStatement): boolean {
  return isSigned(crypto, proposal, () => {
    const message = statementMessage(meshId, "proposal", proposalHash(crypto.hash, proposal));
    return crypto.verify(proposal.proposer, message, proposal.signature);
  });
}

/**
 * Whether `votes` are precommits of one round by a quorum of `committee` for `block`: the proof that it was decided.
 */
export function isCommit(
  meshId: MeshId,
  crypto: Crypto,
  committee: Committee,
  block: { readonly job: JobId; readonly height: number; readonly hash: Hash },
  votes: readonly Vote[],
): boolean {
  const round = votes[0]?.round;
  const voters = new Set<string>();
  let power = 0;
  for (const vote of votes) {
    const fits =
      vote.kind === "precommit" &&
      vote.job === block.job &&
      vote.height === block.height &&
      vote.block === block.hash &&
      vote.round === round;
    if (!fits || voters.has(vote.voter)) return false;
    voters.add(vote.voter);
    power += committee.power(vote.voter);
  }
  return committee.isQuorum(power) && votes.every((vote) => isSignedVote(meshId, crypto, vote));
}
