/**
 * A job whose log this agent has: as a member, as a standby, or as a follower for its operator. Brings together the replica,
 * the consensus, the relay of commands (command-relay.ts), the blocks (block-archive.ts), notices to workers, and suspicions.
 *
 * Source: protocol.md 5, 6.5 (notices), 8 (suspicion).
 */

import { Consensus } from "../consensus/consensus.ts";
import { type ConsensusRecord, encodeRecord } from "../consensus/record.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { certify } from "../job/certificate.ts";
import type { PoolEntry, Sender } from "../job/pool.ts";
import { type Decided, Replica } from "../job/replica.ts";
import type { CommandBody, Envelope } from "../wire/command.ts";
import { agentsOf, type Block } from "../wire/consensus.ts";
import type { Genesis, SignedGenesis } from "../wire/genesis.ts";
import type { CommittedBlock, Message, Position, UnsettledItem } from "../wire/message.ts";
import { ignore, type Verdict } from "../wire/verdict.ts";
import { BlockArchive } from "./block-archive.ts";
import { type CheckedGenesis, needsOf } from "./checked-genesis.ts";
import { CommandRelay } from "./command-relay.ts";
import { type Context, signBodies } from "./context.ts";
import { Explanations } from "./explanations.ts";
import { type HostedJobEvents, type HostedJobFacts, NO_FACTS } from "./hosted-job-events.ts";
import { SLOT, type StoredJob } from "./job-records.ts";
import { reportBlock, taughtEvent } from "./job-reports.ts";
import { JobStats } from "./job-stats.ts";
import { abstentionIn } from "./lost-votes.ts";
import { Notices } from "./notices.ts";
import { replay } from "./replay.ts";
import { sendEnvelopes } from "./send-envelopes.ts";
import { atWork, newSuspicions } from "./suspicions.ts";

export class HostedJob {
  readonly job: JobId;
  readonly genesis: Genesis;
  readonly signed: SignedGenesis;
  readonly replica: Replica;
  readonly stats = new JobStats();
  readonly explanations: Explanations;
  readonly notices: Notices;
  readonly archive: BlockArchive;
  readonly #context: Context;
  readonly #events: HostedJobEvents<HostedJob>;
  readonly #consensus: Consensus;
  readonly #relay: CommandRelay;
  readonly #accused = new Set<AgentId>();
  readonly #facts: { -readonly [K in keyof HostedJobFacts]: HostedJobFacts[K] } = { ...NO_FACTS };
  readonly facts: HostedJobFacts = this.#facts;
  #isReplaying = false;

  constructor(
    context: Context,
    events: HostedJobEvents<HostedJob>,
    { signed, genesis, job }: CheckedGenesis,
    stored: StoredJob | null,
  ) {
    this.#context = context;
    this.#events = events;
    this.job = job;
    this.signed = signed;
    this.genesis = genesis;
    const { config, self, selectors } = context;
    const { traceState: isTraced, executions } = config;
    this.replica = new Replica({ genesis, job, selectors, isTraced, executions }, self, config.crypto, {
      onDecided: (decided) => this.#onDecided(decided),
    });
    this.notices = new Notices(this.replica);
    this.explanations = new Explanations(config.explainedTasks ?? limits.explainedTasks);
    this.#relay = new CommandRelay(context, job, this.replica);
    this.archive = new BlockArchive(context, job, {
      readBlocks: (to, slots) => events.onReadBlocks(this, to, slots),
      sendEnvelopes: (to, envelopes) => sendEnvelopes(context, job, to, envelopes),
    });
    this.#facts.hasVoted = stored !== null && (stored.vote !== null || stored.abstention !== null);
    if (stored !== null) this.#replay(stored);
    this.#consensus = new Consensus(
      {
        ...{ meshId: config.meshId, job, signer: config.signer, crypto: config.crypto },
        app: this.replica,
        abstention: abstentionIn(context, this, stored),
        out: {
          send: (to, message) => context.sendAll(to, message),
          persist: (record, blocks) => this.#persistVote(record, blocks),
          trace: (event) => context.emit({ kind: "trace", event }),
          evidence: (body, culprit) => this.#onEvidence(body, culprit),
          serve: (to, fromHeight) => this.archive.serve(to, fromHeight),
        },
      },
      stored?.vote ?? null,
    );
  }

  #replay(stored: StoredJob): void {
    this.#isReplaying = true;
    replay(this.replica, this.job, this.#context.config.crypto.hash, stored);
    this.archive.restoreUndecided(stored.undecided.map(({ commandsHash }) => commandsHash));
    this.#isReplaying = false;
    if (this.isEnded) this.archive.shorten();
  }

  get role(): "member" | "follower" {
    return this.#consensus.isMember ? "member" : "follower";
  }

  get nextHeight(): number {
    return this.replica.tip.nextHeight;
  }

  get isEnded(): boolean {
    return this.replica.ended;
  }

  get position(): Omit<Position, "awards"> {
    return this.#consensus.position;
  }

  get members(): AgentId[] {
    return this.replica.committee.members.map((member) => member.agent);
  }

  /** Members and standbys: they pulse each other. */
  get #hosts(): AgentId[] {
    return agentsOf([...this.replica.committee.members, ...this.replica.decided.state.standbys.get()]);
  }

  /** Whether this agent hears from the others regularly. A follower does not. */
  get hearsPulses(): boolean {
    return this.#hosts.includes(this.#context.self);
  }

  /** Everybody who reads the log: members, standbys and followers. */
  readers(): Set<AgentId> {
    return new Set([...this.#hosts, ...this.archive.followers]);
  }

  /** Agents from which this one hears pulses because of this job: the other readers, and, as a member, those who work or offer. */
  peers(): Set<AgentId> {
    const peers = this.readers();
    if (this.role === "member")
      for (const agent of atWork(this.replica.decided.state, this.#context.now.wallMs)) peers.add(agent);
    peers.delete(this.#context.self);
    return peers;
  }

  start(): void {
    this.#facts.knownWakeMs = null;
    this.#context.emit({ kind: "trace", event: { kind: "hosting", job: this.job, role: this.role } });
    if (this.#facts.startedWallMs === 0) this.#facts.startedWallMs = this.#context.now.wallMs;
    this.#relay.takeUp();
    this.#consensus.start(this.#context.now);
  }

  // --- inputs -----------------------------------------------------------------------------------------

  onMessage(from: AgentId, message: Message): Verdict {
    this.#facts.knownWakeMs = null;
    const now = this.#context.now;
    switch (message.kind) {
      case "envelopes":
        return this.#onEnvelopes(from, message.envelopes);
      case "proposal":
        return this.#consensus.onProposal(now, from, message);
      case "votes":
        return this.#consensus.onVotes(now, from, message.votes);
      case "fetchBlocks":
        this.archive.serve(from, message.from);
        return ignore("served");
      case "blocks":
        return this.#onBlocks(from, message.blocks);
      case "fetchBody": {
        const block = this.#consensus.state.blocks.get(message.block);
        if (block !== undefined) this.#context.send(from, { kind: "body", job: this.job, block });
        return ignore("served");
      }
      case "body":
        return this.#consensus.onBody(now, message.block);
      case "fetchCommands":
        sendEnvelopes(this.#context, this.job, from, this.replica.pool.envelopesOf(message.hashes));
        return ignore("served");
      case "haveCommands":
        this.#relay.onAnnounced(from, message.hashes);
        return ignore("noted");
      case "haveBlobs":
        for (const blob of message.blobs) this.#relay.onHolder(blob, from);
        this.#consensus.onTick(now);
        return ignore("noted");
      case "unsettled":
        this.onUnsettled(from, message.items);
        return ignore("served");
      case "follow":
        // Each block goes to each follower, so strangers could make a member send every block a hundred times.
        if (this.#context.principalOf(from) !== this.genesis.owner) return ignore("not-the-owner");
        this.archive.follow(from, message.from);
        return ignore("noted");
      default:
        return ignore("not-for-a-job");
    }
  }

  /** Commands: from their author, forwarded by a member, or asked for. */
  #onEnvelopes(from: AgentId, envelopes: readonly Envelope[]): Verdict {
    let verdict: Verdict = ignore("known");
    let isNew = false;
    for (const envelope of envelopes) {
      const result = this.replica.learn(this.#context.now, envelope, this.#senderOf(from));
      if (result.verdict.verdict === "reject") return result.verdict;
      if (result.verdict.verdict === "accept") verdict = result.verdict;
      isNew ||= result.added.length > 0;
      this.#relay.onCommands(from, envelope, result.added);
      if (from === envelope.author) this.#answer(from, envelope, result.added);
    }
    if (isNew) this.#consensus.onTick(this.#context.now);
    return verdict;
  }

  /** A worker that repeats settled commands missed a notice: it is told how its awards stand. */
  #answer(author: AgentId, envelope: Envelope, added: readonly PoolEntry[]): void {
    if (added.length === envelope.commands.length || this.role !== "member") return;
    this.#notify(this.notices.standing(author, envelope, this.#context.config.crypto));
  }

  /** An agent of this job asks how its commands stand. Returns those that this member lacks. */
  onUnsettled(author: AgentId, items: readonly UnsettledItem[]): readonly Hash[] {
    if (this.role !== "member" || !this.replica.decided.state.agents.has(author)) return [];
    const { notices, held, lacking } = this.notices.standings(author, items);
    this.#notify(notices);
    if (author === this.#context.self) return lacking;
    if (held.length > 0) this.#context.send(author, { kind: "held", job: this.job, hashes: held });
    if (lacking.length > 0) this.#context.send(author, { kind: "fetchCommands", job: this.job, hashes: lacking });
    return lacking;
  }

  /** This agent's own commands: taken here, and sent to every member. */
  submit(bodies: readonly CommandBody[]): void {
    if (bodies.length > 0) this.publish(signBodies(this.#context, this.job, bodies));
  }

  /** Takes commands of this agent that its pool had lost. */
  learnOwn(envelopes: readonly Envelope[]): void {
    this.#facts.knownWakeMs = null;
    this.#onEnvelopes(this.#context.self, envelopes);
  }

  /** Sealed commands, also of somebody else, handed to this node by its operator. */
  publish(envelope: Envelope): void {
    this.#facts.knownWakeMs = null;
    this.#context.sendAll(this.members, { kind: "envelopes", job: this.job, envelopes: [envelope] });
    this.#onEnvelopes(this.#context.self, [envelope]);
  }

  #senderOf(from: AgentId): Sender {
    return { source: this.#events.sourceOf(from), isHost: this.#hosts.includes(from) };
  }

  #onBlocks(from: AgentId, blocks: readonly CommittedBlock[]): Verdict {
    const now = this.#context.now;
    let verdict: Verdict = ignore("known");
    for (const { block, envelopes, commit } of blocks) {
      if (block.header.height !== this.replica.tip.nextHeight) continue;
      const learn = (): boolean => this.replica.learnDecided(now, block, envelopes, this.#senderOf(from));
      verdict = this.#consensus.onCommitted(now, block, commit, learn);
      if (verdict.verdict === "reject") return verdict;
    }
    if (blocks.length === limits.syncBlocks) this.#consensus.onBlocksTaken(now);
    return verdict;
  }

  onPosition(from: AgentId, position: Position): void {
    // Nobody pulses for a job that has ended.
    const hearsPulses = this.#hosts.includes(from) && !this.isEnded;
    this.#facts.knownWakeMs = null;
    this.#consensus.onPosition(this.#context.now, from, position, hearsPulses);
    if (this.isEnded && position.height === 0) this.#context.send(from, { kind: "over", job: this.job });
    if (this.role !== "member") return;
    this.#notify(this.notices.repair(from, position.awards));
  }

  onConnected(peer: AgentId): void {
    this.#facts.knownWakeMs = null;
    this.#consensus.onConnected(this.#context.now, peer);
    if (this.role !== "member") return;
    this.#notify(this.notices.live(peer));
    this.#relay.onConnected(peer);
  }

  /** `failure`: null if it is stored. */
  onBlob(blob: Hash, failure: string | null): void {
    this.#facts.knownWakeMs = null;
    if (failure !== null) this.#relay.onBlobFailed(blob);
    else if (this.#relay.onBlobStored(blob)) this.#consensus.onTick(this.#context.now);
  }

  /** Agents that seem dead, or seem so no longer; members say so in the log when something hangs on it. */
  onSuspicions(isSuspect: (agent: AgentId) => boolean): void {
    this.#facts.knownWakeMs = null; // once a second also for clocks that were set
    this.#facts.silent = this.members.filter(isSuspect);
    if (this.role !== "member" || this.isEnded) return;
    this.submit(newSuspicions(this.replica, this.#context, this.peers(), isSuspect));
  }

  tick(): void {
    this.#facts.knownWakeMs = null;
    this.#relay.tick();
    this.#consensus.onTick(this.#context.now);
  }

  nextWakeMs(): number {
    this.#facts.knownWakeMs ??= Math.min(this.#relay.nextWakeMs(), this.#consensus.nextWakeMs(this.#context.now));
    return this.#facts.knownWakeMs;
  }

  // --- blocks -----------------------------------------------------------------------------------------

  #persistVote(record: ConsensusRecord, blocks: readonly Block[]): void {
    this.#facts.hasVoted = true;
    for (const { header, commands } of blocks)
      this.archive.keepUndecided(header.commandsHash, () => this.replica.pool.envelopesOf(commands));
    this.#context.emit({ kind: "persist", job: this.job, slot: SLOT.vote, bytes: encodeRecord(record), durable: true });
  }

  #onDecided(decided: Decided): void {
    const { header } = decided.block;
    this.archive.note(decided);
    const atMs = Math.min(header.timeMs, this.#context.now.wallMs); // strangers may date blocks of theirs as they like
    for (const event of decided.outcome.events) this.stats.note(event, atMs);
    this.explanations.note(header, decided.outcome);
    const last = decided.outcome.events.length - 1;
    if (decided.outcome.events[last]?.kind === "completed") {
      const { config } = this.#context;
      const proof = { header, commit: decided.commit, outcome: decided.outcome, parentEvents: decided.parentEvents };
      this.#facts.certificate = certify(config.crypto, this.signed, this.archive.changes, proof, last);
      this.#facts.endedWallMs = atMs;
    }
    if (this.#isReplaying) return;
    this.archive.keep(header.height, this.isEnded);
    this.#relay.onDecided(decided.entries);
    this.#tell(decided);
  }

  /** Traces, followers, the operator, and, from members, the workers. */
  #tell(decided: Decided): void {
    const { header } = decided.block;
    const { events } = decided.outcome;
    reportBlock(this.#context, this.job, this.replica, decided);
    this.#events.onBlock(this);
    this.archive.tellFollowers(header.height);
    if (this.role === "member") {
      this.#notify(this.notices.of(events));
      if (header.nextCommitteeHash !== header.committeeHash) {
        this.#tellCommittee();
        this.#relay.takeUp();
      }
    }
    if (this.isEnded) this.#tellEnd();
    for (const event of events) if (event.kind === "window") this.#events.onWindow(this, event, header);
  }

  #notify(notices: readonly { readonly to: AgentId; readonly message: Message }[]): void {
    for (const bytes of this.notices.takeBlobs())
      this.#context.emit({ kind: "storeBlob", bytes, needs: needsOf(this) });
    for (const { to, message } of notices) this.#context.send(to, message);
    this.#events.onNotices(this, notices);
  }

  /** Tells the operator what the job taught; from now on nobody need pulse or offer for it. */
  #tellEnd(): void {
    this.#context.emit({ kind: "event", event: taughtEvent(this, this.#events) });
    if (this.role !== "member") return;
    for (const [agent] of this.replica.decided.state.agents.sorted())
      this.#context.send(agent, { kind: "over", job: this.job });
  }

  #tellCommittee(): void {
    this.#events.onCommittee(this);
    for (const [agent] of this.replica.decided.state.agents.sorted())
      this.archive.sendCommittees(agent, this.archive.changes.slice(-1));
  }

  // --- evidence ---------------------------------------------------------------------------------------

  #onEvidence(body: CommandBody, culprit: AgentId): void {
    if (this.#accused.has(culprit)) return;
    this.#accused.add(culprit);
    this.#context.emit({ kind: "trace", event: { kind: "evidence", job: this.job, culprit } });
    this.submit([body]);
  }
}
