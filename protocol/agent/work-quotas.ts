/**
 * What a worker gives to whom: for which owners it works at all, which slots guests may have, how long their leases may be, and
 * what it takes from them within a day.
 *
 * Whoever is alone may use every slot. Slots are shared by *parties*: all known owners are one, and the guests of each source
 * are another. While another party waits, a slot that becomes free is kept for a moment for the party that holds fewest:
 * otherwise it would go to whoever asks most often. If none becomes free for a moment, a party of guests that holds two more than
 * the one that waits gives its newest award back, however long its lease is.
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
/** Clocks of members and workers differ: a lease is too long if it is so by more than this, ms. */
const CLOCKS_MS = 5_000;
/** A job that waits is told so again with each of its windows, which are open for less than this, ms. */
const WAITING_MS = 15_000;
/** Who waited for this long gets a slot that was given back, ms: short tasks end before that, and nothing of them is lost. */
const PATIENCE_MS = 1_000;
/** Who gave awards back gets no more than half of the slots for this long, ms: the others come with more tasks. */
const GAVE_BACK_MS = 30_000;
/** For how long a free slot is kept, ms: an offer has to come into a block, and the award has to come back. */
const KEPT_MS = 2_000;
/** Nothing is kept for a party that let a slot pass for this long, ms: who waits for nothing must not cost others much. */
const PASSED_MS = 30_000;
/** The party of all known owners. Names of sources are not empty. */
const KNOWN = "";

/** A job, as far as it matters here. `source`: who told of it. */
interface QuotaJob {
  readonly job: JobId;
  readonly source: string;
  readonly genesis: Pick<Genesis, "owner" | "nodes">;
}

/** An award that is being worked on. */
interface Busy {
  readonly job: JobId;
  readonly key: string;
  readonly owner: AgentId;
  readonly party: string;
}

/** A job that was told that no slot is free. */
interface Waiting {
  readonly party: string;
  readonly owner: AgentId;
  readonly sinceMs: number;
  /** When it was told so last. */
  readonly saidMs: number;
}

/** When a party, or an owner within one, last took a slot, let one pass that was kept for it, and gave one back. */
interface Turns {
  readonly tookMs: number;
  readonly passedMs: number;
  readonly gaveBackMs: number;
}

/** A free slot that nobody else may take, but for known owners. */
interface Kept {
  readonly party: string;
  readonly owner: AgentId;
  readonly untilMs: number;
}

interface Spent {
  /** When the day began, and the prices since, micro-credits. */
  readonly sinceMs: number;
  readonly price: number;
}

/** An owner among parties: no source is called so. */
const ownerKey = (owner: AgentId): string => `owner ${owner}`;

const EVER = Number.NEGATIVE_INFINITY;
const NEVER: Turns = { tookMs: EVER, passedMs: EVER, gaveBackMs: EVER };
const NOTHING: Spent = { sinceMs: Number.NEGATIVE_INFINITY, price: 0 };

export class WorkQuotas {
  readonly #context: Context;
  readonly #admission: Admission;
  /** The newest last. */
  readonly #busy = new Map<string, Busy>();
  /** Jobs that wait for a slot; the one that said so longest ago first. */
  readonly #waiting = new Map<JobId, Waiting>();
  /** Who comes first is at the head. */
  #kept: Kept[] = [];
  readonly #turns = new Map<string, Turns>();
  readonly #spent = new Map<AgentId, Spent>();
  #spentByGuests: Spent = NOTHING;

  constructor(context: Context, admission: Admission) {
    this.#context = context;
    this.#admission = admission;
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

  #partyOf({ genesis: { owner }, source }: QuotaJob): string {
    return this.#admission.isKnown(owner) ? KNOWN : source;
  }

  /** Whether an award that it would work for must wait, although a slot is free. */
  isFullFor(job: QuotaJob): boolean {
    return this.#placesLeft(job) <= 0;
  }

  /** Slots that a job may have at this time, with those that it has. */
  slotsFor(asking: QuotaJob): number {
    return this.#count((busy) => busy.job === asking.job) + this.#placesLeft(asking);
  }

  #placesLeft(job: QuotaJob): number {
    const { slots } = this.#context.config;
    const { owner } = job.genesis;
    const party = this.#partyOf(job);
    if (party === KNOWN) return slots;
    const ofGuests = slots - this.#admission.quotas.work.reserved - this.#count((busy) => busy.party !== KNOWN);
    const kept = this.#kept.filter((slot) => slot.party !== party && slot.untilMs > this.#context.now.monoMs).length;
    const left = Math.min(ofGuests, slots - this.#busy.size - kept);
    const half = Math.floor(slots / 2);
    const ofParty = this.#gaveBack(party) ? half - this.#count((busy) => busy.party === party) : left;
    const ofOwner = this.#gaveBack(ownerKey(owner)) ? half - this.#ofOwner(owner) : left;
    return Math.min(left, ofParty, ofOwner);
  }

  #count(isMeant: (busy: Busy) => boolean): number {
    let count = 0;
    for (const busy of this.#busy.values()) if (isMeant(busy)) count++;
    return count;
  }

  // --- who waits --------------------------------------------------------------------------------------

  /** A job was told that no slot is free. */
  onWaiting(asking: QuotaJob): void {
    const { job, genesis } = asking;
    const { monoMs } = this.#context.now;
    const before = this.#waiting.get(job);
    const isStill = before !== undefined && monoMs - before.saidMs <= WAITING_MS;
    this.#waiting.delete(job); // it goes to the end
    if (this.#waiting.size >= limits.knownJobs) this.#waiting.delete(this.#waiting.keys().next().value!);
    const sinceMs = isStill ? before.sinceMs : monoMs;
    this.#waiting.set(job, { party: this.#partyOf(asking), owner: genesis.owner, sinceMs, saidMs: monoMs });
  }

  #stillWaiting(): Waiting[] {
    const { monoMs } = this.#context.now;
    return [...this.#waiting.values()].filter(
      ({ saidMs, party }) => monoMs - saidMs <= WAITING_MS && !this.#hasPassed(party),
    );
  }

  #gaveBack(who: string): boolean {
    return this.#context.now.monoMs < this.#turnsOf(who).gaveBackMs + GAVE_BACK_MS;
  }

  #hasPassed(party: string): boolean {
    return this.#context.now.monoMs < this.#turnsOf(party).passedMs + PASSED_MS;
  }

  #turnsOf(party: string): Turns {
    return this.#turns.get(party) ?? NEVER;
  }

  #setTurns(party: string, turns: Partial<Turns>): void {
    const before = this.#turnsOf(party);
    this.#turns.delete(party); // it goes to the end
    if (this.#turns.size >= limits.knownJobs) this.#turns.delete(this.#turns.keys().next().value!);
    this.#turns.set(party, { ...before, ...turns });
  }

  #holds(party: string): number {
    return this.#count((busy) => busy.party === party) + this.#kept.filter((slot) => slot.party === party).length;
  }

  /**
   * The award that it gives back for those who wait; null: none. An agent with one slot gives nothing back, and among guests whoever
   * holds one more than others keeps it. Owners of one party are compared in the same way: one host may have told of all of them.
   */
  toGiveBack(): Pick<Busy, "job" | "key"> | null {
    const { slots } = this.#context.config;
    if (slots === 1 || this.#busy.size < slots) return null;
    const { monoMs } = this.#context.now;
    for (const { party, owner, sinceMs } of this.#stillWaiting()) {
      if (monoMs - sinceMs < PATIENCE_MS) continue;
      const lead = party === KNOWN ? 1 : 2;
      const back =
        this.#leaderOver(this.#holds(party) + lead, (busy) => (busy.party === party ? null : busy.party)) ??
        this.#leaderOver(this.#ofOwner(owner) + lead, (busy) => (busy.party === party ? busy.owner : null));
      if (back === null) continue;
      this.#setTurns(back.party === party ? ownerKey(back.owner) : back.party, { gaveBackMs: monoMs });
      return back;
    }
    return null;
  }

  #ofOwner(owner: AgentId): number {
    return this.#count((busy) => busy.owner === owner);
  }

  /** The newest award of the guests that hold most, if they hold at least so many. `whose`: null for those left out. */
  #leaderOver(least: number, whose: (busy: Busy) => string | null): Busy | null {
    const newest = new Map<string, Busy>();
    const counts = new Map<string, number>();
    for (const busy of this.#busy.values()) {
      const one = busy.party === KNOWN ? null : whose(busy);
      if (one === null) continue;
      newest.set(one, busy);
      counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    const [first] = [...counts].sort(([, a], [, b]) => b - a);
    return first === undefined || first[1] < least ? null : newest.get(first[0])!;
  }

  /**
   * Keeps the slot of an award that ended, if others wait: for known owners before guests, for the party that holds fewest,
   * and of these for the one that took one longest ago. The one that had the slot is among them, as it may have more to do. If
   * nobody waits and another party holds more, the slot is kept for it, too: that one would take it before its next award.
   * `wantsMore`: whether it can have more to do.
   */
  #keep({ party, owner }: Pick<Busy, "party" | "owner">, wantsMore: boolean): void {
    const others = this.#stillWaiting().filter((waiting) => waiting.party !== party);
    const held = this.#holds(party);
    const isLess = (other: Busy): boolean => other.party !== party && this.#holds(other.party) > held;
    if (others.length === 0 && ![...this.#busy.values()].some(isLess)) return;
    const candidates: Pick<Busy, "party" | "owner">[] = wantsMore ? [...others, { party, owner }] : others;
    const tookMs = (one: string): number => (one === party ? Number.POSITIVE_INFINITY : this.#turnsOf(one).tookMs);
    const rank = (one: string): readonly [number, number, number] => [
      Number(one !== KNOWN),
      this.#holds(one),
      tookMs(one),
    ];
    const [first] = candidates
      .map((one) => ({ one, rank: rank(one.party) }))
      .sort(({ rank: a }, { rank: b }) => a[0] - b[0] || a[1] - b[1] || Number(a[2] > b[2]) - Number(a[2] < b[2]));
    if (first === undefined) return;
    const { party: next, owner: nextOwner } = first.one;
    this.#kept.push({ party: next, owner: nextOwner, untilMs: this.#context.now.monoMs + KEPT_MS });
  }

  /** A job has ended: what was kept for its party is for the next one. */
  onOver(over: QuotaJob): void {
    const party = this.#partyOf(over);
    this.#passOn((slot) => slot.party === party && slot.owner === over.genesis.owner);
  }

  /** Whether slots that were kept are no longer so for the same. */
  tick(): boolean {
    const { monoMs } = this.#context.now;
    const passed = this.#kept.filter(({ untilMs }) => untilMs <= monoMs);
    for (const { party } of passed) this.#setTurns(party, { passedMs: monoMs });
    this.#passOn((slot) => passed.includes(slot));
    return passed.length > 0;
  }

  #passOn(isMeant: (slot: Kept) => boolean): void {
    const passed = this.#kept.filter(isMeant);
    this.#kept = this.#kept.filter((slot) => !isMeant(slot));
    for (const slot of passed) this.#keep(slot, false);
  }

  nextWakeMs(): number {
    let wake = this.#kept[0]?.untilMs ?? Number.POSITIVE_INFINITY;
    if (this.#busy.size < this.#context.config.slots) return wake;
    const { monoMs } = this.#context.now;
    for (const { sinceMs } of this.#waiting.values())
      if (sinceMs + PATIENCE_MS > monoMs) wake = Math.min(wake, sinceMs + PATIENCE_MS);
    return wake;
  }

  // --- what it works on -------------------------------------------------------------------------------

  onTaken(taking: QuotaJob, key: string, award: AwardNotice): void {
    const { job, genesis } = taking;
    const { owner } = genesis;
    const party = this.#partyOf(taking);
    this.#busy.set(`${job}/${key}`, { job, key, owner, party });
    this.#waiting.delete(job); // it waits no longer
    this.#setTurns(party, { tookMs: this.#context.now.monoMs, passedMs: Number.NEGATIVE_INFINITY });
    const own = this.#kept.findIndex((slot) => slot.party === party);
    if (own >= 0) this.#kept.splice(own, 1);
    // A known owner may have taken one that was kept for a guest.
    this.#kept.length = Math.min(this.#kept.length, Math.max(0, this.#context.config.slots - this.#busy.size));
    if (party === KNOWN) return;
    const spent = this.#today(this.#spent.get(owner));
    this.#spent.delete(owner);
    if (this.#spent.size >= limits.clients) this.#spent.delete(this.#spent.keys().next().value!);
    this.#spent.set(owner, { ...spent, price: spent.price + award.price });
    const all = this.#today(this.#spentByGuests);
    this.#spentByGuests = { ...all, price: all.price + award.price };
  }

  onEnded(job: JobId, key: string): void {
    const busy = this.#busy.get(`${job}/${key}`);
    if (busy === undefined) return;
    this.#busy.delete(`${job}/${key}`);
    this.#keep(busy, !this.#hasPassed(busy.party));
  }

  #today(spent: Spent = NOTHING): Spent {
    const { monoMs } = this.#context.now;
    return monoMs - spent.sinceMs < DAY_MS ? spent : { sinceMs: monoMs, price: 0 };
  }
}
