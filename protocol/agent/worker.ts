/**
 * The working side of an agent: it answers beacons with offers, starts what enough members say it was awarded, seals,
 * reveals, and says again what was not settled.
 *
 * Source: protocol.md 6 (offers, awards), 7 (seals), 8 (a worker that restarts says what it still has).
 */

import { isCommit } from "../consensus/ballots.ts";
import { type Committee, createCommittee } from "../consensus/committee.ts";
import type { AgentId, Hash, JobId, TaskId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { AwardRef, Input } from "../input.ts";
import type { StoredRecord } from "../machine.ts";
import type { BeaconContent } from "../wire/capability.ts";
import { bytes, decode, encode, struct } from "../wire/codec.ts";
import { type CommandBody, type Envelope, NONCE_BYTES, sealHash } from "../wire/command.ts";
import { blockHash, committeeHash } from "../wire/consensus.ts";
import {
  blobsOf,
  type Data,
  dataCodec,
  dataHash,
  type Genesis,
  ppm,
  price,
  type SignedGenesis,
} from "../wire/genesis.ts";
import type { Message, NoticeItem } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { type Context, sealBodies } from "./context.ts";
import { encodeRoot, SLOT } from "./job-records.ts";
import { NoticeTally } from "./notice-tally.ts";

/** An offer stands this long, ms, and is renewed when a third of that is left and the job still gives work. */
const OFFER_LIFE_MS = 60_000;
/** A job that gave no work for this long gets no renewed offers, ms. */
const INTEREST_MS = 60_000;
/** What was not settled is said again after this, ms. */
const RESEND_MS = 1_000;
/** While other work of the job runs, results wait this long for company in an envelope, ms. */
const GATHER_MS = 2;
const MIB = 1024 * 1024;

type Award = Extract<NoticeItem, { kind: "award" }>;

/** An award that this agent knows itself to hold. */
interface Held {
  readonly ref: AwardRef;
  /** fetching its input, running, sealed, or said what there was to say. */
  phase: "fetching" | "running" | "sealed" | "said";
  /** null after a restart: only what was sealed is left. */
  readonly award: Award | null;
  readonly missing: Set<Hash>;
  sealed: { readonly nonce: Uint8Array; readonly data: Data } | null;
  confidence: number;
  cost: number;
  /** Its last command, to be said again until it is settled. */
  said: Envelope | null;
  resendAtMs: number;
}

/** A job that this agent works for, or was asked to. */
interface KnownJob {
  readonly job: JobId;
  readonly signed: SignedGenesis;
  readonly genesis: Genesis;
  committee: Committee;
  /** Height of the block that named the committee. */
  committeeHeight: number;
  readonly offers: Map<string, number>;
  readonly held: Map<string, Held>;
  readonly tally: NoticeTally;
  outgoing: { readonly body: CommandBody; readonly held: Held | null }[];
  flushAtMs: number;
  lastWorkMs: number;
  isStored: boolean;
}

export interface WorkerEvents {
  /** Publishes commands through this agent's own copy of the job's log, if it keeps one. */
  publish(job: JobId, envelope: Envelope): boolean;
  isKept(job: JobId): boolean;
}

const keyOf = (task: TaskId, attempt: number): string => `${task}#${attempt}`;

const sealedWorkCodec = struct({ nonce: bytes(NONCE_BYTES), data: dataCodec, confidence: ppm, cost: price });

/** Bytes of outputs in one envelope: many fit into a frame and into a block. */
const ENVELOPE_BYTES = 512 * 1024;

/** How many of these commands go into one envelope; at least one. */
function fitting(bodies: readonly CommandBody[]): number {
  let bytes = 0;
  for (let i = 0; i < bodies.length && i < limits.envelopeCommands; i++) {
    const body = bodies[i]!;
    bytes += 256 + (body.kind === "result" && body.data.kind === "inline" ? body.data.bytes.length : 0);
    if (bytes > ENVELOPE_BYTES) return Math.max(1, i);
  }
  return Math.min(bodies.length, limits.envelopeCommands);
}

export class Worker {
  readonly #context: Context;
  readonly #events: WorkerEvents;
  readonly #jobs = new Map<JobId, KnownJob>();
  #running = 0;

  constructor(context: Context, events: WorkerEvents) {
    this.#context = context;
    this.#events = events;
  }

  knows(job: JobId): boolean {
    return this.#jobs.has(job);
  }

  genesisOf(job: JobId): Pick<KnownJob, "signed" | "genesis" | "job"> | null {
    return this.#jobs.get(job) ?? null;
  }

  /** Whether `agent` is in the job's committee, as far as this one knows. */
  isMember(job: JobId, agent: AgentId): boolean {
    return (this.#jobs.get(job)?.committee.power(agent) ?? 0) > 0;
  }

  /** Share of its slots in use, parts per million. */
  get loadPpm(): number {
    return Math.min(1_000_000, Math.floor((this.#running * 1_000_000) / this.#context.config.slots));
  }

  // --- jobs -------------------------------------------------------------------------------------------

  addJob(signed: SignedGenesis, genesis: Genesis, job: JobId): void {
    if (this.#jobs.has(job)) return;
    this.#makeRoom();
    const committee = createCommittee(this.#context.config.crypto.hash, genesis.committee);
    this.#jobs.set(job, {
      job,
      signed,
      genesis,
      committee,
      committeeHeight: 0,
      offers: new Map(),
      held: new Map(),
      tally: new NoticeTally(),
      outgoing: [],
      flushAtMs: Number.POSITIVE_INFINITY,
      lastWorkMs: this.#context.now.monoMs,
      isStored: false,
    });
  }

  /** Forgets the jobs that gave no work for longest. */
  #makeRoom(): void {
    const idle = [...this.#jobs.values()]
      .filter((known) => known.held.size === 0)
      .sort((a, b) => a.lastWorkMs - b.lastWorkMs);
    for (const known of idle) {
      if (this.#jobs.size < limits.knownJobs) return;
      this.#jobs.delete(known.job);
    }
  }

  /** Continues with what was sealed before a restart. */
  restore(signed: SignedGenesis, genesis: Genesis, job: JobId, work: readonly StoredRecord[]): void {
    this.addJob(signed, genesis, job);
    const known = this.#jobs.get(job)!;
    known.isStored = true;
    for (const record of work) {
      const decoded = decode(sealedWorkCodec, record.bytes);
      const [, task, attempt] = /^work\/(.+)\/(\d+)$/.exec(record.slot) ?? [];
      if (!decoded.ok || task === undefined) continue;
      const ref = { job, task: task as TaskId, attempt: Number(attempt) };
      const held: Held = {
        ref,
        phase: "sealed",
        award: null,
        missing: new Set(),
        sealed: decoded.value,
        confidence: decoded.value.confidence,
        cost: decoded.value.cost,
        said: null,
        resendAtMs: 0,
      };
      known.held.set(keyOf(ref.task, ref.attempt), held);
      this.#say(known, this.#sealCommand(held), held);
    }
  }

  onCommittee(message: Extract<Message, { kind: "committee" }>): Verdict {
    const known = this.#jobs.get(message.job);
    if (known === undefined) return ignore("unknown-job");
    const { crypto, meshId } = this.#context.config;
    const { header, commit, committee } = message;
    if (header.height <= known.committeeHeight) return ignore("known");
    if (header.committeeHash !== known.committee.hash) return ignore("other-committee");
    if (committeeHash(crypto.hash, committee) !== header.nextCommitteeHash) return reject("other-committee");
    const block = { job: message.job, height: header.height, hash: blockHash(crypto.hash, header) };
    if (!isCommit(meshId, crypto, known.committee, block, commit)) return reject("bad-commit");
    known.committee = createCommittee(crypto.hash, committee);
    known.committeeHeight = header.height;
    return ACCEPT;
  }

  /** The committee as this agent's own copy of the log has it. */
  setCommittee(job: JobId, committee: Committee, height: number): void {
    const known = this.#jobs.get(job);
    if (known === undefined) return;
    known.committee = committee;
    known.committeeHeight = height;
  }

  /** Members of jobs for which it holds awards or has standing offers: they must hear from it. */
  peers(): Set<AgentId> {
    const peers = new Set<AgentId>();
    for (const known of this.#jobs.values()) {
      if (known.held.size === 0 && !this.#isOffering(known)) continue;
      for (const { agent } of known.committee.members) peers.add(agent);
    }
    peers.delete(this.#context.self);
    return peers;
  }

  #isOffering(known: KnownJob): boolean {
    const { wallMs } = this.#context.now;
    return [...known.offers.values()].some((untilMs) => untilMs > wallMs);
  }

  /** Live awards by job, for pulses. */
  liveAwards(): Map<JobId, number> {
    const counts = new Map<JobId, number>();
    for (const known of this.#jobs.values()) {
      if (known.held.size === 0 && !this.#isOffering(known)) continue;
      const live = [...known.held.values()].filter((held) => held.phase === "fetching" || held.phase === "running");
      counts.set(known.job, live.length);
    }
    return counts;
  }

  // --- offers -----------------------------------------------------------------------------------------

  onBeacon(beacon: BeaconContent): void {
    const known = this.#jobs.get(beacon.job);
    if (known === undefined) return;
    this.#offer(known, beacon.skill, beacon.labels);
  }

  #offer(known: KnownJob, skill: string, labels: readonly string[]): void {
    const { config, now } = this.#context;
    const ad = config.skills.find((candidate) => candidate.name === skill);
    if (ad === undefined || !labels.every((label) => config.labels.includes(label))) return;
    if (this.#running >= config.slots) return;
    const validUntilMs = Math.floor(now.wallMs) + OFFER_LIFE_MS;
    known.offers.set(skill, validUntilMs);
    const { price, expectedMs } = ad;
    const body: CommandBody = {
      kind: "offer",
      skill,
      price,
      slots: config.slots,
      labels: config.labels,
      load: this.loadPpm,
      expectedMs,
      validUntilMs,
    };
    this.#say(known, body, null);
  }

  #renewOffers(known: KnownJob): void {
    const { wallMs, monoMs } = this.#context.now;
    if (monoMs - known.lastWorkMs > INTEREST_MS) return;
    for (const [skill, untilMs] of known.offers) {
      if (untilMs - wallMs > OFFER_LIFE_MS / 3) continue;
      if (untilMs > wallMs || known.held.size > 0) this.#offer(known, skill, []);
    }
  }

  // --- notices ----------------------------------------------------------------------------------------

  onNotice(from: AgentId, job: JobId, items: readonly NoticeItem[]): Verdict {
    const known = this.#jobs.get(job);
    if (known === undefined) return ignore("unknown-job");
    if (known.committee.power(from) === 0) return ignore("not-a-member");
    for (const item of items) {
      const key = keyOf(item.task, item.attempt);
      const held = known.held.get(key);
      const isNews = item.kind === "award" ? held === undefined : held !== undefined;
      if (!isNews || known.tally.isClosed(key)) continue;
      if (known.tally.add(this.#context.config.crypto.hash, known.committee, from, item))
        this.#onAgreed(known, key, item, held);
    }
    return ACCEPT;
  }

  /** Members with more than 1/3 of the power said this. */
  #onAgreed(known: KnownJob, key: string, item: NoticeItem, held: Held | undefined): void {
    if (item.kind === "award") this.#onAward(known, key, item);
    else if (item.kind === "open" && held !== undefined) this.#reveal(known, held);
    else if (item.kind === "closed" && held !== undefined) this.#close(known, key, held);
  }

  #onAward(known: KnownJob, key: string, award: Award): void {
    const { config, now } = this.#context;
    const ref = { job: known.job, task: award.task, attempt: award.attempt };
    const missing = new Set(blobsOf(award.input).map((blob) => blob.hash));
    const held: Held = {
      ref,
      phase: "fetching",
      award,
      missing,
      sealed: null,
      confidence: 0,
      cost: 0,
      said: null,
      resendAtMs: Number.POSITIVE_INFINITY,
    };
    known.held.set(key, held);
    known.lastWorkMs = now.monoMs;
    this.#running++;
    if (this.#running > config.slots) {
      this.#fail(known, held, "busy", "");
      return;
    }
    const from = known.committee.members.map((member) => member.agent).filter((agent) => agent !== this.#context.self);
    for (const blob of blobsOf(award.input))
      this.#context.emit({ kind: "fetchBlob", hash: blob.hash, bytes: blob.bytes, from });
    if (missing.size === 0) this.#start(held, award);
  }

  #start(held: Held, award: Award): void {
    held.phase = "running";
    this.#trace(held, "started");
    const budgetMs = Math.max(1, award.leaseEndsMs - this.#context.now.wallMs);
    this.#context.emit({ kind: "work", award: held.ref, skill: award.skill, input: award.input, budgetMs });
  }

  onBlob(blob: Hash, isStored: boolean): void {
    for (const known of this.#jobs.values()) {
      for (const held of known.held.values()) {
        if (held.phase !== "fetching" || !held.missing.has(blob)) continue;
        if (!isStored) {
          this.#fail(known, held, "lost-input", `input ${blob} cannot be had`);
          continue;
        }
        held.missing.delete(blob);
        if (held.missing.size === 0 && held.award !== null) this.#start(held, held.award);
      }
    }
  }

  // --- results ----------------------------------------------------------------------------------------

  #find(ref: AwardRef): { known: KnownJob; held: Held } | null {
    const known = this.#jobs.get(ref.job);
    const held = known?.held.get(keyOf(ref.task, ref.attempt));
    return known === undefined || held === undefined ? null : { known, held };
  }

  onWorkDone(done: Extract<Input, { kind: "workDone" }>): void {
    const found = this.#find(done.award);
    if (found === null || found.held.phase !== "running") return;
    const { known, held } = found;
    const { hash } = this.#context.config.crypto;
    const data: Data =
      done.output.length <= limits.inlineBytes
        ? { kind: "inline", bytes: done.output }
        : { kind: "blob", hash: hash(done.output), bytes: done.output.length };
    held.sealed = { nonce: done.nonce, data };
    held.confidence = done.confidencePpm;
    held.cost = done.cost;
    this.#running--;
    this.#trace(held, "done");
    if (held.award?.sealed !== true) {
      held.phase = "said";
      this.#say(known, this.#resultCommand(held, null), held);
      return;
    }
    held.phase = "sealed";
    this.#remember(known, held);
    this.#say(known, this.#sealCommand(held), held);
  }

  /** What was sealed must be revealed after a restart too: it is durable before the seal is sent. */
  #remember(known: KnownJob, held: Held): void {
    const { job } = known;
    if (!known.isStored) {
      known.isStored = true;
      const root = encodeRoot({ role: "worker", genesis: known.signed });
      if (!this.#events.isKept(job))
        this.#context.emit({ kind: "persist", job, slot: SLOT.root, bytes: root, durable: true });
    }
    const slot = SLOT.work(held.ref.task, held.ref.attempt);
    this.#context.emit({
      kind: "persist",
      job,
      slot,
      bytes: encode(sealedWorkCodec, { ...held.sealed!, confidence: held.confidence, cost: held.cost }),
      durable: true,
    });
  }

  #sealCommand(held: Held): CommandBody {
    const { hash } = this.#context.config.crypto;
    const { nonce, data } = held.sealed!;
    const { job, task, attempt } = held.ref;
    const output = dataHash(hash, data);
    const seal = sealHash(hash, { job, task, attempt, worker: this.#context.self, nonce, output });
    const mebibytes = data.kind === "blob" ? Math.ceil(data.bytes / MIB) : 0;
    return { kind: "seal", task, attempt, seal, mebibytes };
  }

  #resultCommand(held: Held, nonce: Uint8Array | null): CommandBody {
    const { task, attempt } = held.ref;
    return {
      kind: "result",
      task,
      attempt,
      data: held.sealed!.data,
      confidence: held.confidence,
      cost: held.cost,
      nonce,
    };
  }

  #reveal(known: KnownJob, held: Held): void {
    if (held.phase !== "sealed" || held.sealed === null) return;
    held.phase = "said";
    this.#say(known, this.#resultCommand(held, held.sealed.nonce), held);
  }

  onWorkFailed(failed: Extract<Input, { kind: "workFailed" }>): void {
    const found = this.#find(failed.award);
    if (found === null || found.held.phase !== "running") return;
    this.#fail(found.known, found.held, failed.reason, failed.message);
  }

  #fail(known: KnownJob, held: Held, reason: "busy" | "error" | "refused" | "lost-input", message: string): void {
    this.#running--;
    held.phase = "said";
    this.#trace(held, "failed");
    const { task, attempt } = held.ref;
    this.#say(known, { kind: "failure", task, attempt, reason, message: message.slice(0, 200) }, held);
  }

  #close(known: KnownJob, key: string, held: Held): void {
    if (held.phase === "running" || held.phase === "fetching") {
      this.#running--;
      this.#trace(held, "stopped");
      if (held.phase === "running") this.#context.emit({ kind: "stopWork", award: held.ref });
    }
    if (held.sealed !== null && held.award?.sealed !== false) {
      const slot = SLOT.work(held.ref.task, held.ref.attempt);
      this.#context.emit({ kind: "persist", job: known.job, slot, bytes: null, durable: false });
    }
    known.held.delete(key);
    known.tally.close(key);
    known.outgoing = known.outgoing.filter((entry) => entry.held !== held);
  }

  #trace(held: Held, phase: "started" | "done" | "failed" | "stopped"): void {
    const { job, task, attempt } = held.ref;
    this.#context.emit({ kind: "trace", event: { kind: "work", job, task, attempt, phase } });
  }

  // --- speaking ---------------------------------------------------------------------------------------

  #say(known: KnownJob, body: CommandBody, held: Held | null): void {
    known.outgoing.push({ body, held });
    const { monoMs } = this.#context.now;
    const isBusy = [...known.held.values()].some((other) => other.phase === "running");
    if (known.outgoing.length >= limits.envelopeCommands || !isBusy) known.flushAtMs = monoMs;
    else known.flushAtMs = Math.min(known.flushAtMs, monoMs + GATHER_MS);
  }

  #flush(known: KnownJob): void {
    const entries = known.outgoing.splice(0, fitting(known.outgoing.map((entry) => entry.body)));
    known.flushAtMs = known.outgoing.length > 0 ? this.#context.now.monoMs : Number.POSITIVE_INFINITY;
    if (entries.length === 0) return;
    const envelope = sealBodies(
      this.#context,
      known.job,
      entries.map((entry) => entry.body),
    );
    for (const [index, { held }] of entries.entries()) {
      if (held === null) continue;
      held.said = { ...envelope, bodies: [envelope.bodies[index]!] };
      held.resendAtMs = this.#context.now.monoMs + RESEND_MS;
    }
    this.#publish(known, [envelope]);
  }

  #publish(known: KnownJob, envelopes: readonly Envelope[]): void {
    for (const envelope of envelopes) {
      if (this.#events.publish(known.job, envelope)) continue;
      const members = known.committee.members.map((member) => member.agent);
      this.#context.sendAll(members, { kind: "envelopes", job: known.job, envelopes: [envelope] });
    }
  }

  tick(): void {
    const { monoMs } = this.#context.now;
    for (const known of this.#jobs.values()) {
      while (known.flushAtMs <= monoMs) this.#flush(known);
      for (const held of known.held.values()) {
        if (held.said === null || held.resendAtMs > monoMs) continue;
        held.resendAtMs = monoMs + RESEND_MS;
        this.#publish(known, [held.said]);
      }
      this.#renewOffers(known);
      while (known.flushAtMs <= monoMs) this.#flush(known);
    }
  }

  nextWakeMs(): number {
    let wake = Number.POSITIVE_INFINITY;
    for (const known of this.#jobs.values()) {
      wake = Math.min(wake, known.flushAtMs);
      for (const held of known.held.values()) wake = Math.min(wake, held.resendAtMs);
    }
    return wake;
  }
}
