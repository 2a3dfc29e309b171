/**
 * The jobs that an agent gave up. To begin one of those anew would be to vote again, so each has a durable mark for as
 * long as its genesis could be taken for a new one; what is forgotten is too old to be begun.
 *
 * A genesis says when it was made by its counter, the owner's clock. No clock is trusted with votes: whatever is forgotten
 * raises the time up to which every job is refused. A wrong clock costs jobs only.
 *
 * Source: protocol.md 4 (withdrawal), 9 (quotas).
 */

import type { JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Genesis } from "../wire/genesis.ts";
import type { Context } from "./context.ts";
import { encodeRetired, readRetired, SLOT } from "./job-records.ts";

/** By how much the clocks of owners and agents may differ, ms. */
const CLOCKS_MS = 24 * 3_600_000;
const NO_WITHDRAWAL = new Uint8Array(0);

/** A job, as far as it matters here. */
export interface GivenUp {
  readonly job: JobId;
  readonly genesis: Pick<Genesis, "counter">;
}

interface Retired {
  readonly createdMs: number;
  /** By the owner, for those that did not hear it; empty where there was none. */
  readonly withdrawal: Uint8Array;
}

export class RetiredJobs {
  readonly #context: Context;
  readonly #jobs = new Map<JobId, Retired>();
  /** Withdrawals of jobs that it never began: there is no vote to repeat, so the newest are enough, in memory. */
  readonly #declined = new Map<JobId, Uint8Array>();
  /** Jobs that were made before may have been forgotten. */
  #rememberedMs = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  has(job: JobId): boolean {
    return this.#jobs.has(job) || this.#declined.has(job);
  }

  /** What its owner signed when it withdrew a job; null: it did not, as far as this agent knows. */
  withdrawalOf(job: JobId): Uint8Array | null {
    const withdrawal = this.#jobs.get(job)?.withdrawal ?? this.#declined.get(job) ?? NO_WITHDRAWAL;
    return withdrawal.length === 0 ? null : withdrawal;
  }

  /** Why a job must not be begun; `begun`: jobs that may need a mark yet. */
  refusal({ job, genesis }: GivenUp, begun: number): string | null {
    if (this.has(job)) return "it gave this job up";
    const createdMs = genesis.counter;
    if (createdMs < this.#rememberedMs) return "the job is older than what it remembers: its owner's clock is behind";
    // Its mark could not be forgotten for long.
    if (createdMs > this.#context.now.wallMs + CLOCKS_MS) return "its owner's clock is more than a day ahead";
    if (this.#jobs.size + begun < limits.retiredJobs || this.#isAnyOld()) return null;
    return "it gave up too many jobs within a day";
  }

  #isOld({ createdMs }: Retired): boolean {
    return createdMs < this.#context.now.wallMs - CLOCKS_MS;
  }

  #isAnyOld(): boolean {
    for (const retired of this.#jobs.values()) if (this.#isOld(retired)) return true;
    return false;
  }

  /** One that it was asked to keep, and that its owner withdrew before it began. */
  decline(job: JobId, withdrawal: Uint8Array): void {
    if (this.#declined.size >= limits.knownJobs) this.#declined.delete(this.#declined.keys().next().value!);
    this.#declined.set(job, withdrawal);
  }

  /** One that it began: durably. */
  add({ job, genesis }: GivenUp, withdrawal: Uint8Array = NO_WITHDRAWAL): void {
    if (this.#jobs.size >= limits.retiredJobs) this.#forgetOld();
    const retired = { createdMs: genesis.counter, withdrawal };
    this.#jobs.set(job, retired);
    this.#context.emit({ kind: "forget", job });
    // Written with the newest mark, for those that would show it are gone.
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
