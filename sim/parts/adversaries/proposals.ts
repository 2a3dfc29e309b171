/**
 * How Byzantine members lie in proposals: other times, other contents, others for each, and a try to fork the job.
 */

import { signProposal } from "../../../protocol/consensus/ballots.ts";
import type { Hash } from "../../../protocol/core/ids.ts";
import { merkleRoot } from "../../../protocol/core/merkle.ts";
import { chainEvents } from "../../../protocol/job/ledger.ts";
import { decode, encode } from "../../../protocol/wire/codec.ts";
import {
  type Block,
  blockHash,
  commandHashesCodec,
  type Header,
  type Proposal,
} from "../../../protocol/wire/consensus.ts";
import { committedBlockCodec, decodeMessage } from "../../../protocol/wire/message.ts";
import type { Strategy, StrategyTools } from "./strategy.ts";
import { isInFirstHalf, resignVote } from "./votes.ts";

function resignProposal({ config }: StrategyTools, proposal: Proposal, block: Block): Proposal {
  const { statement } = proposal;
  const hash = blockHash(config.crypto.hash, block.header);
  const content = { ...statement, block: hash, validRoundPlus1: 0 };
  return { statement: signProposal(config.meshId, config.crypto, config.signer, content), block, polka: [] };
}

/**
 * A block of this round that holds nothing and decides nothing, whatever the proposer is locked on: as valid as the
 * parent allows, and fresh.
 */
function emptied({ config, now }: StrategyTools, { block, statement }: Proposal, parentEvents: Hash): Block {
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

type ProposalLie = "double" | "stale" | "future" | "invalid" | "empty" | "double-empty" | "to-half";

/** Lies in its own fresh proposals. */
export function liesInProposals(lie: ProposalLie, salt: number): Strategy {
  let parentEvents: Hash | null = null;
  const alter = (tools: StrategyTools, proposal: Proposal): Proposal => {
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
      let isChanged = false;
      const votes = message.votes.map((vote) => {
        if (vote.voter !== self) return vote;
        const mine = own.get(`${vote.height}/${vote.round}`);
        // It helps to lock in round 0 only: a later polka would lock the others anew.
        const isLock = vote.kind === "precommit" || (isDeaf && vote.round > 0);
        const block = mine !== undefined ? mine.statement.block : isLock ? null : vote.block;
        if (block === vote.block) return vote;
        isChanged = true;
        return resignVote(tools, vote, block);
      });
      return isChanged ? [{ to, message: { ...message, votes } }] : null;
    },
  };
}
