/**
 * One agent's disk: records by (job, slot). A crash keeps everything up to the last forced write. It takes the newest part of
 * the writes since then - a random number of them - as a database without forced writes does. All records of one step are one
 * write: they stay or go together.
 *
 * Leaves to agent-process.ts when to write and what a failed write means. Blobs are separate files and stay.
 */

import type { JobId } from "../../protocol/core/ids.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { StoredRecord } from "../../protocol/machine.ts";

export type StoreEffect = Extract<Effect, { readonly kind: "persist" | "forget" }>;
type Slots = Map<string, Uint8Array>;

/** How one record was before a write that a crash may take back. */
interface Undo {
  readonly job: JobId;
  readonly slot: string;
  readonly before: Uint8Array | undefined;
}

/** What a crash takes of what was not forced: a drawn part, everything, or nothing (the process alone died). */
export type CrashLoss = "random" | "all" | "none";

export class Disk {
  readonly #jobs = new Map<JobId, Slots>();
  /** Writes since the last durable one, oldest first. */
  #pending: Undo[][] = [];
  /** Writes fail: full, or broken. */
  failing = false;
  /** Writes, and those of them that were forced. */
  writes = 0;
  forced = 0;

  /** One step's records as one write. False: it failed and nothing was written. */
  write(effects: readonly StoreEffect[]): boolean {
    if (this.failing) return false;
    const undo: Undo[] = [];
    let durable = false;
    for (const effect of effects) {
      if (effect.kind === "forget") {
        for (const slot of [...(this.#jobs.get(effect.job)?.keys() ?? [])]) this.#put(effect.job, slot, null, undo);
        continue;
      }
      durable ||= effect.durable;
      this.#put(effect.job, effect.slot, effect.bytes, undo);
    }
    this.writes++;
    if (durable) {
      this.forced++;
      this.#pending = [];
    } else this.#pending.push(undo);
    return true;
  }

  #put(job: JobId, slot: string, bytes: Uint8Array | null, undo: Undo[] | null): void {
    let slots = this.#jobs.get(job);
    undo?.push({ job, slot, before: slots?.get(slot) });
    if (bytes !== null) {
      if (slots === undefined) this.#jobs.set(job, (slots = new Map()));
      slots.set(slot, bytes);
    } else if (slots !== undefined) {
      slots.delete(slot);
      if (slots.size === 0) this.#jobs.delete(job);
    }
  }

  /** It is replaced by an empty one. Returns the jobs that were on it. */
  lose(): JobId[] {
    const jobs = [...this.#jobs.keys()];
    this.#jobs.clear();
    this.#pending = [];
    return jobs;
  }

  /** Everything so far is safe: an orderly stop. */
  flush(): void {
    this.#pending = [];
  }

  crash(loss: CrashLoss, prng: Prng): void {
    const kept = loss === "none" ? this.#pending.length : loss === "all" ? 0 : prng.below(this.#pending.length + 1);
    for (const undo of this.#pending.slice(kept).reverse()) {
      for (const { job, slot, before } of undo.reverse()) this.#put(job, slot, before ?? null, null);
    }
    this.#pending = [];
  }

  /** The slots' records in their order, gaps left out. */
  read(job: JobId, slots: readonly string[]): Uint8Array[] {
    const stored = this.#jobs.get(job);
    const found: Uint8Array[] = [];
    for (const slot of slots) {
      const bytes = stored?.get(slot);
      if (bytes !== undefined) found.push(bytes);
    }
    return found;
  }

  /** Everything, for a start. */
  records(): StoredRecord[] {
    const all: StoredRecord[] = [];
    for (const [job, slots] of this.#jobs) for (const [slot, bytes] of slots) all.push({ job, slot, bytes });
    return all;
  }
}
