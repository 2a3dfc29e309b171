/**
 * The jobs that an agent works for, or was asked to work for: genesis and committee as far as it has heard, its offers and
 * awards. Bounded: idle jobs of guests are dropped first.
 */

import { isCommit } from "../consensus/ballots.ts";
import { type Committee, createCommittee, explainNotCommittee } from "../consensus/committee.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { blockHash, committeeHash } from "../wire/consensus.ts";
import type { Genesis, SignedGenesis } from "../wire/genesis.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import type { Admission } from "./admission.ts";
import type { CheckedGenesis } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import type { HeldAward } from "./held-award.ts";
import { NoticeTally } from "./notice-tally.ts";
import { Outbox } from "./outbox.ts";

interface StandingOffer {
  readonly validUntilMs: number;
  readonly saidMs: number;
  /** The load that the offer stated, ppm. */
  readonly load: number;
  /** The offer was made while all slots were in use, or was treated so since: it is repeated when one is free. */
  readonly isFull: boolean;
}

/** A job that this agent works for, or was asked to. */
export interface KnownJob {
  readonly job: JobId;
  readonly signed: SignedGenesis;
  readonly genesis: Genesis;
  /** Who told of it (admission.ts). */
  readonly source: string;
  committee: Committee;
  /** Height of the block that named the committee. */
  committeeHeight: number;
  /** Its newest offers by skill. */
  readonly offers: Map<string, StandingOffer>;
  readonly held: Map<string, HeldAward>;
  tally: NoticeTally;
  readonly outbox: Outbox;
  /** Members that say that the job has ended; enough of them: it has. */
  readonly overBy: Set<AgentId>;
  isOver: boolean;
  /** Awards whose work is under way. */
  running: number;
  lastWorkMs: number;
  isStored: boolean;
}

/** Whether one of its offers stands. */
export function isOffering({ offers }: Pick<KnownJob, "offers">, wallMs: number): boolean {
  for (const { validUntilMs } of offers.values()) if (validUntilMs > wallMs) return true;
  return false;
}

/** Which jobs have records of others than the worker. */
export interface HeldRecords {
  isHosted(job: JobId): boolean;
  /** Hosted, given up or set aside: its records, or the mark that takes their place, must stay. */
  isKept(job: JobId): boolean;
}

interface KnownJobsEvents extends HeldRecords {
  /** Leaves a job at which nothing runs: its place goes to another one, and what was sealed for it is lost. */
  displace(job: JobId): void;
}

export class KnownJobs {
  readonly #context: Context;
  readonly #admission: Admission;
  readonly #events: KnownJobsEvents;
  readonly #jobs = new Map<JobId, KnownJob>();
  /** When the first of their outboxes is due, until one changes; null: to be computed. */
  #wakeMs: number | null = null;

  constructor(context: Context, admission: Admission, events: KnownJobsEvents) {
    this.#context = context;
    this.#admission = admission;
    this.#events = events;
  }

  get(job: JobId): KnownJob | undefined {
    return this.#jobs.get(job);
  }

  /** When one of their outboxes has something to say. Asked after every input: there may be hundreds of jobs. */
  nextWakeMs(): number {
    if (this.#wakeMs !== null) return this.#wakeMs;
    let wake = Number.POSITIVE_INFINITY;
    for (const { outbox } of this.#jobs.values()) wake = Math.min(wake, outbox.nextWakeMs());
    this.#wakeMs = wake;
    return wake;
  }

  values(): Iterable<KnownJob> {
    return this.#jobs.values();
  }

  /** Whether `agent` is in the job's committee, as far as this one knows. */
  isMember(job: JobId, agent: AgentId): boolean {
    return (this.#jobs.get(job)?.committee.power(agent) ?? 0) > 0;
  }

  /** Takes note of a job that `source` told of; not if it has too many already that hold work. */
  add({ signed, genesis, job }: CheckedGenesis, source: string): void {
    if (this.#jobs.has(job)) return;
    if (!this.#makeRoom(genesis.owner)) return;
    const committee = createCommittee(this.#context.config.crypto.hash, genesis.committee);
    this.#jobs.set(job, {
      job,
      signed,
      genesis,
      source,
      committee,
      committeeHeight: 0,
      offers: new Map(),
      held: new Map(),
      tally: new NoticeTally(),
      outbox: new Outbox(this.#context, job, () => {
        this.#wakeMs = null;
      }),
      overBy: new Set(),
      isOver: false,
      running: 0,
      lastWorkMs: this.#context.now.monoMs,
      isStored: false,
    });
  }

  /** Deletes what this agent has on disk of a job that it works for no more. */
  forgetStored(known: KnownJob): void {
    const { job } = known;
    const isKept = this.#events.isKept(job);
    if (!isKept && known.isStored) this.#context.emit({ kind: "forget", job });
    else if (!this.#events.isHosted(job)) this.#context.emit({ kind: "releaseBlobs", job });
    if (!isKept) known.isStored = false;
  }

  delete(job: JobId): void {
    this.#jobs.delete(job);
    this.#wakeMs = null;
  }

  /**
   * Forgets jobs until there is room for one of `owner`: those of guests before others, those without a standing offer before
   * others, those of the source that told of most, and of these the one that gave no work for longest. False: there is work
   * for all of them.
   */
  #makeRoom(owner: AgentId): boolean {
    const { jobs, reservedJobs } = this.#admission.quotas.work;
    const { wallMs } = this.#context.now;
    const isGuest = ({ genesis }: KnownJob): boolean => !this.#admission.isKnown(genesis.owner);
    const all = [...this.#jobs.values()];
    const guests = all.filter(isGuest);
    const isKnown = this.#admission.isKnown(owner);
    if (all.length < jobs && (isKnown || guests.length < jobs - reservedJobs)) return true;
    const rank = (known: KnownJob): number =>
      known.held.size > 0 ? 4 : Number(!isGuest(known)) * 2 + Number(isOffering(known, wallMs));
    const counts = new Map<string, number>();
    for (const { source } of guests) counts.set(source, (counts.get(source) ?? 0) + 1);
    const countOf = (known: KnownJob): number => (isGuest(known) ? counts.get(known.source)! : 0);
    const [first] = (isKnown ? all : guests)
      .filter((known) => known.running === 0 && (known.held.size === 0 || isGuest(known)))
      .sort((a, b) => rank(a) - rank(b) || countOf(b) - countOf(a) || a.lastWorkMs - b.lastWorkMs);
    if (first === undefined) return false;
    this.#events.displace(first.job);
    this.forgetStored(first);
    return true;
  }

  onCommittee(message: Extract<Message, { kind: "committee" }>): Verdict {
    const known = this.#jobs.get(message.job);
    if (known === undefined) return ignore("unknown-job");
    const { crypto, meshId } = this.#context.config;
    const { header, commit, committee } = message;
    if (header.height <= known.committeeHeight) return ignore("known");
    if (header.committeeHash !== known.committee.hash) return ignore("other-committee");
    if (committeeHash(crypto.hash, committee) !== header.nextCommitteeHash) return reject("other-committee");
    if (explainNotCommittee(committee) !== null) return reject("not-a-committee");
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
}
