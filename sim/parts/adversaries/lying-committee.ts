/**
 * A stranger whose job is kept by a committee that is nobody but itself: whatever block it signs has a quorum. It decides
 * like an honest one, and hands the other hosts blocks that say something else, with valid commits.
 */

import { signVote } from "../../../protocol/consensus/ballots.ts";
import type { AgentConfig } from "../../../protocol/machine.ts";
import { hashOf } from "../../../protocol/wire/codec.ts";
import { type Block, blockHash, commandHashesCodec, type Header } from "../../../protocol/wire/consensus.ts";
import type { CommittedBlock } from "../../../protocol/wire/message.ts";
import type { Strategy } from "./strategy.ts";

/** What it alters: a field of the header, the list of commands with its hash, or the block's place in the job. */
export const BLOCK_LIES = [
  "round",
  "proposer",
  "parent",
  "timeMs",
  "commandsHash",
  "eventsHash",
  "committeeHash",
  "nextCommitteeHash",
  "stateHash",
  "commands",
] as const;
export type BlockLie = (typeof BLOCK_LIES)[number];

/** `block` with something else in one place, which all its signers still could sign. */
export function altered(config: Pick<AgentConfig, "crypto">, block: Block, lie: BlockLie): Block {
  const { hash } = config.crypto;
  const { header, commands } = block;
  const other = hash(new TextEncoder().encode(`${lie} ${header.height}`));
  const changed = (change: Partial<Header>): Block => ({ header: { ...header, ...change }, commands });
  switch (lie) {
    case "round":
      return changed({ round: header.round + 1_000_003 });
    case "proposer":
      return changed({ proposer: "nobody" as Header["proposer"] });
    case "timeMs":
      return changed({ timeMs: Number.MAX_SAFE_INTEGER });
    case "commands": {
      // The first command twice: an empty list is valid if nothing was decided.
      const more = [...commands, ...commands.slice(0, 1), other];
      return { header: { ...header, commandsHash: hashOf(hash, commandHashesCodec, more) }, commands: more };
    }
    default:
      return changed({ [lie]: other });
  }
}

/** Signs `block` as its whole committee. */
export function decidedAlone(config: AgentConfig, block: Block): CommittedBlock["commit"] {
  const { crypto, meshId, signer } = config;
  const { job, height, round } = block.header;
  const content = { kind: "precommit" as const, job, height, round, voter: signer.agent };
  return [signVote(meshId, crypto, signer, { ...content, block: blockHash(crypto.hash, block.header) })];
}

/** From the block of `fromHeight` on, others are given altered blocks. */
export function liesAsCommittee(lie: BlockLie, fromHeight: number, isOwn: (job: string) => boolean): Strategy {
  return {
    onSend({ config }, { to, message }) {
      if (message.kind !== "blocks" || !isOwn(message.job)) return null;
      const blocks = message.blocks.map((committed) => {
        if (committed.block.header.height < fromHeight) return committed;
        const block = altered(config, committed.block, lie);
        return { ...committed, block, commit: decidedAlone(config, block) };
      });
      return [{ to, message: { ...message, blocks } }];
    },
  };
}
