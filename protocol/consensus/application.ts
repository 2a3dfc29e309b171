/**
 * What the consensus needs from the content that it agrees on. The consensus is generic over it: it sees headers and lists
 * of command hashes, and leaves to the application what commands are, whether they apply, and what they do.
 */

import type { AgentId, Hash } from "../core/ids.ts";
import type { Now } from "../core/now.ts";
import type { Block, Vote } from "../wire/consensus.ts";
import type { Committee } from "./committee.ts";

/** The tip of the decided chain. */
export interface Tip {
  /** Height of the next block: one more than the last decided block's; the first block's is 1. */
  readonly nextHeight: number;
  /** Hash of the last decided block; the job id before the first. */
  readonly hash: Hash;
  readonly timeMs: number;
}

export interface Application {
  readonly tip: Tip;
  /** Decides the next block. */
  readonly committee: Committee;
  /** No block follows: the job has ended. */
  readonly ended: boolean;

  /** A new block on the tip, made by `proposer` (this agent) in `round`; possibly empty. */
  build(now: Now, proposer: AgentId, round: number): Block;
  /** Deterministic validity of a block on the tip (A3), "missing" while commands of it are unknown. */
  check(block: Block): "valid" | "invalid" | "missing";
  /** Commands of the block that are unknown. */
  missing(block: Block): readonly Hash[];
  /**
   * Timely validity of a fresh proposal that `check` found valid (A3): its time is near this agent's clock, and it
   * leaves out nothing that it should hold. "wait" while a blob is not here yet. `timeoutMs`: of the current round.
   */
  timely(block: Block, now: Now, round: number, timeoutMs: number): "yes" | "no" | "wait";
  /** Applies a decided block; `commit` is a quorum of precommits for it. Moves the tip. */
  commit(block: Block, commit: readonly Vote[]): void;

  /** Whether this agent has a reason of its own to want a block: an applicable command that arms, or a due deadline (A1). */
  hasReason(now: Now): boolean;
  /** When the next ledger deadline is due by the wall clock, or null. */
  readonly nextDeadlineMs: number | null;
}
