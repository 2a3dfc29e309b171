/**
 * The jobs that an agent keeps, and the only way into them: each access is a step within containment.ts, so an exception
 * ends that job and nothing else.
 */

import type { JobId } from "../core/ids.ts";
import type { Containment } from "./containment.ts";
import type { JobHost } from "./job-host.ts";

export class Hosts {
  readonly #containment: Containment;
  readonly #hosts = new Map<JobId, JobHost>();

  constructor(containment: Containment) {
    this.#containment = containment;
  }

  /** Only for access that cannot fail, such as the genesis, or whether the job has ended. */
  get(job: JobId): JobHost | undefined {
    return this.#hosts.get(job);
  }

  has(job: JobId): boolean {
    return this.#hosts.has(job);
  }

  /** Only for access that cannot fail; a copy, since any step may end a job. */
  all(): JobHost[] {
    return [...this.#hosts.values()];
  }

  /** Does something to a job that is kept here; returns `otherwise` if it is not kept, or goes wrong. */
  enter<T>(job: JobId, otherwise: T, act: (host: JobHost) => T): T {
    const host = this.#hosts.get(job);
    return host === undefined ? otherwise : this.#containment.within(job, otherwise, () => act(host));
  }

  /** Does something to each. */
  each(act: (host: JobHost) => void): void {
    for (const job of [...this.#hosts.keys()]) this.enter(job, undefined, act);
  }

  /** The answers of all jobs that do not go wrong while answering. */
  ask<T>(say: (host: JobHost) => T): T[] {
    return [...this.#hosts.keys()].flatMap((job) => this.enter<T[]>(job, [], (host) => [say(host)]));
  }

  /** Creates a job's host and starts it; if that fails, nothing is left of it. */
  add(job: JobId, create: () => JobHost, start: (host: JobHost) => void): void {
    this.#containment.within(job, undefined, () => {
      const host = create();
      this.#hosts.set(job, host);
      start(host);
    });
  }

  delete(job: JobId): void {
    this.#hosts.delete(job);
  }

  /** When the first of them has something due. Asked after every input. */
  nextWakeMs(): number {
    let wake = Number.POSITIVE_INFINITY;
    for (const host of this.#hosts.values()) {
      wake = Math.min(wake, host.knownWakeMs ?? this.enter(host.job, wake, () => host.nextWakeMs()));
    }
    return wake;
  }
}
