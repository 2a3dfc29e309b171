/**
 * What a host does with pooled commands besides proposing them: it tells the members which commands it holds, sends them to
 * members that lack them, and fetches the blobs that they depend on.
 *
 * Source: protocol.md 5 (A1, forwarding), 4 (a command that rests on a blob waits for its holders).
 */

import { AnswerTime, backOffMs } from "../core/back-off.ts";
import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { blobOf, type PoolEntry } from "../job/pool.ts";
import type { Replica } from "../job/replica.ts";
import type { Envelope } from "../wire/command.ts";
import { needsOf } from "./checked-genesis.ts";
import type { Context } from "./context.ts";

/**
 * A command is forwarded to the other members when it has waited longer than commands recently do, within these bounds, ms;
 * then after a second, and later each time (A1). Its author sends it to all of them at once, so in a healthy job it is
 * decided before that, and forwarding it would triple the frames.
 */
const FIRST_FORWARD_MS = 150;
const FIRST_FORWARD_MAX_MS = 3_000;
const FORWARD_MS = 1_000;
const FORWARD_MAX_MS = 8_000;
/** The first this many forwards skip members that said that they hold the command; later ones do not, as they may have lost it. */
const TRUSTED_FORWARDS = 3;
/**
 * The least time between two looks at the pool, ms, or this share of the time after which a command is late, if that is
 * more: commands that are due a moment later go out together.
 */
const LOOK_MS = 50;
const LOOK_SHARE = 1 / 4;
/** The most time between two looks while the pool is not empty, ms. */
const IDLE_LOOK_MS = 500;
/** A blob that could not be fetched is requested again after this, ms, and later each time, unless a new holder appears. */
const BLOB_RETRY_MS = 1_000;
const BLOB_RETRY_MAX_MS = 30_000;

/** A blob that is not here yet. `retryMs`: when to ask again; null while asked. */
interface WantedBlob {
  retryMs: number | null;
  failures: number;
  readonly from: Set<AgentId>;
  readonly bytes: number;
}

export class CommandRelay {
  readonly #context: Context;
  readonly #job: JobId;
  readonly #replica: Replica;
  readonly #wanted = new Map<Hash, WantedBlob>();
  /** How long commands wait here until a block has them. */
  readonly #waitTime = new AnswerTime(FIRST_FORWARD_MS, FIRST_FORWARD_MAX_MS);
  /** When to look at the pool next. */
  #lookAtMs = Number.POSITIVE_INFINITY;

  constructor(context: Context, job: JobId, replica: Replica) {
    this.#context = context;
    this.#job = job;
    this.#replica = replica;
  }

  get #members(): AgentId[] {
    return this.#replica.committee.members.map((member) => member.agent);
  }

  get #isMember(): boolean {
    return this.#replica.committee.power(this.#context.self) > 0;
  }

  /** When an applicable command is to be forwarded next. */
  #forwardAtMs({ arrivedMs, forwardedMs, forwards }: PoolEntry): number {
    if (forwardedMs === null) return arrivedMs + this.#waitTime.lateMs;
    return forwardedMs + backOffMs(FORWARD_MS, forwards - 1, FORWARD_MAX_MS, this.#context.self);
  }

  /** Commands of an envelope came into the pool. */
  onCommands(from: AgentId, envelope: Envelope, added: readonly PoolEntry[]): void {
    for (const entry of added) this.#take(entry);
    if (added.length > 0) this.#passOn(from, envelope);
  }

  #take(entry: PoolEntry): void {
    this.#lookSoon(this.#waitTime.lateMs);
    this.#fetchBlobOf(entry);
  }

  /**
   * The owner ends its job by way of any host. One that is no member sends the members the whole command, since they take
   * announcements only from each other.
   */
  #passOn(from: AgentId, envelope: Envelope): void {
    const { committee, decided } = this.#replica;
    const isFromOutside = from !== this.#context.self && committee.power(from) === 0;
    if (this.#isMember || !isFromOutside || envelope.author !== decided.genesis.owner) return;
    this.#context.sendAll(this.#members, { kind: "envelopes", job: this.#job, envelopes: [envelope] });
  }

  /** Only of commands that apply: anybody could name blobs. */
  #fetchBlobOf(entry: PoolEntry): void {
    const blob = blobOf(entry.command);
    if (blob === null || !entry.applicable || !this.#isMember) return;
    if (this.#replica.isHolder(blob.hash, this.#context.self)) return;
    const wanted = this.#wanted.get(blob.hash);
    if (wanted !== undefined) {
      // Equal outputs of several workers are one blob: any of them may give it.
      wanted.from.add(entry.command.author);
      return;
    }
    const from = new Set([entry.command.author, ...this.#members]);
    from.delete(this.#context.self);
    this.#wanted.set(blob.hash, { retryMs: null, failures: 0, from, bytes: blob.bytes });
    this.#fetch(blob.hash, blob.bytes, from);
  }

  #fetch(hash: Hash, bytes: number, from: ReadonlySet<AgentId>): void {
    const needs = needsOf(this.#replica.decided);
    this.#context.emit({ kind: "fetchBlob", hash, bytes, from: [...from], needs });
  }

  /** Takes up commands that were pooled before this agent fetched blobs: at a restart, or before it was a member. */
  takeUp(): void {
    for (const entry of this.#replica.pool.entries()) this.#take(entry);
  }

  tick(): void {
    const { monoMs } = this.#context.now;
    for (const [hash, wanted] of this.#wanted) {
      if (wanted.retryMs === null || wanted.retryMs > monoMs) continue;
      wanted.retryMs = null;
      this.#fetch(hash, wanted.bytes, wanted.from);
    }
    if (monoMs >= this.#lookAtMs) this.#forwardDue();
  }

  nextWakeMs(): number {
    let wake = this.#lookAtMs;
    for (const { retryMs } of this.#wanted.values()) wake = Math.min(wake, retryMs ?? wake);
    return wake;
  }

  // --- forwarding -------------------------------------------------------------------------------------

  #forwardDue(): void {
    const { monoMs } = this.#context.now;
    const applicable = this.#replica.applicable(this.#context.now);
    this.#replica.prune(this.#context.now);
    for (const entry of applicable) this.#fetchBlobOf(entry);
    this.#forgetBlobs();
    const waiting = applicable.filter((entry) => !this.#replica.isProposed(entry.hash)); // whoever made the block holds it
    const due = waiting.filter((entry) => this.#forwardAtMs(entry) <= monoMs);
    this.#forward(due, this.#members);
    for (const entry of due) {
      entry.forwardedMs = monoMs;
      entry.forwards++;
      entry.firstForwardedMs ??= monoMs;
    }
    this.#lookAtMs = this.#nextLookMs(waiting);
  }

  /** Commands that do not apply now may apply after the next block or a while, so the pool is looked at even if none is due. */
  #nextLookMs(waiting: readonly PoolEntry[]): number {
    const { pool, ended } = this.#replica;
    if (pool.size === 0 || ended) return Number.POSITIVE_INFINITY;
    const { monoMs } = this.#context.now;
    const dueMs = waiting.reduce((first, entry) => Math.min(first, this.#forwardAtMs(entry)), monoMs + IDLE_LOOK_MS);
    return Math.max(dueMs, monoMs + Math.max(LOOK_MS, LOOK_SHARE * this.#waitTime.lateMs));
  }

  /** A block was decided: what waits may apply now. `entries`: what it took. */
  onDecided(entries: readonly PoolEntry[]): void {
    const { monoMs } = this.#context.now;
    for (const { arrivedMs } of entries) this.#waitTime.observe(monoMs - arrivedMs);
    if (this.#lookAtMs < Number.POSITIVE_INFINITY) this.#lookSoon(LOOK_MS);
  }

  #lookSoon(afterMs: number): void {
    this.#lookAtMs = Math.min(this.#lookAtMs, this.#context.now.monoMs + afterMs);
  }

  /** A member reconnected: tells it at once about the commands that it may lack. */
  onConnected(peer: AgentId): void {
    if (!this.#members.includes(peer)) return;
    const applicable = this.#replica.applicable(this.#context.now);
    for (const entry of applicable) entry.heldBy.delete(peer); // it may have forgotten
    this.#forward(applicable, [peer]);
  }

  /** Forwards by hash: usually the others have the commands from their authors, and hashes take a tenth of the bytes. */
  #forward(entries: readonly PoolEntry[], to: readonly AgentId[]): void {
    for (const member of to) {
      const isNews = ({ heldBy, forwards }: PoolEntry): boolean => !heldBy.has(member) || forwards >= TRUSTED_FORWARDS;
      const news = entries.filter(isNews);
      for (let from = 0; from < news.length; from += limits.blockCommands) {
        const hashes = news.slice(from, from + limits.blockCommands).map((entry) => entry.hash);
        this.#context.send(member, { kind: "haveCommands", job: this.#job, hashes });
      }
    }
    const blobs = entries.map((entry) => blobOf(entry.command)?.hash).filter((hash) => hash !== undefined);
    const held = blobs.filter((hash) => this.#replica.isHolder(hash, this.#context.self));
    if (held.length > 0)
      this.#context.sendAll(to, { kind: "haveBlobs", job: this.#job, blobs: held.slice(0, limits.blockCommands) });
  }

  onAnnounced(from: AgentId, announced: readonly Hash[]): void {
    if (!this.#isMember || this.#replica.committee.power(from) === 0) return;
    for (const hash of announced) this.#replica.pool.get(hash)?.heldBy.add(from);
    const hashes = announced.filter((hash) => !this.#replica.isKnown(hash));
    if (hashes.length > 0) this.#context.send(from, { kind: "fetchCommands", job: this.#job, hashes });
  }

  // --- blobs ------------------------------------------------------------------------------------------

  /** Stops waiting for blobs that no pooled command names any longer. */
  #forgetBlobs(): void {
    if (this.#wanted.size === 0) return;
    const named = new Set<Hash>();
    for (const { command } of this.#replica.pool.entries()) {
      const blob = blobOf(command);
      if (blob !== null) named.add(blob.hash);
    }
    for (const hash of this.#wanted.keys()) if (!named.has(hash)) this.#wanted.delete(hash);
  }

  onHolder(blob: Hash, holder: AgentId): void {
    this.#replica.noteHolder(blob, holder);
    const wanted = this.#wanted.get(blob);
    if (wanted === undefined || wanted.from.has(holder)) return;
    wanted.from.add(holder);
    if (wanted.retryMs !== null) wanted.retryMs = Math.min(wanted.retryMs, this.#context.now.monoMs + BLOB_RETRY_MS);
  }

  /** True if somebody waited for it. */
  onBlobStored(blob: Hash): boolean {
    if (!this.#wanted.delete(blob)) return false;
    this.#replica.noteHolder(blob, this.#context.self);
    this.#context.sendAll(this.#members, { kind: "haveBlobs", job: this.#job, blobs: [blob] });
    return true;
  }

  onBlobFailed(blob: Hash): void {
    const wanted = this.#wanted.get(blob);
    if (wanted === undefined) return;
    const waitMs = backOffMs(BLOB_RETRY_MS, wanted.failures++, BLOB_RETRY_MAX_MS, this.#context.self);
    wanted.retryMs = this.#context.now.monoMs + waitMs;
  }
}
