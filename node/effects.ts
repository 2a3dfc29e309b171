/**
 * Carries out the effects of an agent: network, store, skills, timer, news, trace. Whatever an effect owes
 * back (protocol/effect.ts) returns as an input.
 *
 * Leaves to driver.ts when effects are carried out, and the writing of records, which is one transaction for
 * many steps.
 */

import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { SLOT } from "../protocol/agent/job-records.ts";
import { unreachable } from "../protocol/core/assert.ts";
import type { AwardRef, Hash, JobId } from "../protocol/core/ids.ts";
import { limits } from "../protocol/core/limits.ts";
import type { Now } from "../protocol/core/now.ts";
import { isRecorded } from "../protocol/core/trace.ts";
import type { BlobNeed, Effect, LocalEvent } from "../protocol/effect.ts";
import type { Input } from "../protocol/input.ts";
import type { StoredRecord, StoredRecords } from "../protocol/machine.ts";
import { NONCE_BYTES } from "../protocol/wire/command.ts";
import type { BlobQuota, Refusal } from "./blob-quota.ts";
import type { NodeLimits } from "./limits/node-limits.ts";
import type { Network } from "./network/network.ts";
import type { AgentTraceWriter } from "./platform/traces/trace-file.ts";
import { RedactedJobs } from "./redacted-jobs.ts";
import type { SkillOutcome } from "./skills/skill.ts";
import type { SkillRunner } from "./skills/skill-runner.ts";
import type { BlobStore } from "./store/blob-store.ts";
import type { RecordStore, StoreEffect } from "./store/record-store.ts";
import { pruneForGuests } from "./upkeep.ts";

/** Where the effects go. */
export interface EffectTargets {
  readonly store: RecordStore;
  readonly blobs: BlobStore;
  readonly network: Network;
  readonly skills: SkillRunner;
  readonly quota: BlobQuota;
  readonly limits: NodeLimits;
  readonly trace?: Pick<AgentTraceWriter, "write">;
  readonly onEvent: (event: LocalEvent) => void;
  readonly log: Logger;
}

export interface EffectHost {
  now(): Now;
  input(input: Input): void;
  /** Something failed without which the node cannot continue. */
  fail(error: unknown): void;
}

type FetchBlob = Extract<Effect, { readonly kind: "fetchBlob" }>;
type Work = Extract<Effect, { readonly kind: "work" }>;

export const isStoreEffect = (effect: Effect): effect is StoreEffect =>
  effect.kind === "persist" || effect.kind === "forget";

type Problem = Pick<Extract<Input, { readonly kind: "workFailed" }>, "reason" | "retryMs" | "message">;

const awardKey = (award: AwardRef): string => `${award.job} ${award.task} ${award.attempt}`;

/** Time for an agent to give up jobs that ended, ms: a step or two. */
const PRUNE_WAIT_MS = 100;

/** The longest that a Node timer waits; a longer one fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class EffectRunner {
  readonly #targets: EffectTargets;
  readonly #host: EffectHost;
  readonly #running = new Map<string, AwardRef>();
  readonly #redacted = new RedactedJobs();
  /** Work of ours that is under way and not cut short by a stop. */
  readonly #pending = new Set<Promise<void>>();
  /** Jobs of guests that ended are making room for blobs. */
  #pruning: Promise<void> | null = null;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #wakeTimer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(targets: EffectTargets, host: EffectHost) {
    this.#targets = targets;
    this.#host = host;
  }

  /** Into the trace: records that are in the store. */
  traceRecords(records: readonly (StoredRecord | StoreEffect)[]): void {
    const { trace } = this.#targets;
    if (trace === undefined) return;
    const { wallMs } = this.#host.now();
    this.#redacted.note(records);
    for (const record of records) {
      if (!("slot" in record) || record.bytes === null || !isRecorded(record.slot)) continue;
      const { job, slot, bytes } = record;
      if (this.#redacted.keepsOut(record)) continue;
      trace.write(wallMs, { kind: "stored", job, slot, bytes: Buffer.from(bytes).toString("base64") });
    }
  }

  /** Into the trace: what an earlier run left, one record at a time. */
  traceStored(stored: StoredRecords): void {
    if (this.#targets.trace === undefined) return;
    for (const job of stored.jobs()) {
      for (const record of stored.of(job, SLOT.root)) this.#redacted.note([record]); // before its blocks
      for (const record of stored.of(job, "")) this.traceRecords([record]);
    }
  }

  /** Every effect but those of the store, which are written by then. */
  perform(effect: Exclude<Effect, StoreEffect>): void {
    const { network, store, skills, trace } = this.#targets;
    switch (effect.kind) {
      case "send":
        network.send(effect.to, effect.queue, effect.bytes);
        break;
      case "publish":
        network.publish(effect.topic, effect.bytes);
        break;
      case "subscribe":
        network.subscribe(effect.topics);
        break;
      case "verdict":
        network.verdict(effect.ticket, effect.verdict);
        break;
      case "misbehaved":
        network.misbehaved(effect.agent, effect.code);
        break;
      case "sharing":
        network.sharing(effect.agents);
        break;
      case "address":
        network.address(effect.agent, effect.addresses, effect.from);
        break;
      case "readRecords": {
        const { job, slots, ticket } = effect;
        this.#host.input({ kind: "recordsRead", job, ticket, records: store.read(job, slots) });
        break;
      }
      case "storeBlob":
        this.#later(this.#storeBlob(effect));
        break;
      case "releaseBlobs":
        this.#later(this.#releaseBlobs(effect.job));
        break;
      case "fetchBlob":
        this.#later(this.#fetchBlob(effect));
        break;
      case "work":
        this.#work(effect);
        break;
      case "stopWork":
        this.#running.delete(awardKey(effect.award));
        skills.stop(effect.award);
        break;
      case "wake":
        this.#wake(effect.atMonoMs);
        break;
      case "trace":
        trace?.write(this.#host.now().wallMs, effect.event);
        break;
      case "event":
        this.#tell(effect.event);
        break;
      default:
        unreachable(effect);
    }
  }

  #tell(event: LocalEvent): void {
    this.#later(this.#targets.quota.onEvent(event));
    try {
      this.#targets.onEvent(event);
    } catch (error) {
      this.#targets.log.error({ err: error, event: event.kind }, "a listener of this node's events failed");
    }
  }

  #later(work: Promise<void>): void {
    const pending: Promise<void> = work
      .catch((error: unknown) => this.#host.fail(error))
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  /** Blobs of a job that nobody needs any more. */
  async #releaseBlobs(job: JobId): Promise<void> {
    try {
      await this.#targets.quota.release(job);
    } catch (error) {
      this.#targets.log.error({ err: error, job }, "blobs cannot be deleted");
    }
  }

  /** Records were written: jobs that are forgotten need no blobs either. */
  onWritten(records: readonly StoreEffect[]): void {
    for (const record of records) if (record.kind === "forget") this.#later(this.#releaseBlobs(record.job));
  }

  async #storeBlob({ bytes, needs }: Extract<Effect, { readonly kind: "storeBlob" }>): Promise<void> {
    const { quota, log } = this.#targets;
    try {
      const { refusal } = await quota.store(needs, bytes);
      if (refusal !== null) log.warn({ job: needs.job, reason: refusal.reason }, "a blob is not stored");
    } catch (error) {
      log.error({ err: error }, "a blob cannot be stored");
    }
  }

  /** Null, or why this node does not take the blob. If guests take all of their disk, jobs of theirs that ended make room. */
  async #admit(fetch: FetchBlob): Promise<Refusal | null> {
    const refusal = await this.#targets.quota.admit(fetch.needs, fetch);
    if (refusal === null || !refusal.isOfGuests) return refusal;
    this.#pruning ??= this.#prune(fetch.bytes);
    await this.#pruning;
    return this.#targets.quota.admit(fetch.needs, fetch);
  }

  /** Once for all that are refused meanwhile. */
  async #prune(bytes: number): Promise<void> {
    this.#host.input(pruneForGuests(this.#targets.store, this.#targets.limits.disk, bytes));
    await new Promise((resolve) => setTimeout(resolve, PRUNE_WAIT_MS));
    this.#pruning = null;
  }

  async #fetchBlob(fetch: FetchBlob): Promise<void> {
    const { blobs, network, quota, log } = this.#targets;
    const { hash, bytes, from, needs } = fetch;
    const { job } = needs;
    let stored = false;
    try {
      const refusal = await this.#admit(fetch);
      if (refusal !== null) return this.#host.input({ kind: "blobFailed", job, hash, reason: refusal.reason });
      try {
        stored = (await blobs.has(hash)) || (await network.fetchBlob(hash, bytes, from, job));
      } finally {
        await quota.onFetched(needs, hash);
      }
    } catch (error) {
      // A disk that has no room for a blob is no reason to leave the committees: records are another matter.
      log.error({ err: error, blob: hash }, "a blob cannot be stored");
    }
    this.#host.input({ kind: stored ? "blobStored" : "blobFailed", job, hash });
  }

  #work({ award, skill, input, budgetMs, needs }: Work): void {
    const key = awardKey(award);
    this.#running.set(key, award);
    this.#targets.skills.start(award, skill, input, budgetMs, (outcome) => {
      if (this.#running.get(key) !== award) return; // stopped, or started anew, in the meantime
      this.#running.delete(key);
      this.#later(this.#finished(award, needs, outcome));
    });
  }

  async #finished(award: AwardRef, needs: BlobNeed, outcome: SkillOutcome): Promise<void> {
    const problem = outcome.ok ? await this.#storeOutput(needs, outcome.output) : outcome;
    if (problem !== null) {
      const { reason, retryMs, message } = problem;
      this.#host.input({ kind: "workFailed", award, reason, retryMs, message });
    } else if (outcome.ok) {
      const { output, confidencePpm, cost, usage } = outcome;
      const nonce = randomBytes(NONCE_BYTES);
      this.#host.input({ kind: "workDone", award, output, confidencePpm, cost, usage, nonce });
    }
  }

  /** A large output becomes a blob before the agent hears of it. Null, or why it cannot. */
  async #storeOutput(needs: BlobNeed, output: Uint8Array): Promise<Problem | null> {
    if (output.length <= limits.inlineBytes) return null;
    if (output.length > limits.blobBytes) {
      return {
        reason: "error",
        retryMs: 0,
        message: `an output of ${output.length} bytes; ${limits.blobBytes} are allowed`,
      };
    }
    let hash: Hash;
    try {
      const stored = await this.#targets.quota.store(needs, output);
      const { refusal } = stored;
      hash = stored.hash;
      if (refusal !== null)
        return { reason: "refused", retryMs: 0, message: `the worker cannot keep the output: ${refusal.reason}` };
    } catch (error) {
      this.#targets.log.error({ err: error }, "an output cannot be stored");
      return { reason: "error", retryMs: 0, message: "the worker could not store the output" };
    }
    this.#host.input({ kind: "blobStored", job: needs.job, hash });
    return null;
  }

  #wake(atMonoMs: number): void {
    this.#wakeAtMs = atMonoMs;
    this.#armWake();
  }

  #armWake(): void {
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    this.#wakeTimer = null;
    if (this.#stopped || this.#wakeAtMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.min(TIMER_MS_MAX, Math.max(0, Math.ceil(this.#wakeAtMs - this.#host.now().monoMs)));
    this.#wakeTimer = setTimeout(() => {
      this.#wakeTimer = null;
      // Timers may fire a little early, and long ones come in parts.
      if (this.#host.now().monoMs < this.#wakeAtMs) this.#armWake();
      else {
        this.#wakeAtMs = Number.POSITIVE_INFINITY;
        this.#host.input({ kind: "tick" });
      }
    }, waitMs);
  }

  /** Aborts the skills that run and the timer; no input comes from here afterwards but of what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake(Number.POSITIVE_INFINITY);
    for (const award of this.#running.values()) this.#targets.skills.stop(award);
    this.#running.clear();
    await Promise.all([...this.#pending]);
  }
}
