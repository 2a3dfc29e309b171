/**
 * The jobs whose logs an agent has, and the only way into them. Each access is a step within containment.ts, so an exception
 * ends that job and nothing else.
 */

import type { AgentId, JobId } from "../core/ids.ts";
import type { Containment } from "./containment.ts";
import type { HostedJob } from "./hosted-job.ts";

export class HostedJobs {
  readonly #containment: Containment;
  readonly #jobs = new Map<JobId, HostedJob>();

  constructor(containment: Containment) {
    this.#containment = containment;
  }

  /** Only for access that cannot fail, such as the genesis, or whether the job has ended. */
  get(job: JobId): HostedJob | undefined {
    return this.#jobs.get(job);
  }

  has(job: JobId): boolean {
    return this.#jobs.has(job);
  }

  /** Only for access that cannot fail; a copy, since any step may end a job. */
  all(): HostedJob[] {
    return [...this.#jobs.values()];
  }

  /** Does something to a job; returns `otherwise` if the job is not here, or goes wrong. */
  enter<T>(job: JobId, otherwise: T, act: (hosted: HostedJob) => T): T {
    const hosted = this.#jobs.get(job);
    return hosted === undefined ? otherwise : this.#containment.within(job, otherwise, () => act(hosted));
  }

  /** Does something to each. */
  each(act: (hosted: HostedJob) => void): void {
    for (const job of [...this.#jobs.keys()]) this.enter(job, undefined, act);
  }

  /** The answers of all jobs that do not go wrong while answering. */
  ask<T>(say: (hosted: HostedJob) => T): T[] {
    return [...this.#jobs.keys()].flatMap((job) => this.enter<T[]>(job, [], (hosted) => [say(hosted)]));
  }

  /** Whether the agent is a member of one that has not ended. */
  hasMember(agent: AgentId): boolean {
    return this.all().some((hosted) => !hosted.isEnded && hosted.members.includes(agent));
  }

  /** Creates a hosted job and starts it; if that fails, nothing is left of it. */
  add(job: JobId, create: () => HostedJob, start: (hosted: HostedJob) => void): void {
    this.#containment.within(job, undefined, () => {
      const hosted = create();
      this.#jobs.set(job, hosted);
      start(hosted);
    });
  }

  delete(job: JobId): void {
    this.#jobs.delete(job);
  }

  /** When the first of them has something due. Asked after every input. */
  nextWakeMs(): number {
    let wake = Number.POSITIVE_INFINITY;
    for (const hosted of this.#jobs.values()) {
      wake = Math.min(wake, hosted.facts.knownWakeMs ?? this.enter(hosted.job, wake, () => hosted.nextWakeMs()));
    }
    return wake;
  }
}
