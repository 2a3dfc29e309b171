/**
 * Jobs that this agent hears of before it knows them: it asks the agent that mentioned one for its genesis, asks again
 * while a beacon of the job waits, and keeps those beacons. Anybody can mention jobs that do not exist, so sources share the
 * places, and each asks for so much a second.
 */

import { backOffMs } from "../core/back-off.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { SharedPlaces } from "../core/shared-places.ts";
import { TokenBuckets } from "../core/token-buckets.ts";
import type { Beacon } from "../wire/capability.ts";
import type { Admission } from "./admission.ts";
import type { Context } from "./context.ts";

/** A genesis is not asked for again before this, ms; while a beacon waits, later each time. */
const ASK_MS = 1_000;
const ASK_MAX_MS = 8_000;
/** The most requests while a beacon waits: its author may never answer, and may say that the window ends next year. */
const ASKS = 20;
/** Geneses that a source is asked for: a member of as many jobs as one may know comes back, and names them all. */
const RATE = { perSecond: 16, burst: 2 * limits.knownJobs, keys: limits.clients };

/** Bytes of what it is answered, by source: a genesis takes up to 1 MiB, and the vectors of its hosts another one. */
const BYTES = { perSecond: 8 * limits.genesisBytes, burst: 64 * limits.genesisBytes, keys: limits.clients };

interface Waiting {
  readonly beacons: readonly Beacon[];
  /** Who counts for them. */
  readonly source: string;
  /** Times that it was asked for since the first of them came, and when next. */
  readonly asks: number;
  readonly nextMs: number;
}

export class GenesisRequests {
  readonly #context: Context;
  readonly #admission: Admission;
  /** When each was asked for last; the oldest first. */
  readonly #askedMs = new SharedPlaces<JobId, number>(limits.knownJobs);
  readonly #waiting = new SharedPlaces<JobId, Waiting>(limits.knownJobs);
  /** When the first of them is due, until one changes; null: to be computed. Asked after every input. */
  #wakeMs: number | null = null;
  readonly #rates = new TokenBuckets(RATE);
  readonly #bytes = new TokenBuckets(BYTES);
  /** How many answers each agent owes. */
  readonly #owed = new SharedPlaces<AgentId, number>(limits.clients);

  constructor(context: Context, admission: Admission) {
    this.#context = context;
    this.#admission = admission;
  }

  /** Asks for a genesis. Returns false if that was done less than `ASK_MS` ago, or `source` names too many. */
  ask(from: AgentId, job: JobId, source = this.#admission.sourceOf(from)): boolean {
    const { monoMs } = this.#context.now;
    if (monoMs - (this.#askedMs.get(job) ?? Number.NEGATIVE_INFINITY) < ASK_MS) return false;
    if (!this.#rates.take(source, monoMs)) return false;
    this.#askedMs.set(job, source, monoMs);
    this.#owed.set(from, source, (this.#owed.get(from) ?? 0) + 1);
    this.#context.send(from, { kind: "fetchGenesis", job });
    return true;
  }

  /** Whether `from` owes an answer; from now on, one less. */
  takeOwed(from: AgentId): boolean {
    const owed = this.#owed.get(from) ?? 0;
    if (owed > 1) this.#owed.set(from, this.#admission.sourceOf(from), owed - 1);
    else this.#owed.delete(from);
    return owed > 0;
  }

  /** Whether an answer of so many bytes is within what its source may send. */
  takeBytes(from: AgentId, bytes: number): boolean {
    return this.#bytes.take(this.#admission.sourceOf(from), this.#context.now.monoMs, bytes);
  }

  /** A beacon that `from` handed on, of a job that this agent does not know: it asks the author for the genesis. */
  onBeacon(from: AgentId, beacon: Beacon): void {
    const { author, job } = beacon;
    const source = this.#admission.sourceOfAuthor(author, from);
    const waiting = this.#waiting.get(job) ?? { beacons: [], source, asks: 0, nextMs: this.#nextMs(0) };
    if (waiting.beacons.length < limits.skills)
      this.#waiting.set(job, waiting.source, { ...waiting, beacons: [...waiting.beacons, beacon] });
    this.#wakeMs = null;
    this.ask(author, job, waiting.source);
  }

  isAsked(job: JobId): boolean {
    return this.#askedMs.has(job);
  }

  /** A genesis that was asked for came: the beacons that waited for it. */
  take(job: JobId): readonly Beacon[] {
    this.#askedMs.delete(job);
    this.#wakeMs = null;
    return this.#waiting.delete(job)?.beacons ?? [];
  }

  /** Asks again for what beacons wait for, until their windows end. */
  tick(): void {
    const { wallMs, monoMs } = this.#context.now;
    this.#wakeMs = null;
    for (const [job, waiting] of [...this.#waiting.entries()]) {
      const open = waiting.beacons.filter((beacon) => beacon.endsMs > wallMs);
      if (open.length === 0 || waiting.asks >= ASKS) this.#waiting.delete(job);
      else if (waiting.nextMs <= monoMs) {
        // One that may not be asked for now counts too, or it would be due for ever.
        this.ask(open[open.length - 1]!.author, job, waiting.source);
        const asks = waiting.asks + 1;
        this.#waiting.set(job, waiting.source, { ...waiting, asks, nextMs: this.#nextMs(asks) });
      }
    }
  }

  #nextMs(asks: number): number {
    return this.#context.now.monoMs + Math.max(ASK_MS, backOffMs(ASK_MS, asks, ASK_MAX_MS, this.#context.self));
  }

  nextWakeMs(): number {
    if (this.#wakeMs !== null) return this.#wakeMs;
    let wake = Number.POSITIVE_INFINITY;
    for (const [, { nextMs }] of this.#waiting.entries()) wake = Math.min(wake, nextMs);
    this.#wakeMs = wake;
    return wake;
  }
}
