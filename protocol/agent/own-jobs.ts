/**
 * The jobs that this agent's operator owns. The agent stays in touch with their members, tells the operator how the jobs
 * stand, and repeats a cancel until the job has ended.
 *
 * Leaves the log to hosted-job.ts, how jobs begin to invitations.ts.
 */

import { backOffMs } from "../core/back-off.ts";
import type { AgentId, JobId } from "../core/ids.ts";
import { GOING, type Standing } from "../effect.ts";
import type { Liveness } from "../membership/liveness.ts";
import type { Envelope } from "../wire/command.ts";
import { type Context, signBodies } from "./context.ts";
import { Following } from "./following.ts";
import type { HostedJob } from "./hosted-job.ts";
import type { HostedJobs } from "./hosted-jobs.ts";
import { standingOf } from "./standing.ts";

/** A cancel that has not ended its job is said again after this, and then at growing intervals, ms. */
const CANCEL_AGAIN_MS = 3_000;
const CANCEL_AGAIN_MS_MAX = 30_000;

interface OwnJob {
  /** Null if this agent is a host of the job itself. */
  readonly following: Following | null;
  /** When it applied a block last; before the first: when it began. */
  blockMs: number;
  standing: Standing;
  /** `turns`: how often it was said again. */
  cancel: { readonly envelope: Envelope; atMs: number; turns: number } | null;
}

const isSame = (a: Standing, b: Standing): boolean =>
  a.kind === b.kind && a.silent.length === b.silent.length && a.silent.every((agent, i) => agent === b.silent[i]);

export class OwnJobs {
  readonly #context: Context;
  readonly #hostedJobs: HostedJobs;
  readonly #jobs = new Map<JobId, OwnJob>();

  constructor(context: Context, hostedJobs: HostedJobs) {
    this.#context = context;
    this.#hostedJobs = hostedJobs;
  }

  /** The operator's jobs are those that its key signed. */
  #isOwn({ genesis }: HostedJob): boolean {
    return genesis.owner === this.#context.owner.agent;
  }

  add(hosted: HostedJob): void {
    if (!this.#isOwn(hosted) || hosted.isEnded) return;
    const following = hosted.hearsPulses ? null : new Following(this.#context, hosted);
    const blockMs = this.#context.now.monoMs;
    this.#jobs.set(hosted.job, { following, blockMs, standing: GOING, cancel: null });
    following?.tick();
  }

  delete(job: JobId): void {
    this.#jobs.delete(job);
  }

  onHeard(agent: AgentId): void {
    for (const { following } of this.#jobs.values()) following?.onHeard(agent);
  }

  onConnected(agent: AgentId): void {
    for (const { following } of this.#jobs.values()) following?.onConnected(agent);
  }

  onBlock({ job, isEnded }: HostedJob): void {
    const own = this.#jobs.get(job);
    if (own === undefined) return;
    own.blockMs = this.#context.now.monoMs;
    if (isEnded) this.#jobs.delete(job);
  }

  /** Members that should pulse this agent because it follows their job. */
  watched(): AgentId[] {
    return [...this.#jobs.values()].flatMap(({ following }) => following?.members ?? []);
  }

  /** Ends a job that this agent keeps or follows, or by way of one that keeps it. */
  cancel(job: JobId, via: AgentId | null): void {
    const envelope = signBodies(this.#context, job, [{ kind: "cancel" }], this.#context.owner);
    if (!this.#hostedJobs.has(job) && via !== null)
      this.#context.send(via, { kind: "envelopes", job, envelopes: [envelope] });
    const own = this.#jobs.get(job);
    if (own !== undefined) own.cancel = { envelope, atMs: this.#cancelAgainMs(0), turns: 0 };
    this.#hostedJobs.enter(job, undefined, (hosted) => hosted.publish(envelope));
  }

  #cancelAgainMs(turn: number): number {
    const { now, self } = this.#context;
    return now.monoMs + backOffMs(CANCEL_AGAIN_MS, turn, CANCEL_AGAIN_MS_MAX, self);
  }

  /** Once a second. */
  pulse(liveness: Liveness): void {
    const { monoMs } = this.#context.now;
    for (const [job, own] of [...this.#jobs]) {
      own.following?.tick();
      this.#hostedJobs.enter(job, undefined, (hosted) => this.#tellStanding(hosted, own, liveness));
      const { cancel } = own;
      if (cancel === null || monoMs < cancel.atMs) continue;
      cancel.atMs = this.#cancelAgainMs(++cancel.turns);
      this.#hostedJobs.enter(job, undefined, (hosted) => hosted.publish(cancel.envelope));
    }
  }

  #tellStanding({ replica, job }: HostedJob, own: OwnJob, liveness: Liveness): void {
    const { now, self } = this.#context;
    const standing = standingOf({
      committee: replica.committee,
      self,
      silentSinceMs: (agent) => liveness.silentSinceMs(agent, now.monoMs),
      overdueMs: overdueMs(replica, now.monoMs - own.blockMs),
      now,
    });
    if (isSame(standing, own.standing)) return;
    own.standing = standing;
    this.#context.emit({ kind: "event", event: { kind: "standing", job, standing } });
  }
}

/** Measured by the time since the last block, because this machine's clock may differ from the committee's. */
function overdueMs({ nextDeadlineMs, tip }: HostedJob["replica"], sinceBlockMs: number): number {
  if (nextDeadlineMs === null) return Number.NEGATIVE_INFINITY;
  return sinceBlockMs - (tip.nextHeight === 1 ? 0 : nextDeadlineMs - tip.timeMs);
}
