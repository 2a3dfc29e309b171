/**
 * One `Consensus` of a committee of four equal members, with an application that is not there: blocks are valid unless
 * a test says otherwise. Inputs by short calls, what it said as short text.
 */

import { hasher } from "../../node/platform/crypto.ts";
import type { Application, Tip } from "../../protocol/consensus/application.ts";
import { signProposal, signVote } from "../../protocol/consensus/ballots.ts";
import { createCommittee } from "../../protocol/consensus/committee.ts";
import { Consensus } from "../../protocol/consensus/consensus.ts";
import type { ConsensusRecord } from "../../protocol/consensus/record.ts";
import type { AgentId, Hash, MeshId } from "../../protocol/core/ids.ts";
import { hashOf } from "../../protocol/wire/codec.ts";
import type { CommandBody } from "../../protocol/wire/command.ts";
import {
  type Block,
  blockHash,
  commandHashesCodec,
  type Proposal,
  type Vote,
  type VoteKind,
} from "../../protocol/wire/consensus.ts";
import type { Message } from "../../protocol/wire/message.ts";
import { createSignatures, type Signatures } from "../../sim/world/signatures.ts";

const MESH = "bench" as MeshId;
const JOB = "1".repeat(64) as Hash;
const ZERO = "0".repeat(64) as Hash;
export const MEMBERS = ["m0", "m1", "m2", "m3"] as readonly string[] as readonly AgentId[];

export class Bench {
  readonly signatures: Signatures = createSignatures("bench", hasher);
  readonly committee = createCommittee(
    hasher,
    MEMBERS.map((agent) => ({ agent, power: 1 })),
  );
  readonly sent: { to: AgentId; message: Message }[] = [];
  readonly evidence: CommandBody[] = [];
  readonly decided: Block[] = [];
  /** Blocks that `check` refuses, and what `timely` answers. */
  readonly invalid = new Set<Hash>();
  timely: "yes" | "no" | "wait" = "yes";
  reason = true;
  record: ConsensusRecord | null = null;
  nowMs = 1_000;
  consensus: Consensus;
  readonly #self: AgentId;
  #tip: Tip = { nextHeight: 1, hash: JOB, timeMs: 0 };
  /** Votes and proposals in the order in which they were signed. */
  said: string[] = [];
  readonly #names = new Map<Hash, string>();

  constructor(self: string) {
    this.#self = self as AgentId;
    this.consensus = this.#create(null);
    this.consensus.start(this.now);
  }

  get now() {
    return { monoMs: this.nowMs, wallMs: this.nowMs };
  }

  #create(record: ConsensusRecord | null): Consensus {
    return new Consensus(
      {
        meshId: MESH,
        job: JOB,
        signer: this.signatures.signerOf(this.#self),
        crypto: this.signatures.crypto,
        abstention: null,
        app: this.#app(),
        out: {
          send: (to, message) => void this.sent.push(...to.map((agent) => ({ to: agent, message }))),
          persist: (saved) => {
            this.record = saved;
          },
          trace: (event) => {
            if (event.kind === "voted") this.said.push(`${event.vote} ${event.round} ${this.nameOf(event.block)}`);
            if (event.kind === "proposed") {
              this.said.push(`proposal ${event.round} ${this.nameOf(event.block)} ${event.validRound}`);
            }
          },
          evidence: (body) => void this.evidence.push(body),
          serve: () => undefined,
        },
      },
      record,
    );
  }

  #app(): Application {
    const bench = this;
    return {
      get tip() {
        return bench.#tip;
      },
      committee: this.committee,
      ended: false,
      build: (_, proposer, round) => this.#block("own", proposer, round, this.nowMs),
      check: (block) => (this.invalid.has(blockHash(hasher, block.header)) ? "invalid" : "valid"),
      missing: () => [],
      timely: () => this.timely,
      commit: (block) => {
        this.decided.push(block);
        const hash = blockHash(hasher, block.header);
        this.#tip = { nextHeight: this.#tip.nextHeight + 1, hash, timeMs: block.header.timeMs };
        this.reason = false;
      },
      hasReason: () => this.reason,
      nextDeadlineMs: null,
    };
  }

  nameOf(block: Hash | null): string {
    return block === null ? "nil" : (this.#names.get(block) ?? "?");
  }

  #block(name: string, proposer: AgentId, round: number, timeMs: number): Block {
    const { hash } = this.committee;
    const { nextHeight: height, hash: parent } = this.#tip;
    const common = {
      commandsHash: hashOf(hasher, commandHashesCodec, []),
      eventsHash: ZERO,
      committeeHash: hash,
      nextCommitteeHash: hash,
      stateHash: null,
    };
    const block = { header: { job: JOB, height, round, proposer, parent, timeMs, ...common }, commands: [] };
    this.#names.set(blockHash(hasher, block.header), name);
    return block;
  }

  /** The block that is called so: made in `round` by its proposer; names differ by their times. */
  block(name: string, round = 0): Block {
    return this.#block(name, this.committee.proposer(this.#tip.nextHeight, round), round, 500 + name.charCodeAt(0));
  }

  hash(name: string, madeIn = 0): Hash {
    return blockHash(hasher, this.block(name, madeIn).header);
  }

  // --- inputs -----------------------------------------------------------------------------------------

  /** A vote as text: `m2 prevote 0 A`, or `nil`. `madeIn`: the round of block A. */
  vote(text: string, madeIn = 0): Vote {
    const [voter, kind, round, name] = text.split(" ") as [AgentId, VoteKind, string, string];
    const block = name === "nil" ? null : this.hash(name, madeIn);
    const content = { kind, job: JOB, height: this.#tip.nextHeight, round: Number(round), block, voter };
    return signVote(MESH, this.signatures.crypto, this.signatures.signerOf(voter), content);
  }

  hear(...texts: readonly string[]): void {
    for (const text of texts) this.hearVotes([this.vote(text)]);
  }

  hearVotes(votes: readonly Vote[]): void {
    this.consensus.onVotes(this.now, votes[0]!.voter, votes);
  }

  proposal(round: number, name: string, validRound = -1, polka: readonly string[] = []): Proposal {
    const proposer = this.committee.proposer(this.#tip.nextHeight, round);
    const madeIn = validRound < 0 ? round : 0;
    const content = {
      job: JOB,
      height: this.#tip.nextHeight,
      round,
      validRoundPlus1: validRound + 1,
      block: this.hash(name, madeIn),
      proposer,
    };
    const statement = signProposal(MESH, this.signatures.crypto, this.signatures.signerOf(proposer), content);
    return { statement, block: this.block(name, madeIn), polka: polka.map((text) => this.vote(text)) };
  }

  propose(round: number, name: string, validRound = -1, polka: readonly string[] = []): void {
    const proposal = this.proposal(round, name, validRound, polka);
    this.consensus.onProposal(this.now, proposal.statement.proposer, proposal);
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      this.nowMs = Math.min(untilMs, this.nowMs + 10);
      this.consensus.onTick(this.now);
    }
  }

  /** A crash: all that is left is what was made durable. */
  restart(): void {
    this.consensus = this.#create(this.record);
    this.consensus.start(this.now);
  }

  /** What it said since the last call. */
  take(): string[] {
    const said = this.said;
    this.said = [];
    return said;
  }

  /** Lock and valid value as text: `locked A@0 valid A@0`. */
  get memory(): string {
    const { locked, valid } = this.consensus.state;
    const show = (entry: { round: number; block: Hash } | null): string =>
      entry === null ? "-" : `${this.nameOf(entry.block)}@${entry.round}`;
    return `locked ${show(locked)} valid ${show(valid)}`;
  }

  get place(): string {
    const { height, round, step } = this.consensus.state;
    return `${height}/${round}/${["idle", "propose", "prevote", "precommit"][step]}`;
  }
}
