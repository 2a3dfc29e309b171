/**
 * The decided blocks of a job, which an agent keeps and serves: the newest in memory, all of them in the store. With them,
 * the committees with their proofs, and the followers of the job.
 *
 * Source: protocol.md 5 (A2: blocks for those behind; A7: committees; certificates).
 */

import type { AgentId, Hash, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { CommitteeChange } from "../job/certificate.ts";
import type { Decided } from "../job/replica.ts";
import type { Envelope } from "../wire/command.ts";
import type { CommittedBlock } from "../wire/message.ts";
import type { Context } from "./context.ts";
import { encodeCommitted, encodeUndecided, SLOT, toCommitted } from "./job-records.ts";

/** How many blocks of an ended job stay in memory, for members that were about to decide them. */
const ENDED_BLOCKS = 4;

interface ArchiveEvents {
  /** A peer asked for blocks that are only in the store. */
  readBlocks(to: AgentId, slots: readonly string[]): void;
  sendEnvelopes(to: AgentId, envelopes: readonly Envelope[]): void;
}

export class BlockArchive {
  readonly #context: Context;
  readonly #job: JobId;
  readonly #events: ArchiveEvents;
  readonly #recent = new Map<number, { readonly block: CommittedBlock; readonly encoded: Uint8Array }>();
  readonly #changes: CommitteeChange[] = [];
  /** Agents that follow the job, and whether they want its blocks. */
  readonly #followers = new Map<AgentId, boolean>();
  /** Stored commands of blocks that are being decided, by the hash of their list. */
  readonly #undecided = new Set<Hash>();
  #nextHeight = 1;
  #bytes = 0;

  constructor(context: Context, job: JobId, events: ArchiveEvents) {
    this.#context = context;
    this.#job = job;
    this.#events = events;
  }

  get followers(): Iterable<AgentId> {
    return this.#followers.keys();
  }

  /** Bytes of all decided blocks, as they are stored. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The committees after the genesis's, with their proofs. */
  get changes(): readonly CommitteeChange[] {
    return this.#changes;
  }

  /** A block was decided, or read from the store. */
  note(decided: Decided): void {
    const { header } = decided.block;
    this.#nextHeight = header.height + 1;
    const block = toCommitted(decided);
    const encoded = encodeCommitted(block);
    this.#bytes += encoded.length;
    this.#recent.set(header.height, { block, encoded });
    this.#recent.delete(header.height - limits.recentBlocks);
    if (header.nextCommitteeHash !== header.committeeHash)
      this.#changes.push({ header, commit: decided.commit, next: decided.outcome.committee });
  }

  // --- the store --------------------------------------------------------------------------------------

  /** Commands of a block that a vote names must be durable with the vote (A4). */
  keepUndecided(commandsHash: Hash, envelopes: () => readonly Envelope[]): void {
    if (this.#undecided.has(commandsHash)) return;
    this.#undecided.add(commandsHash);
    const slot = SLOT.undecided(commandsHash);
    this.#context.emit({ kind: "persist", job: this.#job, slot, bytes: encodeUndecided(envelopes()), durable: true });
  }

  /** Those that a run before this one stored. */
  restoreUndecided(commandsHashes: readonly Hash[]): void {
    for (const hash of commandsHashes) this.#undecided.add(hash);
  }

  /** Stores a decided block and drops the undecided ones. After the last block memory is freed: few ask, and the store has all. */
  keep(height: number, isLast: boolean): void {
    const slot = SLOT.block(height);
    const bytes = this.#recent.get(height)!.encoded;
    this.#context.emit({ kind: "persist", job: this.#job, slot, bytes, durable: false });
    for (const hash of this.#undecided) {
      const undecided = SLOT.undecided(hash);
      this.#context.emit({ kind: "persist", job: this.#job, slot: undecided, bytes: null, durable: false });
    }
    this.#undecided.clear();
    if (isLast) this.shorten();
  }

  /** The job has ended. */
  shorten(): void {
    for (const height of this.#recent.keys()) if (height < this.#nextHeight - ENDED_BLOCKS) this.#recent.delete(height);
  }

  // --- the others -------------------------------------------------------------------------------------

  /** One that acts for the job's owner. Null if it no longer follows. */
  follow(agent: AgentId, from: { readonly height: number; readonly blocks: boolean } | null): void {
    this.#followers.delete(agent); // it goes to the end
    if (from === null) return;
    if (this.#followers.size >= limits.followers) this.#followers.delete(this.#followers.keys().next().value!);
    this.#followers.set(agent, from.blocks);
    if (from.blocks) this.serve(agent, from.height);
  }

  /** The newest block, to those who follow. */
  tellFollowers(height: number): void {
    const recent = this.#recent.get(height);
    if (recent === undefined) return;
    const to = [...this.#followers].flatMap(([follower, wantsBlocks]) => (wantsBlocks ? [follower] : []));
    this.#send(to, [recent.block], recent.encoded.length);
  }

  /** For agents that know the genesis only: how the committee came to be what it is. */
  sendCommittees(to: AgentId, changes: readonly CommitteeChange[] = this.#changes): void {
    for (const { header, commit, next } of changes)
      this.#context.send(to, { kind: "committee", job: this.#job, header, commit, committee: next });
  }

  /** Sends blocks that were read from the store; `bytes`: their size together. */
  sendRead(to: AgentId, blocks: readonly CommittedBlock[], bytes: number): void {
    if (blocks.length > 0) this.#send([to], blocks, bytes);
  }

  /**
   * Blocks in one frame. Whoever signs each of its commands with hundreds of others makes proofs larger than the
   * block: those commands go ahead in frames of their own, and the receiver finds them in its pool.
   */
  #send(to: readonly AgentId[], blocks: readonly CommittedBlock[], bytes: number): void {
    const isLarge = bytes > limits.frameBytes / 2;
    if (isLarge)
      for (const agent of to) for (const { envelopes } of blocks) this.#events.sendEnvelopes(agent, envelopes);
    const light = isLarge ? blocks.map((block) => ({ ...block, envelopes: [] })) : blocks;
    this.#context.sendAll(to, { kind: "blocks", job: this.#job, blocks: light });
  }

  /** Decided blocks from a height on, as many as one frame takes. */
  serve(to: AgentId, fromHeight: number): void {
    if (fromHeight >= this.#nextHeight || fromHeight < 1) return;
    const count = Math.min(limits.syncBlocks, this.#nextHeight - fromHeight);
    const blocks: CommittedBlock[] = [];
    let bytes = 0;
    for (let height = fromHeight; height < fromHeight + count; height++) {
      const recent = this.#recent.get(height);
      if (recent === undefined || (bytes + recent.encoded.length > limits.frameBytes / 2 && blocks.length > 0)) break;
      bytes += recent.encoded.length;
      blocks.push(recent.block);
    }
    if (blocks.length > 0) this.#send([to], blocks, bytes);
    else
      this.#events.readBlocks(
        to,
        Array.from({ length: count }, (_, index) => SLOT.block(fromHeight + index)),
      );
  }
}
