/**
 * How Byzantine members lie in votes. A member's own votes are the ones that it can sign; others' it can only pass on
 * or hold back.
 */

import { signVote } from "../../../protocol/consensus/ballots.ts";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import type { Vote } from "../../../protocol/wire/consensus.ts";
import type { Message } from "../../../protocol/wire/message.ts";
import type { Strategy, StrategyTools } from "./strategy.ts";

/** Which half of the others an agent belongs to, for lies that differ by half: stable within a run. */
export const isInFirstHalf = (to: AgentId, salt: number): boolean => {
  let sum = salt;
  for (let i = 0; i < to.length; i++) sum = (sum * 31 + to.charCodeAt(i)) % 1_000_003;
  return sum % 2 === 0;
};

const isConsensus = ({ kind }: Message): boolean => kind === "proposal" || kind === "votes";

export function resignVote({ config }: StrategyTools, vote: Vote, block: Hash | null): Vote {
  const { kind, job, height, round, voter } = vote;
  return signVote(config.meshId, config.crypto, config.signer, { kind, job, height, round, block, voter });
}

/** Says nothing in the consensus. */
export const silent = (): Strategy => ({ onSend: (_, { message }) => (isConsensus(message) ? [] : null) });

/** Changes its own votes, by receiver; others' votes in the same frame are passed on. */
function alterVotes(choose: (tools: StrategyTools, to: AgentId, vote: Vote) => Hash | null): Strategy {
  return {
    onSend(tools, { to, message }) {
      if (message.kind !== "votes") return null;
      let isChanged = false;
      const votes = message.votes.map((vote) => {
        if (vote.voter !== tools.config.signer.agent) return vote;
        const block = choose(tools, to, vote);
        if (block === vote.block) return vote;
        isChanged = true;
        return resignVote(tools, vote, block);
      });
      return isChanged ? [{ to, message: { ...message, votes } }] : null;
    },
  };
}

export const votesNil = (): Strategy => alterVotes(() => null);

/** One half hears its vote, the other half hears nil, or another block that it knows of. */
export function equivocatesVotes(kind: Vote["kind"] | "both", salt: number): Strategy {
  const known: Hash[] = [];
  return alterVotes(({ prng }, to, vote) => {
    if (vote.block !== null && !known.includes(vote.block)) known.push(vote.block);
    if (kind !== "both" && vote.kind !== kind) return vote.block;
    if (isInFirstHalf(to, salt)) return vote.block;
    if (vote.block !== null) return prng.chance(0.5) ? null : (known[known.length - 2] ?? null);
    return known[known.length - 1] ?? null;
  });
}

/** Prevotes for the benefit of one member only, and then is silent for a while. */
export const prevotesToOne = (chosen: (tools: StrategyTools) => AgentId): Strategy => ({
  onSend(tools, { to, message }) {
    if (!isConsensus(message)) return null;
    return message.kind === "votes" && to === chosen(tools) ? null : [];
  },
});

/** Votes for whatever is on the table, whatever its own lock says: prevotes and precommits each proposal's block. */
export function votesForAll(): Strategy {
  let newest: Hash | null = null;
  return alterVotes((_, __, vote) => {
    newest = vote.block ?? newest;
    return newest;
  });
}
