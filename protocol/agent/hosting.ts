/**
 * Which jobs an agent takes, how long they have a place, and when it gives one up for good.
 *
 * Leaves the log of a job to hosted-job.ts, the memory of jobs that it gave up to retired-jobs.ts, jobs that went wrong to
 * containment.ts, who is a guest to admission.ts.
 * Source: protocol.md 4 (withdrawal), 9 (budgets).
 */

import { compareText, utf8 } from "../core/bytes.ts";
import { statementMessage } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { durationWords } from "../core/words.ts";
import type { Input } from "../input.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { type Admission, HEARD } from "./admission.ts";
import { type CheckedGenesis, isAsked } from "./checked-genesis.ts";
import type { Containment } from "./containment.ts";
import type { Context } from "./context.ts";
import type { HostedJob } from "./hosted-job.ts";
import type { HostedJobs } from "./hosted-jobs.ts";
import { SLOT } from "./job-records.ts";
import { type GivenUp, RetiredJobs } from "./retired-jobs.ts";

/** A job that was begun and decided nothing for this long is given up, ms: its submitter withdrew it before. */
const BEGIN_MS = 2 * 60_000;
/** A job that has not ended this long after its deadline no longer occupies a place, ms. */
const GRACE_MS = 60_000;
/** No job is idle before this, ms: it needs a window, a lease and some blocks for its first result. */
const BUSY_MS = 15_000;

/**
 * Share of a source's places for jobs of which other hosts told: it is enough for those whose start was lost. Strangers could
 * use up the part of an honest host otherwise, by what they bring to that one.
 */
const HEARD_PART = 1 / 4;
/** Time that an owner has to collect the results of a job that ended, whatever disk they take, ms. */
const COLLECT_MS = 10 * 60_000;

/**
 * When a job's deadline passes: by the ledger, or, before the first block, at the earliest. Never later than from when this agent
 * began to host it, since a committee of strangers may date its blocks as it likes.
 */
const deadlineMs = ({ replica, facts: { startedWallMs }, genesis }: HostedJob): number =>
  Math.min(replica.decided.state.startedMs.get() || startedWallMs, startedWallMs) + genesis.deadlineMs;

/** Whether anybody works for the job at present. */
const isWorkedOn = ({ replica }: HostedJob): boolean =>
  replica.decided.state.liveBySkill.sorted().some(([, { count }]) => count > 0);

interface Parts {
  readonly hostedJobs: HostedJobs;
  readonly containment: Containment;
}

export class Hosting {
  readonly retired: RetiredJobs;
  readonly #context: Context;
  readonly #admission: Admission;
  readonly #hostedJobs: HostedJobs;
  readonly #containment: Containment;
  readonly #onRetired: (job: JobId) => void;
  /** Which source asked for each job. */
  readonly #sources = new Map<JobId, string>();

  /** A guest's job has a new block since it was looked at how much they take. */
  #isNewBlock = false;

  constructor(
    context: Context,
    admission: Admission,
    { hostedJobs, containment }: Parts,
    onRetired: (job: JobId) => void,
  ) {
    this.retired = new RetiredJobs(context);
    this.#context = context;
    this.#admission = admission;
    this.#hostedJobs = hostedJobs;
    this.#containment = containment;
    this.#onRetired = onRetired;
  }

  /** Why this node would not host the job that `source` asks for, by its own rules; null if it would. */
  refusal(checked: CheckedGenesis, source: string): string | null {
    const { genesis } = checked;
    const { selectors, self } = this.#context;
    if (this.#containment.has(checked.job)) return "the job went wrong there";
    const isKnown = this.#admission.isKnown(genesis.owner);
    const retired = this.retired.refusal(checked, this.#hostedJobs.all().length, isKnown ? null : source);
    if (retired !== null) return retired;
    if (!selectors.has(genesis.selector)) return `it has no selector ${genesis.selector}`;
    if (!isAsked(genesis, self)) return "it is not in the committee";
    return (isKnown ? null : this.#lengthProblem(checked)) ?? this.lackOfRoom(genesis.owner, source);
  }

  #lengthProblem({ genesis }: CheckedGenesis): string | null {
    const { guestDeadlineMs, guestWindowMs } = this.#admission.quotas.hosting;
    const longer = (what: string, mostMs: number): string =>
      `its ${what} is longer than ${durationWords(mostMs)}, the longest that this node hosts for guests`;
    if (genesis.deadlineMs > guestDeadlineMs) return longer("deadline", guestDeadlineMs);
    return genesis.windowMs > guestWindowMs ? longer("offer window", guestWindowMs) : null;
  }

  /** Why it would host no job of this owner now if `source` asked for it, whatever the job is; null if it would. */
  lackOfRoom(owner: AgentId, source: string): string | null {
    if (!this.#context.config.hosts) return "it does not host jobs";
    const { jobs, reserved, perOwner, perSource } = this.#admission.quotas.hosting;
    const running = this.#running();
    const owned = running.filter((hosted) => hosted.genesis.owner === owner).length;
    if (owned >= perOwner) return `full: it hosts ${owned} jobs of this owner`;
    const isKnown = this.#admission.isKnown(owner);
    const guests = running.filter((hosted) => this.#isOfGuest(hosted));
    const alike = guests.filter(({ job }) => this.#sources.get(job) === source).length;
    if (!isKnown && source === HEARD && alike >= Math.ceil(perSource * HEARD_PART))
      return `full: it hosts ${alike} jobs of guests of which other hosts told it`;
    if (!isKnown && alike >= perSource) return `full: it hosts ${alike} jobs of guests from where this owner connects`;
    const isRoom = running.length < jobs && (isKnown || guests.length < jobs - reserved);
    if (isRoom || this.#idlest(running, source) !== null) return null;
    return `full: it hosts ${running.length} jobs`;
  }

  #running(): HostedJob[] {
    return this.#hostedJobs.all().filter((hosted) => !this.#isOver(hosted));
  }

  /** A follower's own jobs are its operator's, who is known. */
  #isOfGuest({ genesis }: HostedJob): boolean {
    return !this.#admission.isKnown(genesis.owner);
  }

  /** Its committee never decided a first block. */
  #isUnbegun(hosted: HostedJob): boolean {
    return hosted.nextHeight === 1 && this.#context.now.wallMs - hosted.facts.startedWallMs > BEGIN_MS;
  }

  /** It has ended, or will never end because too few of its committee are left. */
  #isOver(hosted: HostedJob): boolean {
    return hosted.isEnded || this.#isUnbegun(hosted) || this.#context.now.wallMs > deadlineMs(hosted) + GRACE_MS;
  }

  /**
   * The guest's job that goes first for one that `source` asks for, if all places are taken; null: none may go. A source with
   * many jobs must show results more often: all of them together may be idle for as long as a single one. A job without any
   * result, for which nobody works, goes at once if its source has two places more than the one that asks.
   */
  #idlest(running: readonly HostedJob[], source: string): HostedJob | null {
    const { idleMs } = this.#admission.quotas.hosting;
    const { wallMs } = this.#context.now;
    const guests = running.filter((hosted) => this.#isOfGuest(hosted));
    const counts = new Map<string, number>();
    const sourceOf = ({ job, genesis }: HostedJob): string => this.#sources.get(job) ?? genesis.owner;
    for (const hosted of guests) counts.set(sourceOf(hosted), (counts.get(sourceOf(hosted)) ?? 0) + 1);
    const idleOf = ({ stats, facts: { startedWallMs } }: HostedJob): number =>
      wallMs - Math.max(stats.progressMs, startedWallMs);
    const mostOf = (hosted: HostedJob): number =>
      isWorkedOn(hosted) ? idleMs : Math.max(Math.min(BUSY_MS, idleMs), idleMs / counts.get(sourceOf(hosted))!);
    const fair = (counts.get(source) ?? 0) + 2;
    const isUnfair = (hosted: HostedJob): boolean =>
      hosted.stats.progressMs === 0 && !isWorkedOn(hosted) && counts.get(sourceOf(hosted))! >= fair;
    const idle = guests.filter((hosted) => idleOf(hosted) >= mostOf(hosted) || isUnfair(hosted));
    idle.sort((a, b) => Number(isWorkedOn(a)) - Number(isWorkedOn(b)) || idleOf(b) - idleOf(a));
    return idle[0] ?? null;
  }

  /** Makes room for a job of `owner` that `source` asked for. Those that are over are kept for questions until there are too many. */
  makeRoom(owner: AgentId, source: string): void {
    const { jobs, reserved } = this.#admission.quotas.hosting;
    for (const hosted of this.#hostedJobs.all()) if (this.#isUnbegun(hosted)) this.retire(hosted);
    const over = this.#hostedJobs.all().filter((hosted) => this.#isOver(hosted));
    for (let excess = over.length - jobs; excess > 0; excess--) {
      const first = this.#firstToForget(over);
      over.splice(over.indexOf(first), 1);
      this.retire(first);
    }
    const running = this.#running();
    const guests = running.filter((hosted) => this.#isOfGuest(hosted)).length;
    const isFull = running.length >= jobs || (!this.#admission.isKnown(owner) && guests >= jobs - reserved);
    const idlest = isFull ? this.#idlest(running, source) : null;
    if (idlest !== null) this.retire(idlest);
  }

  /** A guest's job goes before those of known owners, one of the source that has most of them, and of these the oldest. */
  #firstToForget(over: readonly HostedJob[]): HostedJob {
    const counts = new Map<string, number>();
    const sourceOf = (hosted: HostedJob): string =>
      this.#isOfGuest(hosted) ? (this.#sources.get(hosted.job) ?? hosted.genesis.owner) : "";
    for (const hosted of over) counts.set(sourceOf(hosted), (counts.get(sourceOf(hosted)) ?? 0) + 1);
    const countOf = (hosted: HostedJob): number => (this.#isOfGuest(hosted) ? counts.get(sourceOf(hosted))! : 0);
    return [...over].sort((a, b) => countOf(b) - countOf(a) || this.#endedMs(a) - this.#endedMs(b))[0]!;
  }

  /** A job that `source` asked for begins, and counts against it, after a restart too. */
  noteSource(job: JobId, source: string): void {
    this.#sources.set(job, source);
    this.#context.emit({ kind: "persist", job, slot: SLOT.source, bytes: utf8(source), durable: false });
  }

  restoreSource(job: JobId, source: string): void {
    if (source !== "") this.#sources.set(job, source);
  }

  /** The job is no longer here. */
  forgetSource(job: JobId): void {
    this.#sources.delete(job);
  }

  /** When a job ended, or should have. */
  #endedMs(hosted: HostedJob): number {
    return hosted.facts.endedWallMs || deadlineMs(hosted);
  }

  onBlock(hosted: HostedJob): void {
    this.#isNewBlock ||= this.#isOfGuest(hosted);
  }

  /** Gives up what takes too much disk: jobs of guests with too many blocks, then those that ended, then the largest. */
  giveUpLarge(): void {
    if (!this.#isNewBlock) return;
    this.#isNewBlock = false;
    const { jobRecordBytes, guestRecordBytes } = this.#admission.quotas.hosting;
    const bytesOf = ({ archive }: HostedJob): number => archive.bytes;
    const guests = this.#hostedJobs.all().filter((hosted) => this.#isOfGuest(hosted));
    let bytes = guests.reduce((sum, hosted) => sum + bytesOf(hosted), 0);
    const giveUp = (hosted: HostedJob, reason: string): void => {
      bytes -= bytesOf(hosted);
      const { job, genesis, isEnded } = hosted;
      const event = { kind: "gaveUp", job, name: genesis.name, reason } as const;
      if (!isEnded) this.#context.emit({ kind: "event", event });
      this.retire(hosted);
    };
    for (const hosted of guests)
      if (bytesOf(hosted) > jobRecordBytes && !hosted.isEnded)
        giveUp(hosted, `its blocks take more than ${jobRecordBytes} bytes, the most that it keeps of a guest's job`);
    if (bytes <= guestRecordBytes) return;
    const rank = (hosted: HostedJob): number => (this.#isCollected(hosted) ? this.#endedMs(hosted) : Number.MAX_VALUE);
    const left = guests.filter(({ job }) => this.#hostedJobs.has(job));
    left.sort((a, b) => rank(a) - rank(b) || bytesOf(b) - bytesOf(a) || compareText(a.job, b.job));
    for (const hosted of left)
      if (bytes > guestRecordBytes)
        giveUp(hosted, `blocks of guests' jobs take more than ${guestRecordBytes} bytes, the most that it keeps`);
  }

  /** It is over, and its owner has had time to collect its results. */
  #isCollected(hosted: HostedJob): boolean {
    return this.#isOver(hosted) && this.#context.now.wallMs - this.#endedMs(hosted) > COLLECT_MS;
  }

  /** The driver wants disk back: gives up jobs that are over. */
  prune({ sizes, bytesMax, endedBeforeMs }: Extract<Input, { kind: "prune" }>): void {
    const over = this.#hostedJobs
      .all()
      .filter((hosted) => this.#isOver(hosted))
      .sort((a, b) => this.#endedMs(a) - this.#endedMs(b) || compareText(a.job, b.job));
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    for (const hosted of over) {
      const endedMs = this.#endedMs(hosted);
      const size = sizes.get(hosted.job) ?? 0;
      const isTooMuch = bytes > bytesMax && size > 0 && this.#isCollected(hosted);
      if (endedMs >= endedBeforeMs && !isTooMuch) continue;
      bytes -= size;
      this.retire(hosted);
    }
  }

  /** Gives a job up, durably if it voted in it. */
  retire(hosted: HostedJob, withdrawal?: Uint8Array): void {
    const { job, genesis } = hosted;
    const source = this.#isOfGuest(hosted) ? (this.#sources.get(job) ?? genesis.owner) : null;
    this.#leave(job);
    if (hosted.facts.hasVoted) this.retired.add(hosted, source, withdrawal);
    else {
      this.#context.emit({ kind: "forget", job });
      this.retired.decline(job, withdrawal);
    }
  }

  /** Gives up a job of its own operator, durably: others may ask after it for long. */
  withdraw(given: GivenUp, withdrawal: Uint8Array): void {
    this.#leave(given.job);
    this.retired.add(given, null, withdrawal);
  }

  #leave(job: JobId): void {
    this.#hostedJobs.delete(job);
    this.forgetSource(job);
    this.#onRetired(job);
    this.#context.emit({ kind: "trace", event: { kind: "retired", job } });
  }

  /** The owner of a job that this agent hosts, or was `asked` to host, drew another committee for it. */
  onWithdraw(asked: CheckedGenesis | null, { job, signature }: Extract<Message, { kind: "withdraw" }>): Verdict {
    const hosted = this.#hostedJobs.get(job);
    const genesis = hosted?.genesis ?? asked?.genesis;
    if (genesis === undefined) return ignore("unknown-job");
    const { crypto, meshId } = this.#context.config;
    if (!crypto.verify(genesis.owner, statementMessage(meshId, "withdraw", job), signature))
      return reject("bad-signature");
    if (hosted === undefined) {
      this.#onRetired(job);
      this.retired.decline(job, signature);
    } else if (!hosted.isEnded) {
      // If some came to a first block, those who did not are no longer there to end it with them.
      this.retire(hosted, signature);
    }
    return ACCEPT;
  }
}
