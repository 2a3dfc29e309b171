/**
 * The working side of an agent: it answers beacons with offers, starts the awards that enough members tell it of, seals,
 * reveals, and repeats what is not settled.
 *
 * Source: protocol.md 6 (offers, awards), 7 (seals), 8 (a worker that restarts says what it still has).
 */

import type { AgentId, AwardRef, Hash, JobId, TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Input } from "../input.ts";
import type { StoredRecord } from "../machine.ts";
import type { BeaconContent } from "../wire/capability.ts";
import { decode } from "../wire/codec.ts";
import type { CommandBody, Envelope } from "../wire/command.ts";
import { blobsOf } from "../wire/genesis.ts";
import type { NoticeItem, UnsettledItem } from "../wire/message.ts";
import { ACCEPT, ignore, type Verdict } from "../wire/verdict.ts";
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
import { sendEnvelopes } from "./send-envelopes.ts";

/** An award that no member mentions is over this long after its lease, ms. */
const HELD_MS = 600_000;

interface WorkerEvents extends HeldRecords {
  /** Publishes commands through this agent's own copy of the job's log, if it has one. */
  publish(job: JobId, envelope: Envelope): boolean;
  /** Asks this agent's own copy of the log, as a member, how commands stand. `lost` returns commands that its pool lost. */
  askOwn(job: JobId, items: readonly UnsettledItem[], lost: (lacking: readonly Hash[]) => readonly Envelope[]): boolean;
  /** Does something in one job: if that goes wrong, it ends the job here (containment.ts), by way of `drop`. */
  within(job: JobId, act: () => void): void;
}

export class Worker {
  readonly #context: Context;
  readonly #events: WorkerEvents;
  readonly jobs: KnownJobs;
  readonly load: OwnLoad;
  readonly #offers: Offers;
  #heldCount = 0;

  constructor(context: Context, events: WorkerEvents) {
    this.#context = context;
    this.load = new OwnLoad(context.config.slots);
    this.jobs = new KnownJobs(context, events);
    this.#events = events;
    this.#offers = new Offers(context, this.jobs, this.load, events.within);
  }

  #each(act: (known: KnownJob) => void): void {
    for (const known of [...this.jobs.values()]) this.#events.within(known.job, () => act(known));
  }

  // --- jobs -------------------------------------------------------------------------------------------

  /** Continues with what was sealed before a restart. */
  restore(checked: CheckedGenesis, work: readonly StoredRecord[]): void {
    const { job } = checked;
    this.jobs.add(checked);
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
    const match = this.#offers.matchOf(known, award.skill);
    if (match === null || award.price < match.ad.price) {
      this.#decline(known, award, "refused", match === null ? "no such skill" : "not at this price");
      return;
    }
    const isDeclined = known.tally.wasDeclined(key, award.serial);
    if (isDeclined || this.load.isFull || this.#heldCount >= limits.heldAwards) {
      this.#decline(known, award, "busy", "");
      return;
    }
    known.held.set(key, held);
    this.#heldCount++;
    this.load.running++;
    known.lastWorkMs = now.monoMs;
    const from = known.committee.others(this.#context.self);
    for (const { hash, bytes } of blobsOf(award.input))
      this.#context.emit({ kind: "fetchBlob", hash, bytes, from, needs: needsOf(known) });
    if (missing.size === 0) this.#start(known, held, award);
  }

  /** Not kept: members that did not hear it give notice again, and are told again; or the lease ends. */
  #decline(known: KnownJob, award: AwardNotice, reason: "busy" | "refused", message: string): void {
    const { task, attempt, serial, skill } = award;
    // The other members' notices of this award must not bring it up again, when it may have been given to others.
    known.tally.close(keyOf(task, attempt), serial, this.#context.now.monoMs);
    const offer = known.offers.get(skill);
    if (reason === "busy" && offer !== undefined) known.offers.set(skill, { ...offer, isFull: true });
    known.outbox.say(null, { kind: "failure", task, attempt, serial, reason, retryMs: 0, message }, known.running > 0);
  }

  #start(known: KnownJob, held: HeldAward, award: AwardNotice): void {
    held.phase = "running";
    known.running++;
    this.#trace(held, "started");
    const budgetMs = Math.max(1, award.leaseEndsMs - this.#context.now.wallMs);
    const skill = this.#offers.matchOf(known, award.skill)!.ad.name; // it was taken by the same
    this.#context.emit({ kind: "work", award: held.ref, skill, input: award.input, budgetMs });
  }

  onBlob(blob: Hash, isStored: boolean): void {
    this.#each((known) => {
      for (const held of known.held.values()) {
        if (held.phase !== "fetching" || !held.missing.has(blob)) continue;
        if (!isStored) {
          this.#fail(known, held, { reason: "lost-input", retryMs: 0, message: `input ${blob} cannot be had` });
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
    const { monoMs } = this.#context.now;
    this.#offers.tick();
    this.#each((known) => {
      this.#offers.renew(known);
      if (known.outbox.nextWakeMs() > monoMs) return;
      for (const envelope of known.outbox.takeDue()) this.#publish(known, envelope);
      this.#askHowItStands(known);
    });
  }

  /** Asks about commands not settled in time. A member asks itself: it forwards what it holds (command-relay.ts). */
  #askHowItStands(known: KnownJob): void {
    const { job, outbox } = known;
    const { self } = this.#context;
    const isMember = known.committee.power(self) > 0 && this.#events.isHosted(job);
    const members = isMember ? [self] : known.committee.members.map(({ agent }) => agent);
    for (const [member, items] of outbox.takeQuestions(members)) {
      const isOwn = member === self && this.#events.askOwn(job, items, (lacking) => outbox.envelopesOf(lacking));
      if (isOwn) continue;
      for (let from = 0; from < items.length; from += limits.blockCommands)
        this.#context.send(member, { kind: "unsettled", job, items: items.slice(from, from + limits.blockCommands) });
    }
  }

  /** A member holds commands of this worker. */
  onHeld(from: AgentId, job: JobId, hashes: readonly Hash[]): Verdict {
    const known = this.jobs.get(job);
    if (known === undefined || known.committee.power(from) === 0) return ignore("not-a-member");
    known.outbox.onHeld(from, hashes);
    return ignore("noted");
  }

  /** A member lacks commands of this worker. */
  onFetch(from: AgentId, job: JobId, hashes: readonly Hash[]): Verdict {
    const known = this.jobs.get(job);
    if (known === undefined || known.committee.power(from) === 0) return ignore("not-a-member");
    this.#events.within(job, () => sendEnvelopes(this.#context, job, from, known.outbox.envelopesOf(hashes)));
    return ignore("served");
  }

  /** It may have forgotten what it held. */
  onConnected(agent: AgentId): void {
    for (const known of this.jobs.values()) if (known.committee.power(agent) > 0) known.outbox.onConnected(agent);
  }

  #publish(known: KnownJob, envelope: Envelope): void {
    if (this.#events.publish(known.job, envelope)) return;
    const members = known.committee.members.map((member) => member.agent);
    this.#context.sendAll(members, { kind: "envelopes", job: known.job, envelopes: [envelope] });
  }

  nextWakeMs(): number {
    return Math.min(this.#offers.nextWakeMs(), this.jobs.nextWakeMs());
  }
}
