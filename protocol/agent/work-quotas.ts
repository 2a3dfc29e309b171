/**
 * What a worker gives to whom: for which owners it works at all, which slots guests may have, how long their leases may be, and
 * what it takes from them within a day.
 *
 * Whoever is alone may use every slot. Long leases are the danger: a guest's job of a hundred hour-long tasks would hold all
 * slots of a mesh for hours. So if others wait, such awards beyond half of the slots are given back, the newest first, and
 * no more of them are taken for a while.
 *
 * Source: protocol.md 9 (budgets).
 */

import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { durationWords } from "../core/words.ts";
import type { Genesis } from "../wire/genesis.ts";
import type { Admission } from "./admission.ts";
import type { Context } from "./context.ts";
import type { AwardNotice } from "./held-award.ts";

const DAY_MS = 24 * 3_600_000;
/** Clocks of members and workers differ: a lease is long, or too long, if it is so by more than this, ms. */
const CLOCKS_MS = 5_000;
/** A job that waits is told so again with each of its windows, which are open for less than this, ms. */
const WAITING_MS = 15_000;
/** After others had to wait, long leases of guests get no more than half of the slots for this long, ms. */
const WAITED_MS = 10 * 60_000;

/** A job, as far as it matters here. */
interface QuotaJob {
  readonly job: JobId;
  readonly genesis: Pick<Genesis, "owner" | "nodes">;
}

/** An award that is being worked on. */
interface Busy {
  readonly job: JobId;
  readonly key: string;
  readonly owner: AgentId;
  readonly isLong: boolean;
}

interface Spent {
  /** When the day began, and the prices since, micro-credits. */
  readonly sinceMs: number;
  readonly price: number;
}

const NOTHING: Spent = { sinceMs: Number.NEGATIVE_INFINITY, price: 0 };

export class WorkQuotas {
  readonly #context: Context;
  readonly #admission: Admission;
  /** The newest last. */
  readonly #busy = new Map<string, Busy>();
  /** When each owner had to wait for a slot last; the longest ago first. */
  readonly #waitedMs = new Map<AgentId, number>();
  readonly #spent = new Map<AgentId, Spent>();
  #spentByGuests: Spent = NOTHING;

  constructor(context: Context, admission: Admission) {
    this.#context = context;
    this.#admission = admission;
  }

  get #half(): number {
    return Math.max(1, Math.floor(this.#context.config.slots / 2));
  }

  // --- what it takes ----------------------------------------------------------------------------------

  /** Whether it offers a skill to a job, as far as that depends on the owner. */
  isForOffer({ genesis }: QuotaJob, skill: string, price: number): boolean {
    const { owner, nodes } = genesis;
    if (!this.#admission.isAllowed(owner)) return false;
    if (this.#admission.isKnown(owner)) return true;
    const { guestLeaseMs } = this.#admission.quotas.work;
    const leases = nodes.filter((spec) => spec.skill === skill).map((spec) => spec.policy.timeoutMs);
    if (leases.length > 0 && leases.every((leaseMs) => leaseMs > guestLeaseMs)) return false;
    return this.#spendProblem(owner, price) === null;
  }

  /** Why it does not work for an award, whenever that comes; null: it would. */
  refusal({ genesis }: QuotaJob, award: AwardNotice): string | null {
    const { owner } = genesis;
    if (!this.#admission.isAllowed(owner)) return "it works only for owners that its operator named";
    if (this.#admission.isKnown(owner)) return null;
    const { guestLeaseMs } = this.#admission.quotas.work;
    if (this.#leaseMs(award) > guestLeaseMs + CLOCKS_MS)
      return `the lease is longer than ${durationWords(guestLeaseMs)}, the longest that it takes from guests`;
    return this.#spendProblem(owner, award.price);
  }

  #spendProblem(owner: AgentId, price: number): string | null {
    const { ownerSpend, guestSpend } = this.#admission.quotas.work;
    if (this.#today(this.#spent.get(owner)).price + price > ownerSpend)
      return "this owner's tasks have cost what it takes from one guest within a day";
    if (this.#today(this.#spentByGuests).price + price > guestSpend)
      return "guests' tasks have cost what it takes from all of them within a day";
    return null;
  }

  #leaseMs({ leaseEndsMs }: AwardNotice): number {
    return leaseEndsMs - this.#context.now.wallMs;
  }

  #isLong(owner: AgentId, leaseMs: number): boolean {
    return !this.#admission.isKnown(owner) && leaseMs > this.#admission.quotas.work.longLeaseMs + CLOCKS_MS;
  }

  /** Whether an award that it would work for must wait, although a slot is free. */
  isFullFor({ genesis: { owner } }: QuotaJob, award: AwardNotice): boolean {
    return this.#placesLeft(owner, this.#leaseMs(award)) <= 0;
  }

  /** Slots that a job may have for a skill at this time, with those that it has. */
  slotsFor({ job, genesis: { owner, nodes } }: QuotaJob, skill: string): number {
    const leases = nodes.filter((spec) => spec.skill === skill).map((spec) => spec.policy.timeoutMs);
    return (
      this.#count((busy) => busy.job === job) + this.#placesLeft(owner, leases.length === 0 ? 0 : Math.min(...leases))
    );
  }

  #placesLeft(owner: AgentId, leaseMs: number): number {
    const { slots } = this.#context.config;
    if (this.#admission.isKnown(owner)) return slots;
    const { reserved } = this.#admission.quotas.work;
    let left = slots - reserved - this.#count((busy) => !this.#admission.isKnown(busy.owner));
    if (this.#haveOthersWaited(owner, 0))
      left = Math.min(left, this.#half - this.#count((busy) => busy.owner === owner));
    if (this.#isLong(owner, leaseMs) && this.#haveOthersWaited(owner, WAITED_MS))
      left = Math.min(left, this.#half - this.#count(({ isLong }) => isLong));
    return left;
  }

  #count(isMeant: (busy: Busy) => boolean): number {
    let count = 0;
    for (const busy of this.#busy.values()) if (isMeant(busy)) count++;
    return count;
  }

  // --- who waits --------------------------------------------------------------------------------------

  /** A job was told that no slot is free. */
  onWaiting({ genesis: { owner } }: QuotaJob): void {
    this.#waitedMs.delete(owner); // it goes to the end
    if (this.#waitedMs.size >= limits.knownJobs) this.#waitedMs.delete(this.#waitedMs.keys().next().value!);
    this.#waitedMs.set(owner, this.#context.now.monoMs);
  }

  /** Whether another owner waits, or waited within `withinMs`. */
  #haveOthersWaited(owner: AgentId, withinMs: number): boolean {
    const { monoMs } = this.#context.now;
    for (const [other, atMs] of this.#waitedMs)
      if (other !== owner && monoMs - atMs <= Math.max(withinMs, WAITING_MS)) return true;
    return false;
  }

  /** The award that it gives back for those who wait; null: none. */
  toGiveBack(): Pick<Busy, "job" | "key"> | null {
    const long = [...this.#busy.values()].filter(({ isLong }) => isLong);
    if (this.#busy.size < this.#context.config.slots || long.length <= this.#half) return null;
    return long.reverse().find(({ owner }) => this.#haveOthersWaited(owner, 0)) ?? null;
  }

  // --- what it works on -------------------------------------------------------------------------------

  onTaken({ job, genesis: { owner } }: QuotaJob, key: string, award: AwardNotice): void {
    this.#busy.set(`${job}/${key}`, { job, key, owner, isLong: this.#isLong(owner, this.#leaseMs(award)) });
    this.#waitedMs.delete(owner); // it waits no longer
    if (this.#admission.isKnown(owner)) return;
    const spent = this.#today(this.#spent.get(owner));
    this.#spent.delete(owner);
    if (this.#spent.size >= limits.clients) this.#spent.delete(this.#spent.keys().next().value!);
    this.#spent.set(owner, { ...spent, price: spent.price + award.price });
    const all = this.#today(this.#spentByGuests);
    this.#spentByGuests = { ...all, price: all.price + award.price };
  }

  onEnded(job: JobId, key: string): void {
    this.#busy.delete(`${job}/${key}`);
  }

  #today(spent: Spent = NOTHING): Spent {
    const { monoMs } = this.#context.now;
    return monoMs - spent.sinceMs < DAY_MS ? spent : { sinceMs: monoMs, price: 0 };
  }
}
