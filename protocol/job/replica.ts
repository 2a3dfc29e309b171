/**
 * One agent's copy of a job: the ledger at the tip of the decided chain, the pool, and at most one block applied on
 * top to find out what it decides. This is the application that the job's consensus agrees on.
 *
 * Source: protocol.md 5, A1 (what arms), A3 (validity in two parts), 7 (blobs before blocks).
 */

import type { Application, Tip } from "../consensus/application.ts";
import { type Committee, createCommittee } from "../consensus/committee.ts";
import { assert } from "../core/assert.ts";
import type { Crypto } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Now } from "../input.ts";
import { hashOf } from "../wire/codec.ts";
import type { Envelope } from "../wire/command.ts";
import { type Block, blockHash, commandHashesCodec, committeeHash, type Header, type Vote } from "../wire/consensus.ts";
import type { Verdict } from "../wire/verdict.ts";
import { armsInCompany, judgeArming } from "./arming.ts";
import { BlobHolders } from "./blob-holders.ts";
import type { IdentifiedCommand, Ledger, Outcome } from "./ledger.ts";
import { blobOf, Pool, type PoolEntry, toEnvelopes } from "./pool.ts";
import { needKey } from "./state.ts";

/** How often judgements are renewed while a block is applied on top, ms: it must be taken back for that. */
const REFRESH_MS = 400;
/** Timeliness tolerates this at most, ms, whatever the windows are (A3). */
const TOLERANCE_MAX_MS = 500;

/** A block that was decided, with all that another agent needs to take it too; its commands as they waited here. */
export interface Decided {
  readonly block: Block;
  readonly hash: Hash;
  readonly commit: readonly Vote[];
  readonly entries: readonly PoolEntry[];
  readonly outcome: Outcome;
  /** The `eventsHash` of the block before: a certificate needs it. */
  readonly parentEvents: Hash;
}

export interface ReplicaOutput {
  /** A block was decided and applied. */
  onDecided(decided: Decided): void;
}

export class Replica implements Application {
  readonly ledger: Ledger;
  readonly pool: Pool;
  readonly #job: JobId;
  readonly #crypto: Crypto;
  readonly #self: AgentId;
  readonly #out: ReplicaOutput;
  #tip: Tip;
  #committee: Committee;
  #deadlineMs: number | null;
  #ended = false;
  #parentEvents: Hash;
  /** The block that is applied on top of the tip, and what it does. */
  #applied: { hash: Hash; outcome: Outcome } | null = null;
  readonly #invalid = new Set<Hash>();
  /** Commands of decided blocks of late, so that they are not pooled again. */
  readonly #done = new Map<Hash, number>();
  readonly #wanted = new Set<Hash>();
  /**
   * Commands of blocks of this height that were made or checked. One of them may be locked, and decided long after its
   * commands stopped applying at the present time: they stay until the height is decided.
   */
  readonly #candidates = new Set<Hash>();
  /** Who holds which blob that pooled commands rest on. */
  readonly #holders = new BlobHolders();
  #isJudged = false;
  #judgedAtMs = Number.NEGATIVE_INFINITY;

  /** `ledger`: of no block yet. */
  constructor(ledger: Ledger, self: AgentId, crypto: Crypto, out: ReplicaOutput) {
    const { genesis, job } = ledger;
    this.ledger = ledger;
    this.pool = new Pool(genesis.meshId, job, crypto);
    this.#job = job;
    this.#crypto = crypto;
    this.#self = self;
    this.#out = out;
    this.#tip = { nextHeight: 1, hash: job, timeMs: 0 };
    this.#committee = createCommittee(crypto.hash, genesis.committee);
    this.#deadlineMs = this.ledger.nextDeadlineMs;
    this.#parentEvents = this.ledger.state.eventsHash.get();
  }

  get tip(): Tip {
    return this.#tip;
  }

  get committee(): Committee {
    return this.#committee;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get nextDeadlineMs(): number | null {
    return this.#deadlineMs;
  }

  // --- the pool ---------------------------------------------------------------------------------------

  /** Takes commands. Returns those that are new. */
  learn(now: Now, envelope: Envelope): { verdict: Verdict; added: readonly PoolEntry[] } {
    const result = this.pool.add(now.monoMs, envelope, {
      isDone: (hash) => this.#done.has(hash),
      isWanted: (hash) => this.#wanted.has(hash),
      isInvolved: (author) => this.#isInvolved(author),
    });
    for (const entry of result.added) this.#wanted.delete(entry.hash);
    if (result.added.length > 0 && this.#applied === null && this.#isJudged) this.#judgeNew(now, result.added);
    return result;
  }

  #judgeNew(now: Now, added: readonly PoolEntry[]): void {
    for (const entry of added) {
      this.#judge(now, entry);
      entry.arms = entry.applicable === true;
    }
    if (added.some((entry) => armsInCompany(entry)))
      judgeArming(this.ledger.rulesAt(this.#timeAt(now)), this.pool.entries());
  }

  /** Authors of whom the job knows something; others may be anybody. */
  #isInvolved(author: AgentId): boolean {
    const { state, genesis } = this.ledger;
    if (author === genesis.owner || this.#committee.power(author) > 0) return true;
    return state.agents.has(author) || state.standbys.get().includes(author);
  }

  /** Whether a block that is being decided holds it. */
  isCandidate(command: Hash): boolean {
    return this.#candidates.has(command);
  }

  /** Whether it holds a command, or held it until a block took it. */
  isKnown(command: Hash): boolean {
    return this.pool.has(command) || this.#done.has(command);
  }

  /** Pooled commands that apply at the tip, as far as was judged. */
  applicable(now: Now): PoolEntry[] {
    this.#refresh(now);
    return [...this.pool.entries()].filter((entry) => entry.applicable === true);
  }

  #judge(now: Now, entry: PoolEntry): void {
    entry.applicable = this.ledger.judge(entry.command, this.#timeAt(now)) === null;
    if (!entry.applicable) entry.arms = false;
  }

  /** Judges every pooled command at the tip; takes the applied block back if it must, and then not too often. */
  #refresh(now: Now): void {
    if (this.#applied !== null) {
      if (now.monoMs - this.#judgedAtMs < REFRESH_MS) return;
      this.#takeBack();
    } else if (this.#isJudged && now.monoMs - this.#judgedAtMs < REFRESH_MS) return;
    for (const entry of this.pool.entries()) this.#judge(now, entry);
    judgeArming(this.ledger.rulesAt(this.#timeAt(now)), this.pool.entries());
    this.pool.prune(now.monoMs, (hash) => this.#wanted.has(hash) || this.#candidates.has(hash));
    this.#isJudged = true;
    this.#judgedAtMs = now.monoMs;
  }

  hasReason(now: Now): boolean {
    if (this.#ended) return false;
    if (this.#deadlineMs !== null && this.#deadlineMs <= now.wallMs) return true;
    this.#refresh(now);
    for (const entry of this.pool.entries()) {
      // Not judged yet, because a block is applied on top: taken for a reason until the next refresh.
      // One whose blob is still on its way could not be proposed: arming for it would decide empty blocks.
      if (
        (entry.applicable === null || (entry.applicable && entry.arms)) &&
        this.#holders.mayBeProposed(this.#committee, entry.command)
      )
        return true;
    }
    return false;
  }

  /** Whether the tip has this window open. */
  isWindowOpen({ skill, labels, endsMs }: { skill: string; labels: readonly string[]; endsMs: number }): boolean {
    return this.ledger.state.windows.get(needKey(skill, labels))?.endsMs === endsMs;
  }

  /** Whether anybody but `self` offers for a skill and waits for a block. */
  hasOfferPooled(skill: string, self: AgentId): boolean {
    for (const { command } of this.pool.entries()) {
      if (command.body.kind === "offer" && command.body.skill === skill && command.author !== self) return true;
    }
    return false;
  }

  // --- blobs ------------------------------------------------------------------------------------------

  noteHolder(blob: Hash, agent: AgentId): void {
    this.#holders.note(this.#committee, blob, agent);
  }

  isHolder(blob: Hash, agent: AgentId): boolean {
    return this.#holders.has(blob, agent);
  }

  /** Takes back what is applied on top of the tip: for questions about decided things only. */
  settle(): void {
    if (this.#applied !== null) this.#takeBack();
  }

  // --- blocks -----------------------------------------------------------------------------------------

  /** The time of a block that this agent would make. */
  #timeAt(now: Now): number {
    return Math.max(this.#tip.timeMs, Math.floor(now.wallMs));
  }

  #takeBack(): void {
    this.ledger.takeBack();
    this.#applied = null;
  }

  build(now: Now, proposer: AgentId, round: number): Block {
    if (this.#applied !== null) this.#takeBack();
    const timeMs = this.#timeAt(now);
    const candidates: IdentifiedCommand[] = [];
    let bytes = 0;
    for (const entry of this.pool.entries()) {
      if (entry.applicable === false || !this.#holders.mayBeProposed(this.#committee, entry.command)) continue;
      bytes += entry.body.length;
      if (candidates.length >= limits.blockCommands || bytes > limits.blockBytes) break;
      candidates.push(entry);
    }
    const { commands, outcome } = this.#select(timeMs, candidates);
    const hashes = commands.map((entry) => entry.hash);
    const header: Header = {
      job: this.#job,
      height: this.#tip.nextHeight,
      round,
      proposer,
      parent: this.#tip.hash,
      timeMs,
      commandsHash: hashOf(this.#crypto.hash, commandHashesCodec, hashes),
      ...this.#consequences(outcome),
    };
    this.#applied = { hash: blockHash(this.#crypto.hash, header), outcome };
    for (const command of hashes) this.#candidates.add(command);
    return { header, commands: hashes };
  }

  /** The parts of a header that follow from applying the block. */
  #consequences(outcome: Outcome): Pick<Header, "eventsHash" | "committeeHash" | "nextCommitteeHash" | "stateHash"> {
    return {
      eventsHash: outcome.eventsHash,
      committeeHash: this.#committee.hash,
      nextCommitteeHash: committeeHash(this.#crypto.hash, outcome.committee),
      stateHash: this.#tip.nextHeight % limits.snapshotInterval === 0 ? this.ledger.digest : null,
    };
  }

  /** `Ledger.select`, surviving a command that makes it throw: such a command leaves the pool. */
  #select(timeMs: number, candidates: readonly IdentifiedCommand[]): ReturnType<Ledger["select"]> {
    try {
      return this.ledger.select(timeMs, candidates);
    } catch (error) {
      this.ledger.takeBack();
      if (candidates.length === 0) throw error;
    }
    const harmless = candidates.filter((entry) => {
      try {
        this.ledger.select(timeMs, [entry]);
        return true;
      } catch {
        this.pool.delete(entry.hash); // refused, and gone: the ledger is total (protocol.md 4)
        return false;
      } finally {
        this.ledger.takeBack();
      }
    });
    // If none does harm alone, they do so together: leave them all to a later block.
    return this.ledger.select(timeMs, harmless.length < candidates.length ? harmless : []);
  }

  missing(block: Block): readonly Hash[] {
    return block.commands.filter((hash) => !this.pool.has(hash));
  }

  check(block: Block): "valid" | "invalid" | "missing" {
    const hash = blockHash(this.#crypto.hash, block.header);
    if (this.#applied?.hash === hash) return "valid";
    if (this.#invalid.has(hash)) return "invalid";
    if (block.header.commandsHash !== hashOf(this.#crypto.hash, commandHashesCodec, block.commands)) return "invalid";
    const missing = this.missing(block);
    if (missing.length > 0) {
      for (const command of missing) this.#want(command);
      // A command that an earlier block holds cannot be in this one.
      return missing.some((command) => this.#done.has(command)) ? "invalid" : "missing";
    }
    for (const command of block.commands) this.#candidates.add(command);
    const outcome = this.#execute(block);
    if (outcome === null) {
      this.#takeBack();
      this.#invalid.add(hash);
      return "invalid";
    }
    this.#applied = { hash, outcome };
    return "valid";
  }

  #want(command: Hash): void {
    if (this.#wanted.size < 4 * limits.blockCommands) this.#wanted.add(command);
  }

  #execute(block: Block): Outcome | null {
    if (this.#applied !== null) this.#takeBack();
    const commands = block.commands.map((hash) => this.pool.get(hash)!);
    if (commands.reduce((sum, entry) => sum + entry.body.length, 0) > limits.blockBytes) return null;
    let outcome: Outcome | null;
    try {
      outcome = this.ledger.execute(block.header.timeMs, commands);
    } catch {
      return null; // the ledger is total: whatever makes it throw is refused (protocol.md 4)
    }
    if (outcome === null) return null;
    const expected = this.#consequences(outcome);
    const { header } = block;
    const same =
      header.eventsHash === expected.eventsHash &&
      header.committeeHash === expected.committeeHash &&
      header.nextCommitteeHash === expected.nextCommitteeHash &&
      header.stateHash === expected.stateHash;
    return same ? outcome : null;
  }

  /** Clocks may differ by this much: at most 1/5 of the shortest window in force (A3). */
  get #toleranceMs(): number {
    return Math.min(TOLERANCE_MAX_MS, Math.floor(this.ledger.genesis.windowMs / 5));
  }

  timely(block: Block, now: Now, round: number, timeoutMs: number): "yes" | "no" | "wait" {
    const { timeMs } = block.header;
    const toleranceMs = this.#toleranceMs * (1 + round);
    const parentMs = this.#tip.timeMs;
    if (timeMs < now.wallMs - toleranceMs) return "no";
    if (timeMs > now.wallMs + toleranceMs && timeMs !== parentMs) return "no";
    const hashes = new Set(block.commands);
    for (const hash of block.commands) {
      const blob = blobOf(this.pool.get(hash)!.command);
      if (blob !== null && !this.isHolder(blob.hash, this.#self)) return "wait";
    }
    if (this.#isFull(block)) return "yes";
    const overdue = this.pool
      .forwardedBefore(now.monoMs - 2 * timeoutMs)
      .filter(({ hash, command }) => !hashes.has(hash) && this.#holders.mayBeProposed(this.#committee, command));
    return this.#leavesOut(block, overdue, this.#timeAt(now)) ? "no" : "yes";
  }

  #isFull(block: Block): boolean {
    if (block.commands.length >= limits.blockCommands) return true;
    const bytes = block.commands.reduce((sum, hash) => sum + this.pool.get(hash)!.body.length, 0);
    return bytes + limits.commandBytes > limits.blockBytes;
  }

  /** Whether one of these is of use before this block, after it and now, and its maker would have put it in. */
  #leavesOut(block: Block, overdue: readonly PoolEntry[], ownTimeMs: number): boolean {
    if (overdue.length === 0) return false;
    const { timeMs } = block.header;
    assert(this.check(block) === "valid", "only valid blocks are judged for timeliness");
    const isOfUse = (entry: PoolEntry, atMs: number): boolean => this.ledger.judge(entry.command, atMs) === null;
    const after = overdue.filter((entry) => isOfUse(entry, timeMs) && isOfUse(entry, ownTimeMs));
    if (after.length === 0) return false;
    this.#takeBack(); // what applies only after other commands of the block, its maker need not have thought of
    const missed = after.filter((entry) => isOfUse(entry, timeMs));
    const { commands } = this.#select(timeMs, [...block.commands.map((hash) => this.pool.get(hash)!), ...missed]);
    this.ledger.takeBack();
    assert(this.check(block) === "valid", "a block stays valid on the same tip");
    return commands.some(({ hash }) => missed.some((entry) => entry.hash === hash));
  }

  commit(block: Block, commit: readonly Vote[]): void {
    const hash = blockHash(this.#crypto.hash, block.header);
    assert(this.check(block) === "valid" && this.#applied !== null, "only valid blocks are decided");
    const { outcome } = this.#applied;
    const entries = block.commands.map((command) => this.pool.get(command)!);
    const parentEvents = this.#parentEvents;
    this.ledger.keep();
    this.#parentEvents = outcome.eventsHash;
    this.#applied = null;
    this.#invalid.clear();
    this.#wanted.clear();
    this.#candidates.clear();
    this.#tip = { nextHeight: this.#tip.nextHeight + 1, hash, timeMs: block.header.timeMs };
    if (block.header.nextCommitteeHash !== this.#committee.hash)
      this.#committee = createCommittee(this.#crypto.hash, outcome.committee);
    this.#deadlineMs = this.ledger.nextDeadlineMs;
    this.#ended = this.ledger.state.status.get() !== "running";
    this.#retire(entries, block.header.height);
    this.#isJudged = false;
    this.#judgedAtMs = Number.NEGATIVE_INFINITY;
    this.#out.onDecided({ block, hash, commit, entries, outcome, parentEvents });
  }

  /** Takes a block's commands out of the pool; they are remembered for a while, so that stragglers are not pooled again. */
  #retire(entries: readonly PoolEntry[], height: number): void {
    for (const entry of entries) {
      this.pool.delete(entry.hash);
      this.#done.set(entry.hash, height);
    }
    // In the order of heights: the oldest are at the front.
    for (const [hash, at] of this.#done) {
      if (at >= height - limits.recentBlocks) break;
      this.#done.delete(hash);
    }
    if (this.#ended) for (const entry of [...this.pool.entries()]) this.pool.delete(entry.hash);
  }

  /** Commands by hash, for others that lack them. */
  envelopesOf(hashes: readonly Hash[]): Envelope[] {
    const entries = hashes.map((hash) => this.pool.get(hash)).filter((entry) => entry !== undefined);
    return toEnvelopes(this.#job, entries);
  }
}
