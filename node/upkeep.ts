/**
 * What a node does now and then: it tells its agent when jobs that ended take too much disk, deletes blobs that nobody needs,
 * and counts the uses of its key.
 */

import type { Logger } from "pino";
import type { JobId } from "../protocol/core/ids.ts";
import type { Input } from "../protocol/input.ts";
import type { NodeLimits } from "./limits/node-limits.ts";
import type { BlobStore } from "./store/blob-store.ts";
import type { KeyUses } from "./store/key-uses.ts";
import type { RecordStore } from "./store/record-store.ts";

type Prune = Extract<Input, { readonly kind: "prune" }>;
/** How often jobs that ended are counted against the disk that they may take, ms. */
const PRUNE_MS = 3_600_000;
/** How often it counts that its key is in use, ms: what an old copy of the store may lack without anybody noticing. */
const USES_MS = 5_000;
/** Blobs that no job needs, and that are older, are left over from submissions that came to nothing, ms. */
const ORPHAN_MS = 24 * 3_600_000;

interface UpkeepOptions {
  readonly store: RecordStore;
  readonly blobs: BlobStore;
  /** Null where nothing is kept. */
  readonly uses: KeyUses | null;
  readonly limits: NodeLimits["disk"];
  readonly input: (input: Input) => void;
  readonly log: Logger;
}

/** Begins when a node has started; returns what ends it. */
export function startUpkeep({ store, blobs, uses, limits, input, log }: UpkeepOptions): () => void {
  let isEnded = false;
  const prune = (): void => {
    try {
      input(pruneByLimits(store, limits, Date.now()));
    } catch (error) {
      log.error({ err: error }, "the disk that jobs take cannot be told");
    }
  };
  blobs
    .sweep((hash) => isEnded || store.needs.isNeeded(hash), Date.now() - ORPHAN_MS)
    .catch((error: unknown) => log.error({ err: error }, "old blobs cannot be deleted"));
  prune();
  const count = (): void => {
    try {
      uses?.look();
    } catch (error) {
      log.error({ err: error }, "the uses of the key cannot be counted");
    }
  };
  const timers = [setInterval(prune, PRUNE_MS).unref(), setInterval(count, USES_MS).unref()];
  return () => {
    isEnded = true; // a sweep that is under way has no store to ask any more, and deletes nothing
    for (const timer of timers) clearInterval(timer);
    count();
  };
}

type Sizes = Pick<RecordStore, "sizes" | "needs">;

/** Bytes of each job: its records, and the blobs that it needs. */
export function jobSizes(store: Sizes): Map<JobId, number> {
  const all = store.sizes();
  for (const [job, { bytes }] of store.needs.sizes()) all.set(job, (all.get(job) ?? 0) + bytes);
  return all;
}

/** By age and size, as the operator's limits say. */
const pruneByLimits = (store: Sizes, limits: NodeLimits["disk"], wallMs: number): Prune => ({
  kind: "prune",
  sizes: jobSizes(store),
  bytesMax: limits.jobsBytes,
  endedBeforeMs: wallMs - limits.endedMs,
});

/** Makes room for `bytes` more of owners that this node does not know. */
export function pruneForGuests({ needs }: Sizes, limits: NodeLimits["disk"], bytes: number): Prune {
  const guests = [...needs.sizes()].flatMap(([job, size]) => (size.isGuest ? [[job, size.bytes] as const] : []));
  const bytesMax = Math.max(0, limits.guestBlobBytes - bytes);
  return { kind: "prune", sizes: new Map(guests), bytesMax, endedBeforeMs: 0 };
}
