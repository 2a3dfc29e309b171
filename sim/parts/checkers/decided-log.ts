/**
 * The log as honest agents store it, read from the bytes that they persist and applied to a separate ledger: the oracle for the
 * other checkers. It also checks the log itself: every block has the votes of a quorum of its committee, and applies.
 */

import { SLOT } from "../../../protocol/agent/job-records.ts";
import { isCommit } from "../../../protocol/consensus/ballots.ts";
import { createCommittee } from "../../../protocol/consensus/committee.ts";
import type { Crypto } from "../../../protocol/core/crypto.ts";
import type { AgentId, Hash, JobId, MeshId } from "../../../protocol/core/ids.ts";
import { Ledger } from "../../../protocol/job/ledger.ts";
import { Pool, type PoolQuestions } from "../../../protocol/job/pool.ts";
import type { LedgerView } from "../../../protocol/job/view.ts";
import type { Selectors } from "../../../protocol/selection/selector.ts";
import { decode, encode } from "../../../protocol/wire/codec.ts";
import { blockCodec, blockHash, type CommitteeMembers } from "../../../protocol/wire/consensus.ts";
import type { Genesis } from "../../../protocol/wire/genesis.ts";
import { type CommittedBlock, committedBlockCodec } from "../../../protocol/wire/message.ts";
import type { PersistEffect } from "../../world/trace.ts";
import { type Checker, violated } from "./checker.ts";

export interface LogOptions {
  readonly meshId: MeshId;
  readonly job: JobId;
  readonly genesis: Genesis;
  readonly crypto: Crypto;
  readonly checkers: readonly Checker[];
  /** Default: the built-in ones. */
  readonly selectors?: Selectors;
  /** Its ledger keeps a running digest of its changes, for the checker of states. Default false. */
  readonly isTraced?: boolean;
}

/** Where in a run something was seen. */
interface Seen {
  readonly agent: AgentId;
  readonly atMs: number;
  readonly step: number;
}

/** How many of the newest blocks to remember: members may still be about to store them. */
const RECENT = 64;

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean => {
  if (bytes.length < start.length) return false;
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
};

const TAKE_ALL: PoolQuestions = {
  isDone: () => false,
  isWanted: () => true,
  isInvolved: () => true,
  isKept: () => true,
  isOfUse: () => true,
};

export class DecidedLog {
  readonly #ledger: Ledger;
  /** Hash of each decided block, by height from 1 on (index 0 is the job's id). */
  readonly hashes: Hash[];
  #committee: CommitteeMembers;
  /** Canonical bytes of the newest blocks, by the slot that they are stored in. */
  readonly #recent = new Map<string, Uint8Array>();
  readonly #options: LogOptions;

  constructor(options: LogOptions) {
    this.#options = options;
    const { genesis, job, crypto, selectors, isTraced } = options;
    this.#ledger = new Ledger(genesis, job, crypto.hash, selectors, isTraced);
    this.hashes = [job];
    this.#committee = genesis.committee;
  }

  /** At the newest block. */
  get ledger(): LedgerView {
    return this.#ledger.viewAt(this.#ledger.state.timeMs.get());
  }

  get height(): number {
    return this.hashes.length - 1;
  }

  /** Called for honest agents only. */
  onPersist(agent: AgentId, { job, slot, bytes }: PersistEffect, atMs: number, step: number): void {
    if (job !== this.#options.job || bytes === null || !slot.startsWith("block/")) return;
    if (this.#isKnown(slot, bytes)) return;
    const where = `step ${step}, ${atMs} ms, ${agent}`;
    const decoded = decode(committedBlockCodec, bytes);
    if (!decoded.ok) return violated("log", where, `a stored block does not decode: ${decoded.code}`);
    this.#take(decoded.value, { agent, atMs, step });
  }

  /** Every member stores the block, followed by the votes that it saw: a block with the same bytes is known. */
  #isKnown(slot: string, bytes: Uint8Array): boolean {
    const known = this.#recent.get(slot);
    return known !== undefined && startsWith(bytes.subarray(1), known);
  }

  #take(committed: CommittedBlock, seen: Seen): void {
    const { crypto } = this.#options;
    const { header } = committed.block;
    const hash = blockHash(crypto.hash, header);
    const where = `step ${seen.step}, ${seen.atMs} ms, ${seen.agent}`;
    const known = this.hashes[header.height];
    if (known !== undefined) {
      if (known !== hash)
        violated("1 agreement", where, `height ${header.height}: blocks ${known} and ${hash} were decided`);
      return;
    }
    if (header.height !== this.hashes.length) violated("log", where, `height ${header.height} follows ${this.height}`);
    const committee = createCommittee(crypto.hash, this.#committee);
    const block = { job: this.#options.job, height: header.height, hash };
    if (header.parent !== this.hashes[this.height]) violated("log", where, "the parent is another block");
    if (header.committeeHash !== committee.hash) violated("log", where, "the header names another committee");
    if (!isCommit(this.#options.meshId, crypto, committee, block, committed.commit))
      violated("log", where, "no quorum of its committee");
    this.#apply(committed, hash, seen);
  }

  #apply(committed: CommittedBlock, hash: Hash, seen: Seen): void {
    const { crypto, meshId, job, checkers } = this.#options;
    const { header, commands } = committed.block;
    const where = `step ${seen.step}, ${seen.atMs} ms, ${seen.agent}`;
    // A pool of one block: it verifies every command and its author's signature (invariant 2).
    const pool = new Pool(meshId, job, crypto);
    for (const envelope of committed.envelopes) {
      const { verdict } = pool.add(0, envelope, TAKE_ALL, { source: "", isHost: true });
      if (verdict.verdict === "reject") violated("2 validity", where, `height ${header.height}: ${verdict.code}`);
    }
    const entries = commands.map((command) => {
      const entry = pool.get(command);
      if (entry === undefined)
        return violated("2 validity", where, `height ${header.height}: command ${command} is not in the block`);
      return { hash: entry.hash, command: entry.command };
    });
    const execution = this.#ledger.execute(header.timeMs, entries);
    if (execution === null) return violated("2 validity", where, `height ${header.height} does not apply`);
    const { outcome } = execution;
    if (outcome.eventsHash !== header.eventsHash)
      violated("3 state", where, `height ${header.height} decides something else here`);
    this.#ledger.keep(execution);
    this.#committee = outcome.committee;
    this.hashes.push(hash);
    this.#recent.set(SLOT.block(header.height), encode(blockCodec, committed.block));
    this.#recent.delete(SLOT.block(header.height - RECENT));
    const { height } = header;
    const block = {
      committed,
      hash,
      height,
      commands: entries,
      events: outcome.events,
      tallies: outcome.tallies,
      lost: outcome.lost,
      ledger: this.ledger,
      changesDigest: this.#ledger.changesDigest,
      by: seen.agent,
      atMs: seen.atMs,
    };
    for (const checker of checkers) checker.onDecided?.(block);
  }
}
