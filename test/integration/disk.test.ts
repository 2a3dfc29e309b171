/** What others can make a node keep: blobs before and after their jobs, and jobs that ended (protocol.md 9). */

import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BlobQuota } from "../../node/blob-quota.ts";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "../../node/limits/node-limits.ts";
import { hasher } from "../../node/platform/crypto.ts";
import { createFolderBlobStore } from "../../node/store/blob-folder.ts";
import type { BlobStore } from "../../node/store/blob-store.ts";
import { createRecordStore, type RecordStore } from "../../node/store/record-store.ts";
import type { AgentId, Hash, JobId } from "../../protocol/core/ids.ts";

const KIB = 1024;
let folder: string;
let store: RecordStore;
let blobs: BlobStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meshwork-disk-"));
  store = createRecordStore({ folder, onError: () => {} });
  blobs = createFolderBlobStore(join(folder, "blobs"));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const STRANGER = "stranger" as AgentId;
const ADA = "ada" as AgentId;
const NEAR = "near" as AgentId;
const FAR = "far" as AgentId;
const job = (name: string, owner = STRANGER) => ({ job: name as JobId, owner });
const blob = (seed: number, bytes: number) => {
  const content = new Uint8Array(bytes).fill(seed);
  return { content, hash: hasher(content), bytes };
};

function quotaWith(disk: Partial<NodeLimits["disk"]>): BlobQuota {
  return new BlobQuota({
    ...{ blobs, needs: store.needs, limits: { ...DEFAULT_NODE_LIMITS.disk, freeBytes: 0, ...disk } },
    isKnown: (owner) => owner === ADA,
    isNear: (agent) => agent === NEAR,
  });
}

/** As the driver does it, with a fetch that succeeds. */
async function fetch(quota: BlobQuota, needs: ReturnType<typeof job>, what: ReturnType<typeof blob>, from = FAR) {
  const refusal = await quota.admit(needs, { ...what, from: [from] });
  if (refusal !== null) return refusal;
  await blobs.put(what.content);
  await quota.onFetched(what.hash);
  return "stored";
}

const has = (...wanted: readonly { readonly hash: Hash }[]): Promise<boolean[]> =>
  Promise.all(wanted.map(({ hash }) => blobs.has(hash)));

describe("blobs", () => {
  test("count for their job, their owner, and all strangers, before they are fetched", async () => {
    const quota = quotaWith({ jobBlobBytes: 2 * KIB, ownerBlobBytes: 3 * KIB, guestBlobBytes: 4 * KIB });
    expect(await fetch(quota, job("1"), blob(1, 2 * KIB))).toBe("stored");
    expect(await fetch(quota, job("1"), blob(2, 1))).toMatch(/full.*1 B are needed, 0 B are left/);
    expect(await fetch(quota, job("2"), blob(3, 2 * KIB))).toContain("its disk for this owner is full");
    expect(await fetch(quota, job("2"), blob(3, KIB))).toBe("stored");
    const other = job("3", "other" as AgentId);
    expect(await fetch(quota, other, blob(4, 2 * KIB))).toContain("its disk for owners that it does not know is full");
    expect(await fetch(quota, other, blob(5, KIB))).toBe("stored");
    expect(await has(blob(2, 1), blob(3, 2 * KIB), blob(4, 2 * KIB))).toEqual([false, false, false]);
  });

  test("of owners that the node knows, or that are near, are no guests'", async () => {
    const quota = quotaWith({ guestBlobBytes: KIB });
    expect(await fetch(quota, job("1", ADA), blob(1, 8 * KIB))).toBe("stored");
    expect(await fetch(quota, job("2"), blob(2, 8 * KIB), NEAR)).toBe("stored");
    expect(await fetch(quota, job("3"), blob(3, 8 * KIB), FAR)).toContain("full");
  });

  test("leave room on the disk, with those that are still coming", async () => {
    const free = await blobs.freeBytes();
    expect(await fetch(quotaWith({ freeBytes: 2 * free }), job("1", ADA), blob(1, 1))).toContain("its disk is full");
    blobs.freeBytes = async () => 10 * KIB;
    const quota = quotaWith({ freeBytes: 2 * KIB });
    const coming = blob(1, 6 * KIB);
    expect(await quota.admit(job("1"), { ...coming, from: [FAR] })).toBe(null);
    expect(await quota.admit(job("2"), { ...blob(2, 4 * KIB), from: [FAR] })).toContain("its disk is full");
    expect(await quota.admit(job("2"), { ...coming, from: [FAR] })).not.toBe(null); // it has not come yet
    await quota.onFetched(coming.hash);
    expect(await quota.admit(job("2"), { ...blob(2, 4 * KIB), from: [FAR] })).toBe(null);
  });

  test("go when no job needs them any more, also while they come, and over a restart", async () => {
    let quota = quotaWith({});
    const shared = blob(1, KIB);
    const own = blob(2, KIB);
    await fetch(quota, job("1"), shared);
    await fetch(quota, job("1"), own);
    await fetch(quota, job("2"), shared);
    store.close();
    store = createRecordStore({ folder, onError: () => {} });
    quota = quotaWith({});
    await quota.release("1" as JobId);
    expect(await has(shared, own)).toEqual([true, false]);
    await quota.release("2" as JobId);
    expect(await has(shared)).toEqual([false]);

    const late = blob(3, KIB);
    expect(await quota.admit(job("3"), { ...late, from: [FAR] })).toBe(null);
    await quota.release("3" as JobId);
    await blobs.put(late.content); // it comes after all
    await quota.onFetched(late.hash);
    expect(await has(late)).toEqual([false]);
  });

  test("that no job needs are swept when they are old, whole or not", async () => {
    const [needed, orphan, fresh] = [blob(1, KIB), blob(2, KIB), blob(3, KIB)];
    await fetch(quotaWith({}), job("1"), needed);
    for (const { content } of [orphan, fresh]) await blobs.put(content);
    const partial = await blobs.openPartial(blob(4, KIB).hash);
    await partial.write(new Uint8Array(10));
    await partial.close();
    for (const { hash } of [needed, orphan]) utimesSync(join(folder, "blobs", hash.slice(0, 2), hash), 1, 1);
    utimesSync(join(folder, "blobs", "incoming", `${blob(4, KIB).hash}.part`), 1, 1);
    await blobs.sweep((hash) => store.needs.isNeeded(hash), 1_000_000);
    expect(await has(needed, orphan, fresh)).toEqual([true, false, true]);
    const again = await blobs.openPartial(blob(4, KIB).hash);
    expect(again.bytes).toBe(0);
    await again.close();
  });
});

test("a start reads one record after the other, whatever the store holds", () => {
  const slots = ["block/1", "block/2", "block/3"];
  const write = (slot: string, bytes: Uint8Array | null): void =>
    store.write([{ kind: "persist", job: "a job" as JobId, slot, bytes, durable: true }]);
  for (const slot of slots) write(slot, new Uint8Array(1));
  const read: string[] = [];
  for (const record of store.stored.of("a job" as JobId, "block/")) {
    read.push(record.slot);
    write("block/2", null); // it is not in memory yet, so it is not read any more
  }
  expect(read).toEqual(["block/1", "block/3"]);
  expect([...store.stored.jobs()]).toEqual(["a job"]);
});
