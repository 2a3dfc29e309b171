/**
 * The votes of one kind in one round of one height, and what they add up to.
 *
 * A member's first vote is kept; a second one that differs is kept only as part of a whole quorum for one value
 * (protocol.md A2): this is how a member that was shown only one half of an equivocation still learns that the
 * other half formed a quorum elsewhere. So the set stays bounded: at most one value besides the first votes' can
 * gather a quorum, because each honest member votes once.
 */

import type { AgentId, Hash } from "../core/ids.ts";
import type { Vote } from "../wire/consensus.ts";
import type { Committee } from "./committee.ts";

const NIL = "nil";
const keyOf = (block: Hash | null): string => block ?? NIL;

export interface VoteSet {
  /** The first vote of a member, if there is one. */
  of(voter: AgentId): Vote | undefined;
  /** True if this very vote (voter and block) is known. */
  has(vote: Vote): boolean;
  add(vote: Vote): void;
  /** Power that voted for `block` (null: nil). */
  power(block: Hash | null): number;
  /** Power that voted at all. */
  readonly anyPower: number;
  /** The block (or null for nil) that a quorum voted for; undefined while there is none. */
  readonly quorum: Hash | null | undefined;
  /** A smallest-prefix quorum of votes for `block`, in committee order; what is shown to others. */
  quorumVotes(block: Hash | null): readonly Vote[];
  /** Each member's first vote, in committee order. */
  firstVotes(): readonly Vote[];
}

export function createVoteSet(committee: Committee): VoteSet {
  const first = new Map<AgentId, Vote>();
  const byBlock = new Map<string, { power: number; votes: Map<AgentId, Vote> }>();
  let anyPower = 0;
  let quorum: Hash | null | undefined;

  return {
    of: (voter) => first.get(voter),
    has: (vote) => byBlock.get(keyOf(vote.block))?.votes.has(vote.voter) ?? false,
    add(vote) {
      const power = committee.power(vote.voter);
      if (!first.has(vote.voter)) {
        first.set(vote.voter, vote);
        anyPower += power;
      }
      const key = keyOf(vote.block);
      let tally = byBlock.get(key);
      if (tally === undefined) {
        tally = { power: 0, votes: new Map() };
        byBlock.set(key, tally);
      }
      if (tally.votes.has(vote.voter)) return; // never count a vote twice
      tally.votes.set(vote.voter, vote);
      tally.power += power;
      if (quorum === undefined && committee.isQuorum(tally.power)) quorum = vote.block;
    },
    power: (block) => byBlock.get(keyOf(block))?.power ?? 0,
    get anyPower() {
      return anyPower;
    },
    get quorum() {
      return quorum;
    },
    quorumVotes(block) {
      const tally = byBlock.get(keyOf(block));
      const votes: Vote[] = [];
      let power = 0;
      for (const member of committee.members) {
        const vote = tally?.votes.get(member.agent);
        if (vote === undefined || committee.isQuorum(power)) continue;
        votes.push(vote);
        power += member.power;
      }
      return votes;
    },
    firstVotes() {
      const votes: Vote[] = [];
      for (const member of committee.members) {
        const vote = first.get(member.agent);
        if (vote !== undefined) votes.push(vote);
      }
      return votes;
    },
  };
}
