/**
 * The jobs that an agent gave up after it had voted in them. Beginning one of those again could mean voting twice, so each has a
 * durable mark for as long as its genesis could pass for a new one; only jobs that are too old to begin are forgotten.
 *
 * The counter of a genesis says when it was made, by the owner's clock. No vote depends on a clock: each forgotten job
 * raises the time up to which jobs are too old, so a wrong clock only makes the agent refuse jobs.
 *
 * A mark cannot give way to another one. So the guests of one source may have as many marks as are left for all guests: however
 * many sources fill their parts, another one finds as much free as each of them has.
 *
 * Source: protocol.md 4 (withdrawal), 9 (quotas).
 */

import { CLOCK_SLACK_MS } from "../capability/directory.ts";
import type { JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { SharedPlaces } from "../core/shared-places.ts";
import { durationWords } from "../core/words.ts";
import type { Genesis } from "../wire/genesis.ts";
import type { Context } from "./context.ts";
import { encodeRetired, readRetired, SLOT } from "./job-records.ts";

/** For how long a job may pass for a new one at most, by its owner's clock, ms; after its deadline it never does. */
const REMEMBERED_MS = 24 * 3_600_000;
/** Marks that are left for known owners. */
const RESERVED = limits.retiredJobs / 8;
const NO_WITHDRAWAL: Uint8Array = new Uint8Array(0);

/** The source of jobs of known owners; names of others are not empty. */
const KNOWN = "";

/** A job, as far as it matters here. */
export interface GivenUp {
  readonly job: JobId;
  readonly genesis: Pick<Genesis, "counter" | "deadlineMs">;
}

interface Retired {
  /** From then on the job is too old to begin, by its owner's clock, ms. */
  readonly expiresMs: number;
  /** The owner's signature, for agents that missed the withdrawal; empty without one. */
  readonly withdrawal: Uint8Array;
}

const expiresMs = ({ counter, deadlineMs }: GivenUp["genesis"]): number =>
  counter + Math.min(deadlineMs, REMEMBERED_MS) + CLOCK_SLACK_MS;

export class RetiredJobs {
  readonly #context: Context;
  readonly #jobs = new SharedPlaces<JobId, Retired>(Number.POSITIVE_INFINITY);
  /** Jobs in which it never voted: there is no vote to repeat, so the newest are enough, in memory. With their withdrawals. */
  readonly #declined = new Map<JobId, Uint8Array>();
  /** Jobs that expired by then may have been forgotten, ms of their owners' clocks. */
  #rememberedMs = 0;
  /** No mark expires before this. */
  #firstExpiresMs = Number.POSITIVE_INFINITY;

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
   * Why a job must not begin, or null. `begun`: how many running jobs may still need a mark. `source`: of a guest; null: its owner
   * is known.
   */
  refusal({ job, genesis }: GivenUp, begun: number, source: string | null): string | null {
    if (this.has(job)) return "it gave this job up";
    if (expiresMs(genesis) <= this.#rememberedMs)
      return "the job is older than what it remembers: its owner's clock is behind";
    // Its mark could not be forgotten for long, and after a loss it would seem to be younger than the lost votes.
    if (genesis.counter > this.#context.now.wallMs + CLOCK_SLACK_MS)
      return `its owner's clock is more than ${durationWords(CLOCK_SLACK_MS)} ahead`;
    if (this.#isRoom(begun, source ?? KNOWN) || this.#firstExpiresMs < this.#context.now.wallMs) return null;
    return source === null
      ? "it gave up too many jobs within a day"
      : "it gave up too many jobs of guests from where this owner connects";
  }

  #isRoom(begun: number, source: string): boolean {
    const left = limits.retiredJobs - this.#jobs.size - begun;
    return source === KNOWN ? left > 0 : this.#jobs.countOf(source) < left - RESERVED;
  }

  /** A job that it does not host, or no longer, and in which it never voted. */
  decline(job: JobId, withdrawal = NO_WITHDRAWAL): void {
    if (this.#declined.size >= limits.knownJobs) this.#declined.delete(this.#declined.keys().next().value!);
    this.#declined.set(job, withdrawal);
  }

  /** Marks a job in which it voted, durably. `source`: of a guest; null: its owner is known. */
  add({ job, genesis }: GivenUp, source: string | null, withdrawal = NO_WITHDRAWAL): void {
    if (!this.#isRoom(0, source ?? KNOWN)) this.#forgetOld();
    const retired = { expiresMs: expiresMs(genesis), withdrawal };
    this.#set(job, source ?? KNOWN, retired);
    this.#context.emit({ kind: "forget", job });
    // The newest mark carries `rememberedMs`, because the marks that would show it are gone.
    const bytes = encodeRetired({ ...retired, source: source ?? KNOWN, rememberedMs: this.#rememberedMs });
    this.#context.emit({ kind: "persist", job, slot: SLOT.retired, bytes, durable: true });
  }

  #set(job: JobId, source: string, retired: Retired): void {
    this.#jobs.set(job, source, retired);
    this.#firstExpiresMs = Math.min(this.#firstExpiresMs, retired.expiresMs);
  }

  #forgetOld(): void {
    const { wallMs } = this.#context.now;
    this.#firstExpiresMs = Number.POSITIVE_INFINITY;
    for (const [job, retired] of this.#jobs.entries()) {
      if (retired.expiresMs >= wallMs) {
        this.#firstExpiresMs = Math.min(this.#firstExpiresMs, retired.expiresMs);
        continue;
      }
      this.#rememberedMs = Math.max(this.#rememberedMs, retired.expiresMs);
      this.#jobs.delete(job);
      this.#context.emit({ kind: "forget", job });
    }
  }

  /** One that an earlier run gave up. */
  restore(job: JobId, bytes: Uint8Array): void {
    const { expiresMs: untilMs, rememberedMs, withdrawal, source } = readRetired(bytes);
    this.#set(job, source, { expiresMs: untilMs, withdrawal });
    this.#rememberedMs = Math.max(this.#rememberedMs, rememberedMs);
  }
}
