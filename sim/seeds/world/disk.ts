/**
 * One agent's store in virtual time, with the losses that effect.ts allows: what a durable write did not cover may be
 * gone after a crash. Writes of one step are one transaction, and transactions survive in their order: a crash loses
 * a tail of them, never one from the middle.
 */

import type { JobId } from "../../../protocol/core/ids.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { StoredRecord } from "../../../protocol/machine.ts";

export type Write = Extract<Effect, { kind: "persist" | "forget" }>;

const keyOf = (job: JobId, slot: string): string => `${job} ${slot}`;

export class VirtualDisk {
  /** What survives a crash. */
  readonly #safe = new Map<string, StoredRecord>();
  /** Transactions since the last durable one. */
  #pending: (readonly Write[])[] = [];

  /** All writes of one step. */
  write(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    this.#pending.push(writes);
    if (writes.some((write) => write.kind === "persist" && write.durable)) this.#flush(this.#pending.length);
  }

  #flush(transactions: number): void {
    for (const write of this.#pending.splice(0, transactions).flat()) this.#carryOut(write);
  }

  #carryOut(write: Write): void {
    if (write.kind === "forget") {
      for (const [key, record] of this.#safe) if (record.job === write.job) this.#safe.delete(key);
    } else if (write.bytes === null) this.#safe.delete(keyOf(write.job, write.slot));
    else this.#safe.set(keyOf(write.job, write.slot), { job: write.job, slot: write.slot, bytes: write.bytes });
  }

  /** The power goes: some of what was not forced out is lost. `lots` null: nothing is. */
  crash(lots: Prng | null): void {
    this.#flush(lots === null ? this.#pending.length : lots.below(this.#pending.length + 1));
    this.#pending = [];
  }

  /** As a running process reads it: reading forces out what was written, as the contract allows at any time. */
  read(job: JobId, slots: readonly string[]): Uint8Array[] {
    this.#flush(this.#pending.length);
    return slots.map((slot) => this.#safe.get(keyOf(job, slot))?.bytes).filter((bytes) => bytes !== undefined);
  }

  records(): StoredRecord[] {
    return [...this.#safe.values()];
  }
}
