/** What a driver needs beside its machine, for tests that look at other things. */

import { BlobQuota } from "../../node/blob-quota.ts";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "../../node/limits/node-limits.ts";
import type { NetworkStats } from "../../node/network/network.ts";
import type { BlobStore } from "../../node/store/blob-store.ts";
import { createRecordStore, type RecordStore } from "../../node/store/record-store.ts";
import type { AgentId, JobId } from "../../protocol/core/ids.ts";
import type { BlobNeed } from "../../protocol/effect.ts";
import type { StoredRecord, StoredRecords } from "../../protocol/machine.ts";

export const NEEDS: BlobNeed = { job: "a job" as JobId, owner: "its owner" as AgentId };

export const allOf = (records: StoredRecords): StoredRecord[] =>
  [...records.jobs()].flatMap((job) => [...records.of(job, "")]);

/** What a store says of records and needs that has none. */
export const nothingStored = (): Omit<RecordStore, "write" | "read" | "flush" | "close"> => {
  const { stored, needs } = emptyStore();
  const counts = { uses: () => 0, setUses: () => {}, isEmpty: () => true, durableWrites: 0 };
  return { stored, needs, sizes: () => new Map(), ...counts };
};

const emptyStore = (): RecordStore => createRecordStore({ folder: null, onError: () => {} });

/** A blob store that nothing counts against but `limits`. */
export function roomFor(
  blobs: BlobStore,
  {
    store = emptyStore(),
    disk = {},
  }: { readonly store?: RecordStore; readonly disk?: Partial<NodeLimits["disk"]> } = {},
) {
  const limits = { ...DEFAULT_NODE_LIMITS, disk: { ...DEFAULT_NODE_LIMITS.disk, ...disk } };
  const quota = new BlobQuota({
    ...{ blobs, needs: store.needs, limits: limits.disk },
    isKnown: () => true,
    ...{ originOf: () => "", peers: () => [] },
  });
  return { blobs, quota, limits };
}

export const NO_STATS: NetworkStats = {
  peers: 0,
  sent: { gossip: 0, direct: 0, bytes: 0 },
  received: { gossip: 0, direct: 0, bytes: 0 },
  held: { inbound: 0, outbound: 0 },
  ...{ dropped: 0, unjudged: 0 },
  offences: new Map(),
  refused: 0,
  blobs: { fetched: 0, failed: 0, served: 0 },
};
