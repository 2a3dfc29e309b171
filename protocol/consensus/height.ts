/**
 * Everything a member knows about the height it is deciding: the message log of Algorithm 1 and its variables.
 * Plain data with bounds; the rules that read and change it are in consensus.ts, and healing.ts reads it.
 *
 * Source: arXiv 1807.04938, lines 1-9; protocol.md A2 (what is kept of which round).
 */

import type { AgentId, Hash } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Block, Proposal, Vote, VoteKind } from "../wire/consensus.ts";
import type { Committee } from "./committee.ts";
import { createVoteSet, type VoteSet } from "./vote-set.ts";

/** Steps of a round; idle is ours (A1): the height is not armed. */
export const STEP = { idle: 0, propose: 1, prevote: 2, precommit: 3 } as const;
export type Step = (typeof STEP)[keyof typeof STEP];

export interface Round {
  /** The first proposal from the round's proposer. */
  proposal: Proposal | null;
  readonly prevote: VoteSet;
  readonly precommit: VoteSet;
  /** "For the first time" of lines 34, 36 and 47. */
  prevotesSeen: boolean;
  polkaSeen: boolean;
  precommitsSeen: boolean;
  /** When the proposal was accepted, for the base of timeouts (A6). */
  proposedAtMs: number;
}

export interface HeightState {
  readonly height: number;
  round: number;
  step: Step;
  /** lockedValue and lockedRound. */
  locked: { readonly round: number; readonly block: Hash } | null;
  /** validValue and validRound, with the quorum of prevotes that proves them. */
  valid: { readonly round: number; readonly block: Hash; readonly polka: readonly Vote[] } | null;
  readonly rounds: Map<number, Round>;
  /** The vote with the highest round from each member: line 55, and all that is kept of rounds far ahead. */
  readonly newest: Map<AgentId, Vote>;
  /** Members that sent any message of this height. */
  readonly heard: Set<AgentId>;
  /** The blocks that were proposed. */
  readonly blocks: Map<Hash, Block>;
  /** What this agent said itself, by round: what it re-sends. */
  readonly said: Map<number, { proposal: Proposal | null; votes: Vote[] }>;
  /** The messages by which it entered its round: line 47's precommits or line 55's votes. */
  entry: readonly Vote[];
}

export function createHeight(height: number): HeightState {
  return {
    height,
    round: 0,
    step: STEP.idle,
    locked: null,
    valid: null,
    rounds: new Map(),
    newest: new Map(),
    heard: new Set(),
    blocks: new Map(),
    said: new Map(),
    entry: [],
  };
}

export function roundOf(state: HeightState, committee: Committee, round: number): Round {
  let entry = state.rounds.get(round);
  if (entry === undefined) {
    entry = {
      proposal: null,
      prevote: createVoteSet(committee),
      precommit: createVoteSet(committee),
      prevotesSeen: false,
      polkaSeen: false,
      precommitsSeen: false,
      proposedAtMs: 0,
    };
    state.rounds.set(round, entry);
  }
  return entry;
}

export function saidIn(state: HeightState, round: number): { proposal: Proposal | null; votes: Vote[] } {
  let said = state.said.get(round);
  if (said === undefined) {
    said = { proposal: null, votes: [] };
    state.said.set(round, said);
  }
  return said;
}

/** This agent's own vote of that kind in that round, if it cast one. */
export function ownVote(state: HeightState, round: number, kind: VoteKind): Vote | undefined {
  return state.said.get(round)?.votes.find((vote) => vote.kind === kind);
}

/** Forgets what rounds long past leave behind: rounds cost a remote member nothing but time. */
export function pruneRounds(state: HeightState): void {
  const oldest = state.round - limits.keptRounds;
  if (oldest <= 0) return;
  for (const round of state.rounds.keys())
    if (round < oldest && round !== state.valid?.round) state.rounds.delete(round);
  for (const round of state.said.keys()) if (round < oldest) state.said.delete(round);
  const needed = new Set<Hash | null>([state.locked?.block ?? null, state.valid?.block ?? null]);
  for (const round of state.rounds.values()) {
    needed.add(round.proposal?.statement.block ?? null);
    needed.add(round.prevote.quorum ?? null);
    needed.add(round.precommit.quorum ?? null);
  }
  for (const block of state.blocks.keys()) if (!needed.has(block)) state.blocks.delete(block);
}
