/**
 * Fetching blobs: the holders are asked one after the other. One that is gone or lacks the blob says so after a
 * round trip; one that cannot be reached, or keeps what it has to itself, costs the whole wait.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { Endpoint } from "./endpoint.ts";
import type { NetworkStats } from "./network-stats.ts";
import { NETWORK_DEFAULTS, type NetworkOptions } from "./options.ts";
import type { Schedule } from "./world-event.ts";

interface BlobHost {
  find(agent: AgentId): Endpoint | undefined;
  reaches(from: Endpoint, to: Endpoint): boolean;
  /** One way. */
  latencyMs(): number;
  readonly stats: NetworkStats;
}

export type WantedBlob = Pick<Extract<Effect, { readonly kind: "fetchBlob" }>, "hash" | "bytes" | "from" | "needs">;

interface Transfer extends WantedBlob {
  readonly process: Endpoint;
  readonly run: number;
}

export class BlobTransfers {
  readonly #schedule: Schedule;
  readonly #host: BlobHost;
  readonly #bandwidth: number;
  readonly #idleMs: number;

  constructor(schedule: Schedule, options: NetworkOptions, host: BlobHost) {
    this.#schedule = schedule;
    this.#host = host;
    this.#bandwidth = options.blobs?.bandwidth ?? 12_500;
    this.#idleMs = options.blobs?.idleMs ?? NETWORK_DEFAULTS.blobIdleMs;
  }

  /** Owes the process `blobStored` or `blobFailed`. A blob that is not of the announced size is not taken. */
  fetch(process: Endpoint, { hash, bytes, from, needs }: WantedBlob): void {
    if (process.blobs.has(hash)) process.later(this.#schedule.nowMs, { kind: "blobStored", job: needs.job, hash });
    else this.#ask({ process, run: process.run, hash, bytes, from, needs }, 0);
  }

  #ask(transfer: Transfer, index: number): void {
    const { process, run, hash, from, needs } = transfer;
    if (process.run !== run) return;
    const agent = from[index];
    if (agent === undefined) {
      this.#host.stats.blobsFailed++;
      process.deliver({ kind: "blobFailed", job: needs.job, hash });
      return;
    }
    const holder = this.#host.find(agent);
    const next = (afterMs: number): void => {
      this.#schedule.at(this.#schedule.nowMs + afterMs, () => this.#ask(transfer, index + 1));
    };
    if (holder === undefined || holder === process) next(0);
    else if (!this.#isThere(process, holder) || holder.withholds(hash)) next(this.#idleMs);
    else this.#receive(transfer, holder, next);
  }

  #receive(transfer: Transfer, holder: Endpoint, next: (afterMs: number) => void): void {
    const { process, run, hash, bytes, needs } = transfer;
    const roundTripMs = this.#host.latencyMs() + this.#host.latencyMs();
    const blob = holder.blobs.get(hash);
    if (blob === undefined || blob.length !== bytes) {
      next(roundTripMs);
      return;
    }
    this.#schedule.at(this.#schedule.nowMs + roundTripMs + bytes / this.#bandwidth, () => {
      if (process.run !== run) return;
      if (!this.#isThere(process, holder)) {
        next(this.#idleMs);
        return;
      }
      process.blobs.set(hash, blob);
      this.#host.stats.blobs++;
      this.#host.stats.blobBytes += bytes;
      process.deliver({ kind: "blobStored", job: needs.job, hash });
    });
  }

  #isThere(process: Endpoint, holder: Endpoint): boolean {
    const reached = this.#host.reaches(process, holder) && this.#host.reaches(holder, process);
    return reached && holder.state === "up";
  }
}
