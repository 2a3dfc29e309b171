/**
 * Which jobs an agent takes, how long they have a place, and when it gives one up for good.
 *
 * Leaves the log of a job to hosted-job.ts, the memory of jobs that it gave up to retired-jobs.ts, jobs that went wrong to
 * containment.ts.
 * Source: protocol.md 4 (withdrawal), 9 (quotas).
 */

import { statementMessage } from "../core/crypto.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import type { Message } from "../wire/message.ts";
import { ACCEPT, ignore, reject, type Verdict } from "../wire/verdict.ts";
import { type CheckedGenesis, isAsked } from "./checked-genesis.ts";
import type { Context } from "./context.ts";
import type { HostedJob } from "./hosted-job.ts";
import type { HostedJobs } from "./hosted-jobs.ts";
import { type GivenUp, RetiredJobs } from "./retired-jobs.ts";

/** A job that was begun and decided nothing for this long is given up, ms: its submitter withdrew it before. */
const BEGIN_MS = 2 * 60_000;
/** A job that has not ended this long after its deadline no longer occupies a place, ms. */
const GRACE_MS = 60_000;

/** When a job's deadline passes: by the ledger, or, before the first block, at the earliest. */
const deadlineMs = ({ replica, startedWallMs, genesis }: HostedJob): number =>
  (replica.decided.state.startedMs.get() || startedWallMs) + genesis.deadlineMs;

export class Hosting {
  readonly retired: RetiredJobs;
  readonly #context: Context;
  readonly #hostedJobs: HostedJobs;
  readonly #onRetired: (job: JobId) => void;

  constructor(context: Context, hostedJobs: HostedJobs, onRetired: (job: JobId) => void) {
    this.retired = new RetiredJobs(context);
    this.#context = context;
    this.#hostedJobs = hostedJobs;
    this.#onRetired = onRetired;
  }

  /** Why this node would not host the job, by its own rules; null if it would. */
  refusal(checked: CheckedGenesis): string | null {
    const { genesis } = checked;
    const { selectors, self } = this.#context;
    const retired = this.retired.refusal(checked, this.#hostedJobs.all().length);
    if (retired !== null) return retired;
    if (!selectors.has(genesis.selector)) return `it has no selector ${genesis.selector}`;
    if (!isAsked(genesis, self)) return "it is not in the committee";
    return this.lackOfRoom(genesis.owner);
  }

  /** Why it would host no job of this owner now, whatever the job is; null if it would. */
  lackOfRoom(owner: AgentId): string | null {
    if (!this.#context.config.hosts) return "it does not host jobs";
    const running = this.#hostedJobs.all().filter((hosted) => !this.#isOver(hosted));
    if (running.length >= limits.hostedJobs) return "it hosts too many jobs";
    const owned = running.filter((hosted) => hosted.genesis.owner === owner).length;
    return owned >= limits.hostedJobsPerOwner ? "it hosts too many jobs of this owner" : null;
  }

  /** Its committee never decided a first block. */
  #isUnbegun(hosted: HostedJob): boolean {
    return hosted.nextHeight === 1 && this.#context.now.wallMs - hosted.startedWallMs > BEGIN_MS;
  }

  /** It has ended, or will never end because too few of its committee are left. */
  #isOver(hosted: HostedJob): boolean {
    return hosted.isEnded || this.#isUnbegun(hosted) || this.#context.now.wallMs > deadlineMs(hosted) + GRACE_MS;
  }

  /** Makes room for another job. Those that are over are kept for questions until there are too many. */
  makeRoom(): void {
    for (const hosted of this.#hostedJobs.all()) if (this.#isUnbegun(hosted)) this.retire(hosted);
    const over = this.#hostedJobs
      .all()
      .filter((hosted) => this.#isOver(hosted))
      .sort((a, b) => (a.endedWallMs || deadlineMs(a)) - (b.endedWallMs || deadlineMs(b)));
    for (const hosted of over.slice(0, Math.max(0, over.length - limits.hostedJobs))) this.retire(hosted);
  }

  /** Gives a job up, durably. */
  retire(given: GivenUp, withdrawal?: Uint8Array): void {
    this.#hostedJobs.delete(given.job);
    this.#onRetired(given.job);
    this.retired.add(given, withdrawal);
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
