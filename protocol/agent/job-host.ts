/**
 * A job that this agent keeps: as a member of its committee, as a standby that follows the blocks, or as a follower
 * for its operator. Brings together the replica, the consensus, the pool's forwarding, blobs that commands rest on,
 * blocks for those that are behind, and notices to workers.
 *
 * Source: protocol.md 5 (A1 forwarding, A2 blocks), 6.5 (notices), 7 (blobs).
 */

import { Consensus } from "../consensus/consensus.ts";
import { type ConsensusRecord, encodeRecord } from "../consensus/record.ts";
import { assert } from "../core/assert.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type CommitteeChange, certify } from "../job/certificate.ts";
import { matters } from "../job/committee-changes.ts";
import type { EventOf } from "../job/event.ts";
import { blobOf, type PoolEntry, toEnvelopes } from "../job/pool.ts";
import { type Decided, Replica } from "../job/replica.ts";
import { suspicionKey } from "../job/state.ts";
import type { Certificate } from "../wire/certificate.ts";
import type { CommandBody, Envelope } from "../wire/command.ts";
import type { Block, Header } from "../wire/consensus.ts";
import type { Genesis, SignedGenesis } from "../wire/genesis.ts";
import type { CommittedBlock, Message, Position } from "../wire/message.ts";
import { ignore, type Verdict } from "../wire/verdict.ts";
import { type Context, sealBodies } from "./context.ts";
import { encodeCandidate, encodeCommitted, SLOT, type StoredJob, toCommitted } from "./job-records.ts";
import { JobStats } from "./job-stats.ts";
import { Notices } from "./notices.ts";

/**
 * A command is forwarded to the other members when it has waited this long, ms, then every second (A1). Its author
 * sends it to all of them at once; in a healthy job it is decided before, and forwarding would triple the frames.
 */
const FIRST_FORWARD_MS = 100;
const FORWARD_MS = 1_000;
/** Look at the pool this often while it holds anything, ms. */
const POOL_TICK_MS = 50;
/** A blob that could not be had is asked for again after this, ms. */
const BLOB_RETRY_MS = 1_000;

export interface JobHostEvents {
  /** The agent's own part as a worker learns what members decided, without waiting for notices. */
  onNotices(host: JobHost, notices: readonly { readonly to: AgentId; readonly message: Message }[]): void;
  /** A need for offers opened: a beacon may be due. */
  onWindow(host: JobHost, event: EventOf<"window">, header: Header): void;
  onCommittee(host: JobHost): void;
  /** Blocks that are in the store only are asked for. */
  onReadBlocks(host: JobHost, to: AgentId, slots: readonly string[]): void;
}

export class JobHost {
  readonly job: JobId;
  readonly genesis: Genesis;
  readonly signed: SignedGenesis;
  readonly replica: Replica;
  readonly stats = new JobStats();
  readonly notices: Notices;
  readonly #context: Context;
  readonly #events: JobHostEvents;
  readonly #consensus: Consensus;
  readonly #recent = new Map<number, CommittedBlock>();
  readonly #changes: CommitteeChange[] = [];
  readonly #followers = new Set<AgentId>();
  /** Blobs that pooled commands rest on and that are not here yet. `retryMs`: when to ask again; null while asked. */
  readonly #fetching = new Map<Hash, { retryMs: number | null; from: Set<AgentId>; bytes: number }>();
  readonly #accused = new Set<AgentId>();
  readonly #candidates = new Set<Hash>();
  /** The certificate of the job's last event. */
  certificate: Certificate | null = null;
  startedWallMs = 0;
  endedWallMs = 0;
  #poolTickMs = Number.POSITIVE_INFINITY;
  #isReplaying = false;

  constructor(
    context: Context,
    events: JobHostEvents,
    signed: SignedGenesis,
    genesis: Genesis,
    job: JobId,
    stored: StoredJob | null,
  ) {
    this.#context = context;
    this.#events = events;
    this.job = job;
    this.signed = signed;
    this.genesis = genesis;
    const { config, self } = context;
    this.replica = new Replica(genesis, job, self, config.crypto, { onDecided: (decided) => this.#onDecided(decided) });
    this.notices = new Notices(this.replica);
    if (stored !== null) this.#replay(stored);
    this.#consensus = new Consensus(
      {
        meshId: config.meshId,
        job,
        signer: config.signer,
        crypto: config.crypto,
        app: this.replica,
        out: {
          send: (to, message) => context.send(to, message),
          persist: (record, bodies) => this.#persistVote(record, bodies),
          trace: (event) => context.emit({ kind: "trace", event }),
          evidence: (body, culprit) => this.#onEvidence(body, culprit),
          serve: (to, fromHeight) => this.serveBlocks(to, fromHeight),
          decided: () => undefined,
        },
      },
      stored?.vote ?? null,
    );
  }

  #replay(stored: StoredJob): void {
    this.#isReplaying = true;
    for (const { block, envelopes, commit } of stored.blocks) {
      for (const envelope of envelopes) this.replica.pool.restore(envelope);
      assert(this.replica.check(block) === "valid", `stored block ${block.header.height} does not apply`);
      this.replica.commit(block, commit);
    }
    for (const envelopes of stored.candidates) for (const envelope of envelopes) this.replica.pool.restore(envelope);
    this.#isReplaying = false;
  }

  get role(): "member" | "follower" {
    return this.#consensus.isMember ? "member" : "follower";
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

  /** Members, standbys and followers: all that keep the log. */
  keepers(): Set<AgentId> {
    return new Set([...this.members, ...this.replica.ledger.state.standbys.get(), ...this.#followers]);
  }

  /** Agents that this one pulses because of this job: it keeps its log with them, or they work for it. */
  peers(): Set<AgentId> {
    const peers = this.keepers();
    for (const [agent, record] of this.replica.ledger.state.agents.sorted()) if (record.live > 0) peers.add(agent);
    peers.delete(this.#context.self);
    return peers;
  }

  start(): void {
    this.#context.emit({ kind: "trace", event: { kind: "hosting", job: this.job, role: this.role } });
    if (this.startedWallMs === 0) this.startedWallMs = this.#context.now.wallMs;
    this.#askForBlobs();
    this.#consensus.start(this.#context.now);
  }

  // --- inputs -----------------------------------------------------------------------------------------

  onMessage(from: AgentId, message: Message): Verdict {
    const now = this.#context.now;
    switch (message.kind) {
      case "envelopes":
        return this.#onEnvelopes(from, message.envelopes);
      case "proposal":
        return this.#consensus.onProposal(now, from, message);
      case "votes":
        return this.#consensus.onVotes(now, from, message.votes);
      case "fetchBlocks":
        this.serveBlocks(from, message.from);
        return ignore("served");
      case "blocks":
        return this.#onBlocks(message.blocks);
      case "fetchBody": {
        const block = this.#consensus.state.blocks.get(message.block);
        if (block !== undefined) this.#context.send(from, { kind: "body", job: this.job, block });
        return ignore("served");
      }
      case "body":
        return this.#consensus.onBody(now, message.block);
      case "fetchCommands":
        this.#sendEnvelopes(from, this.replica.envelopesOf(message.hashes));
        return ignore("served");
      case "haveBlobs":
        for (const blob of message.blobs) {
          this.replica.noteHolder(blob, from);
          this.#fetching.get(blob)?.from.add(from);
        }
        this.#consensus.onTick(now);
        return ignore("noted");
      case "follow":
        if (!message.on) this.#followers.delete(from);
        else if (this.#followers.size < limits.standbys) {
          this.#followers.add(from);
          this.serveBlocks(from, 1);
        }
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
      const result = this.replica.learn(this.#context.now, envelope);
      if (result.verdict.verdict === "reject") return result.verdict;
      if (result.verdict.verdict === "accept") verdict = result.verdict;
      if (result.added.length > 0) isNew = true;
      for (const entry of result.added) this.#onCommand(entry);
      if (from === envelope.author) this.#answer(from, envelope, result.added);
    }
    if (isNew) this.#changed();
    return verdict;
  }

  /** Commands that were pooled before this agent judged blobs for itself: restored, or from before it was a member. */
  #askForBlobs(): void {
    for (const entry of this.replica.pool.entries()) this.#onCommand(entry);
  }

  #onCommand(entry: PoolEntry): void {
    this.#poolTickMs = Math.min(this.#poolTickMs, this.#context.now.monoMs + POOL_TICK_MS);
    const blob = blobOf(entry.command);
    if (blob === null || this.role !== "member") return;
    const from = new Set([entry.command.author, ...this.members]);
    from.delete(this.#context.self);
    this.#fetching.set(blob.hash, { retryMs: null, from, bytes: blob.bytes });
    this.#context.emit({ kind: "fetchBlob", hash: blob.hash, bytes: blob.bytes, from: [...from] });
  }

  /** A worker that says again what is settled missed a notice: it is told how its awards stand. */
  #answer(author: AgentId, envelope: Envelope, added: readonly PoolEntry[]): void {
    if (added.length === envelope.bodies.length || this.role !== "member") return;
    const items = this.notices.standing(author, envelope, this.#context.config.crypto);
    if (items.length > 0) this.#notify([{ to: author, message: { kind: "notice", job: this.job, items } }]);
  }

  /** This agent's own commands: taken here, and sent to every member. */
  submit(bodies: readonly CommandBody[]): void {
    if (bodies.length === 0) return;
    this.#publish(sealBodies(this.#context, this.job, bodies));
  }

  #publish(envelope: Envelope): void {
    this.#context.sendAll(this.members, { kind: "envelopes", job: this.job, envelopes: [envelope] });
    this.#onEnvelopes(this.#context.self, [envelope]);
  }

  /** A command of somebody else, handed to this node by its operator. */
  publish(envelope: Envelope): void {
    this.#publish(envelope);
  }

  #onBlocks(blocks: readonly CommittedBlock[]): Verdict {
    const now = this.#context.now;
    let verdict: Verdict = ignore("known");
    for (const { block, envelopes, commit } of blocks) {
      if (block.header.height !== this.replica.tip.nextHeight) continue;
      for (const envelope of envelopes) this.replica.learn(now, envelope);
      verdict = this.#consensus.onCommitted(now, block, commit);
      if (verdict.verdict === "reject") return verdict;
    }
    if (blocks.length === limits.syncBlocks) this.#consensus.onBlocksTaken(now);
    return verdict;
  }

  onPosition(from: AgentId, position: Position): void {
    this.#consensus.onPosition(this.#context.now, from, position);
    if (this.role !== "member") return;
    const items = this.notices.repair(from, position.awards);
    if (items.length > 0) this.#notify([{ to: from, message: { kind: "notice", job: this.job, items } }]);
  }

  onConnected(peer: AgentId): void {
    this.#consensus.onConnected(this.#context.now, peer);
    if (this.role !== "member") return;
    const items = this.notices.live(peer);
    if (items.length > 0) this.#notify([{ to: peer, message: { kind: "notice", job: this.job, items } }]);
    if (this.members.includes(peer)) this.#forward(this.replica.applicable(this.#context.now), [peer]);
  }

  onBlobStored(blob: Hash): void {
    const wanted = this.#fetching.get(blob);
    if (wanted === undefined) return;
    this.#fetching.delete(blob);
    this.replica.noteHolder(blob, this.#context.self);
    this.#context.sendAll(this.members, { kind: "haveBlobs", job: this.job, blobs: [blob] });
    this.#changed();
  }

  onBlobFailed(blob: Hash): void {
    const wanted = this.#fetching.get(blob);
    if (wanted !== undefined) wanted.retryMs = this.#context.now.monoMs + BLOB_RETRY_MS;
  }

  /** Agents that seem dead, or seem so no longer; members say so in the log when something hangs on it. */
  onSuspicions(isSuspect: (agent: AgentId) => boolean): void {
    if (this.role !== "member" || this.isEnded) return;
    const { self, now } = this.#context;
    this.replica.settle();
    const { ledger } = this.replica;
    const bodies: CommandBody[] = [];
    for (const target of this.peers()) {
      const suspected = isSuspect(target);
      if (suspected && !matters(ledger, target)) continue;
      const body = { kind: "suspicion" as const, target, suspected };
      const pooled = [...this.replica.pool.entries()].some(
        ({ command }) =>
          command.author === self &&
          command.body.kind === "suspicion" &&
          command.body.target === target &&
          command.body.suspected === suspected,
      );
      const said = ledger.state.suspicionCounters.get(suspicionKey(self, target)) !== undefined;
      if (pooled || (!suspected && !said)) continue;
      const command = { job: this.job, author: self, counter: Number.MAX_SAFE_INTEGER, body };
      if (ledger.judge(command, Math.max(this.replica.tip.timeMs, now.wallMs)) === null) bodies.push(body);
    }
    this.submit(bodies);
  }

  tick(): void {
    const { now } = this.#context;
    for (const [hash, wanted] of this.#fetching) {
      if (wanted.retryMs === null || wanted.retryMs > now.monoMs) continue;
      wanted.retryMs = null;
      this.#context.emit({ kind: "fetchBlob", hash, bytes: wanted.bytes, from: [...wanted.from] });
    }
    if (now.monoMs >= this.#poolTickMs) this.#forwardDue();
    this.#consensus.onTick(now);
  }

  nextWakeMs(): number {
    let wake = Math.min(this.#poolTickMs, this.#consensus.nextWakeMs(this.#context.now));
    for (const { retryMs } of this.#fetching.values()) wake = Math.min(wake, retryMs ?? wake);
    return wake;
  }

  // --- forwarding -------------------------------------------------------------------------------------

  #changed(): void {
    this.#consensus.onTick(this.#context.now);
  }

  #forwardDue(): void {
    const { monoMs } = this.#context.now;
    if (this.replica.pool.size === 0 || this.isEnded) this.#poolTickMs = Number.POSITIVE_INFINITY;
    else this.#poolTickMs = monoMs + POOL_TICK_MS;
    const due = this.replica.applicable(this.#context.now).filter((entry) => {
      return entry.forwardedMs === null
        ? monoMs - entry.arrivedMs >= FIRST_FORWARD_MS
        : monoMs - entry.forwardedMs >= FORWARD_MS;
    });
    this.#forward(due, this.members);
    for (const entry of due) {
      entry.forwardedMs = monoMs;
      entry.firstForwardedMs ??= monoMs;
    }
  }

  #forward(entries: readonly PoolEntry[], to: readonly AgentId[]): void {
    if (entries.length === 0) return;
    for (const agent of to)
      if (agent !== this.#context.self) this.#sendEnvelopes(agent, toEnvelopes(this.job, entries));
    const blobs = entries.map((entry) => blobOf(entry.command)?.hash).filter((hash) => hash !== undefined);
    const held = blobs.filter((hash) => this.replica.isHolder(hash, this.#context.self));
    if (held.length > 0)
      this.#context.sendAll(to, { kind: "haveBlobs", job: this.job, blobs: held.slice(0, limits.blockCommands) });
  }

  /** Envelopes in frames that stay well below the limit. */
  #sendEnvelopes(to: AgentId, envelopes: readonly Envelope[]): void {
    let batch: Envelope[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (batch.length > 0) this.#context.send(to, { kind: "envelopes", job: this.job, envelopes: batch });
      batch = [];
      bytes = 0;
    };
    for (const envelope of envelopes) {
      const size = envelope.bodies.reduce((sum, body) => sum + body.length, 40 * envelope.hashes.length + 256);
      if (bytes + size > limits.frameBytes / 2) flush();
      batch.push(envelope);
      bytes += size;
    }
    flush();
  }

  // --- blocks -----------------------------------------------------------------------------------------

  #persistVote(record: ConsensusRecord, bodies: readonly Block[]): void {
    const { job } = this;
    for (const block of bodies) {
      const hash = block.header.commandsHash;
      if (this.#candidates.has(hash)) continue;
      this.#candidates.add(hash);
      const bytes = encodeCandidate(this.replica.envelopesOf(block.commands));
      this.#context.emit({ kind: "persist", job, slot: SLOT.candidate(hash), bytes, durable: true });
    }
    this.#context.emit({ kind: "persist", job, slot: SLOT.vote, bytes: encodeRecord(record), durable: true });
  }

  #onDecided(decided: Decided): void {
    const { header } = decided.block;
    const committed = toCommitted(decided);
    this.#recent.set(header.height, committed);
    this.#recent.delete(header.height - limits.recentBlocks);
    if (header.nextCommitteeHash !== header.committeeHash) {
      this.#changes.push({ header, commit: decided.commit, next: decided.outcome.committee });
    }
    for (const event of decided.outcome.events) this.stats.note(event);
    const last = decided.outcome.events.length - 1;
    if (decided.outcome.events[last]?.kind === "completed") {
      const { config } = this.#context;
      const proof = { header, commit: decided.commit, outcome: decided.outcome, parentEvents: decided.parentEvents };
      this.certificate = certify(config.crypto, this.signed, this.#changes, proof, last);
      this.endedWallMs = header.timeMs;
    }
    if (this.#isReplaying) return;
    this.#persistBlock(decided, committed);
    this.#tell(decided, committed);
  }

  #persistBlock(decided: Decided, committed: CommittedBlock): void {
    const { job } = this;
    const { height } = decided.block.header;
    this.#context.emit({
      kind: "persist",
      job,
      slot: SLOT.block(height),
      bytes: encodeCommitted(committed),
      durable: false,
    });
    for (const hash of this.#candidates) {
      this.#context.emit({ kind: "persist", job, slot: SLOT.candidate(hash), bytes: null, durable: false });
    }
    this.#candidates.clear();
  }

  /** Traces, followers, the operator, and, from members, the workers. */
  #tell(decided: Decided, committed: CommittedBlock): void {
    const { header, commands } = decided.block;
    const { events } = decided.outcome;
    const { job, replica } = this;
    const { height, timeMs } = header;
    const round = decided.commit[0]?.round ?? 0;
    const state = this.#context.config.traceState === true ? replica.ledger.digest : "";
    this.#context.emit({
      kind: "trace",
      event: { kind: "applied", job, height, round, block: decided.hash, timeMs, state, commands, events },
    });
    this.#context.emit({ kind: "event", event: { kind: "block", job, height, timeMs, events } });
    for (const follower of this.#followers) this.sendBlocks(follower, [committed]);
    if (this.role === "member") {
      this.#notify(this.notices.of(events));
      if (header.nextCommitteeHash !== header.committeeHash) {
        this.#tellCommittee();
        this.#askForBlobs();
      }
    }
    for (const event of events) if (event.kind === "window") this.#events.onWindow(this, event, header);
  }

  #notify(notices: readonly { readonly to: AgentId; readonly message: Message }[]): void {
    for (const blob of this.notices.takeBlobs()) this.#context.emit({ kind: "storeBlob", bytes: blob });
    for (const { to, message } of notices) this.#context.send(to, message);
    this.#events.onNotices(this, notices);
  }

  #tellCommittee(): void {
    this.#events.onCommittee(this);
    const agents = this.replica.ledger.state.agents.sorted().map(([agent]) => agent);
    for (const agent of agents) this.sendCommittees(agent, this.#changes.slice(-1));
  }

  /** The committees after the genesis's, with their proofs: for agents that know the genesis only. */
  sendCommittees(to: AgentId, changes: readonly CommitteeChange[] = this.#changes): void {
    for (const { header, commit, next } of changes) {
      this.#context.send(to, { kind: "committee", job: this.job, header, commit, committee: next });
    }
  }

  /**
   * Blocks in one frame. Whoever signs each of its commands with hundreds of others makes proofs larger than the
   * block: those commands go ahead in frames of their own, and the receiver finds them in its pool.
   */
  sendBlocks(to: AgentId, blocks: readonly CommittedBlock[]): void {
    const bytes = blocks.reduce((sum, block) => sum + encodeCommitted(block).length, 0);
    const isLarge = bytes > limits.frameBytes / 2;
    if (isLarge) for (const { envelopes } of blocks) this.#sendEnvelopes(to, envelopes);
    const light = isLarge ? blocks.map((block) => ({ ...block, envelopes: [] })) : blocks;
    this.#context.send(to, { kind: "blocks", job: this.job, blocks: light });
  }

  serveBlocks(to: AgentId, fromHeight: number): void {
    const tip = this.replica.tip.nextHeight;
    if (fromHeight >= tip || fromHeight < 1) return;
    const count = Math.min(limits.syncBlocks, tip - fromHeight);
    const blocks: CommittedBlock[] = [];
    let bytes = 0;
    for (let height = fromHeight; height < fromHeight + count; height++) {
      const block = this.#recent.get(height);
      if (block === undefined) break;
      bytes += encodeCommitted(block).length;
      if (bytes > limits.frameBytes / 2 && blocks.length > 0) break;
      blocks.push(block);
    }
    if (blocks.length > 0) {
      this.sendBlocks(to, blocks);
      return;
    }
    const slots = Array.from({ length: count }, (_, index) => SLOT.block(fromHeight + index));
    this.#events.onReadBlocks(this, to, slots);
  }

  // --- evidence ---------------------------------------------------------------------------------------

  #onEvidence(body: CommandBody, culprit: AgentId): void {
    if (this.#accused.has(culprit)) return;
    this.#accused.add(culprit);
    this.#context.emit({ kind: "trace", event: { kind: "evidence", job: this.job, culprit } });
    this.submit([body]);
  }
}
