/**
 * The jobs that an agent gave up. Beginning one of those again could mean voting twice, so each has a durable mark for as
 * long as its genesis could pass for a new one; only jobs that are too old to begin are forgotten.
 *
 * The counter of a genesis says when it was made, by the owner's clock. No vote depends on a clock: each forgotten job
 * raises the time up to which every job is refused, so a wrong clock only makes the agent refuse jobs.
 *
 * Source: protocol.md 4 (withdrawal), 9 (quotas).
 */

import { CLOCK_SLACK_MS } from "../capability/directory.ts";
import type { JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { durationWords } from "../core/words.ts";
import type { Genesis } from "../wire/genesis.ts";
import type { Context } from "./context.ts";
import { encodeRetired, readRetired, SLOT } from "./job-records.ts";

/** For how long a job may pass for a new one, by its owner's clock, ms. */
const REMEMBERED_MS = 24 * 3_600_000;
/** Marks that are left for known owners. */
const RESERVED = limits.retiredJobs / 8;
const NO_WITHDRAWAL = new Uint8Array(0);

/** A job, as far as it matters here. */
export interface GivenUp {
  readonly job: JobId;
  readonly genesis: Pick<Genesis, "counter">;
}

interface Retired {
  readonly createdMs: number;
  /** The owner's signature, for agents that missed the withdrawal; empty without one. */
  readonly withdrawal: Uint8Array;
}

export class RetiredJobs {
  readonly #context: Context;
  readonly #jobs = new Map<JobId, Retired>();
  /** Withdrawals of jobs that it never began: there is no vote to repeat, so the newest are enough, in memory. */
  readonly #declined = new Map<JobId, Uint8Array>();
  /** Jobs made before this may have been forgotten, ms of their owners' clocks. */
  #rememberedMs = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  has(job: JobId): boolean {
    return this.#jobs.has(job) || this.#declined.has(job);
  }

  /** The owner's signature under its withdrawal; null if this agent knows of no withdrawal. */
  withdrawalOf(job: JobId): Uint8Array | null {
    const withdrawal = this.#jobs.get(job)?.withdrawal ?? this.#declined.get(job) ?? NO_WITHDRAWAL;
    return withdrawal.length === 0 ? null : withdrawal;
  }

  /**
   * Why a job must not begin, or null. `begun`: how many running jobs may still need a mark. `isKnown`: its owner is known;
   * guests leave some of the marks to such owners.
   */
  refusal({ job, genesis }: GivenUp, begun: number, isKnown: boolean): string | null {
    if (this.has(job)) return "it gave this job up";
    const createdMs = genesis.counter;
    if (createdMs < this.#rememberedMs) return "the job is older than what it remembers: its owner's clock is behind";
    // Its mark could not be forgotten for long, and after a loss it would seem to be younger than the lost votes.
    if (createdMs > this.#context.now.wallMs + CLOCK_SLACK_MS)
      return `its owner's clock is more than ${durationWords(CLOCK_SLACK_MS)} ahead`;
    const most = isKnown ? limits.retiredJobs : limits.retiredJobs - RESERVED;
    if (this.#jobs.size + begun < most || this.#isAnyOld()) return null;
    return "it gave up too many jobs within a day";
  }

  #isOld({ createdMs }: Retired): boolean {
    return createdMs < this.#context.now.wallMs - REMEMBERED_MS;
  }

  #isAnyOld(): boolean {
    for (const retired of this.#jobs.values()) if (this.#isOld(retired)) return true;
    return false;
  }

  /** A job that it was asked to host and that its owner withdrew before it began. */
  decline(job: JobId, withdrawal: Uint8Array): void {
    if (this.#declined.size >= limits.knownJobs) this.#declined.delete(this.#declined.keys().next().value!);
    this.#declined.set(job, withdrawal);
  }

  /** Marks a job that it began, durably. */
  add({ job, genesis }: GivenUp, withdrawal: Uint8Array = NO_WITHDRAWAL): void {
    if (this.#jobs.size >= limits.retiredJobs) this.#forgetOld();
    const retired = { createdMs: genesis.counter, withdrawal };
    this.#jobs.set(job, retired);
    this.#context.emit({ kind: "forget", job });
    // The newest mark carries `rememberedMs`, because the marks that would show it are gone.
    const bytes = encodeRetired({ ...retired, rememberedMs: this.#rememberedMs });
    this.#context.emit({ kind: "persist", job, slot: SLOT.retired, bytes, durable: true });
    this.#context.emit({ kind: "trace", event: { kind: "retired", job } });
  }

  #forgetOld(): void {
    for (const [job, retired] of this.#jobs) {
      if (!this.#isOld(retired)) continue;
      this.#rememberedMs = Math.max(this.#rememberedMs, retired.createdMs + 1);
      this.#jobs.delete(job);
      this.#context.emit({ kind: "forget", job });
    }
  }

  /** One that an earlier run gave up. */
  restore(job: JobId, bytes: Uint8Array): void {
    const { createdMs, rememberedMs, withdrawal } = readRetired(bytes);
    this.#jobs.set(job, { createdMs, withdrawal });
    this.#rememberedMs = Math.max(this.#rememberedMs, rememberedMs);
  }
}
