/**
 * The jobs that an agent keeps, and the only way into them: whatever is done to one is a step within containment.ts, so
 * that what it throws ends that job and nothing else.
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

  /** For what cannot fail: its genesis, whether it has ended. */
  get(job: JobId): JobHost | undefined {
    return this.#hosts.get(job);
  }

  has(job: JobId): boolean {
    return this.#hosts.has(job);
  }

  /** For what cannot fail; as a copy, since any step may end one. */
  all(): JobHost[] {
    return [...this.#hosts.values()];
  }

  /** Does something to a job that is kept here; `otherwise` if it is not, or no longer. */
  enter<T>(job: JobId, otherwise: T, act: (host: JobHost) => T): T {
    const host = this.#hosts.get(job);
    return host === undefined ? otherwise : this.#containment.within(job, otherwise, () => act(host));
  }

  /** Does something to each. */
  each(act: (host: JobHost) => void): void {
    for (const job of [...this.#hosts.keys()]) this.enter(job, undefined, act);
  }

  /** What each says, of those that can say it. */
  ask<T>(say: (host: JobHost) => T): T[] {
    return [...this.#hosts.keys()].flatMap((job) => this.enter<T[]>(job, [], (host) => [say(host)]));
  }

  /** Takes up a job, and starts it; nothing is left of one that cannot be. */
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
