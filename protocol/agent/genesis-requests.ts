/**
 * Jobs that this agent hears of before it knows them: it asks the agent that mentioned one for its genesis, asks again
 * while a beacon of the job waits, and keeps those beacons.
 */

import { backOffMs } from "../core/back-off.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Beacon } from "../wire/capability.ts";
import type { Context } from "./context.ts";

/** A genesis is not asked for again before this, ms; while a beacon waits, later each time. */
const ASK_MS = 1_000;
const ASK_MAX_MS = 8_000;
/** The most requests while a beacon waits: its author may never answer, and may say that the window ends next year. */
const ASKS = 20;

interface Waiting {
  readonly beacons: readonly Beacon[];
  /** Times that it was asked for since the first of them came. */
  asks: number;
}

export class GenesisRequests {
  readonly #context: Context;
  /** When each was asked for last; the oldest first. */
  readonly #askedMs = new Map<JobId, number>();
  readonly #waiting = new Map<JobId, Waiting>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Asks for a genesis. Returns false if that was done less than `ASK_MS` ago. */
  ask(from: AgentId, job: JobId): boolean {
    const { monoMs } = this.#context.now;
    if (monoMs - (this.#askedMs.get(job) ?? Number.NEGATIVE_INFINITY) < ASK_MS) return false;
    if (this.#askedMs.size >= limits.knownJobs) this.#askedMs.delete(this.#askedMs.keys().next().value!);
    this.#askedMs.delete(job); // it goes to the end
    this.#askedMs.set(job, monoMs);
    this.#context.send(from, { kind: "fetchGenesis", job });
    return true;
  }

  /** A beacon of a job whose genesis is on its way. */
  keep(beacon: Beacon): void {
    const waiting = this.#waiting.get(beacon.job) ?? { beacons: [], asks: 0 };
    if (waiting.beacons.length >= limits.skills) return;
    if (!this.#waiting.has(beacon.job) && this.#waiting.size >= limits.knownJobs)
      this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#waiting.set(beacon.job, { ...waiting, beacons: [...waiting.beacons, beacon] });
  }

  isAsked(job: JobId): boolean {
    return this.#askedMs.has(job);
  }

  /** A genesis that was asked for came: the beacons that waited for it. */
  take(job: JobId): readonly Beacon[] {
    this.#askedMs.delete(job);
    const waiting = this.#waiting.get(job);
    this.#waiting.delete(job);
    return waiting?.beacons ?? [];
  }

  /** Asks again for what beacons wait for, until their windows end. */
  tick(): void {
    const { wallMs } = this.#context.now;
    for (const [job, waiting] of this.#waiting) {
      const open = waiting.beacons.filter((beacon) => beacon.endsMs > wallMs);
      if (open.length === 0 || waiting.asks >= ASKS) this.#waiting.delete(job);
      else if (this.#isDue(job, waiting) && this.ask(open[open.length - 1]!.author, job)) waiting.asks++;
    }
  }

  #nextAskMs(job: JobId, { asks }: Waiting): number {
    const waitMs = Math.max(ASK_MS, backOffMs(ASK_MS, asks, ASK_MAX_MS, this.#context.self));
    return (this.#askedMs.get(job) ?? this.#context.now.monoMs) + waitMs;
  }

  #isDue(job: JobId, waiting: Waiting): boolean {
    return this.#context.now.monoMs >= this.#nextAskMs(job, waiting);
  }

  nextWakeMs(): number {
    let wake = Number.POSITIVE_INFINITY;
    for (const [job, waiting] of this.#waiting) wake = Math.min(wake, this.#nextAskMs(job, waiting));
    return wake;
  }
}
