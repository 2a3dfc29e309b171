/**
 * One agent's copy of a job: the ledger at the tip of the decided chain, the pool, and the block that was checked last.
 * This is the application that the job's consensus agrees on.
 *
 * Others read the job through `decided`, in which the effects of a proposed block never show.
 *
 * Source: protocol.md 5, A1 (what arms), A3 (validity in two parts), 7 (blobs before blocks).
 */

import type { Application, Tip } from "../consensus/application.ts";
import { type Committee, createCommittee } from "../consensus/committee.ts";
import { assert } from "../core/assert.ts";
import type { Crypto } from "../core/crypto.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Now } from "../core/now.ts";
import type { Lessons } from "../selection/knowledge.ts";
import type { Selectors } from "../selection/selector.ts";
import { hashOf } from "../wire/codec.ts";
import type { Command, Envelope } from "../wire/command.ts";
import { type Block, blockHash, commandHashesCodec, committeeHash, type Header, type Vote } from "../wire/consensus.ts";
import type { Genesis } from "../wire/genesis.ts";
import type { Verdict } from "../wire/verdict.ts";
import { BlobHolders } from "./blob-holders.ts";
import { CommandMemory } from "./command-memory.ts";
import { type IdentifiedCommand, judge } from "./commands.ts";
import type { Executions } from "./executions.ts";
import { HostingRecord } from "./hosting-record.ts";
import { JudgedPool } from "./judged-pool.ts";
import { needKey } from "./keys.ts";
import { type Execution, Ledger, type Outcome } from "./ledger.ts";
import { blobOf, Pool, type PoolEntry, type PoolQuestions, type Sender } from "./pool.ts";
import type { LedgerView } from "./view.ts";

/** Clocks may differ by 1/5 of the shortest window in force, and by this at most, ms (A3). */
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

interface ReplicaOptions {
  readonly genesis: Genesis;
  readonly job: JobId;
  /** Default: the built-in ones. */
  readonly selectors?: Selectors | undefined;
  /** Keeps a running digest of its changes. Default false. */
  readonly isTraced?: boolean | undefined;
  /** Shared with other replicas of this process. Default: it works out by itself what each block does. */
  readonly executions?: Executions | undefined;
}

interface ReplicaOutput {
  /** A block was decided and applied. */
  onDecided(decided: Decided): void;
}

export class Replica implements Application {
  readonly pool: Pool;
  readonly #ledger: Ledger;
  readonly #judged: JudgedPool;
  readonly #job: JobId;
  readonly #crypto: Crypto;
  readonly #self: AgentId;
  readonly #out: ReplicaOutput;
  readonly #executions: Executions | undefined;
  #tip: Tip;
  #decided: LedgerView;
  #committee: Committee;
  /** The valid block that was made or checked last, and what it would do. */
  #checked: { readonly hash: Hash; readonly execution: Execution } | null = null;
  readonly #invalid = new Set<Hash>();
  readonly #memory = new CommandMemory();
  /** Who holds which blob that pooled commands rest on. */
  readonly #holders = new BlobHolders();
  readonly #hostingRecord = new HostingRecord();

  constructor(options: ReplicaOptions, self: AgentId, crypto: Crypto, out: ReplicaOutput) {
    const { genesis, job, selectors, isTraced, executions } = options;
    this.#ledger = new Ledger(genesis, job, crypto.hash, selectors, isTraced);
    this.pool = new Pool(genesis.meshId, job, crypto);
    this.#judged = new JudgedPool(this.pool);
    this.#job = job;
    this.#crypto = crypto;
    this.#self = self;
    this.#out = out;
    this.#executions = executions;
    this.#tip = { nextHeight: 1, hash: job, timeMs: 0 };
    this.#decided = this.#ledger.viewAt(0);
    this.#committee = createCommittee(crypto.hash, genesis.committee);
  }

  get tip(): Tip {
    return this.#tip;
  }

  get committee(): Committee {
    return this.#committee;
  }

  get ended(): boolean {
    return this.#decided.state.status.get() !== "running";
  }

  get nextDeadlineMs(): number | null {
    return this.#ledger.nextDeadlineMs;
  }

  /** The ledger at the tip, at its time. */
  get decided(): LedgerView {
    return this.#decided;
  }

  /** Running digest of what blocks changed; the job's id if it is not traced. */
  get changesDigest(): Hash {
    return this.#ledger.changesDigest;
  }

  /** What the job taught so far. */
  get lessons(): Lessons {
    const isCertified = this.#decided.state.status.get() === "certified";
    return { ...this.#ledger.lessons, hosts: this.#hostingRecord.turns(isCertified) };
  }

  /** Why a command would change nothing in a block made now, or null. */
  judge(now: Now, command: Command): string | null {
    return judge(this.#viewNow(now), command);
  }

  #viewNow(now: Now): LedgerView {
    return this.#ledger.viewAt(this.#timeAt(now));
  }

  // --- the pool ---------------------------------------------------------------------------------------

  /** Takes commands that `sender` sent. Returns those that are new. */
  learn(now: Now, envelope: Envelope, sender: Sender): { verdict: Verdict; added: readonly PoolEntry[] } {
    const questions: PoolQuestions = {
      isDone: (hash) => this.#memory.isDone(hash),
      isWanted: (hash) => this.#memory.isWanted(hash),
      isKept: (hash) => this.#memory.isKept(hash),
      isInvolved: (author) => this.#isInvolved(author),
      isOfUse: (command) => this.judge(now, command) === null,
    };
    const result = this.pool.add(now.monoMs, envelope, questions, sender);
    for (const entry of result.added) this.#memory.onFound(entry.hash);
    if (result.added.length > 0) this.#judged.onAdded(this.#viewNow(now), result.added);
    return result;
  }

  /** A block was decided elsewhere: its commands are taken whoever wrote them. False: no honest agent sent these. */
  learnDecided(now: Now, block: Block, envelopes: readonly Envelope[], sender: Sender): boolean {
    this.#memory.want(this.missing(block));
    return envelopes.every((envelope) => this.learn(now, envelope, sender).verdict.verdict !== "reject");
  }

  /** Authors of whom the job knows something; others may be anybody. */
  #isInvolved(author: AgentId): boolean {
    const { state, genesis } = this.#decided;
    if (author === genesis.owner || this.#committee.power(author) > 0) return true;
    return state.agents.has(author) || state.standbys.get().some(({ agent }) => agent === author);
  }

  /** Whether a block that is being decided holds it. */
  isProposed(command: Hash): boolean {
    return this.#memory.isProposed(command);
  }

  /** Whether it holds a command, or held it until a block took it. */
  isKnown(command: Hash): boolean {
    return this.pool.has(command) || this.#memory.isDone(command);
  }

  /** Pooled commands that apply at the tip. */
  applicable(now: Now): PoolEntry[] {
    return this.#judged.applicable(now.monoMs, () => this.#viewNow(now));
  }

  hasReason(now: Now): boolean {
    if (this.ended) return false;
    const dueMs = this.nextDeadlineMs;
    if (dueMs !== null && dueMs <= now.wallMs) return true;
    // One whose blob is still on its way could not be proposed: arming for it would decide empty blocks.
    const mayBeProposed = ({ command }: PoolEntry): boolean => this.#holders.mayBeProposed(this.#committee, command);
    return this.#judged.hasReason(now.monoMs, () => this.#viewNow(now), mayBeProposed);
  }

  /** Lets go of commands that were of no use for long. */
  prune(now: Now): void {
    this.pool.prune(now.monoMs, (hash) => this.#memory.isKept(hash));
  }

  /** Whether the tip has this window open. */
  isWindowOpen({ skill, labels, endsMs }: { skill: string; labels: readonly string[]; endsMs: number }): boolean {
    return this.#decided.state.windows.get(needKey(skill, labels))?.endsMs === endsMs;
  }

  // --- blobs ------------------------------------------------------------------------------------------

  noteHolder(blob: Hash, agent: AgentId): void {
    this.#holders.note(this.#committee, blob, agent);
  }

  isHolder(blob: Hash, agent: AgentId): boolean {
    return this.#holders.has(blob, agent);
  }

  // --- blocks -----------------------------------------------------------------------------------------

  /** The time of a block that this agent would make. */
  #timeAt(now: Now): number {
    return Math.max(this.#tip.timeMs, Math.floor(now.wallMs));
  }

  build(now: Now, proposer: AgentId, round: number): Block {
    const timeMs = this.#timeAt(now);
    const offered: IdentifiedCommand[] = [];
    let bytes = 0;
    for (const entry of this.applicable(now)) {
      if (!this.#holders.mayBeProposed(this.#committee, entry.command)) continue;
      bytes += entry.bytes.length;
      if (offered.length >= limits.blockCommands || bytes > limits.blockBytes) break;
      offered.push(entry);
    }
    const { commands, execution } = this.#select(timeMs, offered);
    const hashes = commands.map((entry) => entry.hash);
    const header: Header = {
      job: this.#job,
      height: this.#tip.nextHeight,
      round,
      proposer,
      parent: this.#tip.hash,
      timeMs,
      commandsHash: hashOf(this.#crypto.hash, commandHashesCodec, hashes),
      ...this.#consequences(execution.outcome),
    };
    this.#checked = { hash: blockHash(this.#crypto.hash, header), execution };
    this.#memory.onProposed(hashes);
    return { header, commands: hashes };
  }

  /** The parts of a header that follow from applying the block. */
  #consequences(outcome: Outcome): Pick<Header, "eventsHash" | "committeeHash" | "nextCommitteeHash" | "stateHash"> {
    return {
      eventsHash: outcome.eventsHash,
      committeeHash: this.#committee.hash,
      nextCommitteeHash: committeeHash(this.#crypto.hash, outcome.committee),
      stateHash: outcome.stateHash,
    };
  }

  /** `Ledger.select`, surviving a command that makes it throw: such a command leaves the pool. */
  #select(timeMs: number, commands: readonly IdentifiedCommand[]): ReturnType<Ledger["select"]> {
    try {
      return this.#ledger.select(timeMs, commands);
    } catch (error) {
      if (commands.length === 0) throw error;
    }
    const harmless = commands.filter((entry) => {
      try {
        this.#ledger.select(timeMs, [entry]);
        return true;
      } catch {
        this.pool.delete(entry.hash); // refused, and gone: the ledger is total (protocol.md 4)
        return false;
      }
    });
    // If none does harm alone, they do so together: leave them all to a later block.
    return this.#ledger.select(timeMs, harmless.length < commands.length ? harmless : []);
  }

  missing(block: Block): readonly Hash[] {
    return block.commands.filter((hash) => !this.pool.has(hash));
  }

  check(block: Block): "valid" | "invalid" | "missing" {
    const hash = blockHash(this.#crypto.hash, block.header);
    if (this.#checked?.hash === hash) return "valid";
    if (this.#invalid.has(hash)) return "invalid";
    if (block.header.commandsHash !== hashOf(this.#crypto.hash, commandHashesCodec, block.commands)) return "invalid";
    const missing = this.missing(block);
    if (missing.length > 0) {
      this.#memory.want(missing);
      // A command that an earlier block holds cannot be in this one.
      return missing.some((command) => this.#memory.isDone(command)) ? "invalid" : "missing";
    }
    this.#memory.onProposed(block.commands);
    const execute = (): Execution | null => this.#execute(block);
    const execution = this.#executions === undefined ? execute() : this.#executions.of(hash, execute);
    if (execution === null) this.#invalid.add(hash);
    else this.#checked = { hash, execution };
    return execution === null ? "invalid" : "valid";
  }

  /** Null if it is invalid. */
  #execute(block: Block): Execution | null {
    const { header } = block;
    const commands = block.commands.map((hash) => this.pool.get(hash)!);
    if (commands.reduce((sum, entry) => sum + entry.bytes.length, 0) > limits.blockBytes) return null;
    let execution: Execution | null;
    try {
      execution = this.#ledger.execute(header.timeMs, commands);
    } catch {
      return null; // the ledger is total: whatever makes it throw is refused (protocol.md 4)
    }
    if (execution === null) return null;
    const expected = this.#consequences(execution.outcome);
    const same =
      header.eventsHash === expected.eventsHash &&
      header.committeeHash === expected.committeeHash &&
      header.nextCommitteeHash === expected.nextCommitteeHash &&
      header.stateHash === expected.stateHash;
    return same ? execution : null;
  }

  timely(block: Block, now: Now, round: number, timeoutMs: number): "yes" | "no" | "wait" {
    const { timeMs } = block.header;
    const toleranceMs = Math.min(TOLERANCE_MAX_MS, Math.floor(this.#decided.genesis.windowMs / 5)) * (1 + round);
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
    const bytes = block.commands.reduce((sum, hash) => sum + this.pool.get(hash)!.bytes.length, 0);
    return bytes + limits.commandBytes > limits.blockBytes;
  }

  /** Whether one of these is of use before this block, after it and now, and its maker would have put it in. */
  #leavesOut(block: Block, overdue: readonly PoolEntry[], ownTimeMs: number): boolean {
    if (overdue.length === 0) return false;
    const { timeMs } = block.header;
    const after = this.#ledger.applicableAfter(this.#executionOf(block), overdue, [timeMs, ownTimeMs]);
    // What applies only after other commands of the block, its maker need not have thought of.
    const missed = after.filter(({ command }) => this.#ledger.judge(command, timeMs) === null);
    if (missed.length === 0) return false;
    const { commands } = this.#select(timeMs, [...block.commands.map((hash) => this.pool.get(hash)!), ...missed]);
    return commands.some(({ hash }) => missed.some((entry) => entry.hash === hash));
  }

  #executionOf(block: Block): Execution {
    assert(this.check(block) === "valid" && this.#checked !== null, "only valid blocks are judged and decided");
    return this.#checked.execution;
  }

  commit(block: Block, commit: readonly Vote[]): void {
    const hash = blockHash(this.#crypto.hash, block.header);
    const execution = this.#executionOf(block);
    const { outcome } = execution;
    const entries = block.commands.map((command) => this.pool.get(command)!);
    const parentEvents = this.#decided.state.eventsHash.get();
    this.#ledger.keep(execution);
    this.#hostingRecord.onDecided(this.#committee, block.header, outcome.events);
    this.#checked = null;
    this.#invalid.clear();
    this.#judged.onTip();
    this.#tip = { nextHeight: this.#tip.nextHeight + 1, hash, timeMs: block.header.timeMs };
    this.#decided = this.#ledger.viewAt(this.#tip.timeMs);
    if (block.header.nextCommitteeHash !== this.#committee.hash)
      this.#committee = createCommittee(this.#crypto.hash, outcome.committee);
    this.#retire(entries, block.header.height);
    this.#out.onDecided({ block, hash, commit, entries, outcome, parentEvents });
  }

  /** Takes a block's commands out of the pool; they are remembered for a while, so that stragglers are not pooled again. */
  #retire(entries: readonly PoolEntry[], height: number): void {
    for (const { hash } of entries) this.pool.delete(hash);
    const commands = entries.map(({ hash }) => hash);
    this.#memory.onDecided(commands, height);
    if (this.ended) for (const entry of [...this.pool.entries()]) this.pool.delete(entry.hash);
  }
}
