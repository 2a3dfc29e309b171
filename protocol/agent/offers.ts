/**
 * What a worker offers: it answers beacons, and repeats offers before they end, when its load changes, and when a slot
 * becomes free.
 *
 * Source: protocol.md 6 (offers).
 */

import { askedOf, type Match, matchOf } from "../capability/matching.ts";
import type { JobId } from "../core/ids.ts";
import { isOtherLoad } from "../job/policy.ts";
import type { BeaconContent } from "../wire/capability.ts";
import type { CommandBody } from "../wire/command.ts";
import type { Context } from "./context.ts";
import type { KnownJob, KnownJobs } from "./known-jobs.ts";
import type { OwnLoad } from "./own-load.ts";
import type { WorkQuotas } from "./work-quotas.ts";

/** An offer stands this long, ms, and is renewed when a third of that is left and the job still gives work. */
const OFFER_LIFE_MS = 60_000;
/** An offer is not said again within this, ms. */
const OFFER_ONCE_MS = 100;
/** A job that gave no work for this long gets no renewed offers, ms. */
const INTEREST_MS = 60_000;

interface OfferParts {
  readonly jobs: KnownJobs;
  readonly load: OwnLoad;
  readonly quotas: WorkQuotas;
}

export class Offers {
  readonly #context: Context;
  readonly #jobs: KnownJobs;
  readonly #load: OwnLoad;
  readonly #quotas: WorkQuotas;
  readonly #within: (job: JobId, act: () => void) => void;
  /** When to tell jobs that were told "no slot is free" that there is one now. */
  #offerAgainAtMs = Number.POSITIVE_INFINITY;

  /** `within`: does something in one job (containment.ts). */
  constructor(context: Context, { jobs, load, quotas }: OfferParts, within: (job: JobId, act: () => void) => void) {
    this.#within = within;
    this.#context = context;
    this.#jobs = jobs;
    this.#load = load;
    this.#quotas = quotas;
  }

  onFreeSlot(): void {
    this.#offerAgainAtMs = this.#context.now.monoMs;
  }

  tick(): void {
    if (this.#offerAgainAtMs <= this.#context.now.monoMs) this.#offerAgain();
  }

  nextWakeMs(): number {
    return this.#offerAgainAtMs;
  }

  /** The load of its machine from other work changed: repeats the offers that now state a wrong load. */
  onLoad(ppm: number): void {
    const wasFull = this.#load.isFull;
    this.#load.outsidePpm = ppm;
    if (wasFull && !this.#load.isFull) this.#offerAgainAtMs = this.#context.now.monoMs;
    const { wallMs, monoMs } = this.#context.now;
    for (const known of [...this.#jobs.values()]) {
      if (monoMs - known.lastWorkMs > INTEREST_MS) continue;
      for (const [skill, { validUntilMs, load }] of known.offers)
        if (validUntilMs > wallMs && isOtherLoad(load, this.#load.ppm)) this.#offer(known, skill, []);
    }
  }

  /** Answers a member's beacon. Several members may ask for the same: one answer is under way then. */
  onBeacon(beacon: BeaconContent): void {
    const known = this.#jobs.get(beacon.job);
    if (known === undefined || known.committee.power(beacon.author) === 0) return;
    const offer = known.offers.get(beacon.skill);
    if (offer !== undefined && this.#context.now.monoMs - offer.saidMs < OFFER_ONCE_MS) return;
    this.#offer(known, beacon.skill, beacon.labels);
  }

  #offer(known: KnownJob, skill: string, labels: readonly string[]): void {
    this.#within(known.job, () => this.#say(known, skill, labels));
  }

  #say(known: KnownJob, skill: string, labels: readonly string[]): void {
    const { config, now } = this.#context;
    const match = this.matchOf(known, skill);
    if (match === null || !labels.every((label) => config.labels.includes(label))) return;
    if (!this.#quotas.isForOffer(known, skill, match.ad.price)) return;
    const { isFull, running } = this.#load;
    const validUntilMs = Math.floor(now.wallMs) + OFFER_LIFE_MS;
    known.offers.set(skill, { validUntilMs, saidMs: now.monoMs, load: this.#load.ppm, isFull });
    if (isFull) this.#quotas.onWaiting(known);
    // As many at a time as it has here now and could take beside: the others are at work for other jobs.
    const slots = Math.min(known.running + config.slots - running, this.#quotas.slotsFor(known));
    const { price, expectedMs } = match.ad;
    const body: CommandBody = {
      kind: "offer",
      skill,
      price,
      slots: isFull ? config.slots : Math.max(1, slots),
      labels: config.labels,
      load: this.#load.ppm,
      expectedMs,
      validUntilMs,
      similarity: match.similarity,
    };
    known.outbox.say(null, body, known.running > 0);
  }

  /** An award was declined or given back: its job is told when a slot is free. */
  onBusy(known: KnownJob, skill: string): void {
    const offer = known.offers.get(skill);
    if (offer !== undefined) known.offers.set(skill, { ...offer, isFull: true });
    this.#quotas.onWaiting(known);
  }

  /** Which of its skills does what the job asks for by that name. */
  matchOf(known: KnownJob, skill: string): Match | null {
    return matchOf(askedOf(known.genesis, skill), this.#context.skills, this.#context.embedder);
  }

  /** Says its offers again that are about to end. */
  renew(known: KnownJob): void {
    const { wallMs, monoMs } = this.#context.now;
    if (monoMs - known.lastWorkMs > INTEREST_MS) return;
    for (const [skill, { validUntilMs }] of known.offers) {
      if (validUntilMs - wallMs > OFFER_LIFE_MS / 3) continue;
      if (validUntilMs > wallMs || known.held.size > 0) this.#offer(known, skill, []);
    }
  }

  /** One job for each free slot, who waits longest first: told all at once, all but one would be told "busy" next. */
  #offerAgain(): void {
    const { free } = this.#load;
    const waiting = [...this.#jobs.values()].flatMap((known) =>
      [...known.offers]
        .filter(([, offer]) => offer.isFull && this.#quotas.slotsFor(known) > known.running)
        .map(([skill, { saidMs }]) => ({ known, skill, saidMs })),
    );
    waiting.sort((a, b) => a.saidMs - b.saidMs);
    for (const { known, skill } of waiting.slice(0, Math.max(0, free))) this.#offer(known, skill, []);
    const isMore = free > 0 && waiting.length > free;
    this.#offerAgainAtMs = isMore ? this.#context.now.monoMs + OFFER_ONCE_MS : Number.POSITIVE_INFINITY;
  }
}
