/**
 * One job as a trace shows it: the checkers of simulated jobs replay its blocks and watch its entries. Where blocks are
 * missing, it says from which height on it cannot decide.
 */

import { decodeRoot } from "../../../protocol/agent/job-records.ts";
import { type Crypto, statementMessage } from "../../../protocol/core/crypto.ts";
import type { AgentId, JobId, MeshId } from "../../../protocol/core/ids.ts";
import { createPrng } from "../../../protocol/core/prng.ts";
import type { LedgerEvent } from "../../../protocol/job/event.ts";
import { explainBadGenesis } from "../../../protocol/job/graph.ts";
import { BUILT_IN_SELECTORS } from "../../../protocol/selection/catalog.ts";
import { type Genesis, jobIdOf } from "../../../protocol/wire/genesis.ts";
import { decodeGenesis } from "../../../protocol/wire/genesis-of-rules-1.ts";
import type { PersistEffect, TraceEntry } from "../../world/trace.ts";
import { checkCertified } from "./certificates.ts";
import { type Checker, saidDecisions, violated } from "./checker.ts";
import { DecidedLog } from "./decided-log.ts";
import { jobCheckers } from "./job-checkers.ts";

/** A line that the checkers look at: who wrote it, when, and where it stands. */
export interface RecordedAt {
  readonly agent: AgentId;
  readonly atMs: number;
  readonly step: number;
}

/** Runs a check for a line; what it finds broken is noted, and the check continues. */
type Guard<P extends RecordedAt> = (at: P, check: () => void) => boolean;

/** What there was to look at. */
interface RecordedCounts {
  /** Entries of blocks that were applied; with digests of the ledger's state; of votes and proposals. */
  applied: number;
  digests: number;
  signed: number;
  /** Records of what a member must not forget; certificates. */
  votes: number;
  certificates: number;
  /** The greatest height that anybody applied. */
  height: number;
}

/** Blocks that may wait for one before them: clocks of machines differ by seconds, not by hours. */
const WAITING_MAX = 2_000;
/** Altered copies of a certificate, each of which must be refused. */
const MUTATIONS = 32;

interface RecordedJobOptions<P extends RecordedAt> {
  readonly job: JobId;
  readonly meshId: MeshId;
  readonly crypto: Crypto;
  readonly guard: Guard<P>;
  /** Watch beside those of every job. */
  readonly more: readonly Checker[];
}

/** A trace has only the name of a plugin's selector, or of the simulator's oracle, so their choices cannot be recomputed. */
const isReplayable = (selector: string): boolean => BUILT_IN_SELECTORS.has(selector);

export class RecordedJob<P extends RecordedAt> {
  readonly counts: RecordedCounts = { applied: 0, digests: 0, signed: 0, votes: 0, certificates: 0, height: 0 };
  readonly hosts = new Set<AgentId>();
  genesis: Genesis | null = null;
  /** The job's last decision, as anybody says it. */
  end: Extract<LedgerEvent, { readonly kind: "completed" }> | null = null;
  readonly #options: RecordedJobOptions<P>;
  readonly #checkers: readonly Checker[];
  readonly #waiting = new Map<number, { readonly at: P; readonly record: PersistEffect }>();
  readonly #certified: { readonly at: P; readonly bytes: Uint8Array }[] = [];
  #log: DecidedLog | null = null;
  #isBroken = false;
  #at: P | null = null;

  constructor(options: RecordedJobOptions<P>) {
    this.#options = options;
    const own = jobCheckers({ genesis: () => this.genesis, thorough: true, calm: false });
    this.#checkers = [...own, ...options.more].map((checker) => this.#guarded(checker));
  }

  get job(): JobId {
    return this.#options.job;
  }

  /** Blocks that were replayed. */
  get replayed(): number {
    return this.#log?.height ?? 0;
  }

  /** Why the blocks after `replayed` were not replayed, or null. */
  get gap(): string | null {
    const short = this.job.slice(0, 8);
    if (this.#isBroken) return `the log of job ${short} breaks after height ${this.replayed}`;
    const { selector } = this.genesis ?? {};
    if (selector !== undefined && !isReplayable(selector))
      return `job ${short} was awarded by the selector ${selector}, whose choices a trace does not let compute again`;
    if (this.#log === null) return `no genesis of job ${short} is in it`;
    if (this.replayed >= this.counts.height && this.#waiting.size === 0 && this.replayed > 0) return null;
    const held = this.replayed === 0 ? "" : `nothing broken up to height ${this.replayed}, but `;
    return `${held}block ${this.replayed + 1} of job ${short} is not in it`;
  }

  #guarded(checker: Checker): Checker {
    const check = (call: () => void): void => void this.#options.guard(this.#at!, call);
    return {
      onTrace: (entry) => check(() => checker.onTrace?.(entry)),
      onPersist: (agent, record, atMs) => check(() => checker.onPersist?.(agent, record, atMs)),
      onDecided: (block) => check(() => checker.onDecided?.(block)),
    };
  }

  onTrace(at: P, entry: TraceEntry): void {
    this.#at = at;
    const { counts } = this;
    const { event, agent } = entry;
    if (event.kind === "hosting") this.hosts.add(agent);
    if (event.kind === "voted" || event.kind === "proposed") counts.signed++;
    if (event.kind === "applied") {
      counts.applied++;
      counts.height = Math.max(counts.height, event.height);
      this.hosts.add(agent);
      if (event.state !== "") counts.digests++;
    }
    for (const decided of saidDecisions(entry)?.events ?? []) if (decided.kind === "completed") this.end = decided;
    for (const checker of this.#checkers) checker.onTrace?.(entry);
  }

  onStored(at: P, slot: string, bytes: Uint8Array): void {
    this.#at = at;
    const record: PersistEffect = { kind: "persist", job: this.job, slot, bytes, durable: true };
    if (slot === "genesis") this.#options.guard(at, () => this.#onGenesis(bytes));
    else if (slot === "vote") {
      this.counts.votes++;
      for (const checker of this.#checkers) checker.onPersist?.(at.agent, record, at.atMs);
    } else this.#onBlock(at, record);
  }

  onCertified(at: P, bytes: Uint8Array): void {
    this.counts.certificates++;
    this.#certified.push({ at, bytes });
  }

  #onGenesis(bytes: Uint8Array): void {
    if (this.genesis !== null) return;
    const { meshId, crypto } = this.#options;
    const root = decodeRoot(bytes);
    if (!root.ok) return violated("log", this.#at!.agent, `the stored genesis does not decode: ${root.code}`);
    const signed = root.value.genesis;
    const genesis = decodeGenesis(signed.bytes);
    if (!genesis.ok) return violated("log", this.#at!.agent, `the genesis does not decode: ${genesis.code}`);
    const problem = explainBadGenesis(genesis.value);
    if (problem !== null) return violated("log", this.#at!.agent, `the genesis is not valid: ${problem.code}`);
    if (jobIdOf(crypto.hash, signed) !== this.job)
      return violated("log", this.#at!.agent, "the stored genesis is another job's");
    if (!crypto.verify(genesis.value.owner, statementMessage(meshId, "genesis", this.job), signed.signature))
      return violated("log", this.#at!.agent, "the genesis is not signed by the owner that it names");
    this.genesis = genesis.value;
    if (!isReplayable(genesis.value.selector)) return;
    this.#log = new DecidedLog({
      ...this.#options,
      genesis: genesis.value,
      checkers: this.#checkers,
      isTraced: true,
    });
    this.#replayWaiting();
  }

  #onBlock(at: P, record: PersistEffect): void {
    const height = Number(record.slot.slice("block/".length));
    if (this.#log !== null && height <= this.replayed + 1) {
      this.#replay(at, record);
      this.#replayWaiting();
    } else if (this.#waiting.size < WAITING_MAX && !this.#waiting.has(height))
      this.#waiting.set(height, { at, record });
  }

  #replayWaiting(): void {
    for (;;) {
      const next = this.#waiting.get(this.replayed + 1);
      if (next === undefined || this.#isBroken) return;
      this.#waiting.delete(this.replayed + 1);
      this.#replay(next.at, next.record);
    }
  }

  #replay(at: P, record: PersistEffect): void {
    if (this.#isBroken) return;
    this.#at = at;
    const { agent, atMs, step } = at;
    this.#isBroken = !this.#options.guard(at, () => this.#log!.onPersist(agent, record, atMs, step));
  }

  /** Certificates are held against the answer that the log ends with. */
  atEnd(): void {
    const answer = this.#log?.ledger.state.outcome.get()?.answer ?? this.end?.answer;
    if (this.genesis === null || answer === undefined) return;
    const facts = { job: this.job, owner: this.genesis.owner, answer };
    for (const { at, bytes } of this.#certified) {
      const prng = createPrng(`mutations/${this.job}`);
      this.#options.guard(at, () => checkCertified(this.#options.crypto, bytes, facts, prng, MUTATIONS));
    }
  }
}
