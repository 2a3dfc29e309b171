/**
 * What Byzantine members do in the searches: each strategy breaks one promise, and `together` runs several at once.
 * A member's own votes and proposals are the ones it can forge; everything else it can only hold back.
 */

import { signProposal, signVote } from "../../../protocol/consensus/ballots.ts";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import { merkleRoot } from "../../../protocol/core/merkle.ts";
import { chainEvents } from "../../../protocol/job/ledger.ts";
import { decode, encode } from "../../../protocol/wire/codec.ts";
import {
  type Block,
  blockHash,
  commandHashesCodec,
  type Header,
  type Proposal,
  type Vote,
} from "../../../protocol/wire/consensus.ts";
import { committedBlockCodec, decodeMessage, type Message } from "../../../protocol/wire/message.ts";
import type { AdversaryTools, OutgoingFrame, Strategy } from "./adversary.ts";

/** Which half of the others an agent is told what: stable within a run. */
const isInFirstHalf = (to: AgentId, salt: number): boolean => {
  let sum = salt;
  for (let i = 0; i < to.length; i++) sum = (sum * 31 + to.charCodeAt(i)) % 1_000_003;
  return sum % 2 === 0;
};

const isConsensus = ({ kind }: Message): boolean => kind === "proposal" || kind === "votes";

function resignVote({ config }: AdversaryTools, vote: Vote, block: Hash | null): Vote {
  const { kind, job, height, round, voter } = vote;
  return signVote(config.meshId, config.crypto, config.signer, { kind, job, height, round, block, voter });
}

function resignProposal({ config }: AdversaryTools, proposal: Proposal, block: Block): Proposal {
  const { statement } = proposal;
  const hash = blockHash(config.crypto.hash, block.header);
  const content = { ...statement, block: hash, validRoundPlus1: 0 };
  return { statement: signProposal(config.meshId, config.crypto, config.signer, content), block, polka: [] };
}

/** Says nothing in the consensus. */
export const silent = (): Strategy => ({ onSend: (_, { message }) => (isConsensus(message) ? [] : null) });

/** Changes its own votes, by receiver; others' votes in the same frame are passed on. */
function alterVotes(choose: (tools: AdversaryTools, to: AgentId, vote: Vote) => readonly (Hash | null)[]): Strategy {
  return {
    onSend(tools, { to, message }) {
      if (message.kind !== "votes") return null;
      const votes = message.votes.flatMap((vote) =>
        vote.voter === tools.config.signer.agent
          ? choose(tools, to, vote).map((block) => resignVote(tools, vote, block))
          : [vote],
      );
      return votes.length === 0 ? [] : [{ to, message: { ...message, votes } }];
    },
  };
}

export const votesNil = (): Strategy => alterVotes(() => [null]);

/** One half hears its vote, the other half hears nil, or another block that it knows of. */
export function equivocatesVotes(kind: Vote["kind"] | "both", salt: number): Strategy {
  const known: Hash[] = [];
  return alterVotes(({ lots }, to, vote) => {
    if (vote.block !== null && !known.includes(vote.block)) known.push(vote.block);
    if (kind !== "both" && vote.kind !== kind) return [vote.block];
    if (isInFirstHalf(to, salt)) return [vote.block];
    if (vote.block !== null) return [lots.chance(0.5) ? null : (known[known.length - 2] ?? null)];
    return [known[known.length - 1] ?? null];
  });
}

/** Prevotes for the benefit of one member only, and then is silent for a while. */
export const prevotesToOne = (chosen: (tools: AdversaryTools) => AgentId): Strategy => ({
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
    return [newest];
  });
}

/**
 * A block of this round that holds nothing and decides nothing, whatever the proposer is locked on: as valid as the
 * parent allows, and fresh.
 */
function emptied({ config, now }: AdversaryTools, { block, statement }: Proposal, parentEvents: Hash): Block {
  const { hash } = config.crypto;
  const altered: Header = {
    ...block.header,
    round: statement.round,
    proposer: config.signer.agent,
    timeMs: Math.max(block.header.timeMs, now.wallMs),
    commandsHash: hash(encode(commandHashesCodec, [])),
    eventsHash: chainEvents(hash, parentEvents, merkleRoot(hash, [])),
    nextCommitteeHash: block.header.committeeHash,
    stateHash: null,
  };
  return { header: altered, commands: [] };
}

function eventsOf(committed: Uint8Array): Hash | null {
  const decoded = decode(committedBlockCodec, committed);
  return decoded.ok ? decoded.value.block.header.eventsHash : null;
}

export type ProposalLie = "double" | "stale" | "future" | "invalid" | "empty" | "double-empty" | "to-half";

/** Lies in its own fresh proposals. */
export function liesInProposals(lie: ProposalLie, salt: number): Strategy {
  let parentEvents: Hash | null = null;
  const alter = (tools: AdversaryTools, proposal: Proposal): Proposal => {
    const { block } = proposal;
    const { header } = block;
    const timed = (ms: number): Block => ({ ...block, header: { ...header, timeMs: Math.max(1, header.timeMs + ms) } });
    if (lie === "stale") return resignProposal(tools, proposal, timed(-3_000));
    if (lie === "future") return resignProposal(tools, proposal, timed(3_000));
    if (lie === "invalid")
      return resignProposal(tools, proposal, { ...block, header: { ...header, eventsHash: header.parent } });
    if ((lie === "empty" || lie === "double-empty") && parentEvents !== null) {
      return resignProposal(tools, proposal, emptied(tools, proposal, parentEvents));
    }
    return resignProposal(tools, proposal, timed(1));
  };
  return {
    onSend(tools, { to, message }) {
      if (message.kind !== "proposal" || message.statement.proposer !== tools.config.signer.agent) return null;
      if (lie === "to-half") return isInFirstHalf(to, salt) ? null : [];
      const isDouble = lie === "double" || lie === "double-empty";
      if (isDouble && isInFirstHalf(to, salt)) return null;
      return [{ to, message: { kind: "proposal", ...alter(tools, message) } }];
    },
    onEffect(_, effect) {
      // Its own machine's blocks, as they are decided: what the next block's `eventsHash` builds on.
      if (effect.kind === "persist" && effect.slot.startsWith("block/") && effect.bytes !== null)
        parentEvents = eventsOf(effect.bytes);
    },
  };
}

/**
 * Tries to fork the job: it lets others lock a value and withholds the precommit that would decide it, and in its own
 * rounds proposes and votes for something fresh. `isDeaf`: it stays at a height that others decided.
 */
export function proposesAgainstLocks(isDeaf: boolean): Strategy {
  let parentEvents: Hash | null = null;
  const own = new Map<string, Proposal>();
  return {
    // Its machine must stay at the height: it never hears the precommits that decide it.
    onInput(_, input) {
      if (!isDeaf || input.kind !== "frame") return true;
      const decoded = decodeMessage(input.bytes);
      const isVotes = decoded.ok && decoded.value.kind === "votes";
      return !isVotes || !decoded.value.votes.some((vote) => vote.kind === "precommit" && vote.block !== null);
    },
    onEffect(_, effect) {
      if (effect.kind === "persist" && effect.slot.startsWith("block/") && effect.bytes !== null)
        parentEvents = eventsOf(effect.bytes);
    },
    onSend(tools, { to, message }) {
      const self = tools.config.signer.agent;
      if (isDeaf && (message.kind === "blocks" || message.kind === "body")) return []; // what was decided is no news from it
      if (message.kind === "proposal" && message.statement.proposer === self && parentEvents !== null) {
        const key = `${message.statement.height}/${message.statement.round}`;
        const fresh = own.get(key) ?? resignProposal(tools, message, emptied(tools, message, parentEvents));
        own.set(key, fresh);
        return [{ to, message: { kind: "proposal", ...fresh } }];
      }
      if (message.kind !== "votes") return null;
      const votes = message.votes.map((vote) => {
        if (vote.voter !== self) return vote;
        const mine = own.get(`${vote.height}/${vote.round}`);
        if (mine !== undefined) return resignVote(tools, vote, mine.statement.block);
        // It helps to lock in round 0 only: a later polka would lock the others anew.
        return vote.kind === "precommit" || (isDeaf && vote.round > 0) ? resignVote(tools, vote, null) : vote;
      });
      return [{ to, message: { ...message, votes } }];
    },
  };
}

/** Gives nobody what it asks for. */
export const withholds = (): Strategy => ({
  onSend: (_, { message }) => (message.kind === "body" || message.kind === "blocks" ? [] : null),
});

/** Forwards no commands of others, and offers and results of its own to few. */
export const hidesCommands = (): Strategy => ({
  onSend: ({ config }, { message }) =>
    message.kind === "envelopes" && message.envelopes.some((envelope) => envelope.author !== config.signer.agent)
      ? []
      : null,
});

/** Tells workers of awards that nobody gave, and that awards are over which are not. */
export const liesToWorkers = (): Strategy => ({
  onSend(_, { to, message }) {
    if (message.kind !== "notice") return null;
    const items = message.items.map((item) =>
      item.kind === "award" ? { kind: "closed" as const, task: item.task, attempt: item.attempt } : item,
    );
    return [{ to, message: { ...message, items } }];
  },
});

/** Its pulses say that it stands far ahead, or far behind. */
export const liesAboutPosition = (): Strategy => ({
  onSend({ lots }, { to, message }) {
    if (message.kind !== "pulse") return null;
    const ahead = lots.chance(0.5);
    const positions = message.positions.map((position) => ({
      ...position,
      height:
        position.height === 0 ? 0 : ahead ? position.height + 1 + lots.below(50) : Math.max(1, position.height - 1),
      round: ahead ? 0 : position.round,
    }));
    return [{ to, message: { ...message, positions } }];
  },
});

/** Does each of these, in order: what one lets through goes to the next. */
export function together(strategies: readonly Strategy[]): Strategy {
  return {
    onInput: (tools, input) => strategies.every((strategy) => strategy.onInput?.(tools, input) !== false),
    onEffect: (tools, effect) => {
      for (const strategy of strategies) strategy.onEffect?.(tools, effect);
    },
    onSend(tools, frame) {
      let frames: readonly OutgoingFrame[] = [frame];
      for (const strategy of strategies) frames = frames.flatMap((one) => strategy.onSend(tools, one) ?? [one]);
      return frames.length === 1 && frames[0] === frame ? null : frames;
    },
  };
}

/** Follows `strategy` in phases of `periodMs`, and is honest in between: what is long broken is noticed and left out. */
export function sometimes(strategy: Strategy, periodMs: number): Strategy {
  return {
    ...strategy,
    onSend: (tools, frame) =>
      Math.floor(tools.now.monoMs / periodMs) % 2 === 0 ? strategy.onSend(tools, frame) : null,
  };
}
