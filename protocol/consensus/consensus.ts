/**
 * Weighted Tendermint for one job at one agent: Algorithm 1 with the adaptations A1-A7 of protocol.md 5.
 * Comments `L22` name the lines of the paper's Algorithm 1.
 *
 * Responsible for: which block is decided at which height. Leaves to intake.ts which messages of others count, to the
 * application (application.ts) what blocks hold, to healing.ts what is repeated and to whom, to the agent how messages
 * travel. An agent outside the committee
 * follows: it takes decided blocks with their commits, and never votes.
 *
 * Source: "The latest gossip on BFT consensus", arXiv 1807.04938.
 */

import { assert } from "../core/assert.ts";
import type { AgentId, Hash } from "../core/ids.ts";
import type { Now } from "../core/now.ts";
import type { CommandBody } from "../wire/command.ts";
import { type Block, blockHash, holdsItsCommands, type Proposal, type Vote, type VoteKind } from "../wire/consensus.ts";
import type { Message, Position } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import type { Application } from "./application.ts";
import { isCommit, signProposal, signVote } from "./ballots.ts";
import type { ConsensusConfig } from "./consensus-config.ts";
import { refuseDecided } from "./divergence.ts";
import { Healing } from "./healing.ts";
import {
  createHeight,
  type HeightState,
  ownVote,
  pruneRounds,
  type Round,
  roundOf,
  STEP,
  type Step,
  saidIn,
} from "./height.ts";
import { Intake } from "./intake.ts";
import { createPace } from "./pace.ts";
import { type ConsensusRecord, recordOf, restoreHeight } from "./record.ts";

type Timer = "propose" | "prevote" | "precommit";

export class Consensus {
  readonly #config: ConsensusConfig;
  readonly #self: AgentId;
  readonly #healing: Healing;
  readonly #intake: Intake;
  readonly #pace = createPace();
  #state: HeightState;
  #now: Now = { monoMs: 0, wallMs: 0 };
  #timers = new Map<Timer, number>();
  #outbox: { to: readonly AgentId[]; message: Message }[] = [];
  /**
   * Handed out at the end of a step: the command comes back at once, may decide the height, and the votes that were
   * still to be taken would then be counted for the next one.
   */
  #evidence: { readonly body: CommandBody; readonly culprit: AgentId }[] = [];
  #unsaved = false;

  constructor(config: ConsensusConfig, record: ConsensusRecord | null) {
    this.#config = config;
    this.#self = config.signer.agent;
    this.#state = createHeight(config.app.tip.nextHeight);
    this.#healing = new Healing(this.#self, config.job, config.app);
    this.#intake = new Intake(config, this.#healing, {
      evidence: (body, culprit) => void this.#evidence.push({ body, culprit }),
      serve: (to, height) => config.out.serve(to, height),
    });
    // Where it may not vote, an old record would make it continue a round.
    if (record !== null && config.abstention?.covers(this.#state.height) !== true)
      restoreHeight(this.#state, this.#committee, { ...config, self: this.#self }, record);
  }

  get #app(): Application {
    return this.#config.app;
  }

  get #committee() {
    return this.#config.app.committee;
  }

  get isMember(): boolean {
    return this.#committee.power(this.#self) > 0;
  }

  /** Whether it may vote and propose at the height that is being decided. */
  get #isVoter(): boolean {
    return this.isMember && this.#config.abstention?.covers(this.#state.height) !== true;
  }

  get state(): Readonly<HeightState> {
    return this.#state;
  }

  get position(): Omit<Position, "awards"> {
    const { height, round, step } = this.#state;
    return { job: this.#config.job, height, round, step };
  }

  // --- inputs -----------------------------------------------------------------------------------------

  /** The first step after construction: arms what was restored, or what is due at once. */
  start(now: Now): void {
    this.#enter(now);
    const { step, round } = this.#state;
    if (step === STEP.propose && ownVote(this.#state, round, "prevote") === undefined) this.#startRound(round);
    this.#leave();
  }

  onProposal(now: Now, from: AgentId, proposal: Proposal): Verdict {
    this.#enter(now);
    const verdict = this.#intake.takeProposal(now, this.#state, from, proposal);
    this.#leave();
    return verdict;
  }

  onVotes(now: Now, from: AgentId, votes: readonly Vote[]): Verdict {
    this.#enter(now);
    const verdict = this.#intake.takeVotes(now, this.#state, from, votes);
    this.#leave();
    return verdict;
  }

  /** The body of a block, from anyone: its hash is its proof. */
  onBody(now: Now, block: Block): Verdict {
    if (!holdsItsCommands(this.#config.crypto.hash, block)) return reject("wrong-commands");
    this.#enter(now);
    const hash = blockHash(this.#config.crypto.hash, block.header);
    const wanted = this.#healing.wants(hash);
    if (wanted) {
      this.#state.blocks.set(hash, block);
      this.#healing.gotten(hash);
    }
    this.#leave();
    return wanted ? ACCEPT : ignore("body-not-asked-for");
  }

  /** A decided block with its commit, from anyone, to an agent that is behind or follows. `learn` takes its commands. */
  onCommitted(now: Now, block: Block, commit: readonly Vote[], learn: () => boolean): Verdict {
    this.#enter(now);
    const verdict = this.#takeCommitted(block, commit, learn);
    this.#leave();
    return verdict;
  }

  /** The blocks of one answer were all taken. */
  onBlocksTaken(now: Now): void {
    this.#enter(now);
    this.#healing.onBlocks();
    this.#leave();
  }

  /**
   * Where an agent stands. A host that is behind notices it by others' pulses and asks. A follower
   * (`hearsPulses` false) is given blocks instead.
   */
  onPosition(
    now: Now,
    from: AgentId,
    position: Pick<Position, "height" | "round" | "step">,
    hearsPulses: boolean,
  ): void {
    this.#healing.note(from, position);
    const { height } = this.#state;
    this.#config.abstention?.note(this.#committee, from, position.height);
    if (position.height > height || this.#config.abstention?.isKnown === false) {
      this.#enter(now);
      this.#leave();
    } else if (!hearsPulses && position.height > 0 && position.height < height) {
      if (this.#healing.noteBehind(now, from, position.height)) this.#config.out.serve(from, position.height);
    }
  }

  /** The application's commands or blobs changed, or time passed. */
  onTick(now: Now): void {
    this.#enter(now);
    for (const [timer, atMs] of this.#timers) {
      if (atMs > now.monoMs) continue;
      this.#timers.delete(timer);
      this.#onTimeout(timer);
    }
    this.#leave();
  }

  /** A member came back: tell it now what it may lack. */
  onConnected(now: Now, peer: AgentId): void {
    this.#enter(now);
    this.#healing.onConnected(peer);
    this.#leave();
  }

  /** The monotonic time at which `onTick` has something to do, or Infinity. */
  nextWakeMs(now: Now): number {
    let wake = this.#healing.nextWakeMs();
    for (const atMs of this.#timers.values()) wake = Math.min(wake, atMs);
    const due = this.#app.nextDeadlineMs;
    if (due !== null && this.#state.step === STEP.idle && this.#isVoter && !this.#app.ended) {
      wake = Math.min(wake, now.monoMs + Math.max(0, due - now.wallMs));
    }
    return wake;
  }

  // --- one step ---------------------------------------------------------------------------------------

  #enter(now: Now): void {
    this.#now = now;
  }

  /** Runs the rules until none applies, then lets out what they said: first to disk, then to the others. */
  #leave(): void {
    this.#config.abstention?.look(this.#committee, this.#state.height);
    this.#advance();
    for (const { to, message } of this.#healing.due(this.#now, this.#state, this.#isActive())) {
      this.#outbox.push({ to: [to], message });
    }
    if (this.#unsaved) this.#save();
    for (const { to, message } of this.#outbox) this.#config.out.send(to, message);
    this.#outbox = [];
    const evidence = this.#evidence;
    this.#evidence = [];
    for (const { body, culprit } of evidence) this.#config.out.evidence(body, culprit);
  }

  #save(): void {
    const record = recordOf(this.#state);
    this.#config.out.persist(record, record.blocks);
    this.#unsaved = false;
  }

  #broadcast(message: Message): void {
    this.#outbox.push({ to: this.#committee.others(this.#self), message });
  }

  /** Each rule returns whether it made progress; the timeouts are scheduled when none does any more. */
  #advance(): void {
    while (this.#decide() || this.#begin() || this.#skipRounds() || this.#prevote() || this.#precommit());
    this.#scheduleTimeouts();
  }

  /** Whether a reason to continue stands (A1): without one, votes are kept but not said again. */
  #isActive(): boolean {
    if (this.#state.step === STEP.idle || !this.#isVoter) return false;
    return this.#app.hasReason(this.#now) || this.#committee.hasHonest(this.#committee.powerOf(this.#state.heard));
  }

  /** A1: starts an idle height when there is a reason of our own, or more than 1/3 of the power speaks of it. */
  #begin(): boolean {
    if (this.#state.step !== STEP.idle || !this.#isVoter || this.#app.ended) return false;
    const heard = this.#committee.hasHonest(this.#committee.powerOf(this.#state.heard));
    if (!heard && !this.#app.hasReason(this.#now)) return false;
    this.#startRound(this.#state.round); // L10
    return true;
  }

  // --- Algorithm 1 ------------------------------------------------------------------------------------

  /** L11-L21. */
  #startRound(round: number): void {
    const state = this.#state;
    state.round = round; // L12
    state.step = STEP.propose; // L13
    this.#timers.clear();
    pruneRounds(state);
    for (const vote of state.newest.values()) {
      if (vote.round <= round + 1) roundOf(state, this.#committee, vote.round)[vote.kind].add(vote);
    }
    if (this.#committee.proposer(state.height, round) !== this.#self) {
      this.#schedule("propose", round); // L21
      return;
    }
    if (saidIn(state, round).proposal !== null) return; // said before a restart
    const valid = state.valid;
    const block = valid === null ? this.#app.build(this.#now, this.#self, round) : state.blocks.get(valid.block)!; // L15-L18
    const hash = blockHash(this.#config.crypto.hash, block.header);
    const validRoundPlus1 = valid === null ? 0 : valid.round + 1;
    const content = {
      job: this.#config.job,
      height: state.height,
      round,
      validRoundPlus1,
      block: hash,
      proposer: this.#self,
    };
    const statement = signProposal(this.#config.meshId, this.#config.crypto, this.#config.signer, content);
    const proposal: Proposal = { statement, block, polka: valid === null ? [] : valid.polka };
    state.blocks.set(hash, block);
    saidIn(state, round).proposal = proposal;
    const entry = roundOf(state, this.#committee, round);
    entry.proposal = proposal;
    entry.proposedAtMs = this.#now.monoMs;
    state.heard.add(this.#self);
    this.#unsaved = true;
    const { height } = state;
    this.#config.out.trace({
      kind: "proposed",
      job: this.#config.job,
      height,
      round,
      block: hash,
      validRound: validRoundPlus1 - 1,
    });
    this.#broadcast({ kind: "proposal", ...proposal }); // L19
  }

  /** L22-L33: what to prevote on the round's proposal, once it can be judged. */
  #prevote(): boolean {
    const { step, round } = this.#state;
    if (step !== STEP.propose) return false;
    const proposal = this.#state.rounds.get(round)?.proposal;
    if (proposal === null || proposal === undefined) return false;
    const choice = proposal.statement.validRoundPlus1 === 0 ? this.#judgeFresh(proposal) : this.#judgeAgain(proposal);
    if (choice === "wait") return false;
    this.#vote("prevote", choice === "yes" ? proposal.statement.block : null);
    this.#setStep(STEP.prevote); // L27, L33
    return true;
  }

  /** L22-L26: a proposal without a valid round. Only here the timely part of validity counts (A3). */
  #judgeFresh({ statement, block }: Proposal): "yes" | "no" | "wait" {
    const { locked, round } = this.#state;
    if (block.header.round !== round) return "no";
    if (locked !== null && locked.block !== statement.block) return "no"; // L23
    const validity = this.#validity(statement.block, block);
    if (validity !== "valid") return validity === "invalid" ? "no" : "wait";
    if (statement.proposer === this.#self) return "yes";
    return this.#app.timely(block, this.#now, round, this.#pace.timeoutMs(round));
  }

  /** L28-L32: a proposal with a valid round, which its quorum of prevotes must prove. */
  #judgeAgain({ statement, block }: Proposal): "yes" | "no" | "wait" {
    const { locked, round, rounds } = this.#state;
    const validRound = statement.validRoundPlus1 - 1;
    if (validRound >= round) return "no";
    const power = rounds.get(validRound)?.prevote.power(statement.block) ?? 0;
    if (!this.#committee.isQuorum(power)) return "wait";
    const validity = this.#validity(statement.block, block);
    if (validity !== "valid") return validity === "invalid" ? "no" : "wait";
    return locked === null || locked.round <= validRound || locked.block === statement.block ? "yes" : "no"; // L29
  }

  /** L36-L46: what to precommit once a quorum prevoted the same. */
  #precommit(): boolean {
    const state = this.#state;
    const round = state.rounds.get(state.round);
    if (round === undefined || state.step < STEP.prevote) return false;
    const quorum = round.prevote.quorum;
    if (typeof quorum === "string" && !round.polkaSeen && this.#validity(quorum, null) === "valid") {
      round.polkaSeen = true; // L36, "for the first time"
      this.#onPolka(round, quorum);
      return true;
    }
    if (state.step !== STEP.prevote || quorum !== null) return false;
    this.#vote("precommit", null); // L44-L46
    this.#setStep(STEP.precommit);
    return true;
  }

  /** L37-L43. */
  #onPolka(round: Round, block: Hash): void {
    const state = this.#state;
    if (round.proposedAtMs > 0) this.#pace.observe(this.#now.monoMs - round.proposedAtMs);
    state.valid = { round: state.round, block, polka: round.prevote.quorumVotes(block) }; // L42-L43
    if (state.step === STEP.prevote) {
      state.locked = { round: state.round, block }; // L38-L39
      this.#vote("precommit", block); // L40
      this.#setStep(STEP.precommit); // L41
    }
    this.#unsaved = true;
  }

  /** L34-L35 and L47-L48: a quorum voted, but not for the same. Each is scheduled once a round. */
  #scheduleTimeouts(): void {
    const state = this.#state;
    const round = state.rounds.get(state.round);
    if (state.step === STEP.idle || round === undefined) return;
    if (state.step === STEP.prevote && !round.prevotesSeen && this.#committee.isQuorum(round.prevote.anyPower)) {
      round.prevotesSeen = true;
      this.#schedule("prevote", state.round);
    }
    if (!round.precommitsSeen && this.#committee.isQuorum(round.precommit.anyPower)) {
      round.precommitsSeen = true;
      this.#schedule("precommit", state.round);
    }
  }

  /** L49-L54: any round of this height. Any known block with the right hash serves (A2). */
  #decide(): boolean {
    for (const round of this.#state.rounds.values()) {
      const hash = round.precommit.quorum;
      if (typeof hash === "string" && this.#take(hash, null, round.precommit.quorumVotes(hash))) return true;
    }
    return false;
  }

  /** A quorum decided this block. False while something of it is missing. */
  #take(hash: Hash, given: Block | null, commit: readonly Vote[]): boolean {
    const validity = this.#validity(hash, given);
    if (validity === "missing") return false;
    const block = given ?? this.#state.blocks.get(hash)!;
    if (validity === "invalid") refuseDecided(block, commit);
    this.#app.commit(block, commit);
    this.#state = createHeight(this.#app.tip.nextHeight); // L52-L54
    this.#timers.clear();
    this.#healing.onHeight(this.#now, this.#state.height);
    this.#intake.takeEarly(this.#now, this.#state);
    return true;
  }

  /** L55-L56: more than 1/3 of the power is in a later round; counted by each member's newest round (A2). */
  #skipRounds(): boolean {
    const { newest, round, step } = this.#state;
    if (step === STEP.idle) return false;
    const ahead = [...newest.values()].filter((vote) => vote.round > round).sort((a, b) => b.round - a.round);
    let power = 0;
    for (let i = 0; i < ahead.length; i++) {
      power += this.#committee.power(ahead[i]!.voter);
      if (!this.#committee.hasHonest(power)) continue;
      this.#state.entry = ahead.slice(0, i + 1);
      this.#startRound(ahead[i]!.round);
      return true;
    }
    return false;
  }

  /** L57-L67. Timers of earlier rounds and heights were cleared when those ended. */
  #onTimeout(timer: Timer): void {
    const state = this.#state;
    if (timer === "propose" && state.step === STEP.propose) {
      this.#vote("prevote", null); // L59
      this.#setStep(STEP.prevote); // L60
    } else if (timer === "prevote" && state.step === STEP.prevote) {
      this.#vote("precommit", null); // L63
      this.#setStep(STEP.precommit); // L64
    } else if (timer === "precommit") {
      state.entry = roundOf(state, this.#committee, state.round).precommit.firstVotes();
      this.#startRound(state.round + 1); // L67
    }
  }

  #setStep(step: Step): void {
    this.#state.step = step;
  }

  #schedule(timer: Timer, round: number): void {
    this.#timers.set(timer, this.#now.monoMs + this.#pace.timeoutMs(round));
  }

  #vote(kind: VoteKind, block: Hash | null): void {
    const { job, meshId, crypto, signer } = this.#config;
    const { height, round } = this.#state;
    assert(this.#isVoter, `a vote at height ${height}, at which it may have voted before`);
    assert(ownVote(this.#state, round, kind) === undefined, `a second ${kind} at height ${height}, round ${round}`);
    const vote = signVote(meshId, crypto, signer, { kind, job, height, round, block, voter: this.#self });
    saidIn(this.#state, round).votes.push(vote);
    roundOf(this.#state, this.#committee, round)[kind].add(vote);
    this.#state.heard.add(this.#self);
    this.#unsaved = true;
    this.#config.out.trace({ kind: "voted", job, vote: kind, height, round, block });
    this.#broadcast({ kind: "votes", job, votes: [vote] });
  }

  /** Deterministic validity (A3) of a block of this height; asks for what is missing. */
  #validity(hash: Hash, given: Block | null): "valid" | "invalid" | "missing" {
    const block = given ?? this.#state.blocks.get(hash);
    if (block === undefined) {
      this.#healing.wantBody(this.#now, hash);
      return "missing";
    }
    const { header } = block;
    const tip = this.#app.tip;
    const fits =
      header.job === this.#config.job &&
      header.height === tip.nextHeight &&
      header.parent === tip.hash &&
      header.timeMs >= tip.timeMs &&
      header.committeeHash === this.#committee.hash &&
      header.proposer === this.#committee.proposer(header.height, header.round);
    if (!fits) return "invalid";
    const validity = this.#app.check(block);
    if (validity === "missing") this.#healing.wantCommands(this.#now, hash, header.proposer, this.#app.missing(block));
    else this.#healing.gotten(hash);
    return validity;
  }

  // --- decided elsewhere ------------------------------------------------------------------------------

  #takeCommitted(block: Block, commit: readonly Vote[], learn: () => boolean): Verdict {
    const { crypto, meshId, job } = this.#config;
    const hash = blockHash(crypto.hash, block.header);
    if (block.header.height !== this.#state.height) return ignore("other-height");
    const decided = { job, height: block.header.height, hash };
    if (!isCommit(meshId, crypto, this.#committee, decided, commit)) return reject("bad-commit");
    if (!holdsItsCommands(crypto.hash, block)) return reject("wrong-commands");
    if (!learn()) return reject("bad-commands");
    this.#state.blocks.set(hash, block);
    return this.#take(hash, block, commit) ? ACCEPT : ignore("commands-missing");
  }
}
