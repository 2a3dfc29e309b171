/**
 * The working side of an agent: it answers beacons with offers, starts the awards that enough members tell it of, seals,
 * reveals.
 *
 * Leaves to unsettled-work.ts what is repeated, to work-quotas.ts which awards it takes of whom.
 * Source: protocol.md 6 (offers, awards), 7 (seals), 8 (a worker that restarts says what it still has).
 */

import { clip } from "../core/bytes.ts";
import type { AgentId, AwardRef, Hash, JobId, TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Input } from "../input.ts";
import type { StoredRecord } from "../machine.ts";
import type { BeaconContent } from "../wire/capability.ts";
import { decode } from "../wire/codec.ts";
import type { CommandBody } from "../wire/command.ts";
import { blobsOf } from "../wire/genesis.ts";
import type { NoticeItem } from "../wire/message.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
import type { Admission } from "./admission.ts";
import { type CheckedGenesis, needsOf } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import {
  encodeWork,
  failureCommand,
  finishWork,
  resultCommand,
  sealCommand,
  type Work,
  type WorkFailure,
  workCodec,
} from "./finished-work.ts";
import { type AwardNotice, type HeldAward, keyOf } from "./held-award.ts";
import { encodeRoot, SLOT } from "./job-records.ts";
import { type HeldRecords, isOffering, type KnownJob, KnownJobs } from "./known-jobs.ts";
import { NoticeTally } from "./notice-tally.ts";
import { Offers } from "./offers.ts";
import { OwnLoad } from "./own-load.ts";
import { type UnsettledEvents, UnsettledWork } from "./unsettled-work.ts";
import { WorkQuotas } from "./work-quotas.ts";

/** An award that no member mentions is over this long after its lease, ms. */
const HELD_MS = 600_000;

interface WorkerEvents extends UnsettledEvents, HeldRecords {}

export class Worker {
  readonly #context: Context;
  readonly #events: WorkerEvents;
  readonly #quotas: WorkQuotas;
  readonly jobs: KnownJobs;
  readonly load: OwnLoad;
  readonly unsettled: UnsettledWork;
  readonly #offers: Offers;
  #heldCount = 0;

  constructor(context: Context, admission: Admission, events: WorkerEvents) {
    this.#context = context;
    this.#quotas = new WorkQuotas(context, admission);
    this.load = new OwnLoad(context.config.slots);
    this.jobs = new KnownJobs(context, admission, { ...events, displace: (job) => this.drop(job) });
    this.#events = events;
    this.unsettled = new UnsettledWork(context, this.jobs, events);
    this.#offers = new Offers(context, { jobs: this.jobs, load: this.load, quotas: this.#quotas }, events.within);
  }

  #each(act: (known: KnownJob) => void): void {
    for (const known of [...this.jobs.values()]) this.#events.within(known.job, () => act(known));
  }

  // --- jobs -------------------------------------------------------------------------------------------

  /** Continues with what was sealed before a restart. */
  restore(checked: CheckedGenesis, work: readonly StoredRecord[], source: string): void {
    const { job } = checked;
    this.jobs.add(checked, source || checked.genesis.owner);
    const known = this.jobs.get(job);
    if (known === undefined) return;
    known.isStored = true;
    for (const record of work) {
      const decoded = decode(workCodec, record.bytes);
      const [, task, attempt] = /^work\/(.+)\/(\d+)$/.exec(record.slot) ?? [];
      if (!decoded.ok || task === undefined) continue;
      const ref = { job, task: task as TaskId, attempt: Number(attempt) };
      const held: HeldAward = { ref, phase: "sealed", award: null, missing: new Set(), work: decoded.value };
      known.held.set(keyOf(ref.task, ref.attempt), held);
      this.#heldCount++;
      this.#saySeal(known, held, decoded.value);
    }
  }

  /** Jobs for which it holds awards or has standing offers, with how many live awards it has: members must hear from it. */
  engagements(): { readonly job: JobId; readonly members: readonly AgentId[]; readonly awards: number }[] {
    const engagements: { job: JobId; members: readonly AgentId[]; awards: number }[] = [];
    this.#each((known) => {
      this.#giveUp(known);
      if (known.held.size === 0 && !isOffering(known, this.#context.now.wallMs)) return;
      let awards = 0;
      for (const held of known.held.values()) if (held.phase === "fetching" || held.phase === "running") awards++;
      engagements.push({ job: known.job, members: known.committee.members.map((member) => member.agent), awards });
    });
    return engagements;
  }

  /** Members that are gone, or lie, never say that an award is over: long after its lease it is. */
  #giveUp(known: KnownJob): void {
    const { wallMs } = this.#context.now;
    for (const [key, held] of known.held) {
      if (held.award === null || wallMs < held.award.leaseEndsMs + HELD_MS) continue;
      this.#close(known, key, held, held.award.serial);
    }
  }

  /** Leaves a job. What was sealed stays on disk: it may show what went wrong. */
  drop(job: JobId): void {
    const known = this.jobs.get(job);
    if (known === undefined) return;
    this.jobs.delete(job);
    for (const held of known.held.values()) {
      if (held.phase === "running") this.#context.emit({ kind: "stopWork", award: held.ref });
      this.#stop(known, held, "said");
    }
    this.#heldCount -= known.held.size;
  }

  /** The load of its machine from other work changed. */
  onLoad(ppm: number): void {
    this.#offers.onLoad(ppm);
  }

  /** Answers a member's beacon. */
  onBeacon(beacon: BeaconContent): void {
    this.#events.within(beacon.job, () => this.#offers.onBeacon(beacon));
  }

  // --- notices ----------------------------------------------------------------------------------------

  onNotice(from: AgentId, job: JobId, items: readonly NoticeItem[]): Verdict {
    const known = this.jobs.get(job);
    if (known === undefined) return ignore("unknown-job");
    if (known.committee.power(from) === 0) return ignore("not-a-member");
    if (known.isOver) return ignore("over");
    this.#events.within(job, () => this.#onItems(known, from, items));
    return ACCEPT;
  }

  #onItems(known: KnownJob, from: AgentId, items: readonly NoticeItem[]): void {
    for (const item of items) {
      const key = keyOf(item.task, item.attempt);
      const held = known.held.get(key);
      const isNews =
        item.kind === "award"
          ? held === undefined && !known.tally.isClosed(key, item.serial, this.#context.now.monoMs)
          : held !== undefined && (item.kind === "open" || item.serial >= (held.award?.serial ?? 0));
      if (!isNews) continue;
      if (known.tally.add(this.#context.config.crypto.hash, known.committee, from, item))
        this.#onAgreed(known, key, item, held);
    }
  }

  /** A member says that the job has ended: believed when members with more than 1/3 of the power say so. */
  onOver(from: AgentId, job: JobId): Verdict {
    const known = this.jobs.get(job);
    if (known === undefined || known.committee.power(from) === 0) return ignore("not-a-member");
    this.#events.within(job, () => this.#onOver(known, from));
    return ACCEPT;
  }

  #onOver(known: KnownJob, from: AgentId): void {
    known.overBy.add(from);
    if (!known.committee.hasHonest(known.committee.powerOf(known.overBy))) return;
    for (const [key, held] of [...known.held]) this.#close(known, key, held, Number.MAX_SAFE_INTEGER);
    known.offers.clear();
    known.isOver = true;
    this.#quotas.onOver(known);
    this.#offers.onFreeSlot();
    known.tally = new NoticeTally(); // what it remembered of each award is no longer of use
    this.jobs.forgetStored(known);
  }

  /** Members with more than 1/3 of the power said this. */
  #onAgreed(known: KnownJob, key: string, item: NoticeItem, held: HeldAward | undefined): void {
    if (item.kind === "award") this.#onAward(known, key, item);
    else if (item.kind === "open" && held !== undefined) this.#reveal(known, held);
    else if (item.kind === "closed" && held !== undefined) this.#close(known, key, held, item.serial);
  }

  #onAward(known: KnownJob, key: string, award: AwardNotice): void {
    const { now } = this.#context;
    const ref = { job: known.job, task: award.task, attempt: award.attempt };
    const missing = new Set(blobsOf(award.input).map((blob) => blob.hash));
    const held: HeldAward = { ref, phase: "fetching", award, missing, work: null };
    const refusal = this.#refusal(known, award);
    if (refusal !== null) return this.#decline(known, award, "refused", refusal);
    const isFull = this.load.isFull || this.#heldCount >= limits.heldAwards || this.#quotas.isFullFor(known);
    if (isFull || known.tally.wasDeclined(key, award.serial)) return this.#decline(known, award, "busy", "");
    known.held.set(key, held);
    this.#heldCount++;
    this.load.running++;
    this.#quotas.onTaken(known, key, award);
    known.lastWorkMs = now.monoMs;
    const from = known.committee.others(this.#context.self);
    for (const { hash, bytes } of blobsOf(award.input))
      this.#context.emit({ kind: "fetchBlob", hash, bytes, from, needs: needsOf(known) });
    if (missing.size === 0) this.#start(known, held, award);
  }

  #refusal(known: KnownJob, award: AwardNotice): string | null {
    const match = this.#offers.matchOf(known, award.skill);
    if (match === null) return "no such skill";
    return award.price < match.ad.price ? "not at this price" : this.#quotas.refusal(known, award);
  }

  /** Others wait for slots that a guest holds for long: one of its awards goes back. */
  #giveBack(): void {
    const back = this.#quotas.toGiveBack();
    const known = back === null ? undefined : this.jobs.get(back.job);
    const held = back === null ? undefined : known?.held.get(back.key);
    if (known === undefined || held === undefined) return;
    this.#events.within(known.job, () => {
      if (held.phase === "running") this.#context.emit({ kind: "stopWork", award: held.ref });
      this.#offers.onBusy(known, held.award!.skill);
      this.#fail(known, held, { reason: "busy", retryMs: 0, message: "others wait for this slot" });
    });
  }

  /** Not kept: members that did not hear it give notice again, and are told again; or the lease ends. */
  #decline(known: KnownJob, award: AwardNotice, reason: "busy" | "refused", message: string): void {
    const { task, attempt, serial, skill } = award;
    // The other members' notices of this award must not bring it up again, when it may have been given to others.
    known.tally.close(keyOf(task, attempt), serial, this.#context.now.monoMs);
    if (reason === "busy") this.#offers.onBusy(known, skill);
    known.outbox.say(null, { kind: "failure", task, attempt, serial, reason, retryMs: 0, message }, known.running > 0);
  }

  #start(known: KnownJob, held: HeldAward, award: AwardNotice): void {
    held.phase = "running";
    known.running++;
    this.#trace(held, "started");
    const budgetMs = Math.max(1, award.leaseEndsMs - this.#context.now.wallMs);
    const skill = this.#offers.matchOf(known, award.skill)!.ad.name; // it was taken by the same
    this.#context.emit({ kind: "work", award: held.ref, skill, input: award.input, budgetMs, needs: needsOf(known) });
  }

  /** `failure`: null if it is stored, else why this node does not take it; "" if nobody gave it. */
  onBlob(job: JobId, blob: Hash, failure: string | null): void {
    const known = this.jobs.get(job);
    if (known === undefined) return;
    this.#events.within(job, () => {
      for (const held of known.held.values()) {
        if (held.phase !== "fetching" || !held.missing.has(blob)) continue;
        if (failure !== null) {
          const message = failure === "" ? `input ${blob} cannot be had` : clip(failure, limits.textBytes);
          this.#fail(known, held, { reason: "lost-input", retryMs: 0, message });
          continue;
        }
        held.missing.delete(blob);
        if (held.missing.size === 0 && held.award !== null) this.#start(known, held, held.award);
      }
    });
  }

  // --- results ----------------------------------------------------------------------------------------

  #find(ref: AwardRef): { known: KnownJob; held: HeldAward } | null {
    const known = this.jobs.get(ref.job);
    const held = known?.held.get(keyOf(ref.task, ref.attempt));
    return known === undefined || held === undefined ? null : { known, held };
  }

  onWorkDone(done: Extract<Input, { kind: "workDone" }>): void {
    const found = this.#find(done.award);
    if (found === null || found.held.phase !== "running") return;
    const { known, held } = found;
    this.#events.within(known.job, () => this.#onDone(known, held, done));
  }

  #onDone(known: KnownJob, held: HeldAward, done: Extract<Input, { kind: "workDone" }>): void {
    const work = finishWork(this.#context.config.crypto.hash, known.genesis, done);
    if (typeof work === "string") return this.#fail(known, held, { reason: "too-large", retryMs: 0, message: work });
    held.work = work;
    this.#stop(known, held, held.award?.sealed === true ? "sealed" : "said");
    this.#trace(held, "done");
    if (held.phase === "sealed") {
      this.#remember(known, held, work);
      this.#saySeal(known, held, work);
    } else this.#say(known, held, resultCommand(held.ref, work, false));
  }

  /** Its slot is free again. */
  #stop(known: KnownJob, held: HeldAward, phase: "sealed" | "said"): void {
    if (held.phase === "running") known.running--;
    if (held.phase === "running" || held.phase === "fetching") {
      this.load.running--;
      this.#quotas.onEnded(known.job, keyOf(held.ref.task, held.ref.attempt));
      this.#offers.onFreeSlot();
    }
    held.phase = phase;
  }

  /** What was sealed must be revealed after a restart too: it is durable before the seal is sent. */
  #remember(known: KnownJob, held: HeldAward, work: Work): void {
    const { job } = known;
    if (!known.isStored) {
      known.isStored = true;
      const root = encodeRoot({ role: "worker", genesis: known.signed });
      if (!this.#events.isHosted(job))
        this.#context.emit({ kind: "persist", job, slot: SLOT.root, bytes: root, durable: true });
    }
    const slot = SLOT.work(held.ref.task, held.ref.attempt);
    this.#context.emit({ kind: "persist", job, slot, bytes: encodeWork(work), durable: true });
  }

  #saySeal(known: KnownJob, held: HeldAward, work: Work): void {
    this.#say(known, held, sealCommand(this.#context.config.crypto.hash, this.#context.self, held.ref, work));
  }

  #reveal(known: KnownJob, held: HeldAward): void {
    if (held.phase !== "sealed" || held.work === null) return;
    held.phase = "said";
    this.#say(known, held, resultCommand(held.ref, held.work, true));
  }

  onWorkFailed(failed: Extract<Input, { kind: "workFailed" }>): void {
    const found = this.#find(failed.award);
    if (found === null || found.held.phase !== "running") return;
    const { known, held } = found;
    this.#events.within(known.job, () => this.#fail(known, held, failed));
  }

  #fail(known: KnownJob, held: HeldAward, problem: WorkFailure): void {
    this.#stop(known, held, "said");
    this.#trace(held, "failed");
    this.#say(known, held, failureCommand(held.ref, held.award!.serial, problem)); // it was begun since the last restart
  }

  #close(known: KnownJob, key: string, held: HeldAward, serial: number): void {
    if (held.phase === "running" || held.phase === "fetching") {
      this.#trace(held, "stopped");
      if (held.phase === "running") this.#context.emit({ kind: "stopWork", award: held.ref });
      this.#stop(known, held, "said");
    }
    if (held.work !== null && held.award?.sealed !== false) {
      const slot = SLOT.work(held.ref.task, held.ref.attempt);
      this.#context.emit({ kind: "persist", job: known.job, slot, bytes: null, durable: false });
    }
    known.held.delete(key);
    this.#heldCount--;
    known.tally.close(key, serial);
    known.outbox.settle(key);
  }

  #trace(held: HeldAward, phase: "started" | "done" | "failed" | "stopped"): void {
    const { job, task, attempt } = held.ref;
    this.#context.emit({ kind: "trace", event: { kind: "work", job, task, attempt, phase } });
  }

  // --- speaking ---------------------------------------------------------------------------------------

  #say(known: KnownJob, held: HeldAward, body: CommandBody): void {
    const { task, attempt } = held.ref;
    known.outbox.say({ key: keyOf(task, attempt), task, attempt }, body, known.running > 0);
  }

  tick(): void {
    this.#giveBack();
    if (this.#quotas.tick()) this.#offers.onFreeSlot();
    this.#offers.tick();
    this.#each((known) => {
      this.#offers.renew(known);
      this.unsettled.tick(known);
    });
  }

  nextWakeMs(): number {
    return Math.min(this.#offers.nextWakeMs(), this.#quotas.nextWakeMs(), this.jobs.nextWakeMs());
  }
}
