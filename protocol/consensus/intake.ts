/**
 * The way of others' messages into the message log of the height: each is checked, placed, and counted once. If it excludes
 * what its member said before, it becomes evidence against that member (A5).
 *
 * Responsible for: which proposals and votes count. Leaves what follows from them to consensus.ts.
 *
 * Source: arXiv 1807.04938, section II-B (messages); protocol.md A2 (what is kept), A5 (evidence).
 */

import type { Crypto } from "../core/crypto.ts";
import type { AgentId, JobId, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Now } from "../core/now.ts";
import type { CommandBody } from "../wire/command.ts";
import { blockHash, holdsItsCommands, type Proposal, type Vote } from "../wire/consensus.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import type { Application } from "./application.ts";
import { isSignedProposal, isSignedVote } from "./ballots.ts";
import type { Committee } from "./committee.ts";
import type { Healing } from "./healing.ts";
import { type HeightState, roundOf } from "./height.ts";

/** Messages of the next height that each member may have waiting here. */
const BUFFERED_PER_MEMBER = 8;

interface IntakeConfig {
  readonly meshId: MeshId;
  readonly job: JobId;
  readonly signer: { readonly agent: AgentId };
  readonly crypto: Crypto;
  readonly app: Pick<Application, "committee">;
}

interface IntakeEvents {
  /** Two statements that exclude each other, as a command for the ledger. */
  evidence(body: CommandBody, culprit: AgentId): void;
  /** `to` speaks of a height that is decided: give it the blocks from there on. */
  serve(to: AgentId, fromHeight: number): void;
}

export class Intake {
  readonly #config: IntakeConfig;
  readonly #self: AgentId;
  readonly #healing: Healing;
  readonly #events: IntakeEvents;
  #early = new Map<AgentId, Message[]>();

  constructor(config: IntakeConfig, healing: Healing, events: IntakeEvents) {
    this.#config = config;
    this.#self = config.signer.agent;
    this.#healing = healing;
    this.#events = events;
  }

  get #committee(): Committee {
    return this.#config.app.committee;
  }

  get #isMember(): boolean {
    return this.#committee.power(this.#self) > 0;
  }

  // --- which height -----------------------------------------------------------------------------------

  /** Takes what came early for the height that has now begun. */
  takeEarly(now: Now, state: HeightState): void {
    const early = this.#early;
    this.#early = new Map();
    for (const [from, messages] of early) {
      for (const message of messages) {
        if (message.kind === "proposal") this.takeProposal(now, state, from, message);
        else if (message.kind === "votes") this.takeVotes(now, state, from, message.votes);
      }
    }
  }

  #keepForNextHeight(from: AgentId, message: Message): Verdict {
    const waiting = this.#early.get(from) ?? [];
    if (waiting.length >= BUFFERED_PER_MEMBER) waiting.shift();
    waiting.push(message);
    this.#early.set(from, waiting);
    return ignore("early");
  }

  /** Common to all messages of members: null if `height` is the one being decided. */
  #place(now: Now, current: number, from: AgentId, height: number, message: Message): Verdict | null {
    if (height === current) return null;
    if (height > current) this.#healing.noteAtLeast(from, height);
    if (height === current + 1 && this.#committee.power(from) > 0) return this.#keepForNextHeight(from, message);
    if (height < current && this.#healing.noteBehind(now, from, height)) this.#events.serve(from, height);
    return ignore(height < current ? "old-height" : "far-height");
  }

  // --- proposals --------------------------------------------------------------------------------------

  takeProposal(now: Now, state: HeightState, from: AgentId, proposal: Proposal): Verdict {
    const { statement, block } = proposal;
    if (statement.job !== this.#config.job) return reject("other-job");
    if (!this.#isMember) return ignore("not-a-member");
    const misplaced = this.#place(now, state.height, from, statement.height, { kind: "proposal", ...proposal });
    if (misplaced !== null) return misplaced;
    if (statement.round > state.round + 1) return ignore("far-round");
    if (statement.round < state.round - limits.keptRounds) return ignore("old-round");
    if (statement.proposer !== this.#committee.proposer(statement.height, statement.round))
      return reject("not-the-proposer");
    const round = roundOf(state, this.#committee, statement.round);
    const known = round.proposal?.statement;
    if (known !== undefined && known.block === statement.block && known.validRoundPlus1 === statement.validRoundPlus1) {
      this.#takePolka(now, state, proposal);
      return ignore("known");
    }
    if (statement.proposer === this.#self) return ignore("own");
    const { crypto, meshId } = this.#config;
    if (blockHash(crypto.hash, block.header) !== statement.block) return reject("wrong-block-hash");
    if (!holdsItsCommands(crypto.hash, block)) return reject("wrong-commands");
    if (block.header.round > statement.round) return reject("block-of-a-later-round");
    if (!isSignedProposal(meshId, crypto, statement)) return reject("bad-signature");
    state.heard.add(statement.proposer);
    if (known !== undefined) {
      this.#events.evidence({ kind: "doubleProposal", first: known, second: statement }, statement.proposer);
      return ACCEPT;
    }
    state.blocks.set(statement.block, block);
    this.#takePolka(now, state, proposal);
    round.proposal = proposal;
    round.proposedAtMs = now.monoMs;
    return ACCEPT;
  }

  /** The prevotes that a proposal with a valid round carries. */
  #takePolka(now: Now, state: HeightState, { statement, polka }: Proposal): void {
    const validRound = statement.validRoundPlus1 - 1;
    const set = state.rounds.get(validRound)?.prevote;
    if (validRound < 0 || validRound >= statement.round || polka.length === 0) return;
    if (set !== undefined && this.#committee.isQuorum(set.power(statement.block))) return;
    if (polka.every((vote) => vote.kind === "prevote" && vote.round === validRound && vote.block === statement.block)) {
      this.takeVotes(now, state, statement.proposer, polka);
    }
  }

  // --- votes ------------------------------------------------------------------------------------------

  takeVotes(now: Now, state: HeightState, from: AgentId, votes: readonly Vote[]): Verdict {
    if (!this.#isMember) return ignore("not-a-member");
    const sample = votes[0];
    if (sample === undefined) return reject("no-votes");
    if (votes.some((vote) => vote.job !== sample.job || vote.height !== sample.height)) return reject("mixed-votes");
    if (sample.job !== this.#config.job) return reject("other-job");
    const misplaced = this.#place(now, state.height, from, sample.height, { kind: "votes", job: sample.job, votes });
    if (misplaced !== null) return misplaced;
    const whole = this.#isWholeQuorum(votes);
    let verdict: Verdict = ignore("known");
    for (const vote of votes) {
      const one = this.#takeVote(state, vote, whole);
      if (one.verdict === "reject") return one;
      if (one.verdict === "accept") verdict = one;
    }
    return verdict;
  }

  /** Votes of one kind and round for one value, by a quorum: such votes are kept even against earlier ones (A2). */
  #isWholeQuorum(votes: readonly Vote[]): boolean {
    const { kind, round, block } = votes[0]!;
    if (votes.length < 2 || votes.some((vote) => vote.kind !== kind || vote.round !== round || vote.block !== block))
      return false;
    return this.#committee.isQuorum(this.#committee.powerOf(new Set(votes.map((vote) => vote.voter))));
  }

  #takeVote(state: HeightState, vote: Vote, inQuorum: boolean): Verdict {
    if (this.#committee.power(vote.voter) === 0) return reject("not-a-voter");
    if (vote.voter === this.#self) return ignore("own");
    if (vote.round < state.round - limits.keptRounds && !inQuorum) return ignore("old-round");
    const near = vote.round <= state.round + 1;
    const set = near ? roundOf(state, this.#committee, vote.round)[vote.kind] : null;
    if (set?.has(vote)) return ignore("known");
    const first = set?.of(vote.voter);
    const newest = state.newest.get(vote.voter);
    const isNewest = newest === undefined || vote.round > newest.round;
    if (set === null && !isNewest) return ignore("far-round");
    if (first === undefined && set?.quorum !== undefined && !isNewest) return ignore("quorum-stands");
    if (!isSignedVote(this.#config.meshId, this.#config.crypto, vote)) return reject("bad-signature");
    state.heard.add(vote.voter);
    if (isNewest) state.newest.set(vote.voter, vote);
    if (first !== undefined) this.#events.evidence({ kind: "equivocation", first, second: vote }, vote.voter);
    if (set !== null && (first === undefined || inQuorum)) set.add(vote);
    return ACCEPT;
  }
}
