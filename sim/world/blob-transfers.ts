/**
 * Fetching blobs: the holders are asked one after the other. One that is gone or lacks the blob says so after a
 * round trip; one that cannot be reached, or keeps what it has to itself, costs the whole wait.
 */

import type { AgentId, Hash } from "../../protocol/core/ids.ts";
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

interface Transfer {
  readonly process: Endpoint;
  readonly run: number;
  readonly hash: Hash;
  readonly from: readonly AgentId[];
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
  fetch(process: Endpoint, hash: Hash, bytes: number, from: readonly AgentId[]): void {
    if (process.blobs.has(hash)) process.later(this.#schedule.nowMs, { kind: "blobStored", hash });
    else this.#ask({ process, run: process.run, hash, from }, 0, bytes);
  }

  #ask(transfer: Transfer, index: number, bytes: number): void {
    const { process, run, hash, from } = transfer;
    if (process.run !== run) return;
    const agent = from[index];
    if (agent === undefined) {
      this.#host.stats.blobsFailed++;
      process.deliver({ kind: "blobFailed", hash });
      return;
    }
    const holder = this.#host.find(agent);
    const next = (afterMs: number): void => {
      this.#schedule.at(this.#schedule.nowMs + afterMs, () => this.#ask(transfer, index + 1, bytes));
    };
    if (holder === undefined || holder === process) next(0);
    else if (!this.#isThere(process, holder) || holder.withholds(hash)) next(this.#idleMs);
    else this.#receive(transfer, holder, bytes, next);
  }

  #receive(transfer: Transfer, holder: Endpoint, bytes: number, next: (afterMs: number) => void): void {
    const { process, run, hash } = transfer;
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
      process.deliver({ kind: "blobStored", hash });
    });
  }

  #isThere(process: Endpoint, holder: Endpoint): boolean {
    const reached = this.#host.reaches(process, holder) && this.#host.reaches(holder, process);
    return reached && holder.state === "up";
  }
}
