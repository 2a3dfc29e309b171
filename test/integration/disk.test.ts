/** What others can make a node keep: blobs before and after their jobs, and jobs that ended (protocol.md 9). */

import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BlobQuota } from "../../node/blob-quota.ts";
import { EffectRunner } from "../../node/effects.ts";
import { DEFAULT_NODE_LIMITS, type NodeLimits } from "../../node/limits/node-limits.ts";
import { hasher } from "../../node/platform/crypto.ts";
import type { SkillRunner } from "../../node/skills/skill-runner.ts";
import { createFolderBlobStore } from "../../node/store/blob-folder.ts";
import { type BlobStore, createMemoryBlobStore } from "../../node/store/blob-store.ts";
import { createRecordStore, type RecordStore } from "../../node/store/record-store.ts";
import type { AgentId, Hash, JobId, TaskId } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";
import { roomFor } from "../support/driver-parts.ts";

/** What a blob takes at least. */
const UNIT = 4 * 1024;
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
  peers = [];
});

const STRANGER = "stranger" as AgentId;
const ADA = "ada" as AgentId;
const NEAR = "near" as AgentId;
const FAR = "far" as AgentId;
const OTHER = "elsewhere" as AgentId;
const ORIGINS: { readonly [agent: string]: string } = { [NEAR]: "", [FAR]: "203.0.113", [OTHER]: "198.51.100" };
/** Who is connected. */
let peers: readonly AgentId[] = [];
const job = (name: string, owner = STRANGER) => ({ job: name as JobId, owner });
const blob = (seed: number, bytes: number) => {
  const content = new Uint8Array(bytes).fill(seed);
  return { content, hash: hasher(content), bytes };
};

function quotaWith(disk: Partial<NodeLimits["disk"]>): BlobQuota {
  return new BlobQuota({
    ...{ blobs, needs: store.needs, limits: { ...DEFAULT_NODE_LIMITS.disk, freeBytes: 0, ...disk } },
    isKnown: (owner) => owner === ADA,
    originOf: (agent) => ORIGINS[agent] ?? null,
    peers: () => peers,
  });
}

/** As the driver does it, with a fetch that succeeds. */
async function fetch(quota: BlobQuota, needs: ReturnType<typeof job>, what: ReturnType<typeof blob>, from = FAR) {
  const refusal = await quota.admit(needs, { ...what, from: [from] });
  if (refusal !== null) return refusal.reason;
  await blobs.put(what.content);
  await quota.onFetched(needs, what.hash);
  return "stored";
}

const has = (...wanted: readonly { readonly hash: Hash }[]): Promise<boolean[]> =>
  Promise.all(wanted.map(({ hash }) => blobs.has(hash)));

describe("blobs", () => {
  test("count for their job, their owner, and all strangers, before they are fetched", async () => {
    const quota = quotaWith({ jobBlobBytes: 2 * UNIT, ownerBlobBytes: 3 * UNIT, guestBlobBytes: 4 * UNIT });
    expect(await fetch(quota, job("1"), blob(1, 2 * UNIT))).toBe("stored");
    expect(await fetch(quota, job("1"), blob(2, 1))).toMatch(/full.*4.0 KiB are needed, 0 B are left/);
    expect(await fetch(quota, job("2"), blob(3, 2 * UNIT))).toContain("its disk for this owner is full");
    expect(await fetch(quota, job("2"), blob(3, UNIT))).toBe("stored");
    const other = job("3", "other" as AgentId);
    expect(await fetch(quota, other, blob(4, 2 * UNIT))).toContain("its disk for owners that it does not know is full");
    expect(await fetch(quota, other, blob(5, UNIT))).toBe("stored");
    expect(await has(blob(2, 1), blob(3, 2 * UNIT), blob(4, 2 * UNIT))).toEqual([false, false, false]);
  });

  test("of owners that the node knows, or that are near, are no guests'", async () => {
    const quota = quotaWith({ guestBlobBytes: UNIT });
    expect(await fetch(quota, job("1", ADA), blob(1, 8 * UNIT))).toBe("stored");
    expect(await fetch(quota, job("2"), blob(2, 8 * UNIT), NEAR)).toBe("stored");
    expect(await fetch(quota, job("3"), blob(3, 8 * UNIT), FAR)).toContain("full");
  });

  test("leave room on the disk, with those that are still coming", async () => {
    const free = await blobs.freeBytes();
    expect(await fetch(quotaWith({ freeBytes: 2 * free }), job("1", ADA), blob(1, 1))).toContain("its disk is full");
    blobs.freeBytes = async () => 10 * UNIT;
    const quota = quotaWith({ freeBytes: 2 * UNIT });
    const coming = blob(1, 6 * UNIT);
    expect(await quota.admit(job("1"), { ...coming, from: [FAR] })).toBe(null);
    expect((await quota.admit(job("2"), { ...blob(2, 4 * UNIT), from: [FAR] }))?.reason).toContain("its disk is full");
    expect(await quota.admit(job("2"), { ...coming, from: [FAR] })).not.toBe(null); // it has not come yet
    await quota.onFetched(job("1"), coming.hash);
    expect(await quota.admit(job("2"), { ...blob(2, 4 * UNIT), from: [FAR] })).toBe(null);
  });

  test("go when no job needs them any more, also while they come, and over a restart", async () => {
    let quota = quotaWith({});
    const shared = blob(1, UNIT);
    const own = blob(2, UNIT);
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

    const late = blob(3, UNIT);
    expect(await quota.admit(job("3"), { ...late, from: [FAR] })).toBe(null);
    await quota.release("3" as JobId);
    await blobs.put(late.content); // it comes after all
    await quota.onFetched(job("3"), late.hash);
    expect(await has(late)).toEqual([false]);
  });

  test("of guests count for the network that asks, and other guests keep theirs", async () => {
    const quota = quotaWith({ guestSourceBlobBytes: 2 * UNIT, guestBlobBytes: 3 * UNIT });
    const declared = { from: [FAR], bytes: 2 * UNIT }; // and it never comes
    expect(await quota.admit(job("1", "fresh" as AgentId), { ...declared, hash: blob(1, 1).hash })).toBe(null);
    const more = await quota.admit(job("2", "fresher" as AgentId), { ...blob(2, UNIT), from: [FAR] });
    expect(more).toMatchObject({ reason: expect.stringContaining("owners of this network is full"), isOfGuests: true });
    expect(await fetch(quota, job("3", "honest" as AgentId), blob(3, UNIT), OTHER)).toBe("stored");
    await quota.release("1" as JobId);
    expect(await fetch(quota, job("2", "fresher" as AgentId), blob(2, UNIT), FAR)).toBe("stored");
  });

  test("of somebody who has hung up are a guest's, and what a node makes is one's if anybody is not near", async () => {
    const quota = quotaWith({ guestBlobBytes: UNIT });
    expect(await fetch(quota, job("1"), blob(1, 8 * UNIT), "gone" as AgentId)).toContain("full");
    peers = [NEAR, FAR];
    expect(await quota.store(job("2"), blob(2, 2 * UNIT).content)).toMatchObject({ refusal: { isOfGuests: true } });
    peers = [NEAR];
    expect(await quota.store(job("2"), blob(2, 2 * UNIT).content)).toMatchObject({ refusal: null });
    expect(await has(blob(1, 8 * UNIT), blob(2, 2 * UNIT))).toEqual([false, true]);
  });

  test("thousands in one invitation are admitted together, and tiny ones count as what they take of a disk", async () => {
    const quota = quotaWith({ guestSourceBlobBytes: 1_000 * UNIT });
    let looks = 0;
    const { freeBytes } = blobs;
    blobs.freeBytes = () => {
      looks++;
      return freeBytes.call(blobs);
    };
    const hashes = Array.from({ length: 4_000 }, (_, i) => i.toString(16).padStart(64, "0") as Hash);
    const answers = await Promise.all(hashes.map((hash) => quota.admit(job("1"), { hash, bytes: 1, from: [FAR] })));
    expect(answers.filter((refusal) => refusal === null).length).toBe(1_000);
    expect(looks).toBeLessThanOrEqual(16);
    expect(store.needs.bytesOfGuests).toBe(1_000 * UNIT);
    await quota.release("1" as JobId);
    expect(store.needs.bytesOfGuests).toBe(0);
  });

  test("of a second submission stay when the first one ends before the second is drawn", async () => {
    const quota = quotaWith({});
    const shared = blob(1, UNIT);
    await fetch(quota, job("1", ADA), shared);
    const letGo = quota.hold([shared.hash]);
    await quota.put(shared.content);
    await quota.release("1" as JobId);
    expect(await has(shared)).toEqual([true]);
    const drawn = quota.admit(job("2", ADA), { ...shared, from: [] });
    letGo();
    expect(await drawn).toBe(null);
    await quota.release("2" as JobId);
    expect(await has(shared)).toEqual([false]);
  });

  test("that a node makes are promised at once: who asks for one waits, also in the line of what is admitted", async () => {
    const made = blob(1, UNIT);
    for (const kept of [blobs, createMemoryBlobStore()]) {
      blobs = kept;
      const ofKept = quotaWith({});
      const stored = ofKept.store(job("1", ADA), made.content);
      expect(await kept.has(made.hash)).toBe(true);
      expect(await ofKept.admit(job("2", ADA), { ...made, from: [FAR] })).toBe(null);
      expect(await stored).toEqual({ hash: made.hash, refusal: null });
      for (const name of ["1", "2"]) await ofKept.release(name as JobId);
    }
  });

  test("that are wanted again while they are deleted are missed, not lost", async () => {
    const quota = quotaWith({});
    const shared = blob(1, UNIT);
    await fetch(quota, job("1"), shared);
    const released = quota.release("1" as JobId);
    expect(await fetch(quota, job("2"), shared)).toBe("stored");
    await released;
    expect(await has(shared)).toEqual([true]);
  });

  test("that no job needs are swept when they are old, whole or not", async () => {
    const [needed, orphan, fresh] = [blob(1, UNIT), blob(2, UNIT), blob(3, UNIT)];
    await fetch(quotaWith({}), job("1"), needed);
    for (const { content } of [orphan, fresh]) await blobs.put(content);
    const partial = await blobs.openPartial(blob(4, UNIT).hash, "job" as JobId);
    await partial.write(new Uint8Array(10));
    await partial.close();
    for (const { hash } of [needed, orphan]) utimesSync(join(folder, "blobs", hash.slice(0, 2), hash), 1, 1);
    utimesSync(join(folder, "blobs", "incoming", `${blob(4, UNIT).hash}.job.part`), 1, 1);
    await blobs.sweep((hash) => store.needs.isNeeded(hash), 1_000_000);
    expect(await has(needed, orphan, fresh)).toEqual([true, false, true]);
    const again = await blobs.openPartial(blob(4, UNIT).hash, "job" as JobId);
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

test("an output that the worker's disk has no room for is given back in words", async () => {
  const inputs: Input[] = [];
  const skills: SkillRunner = {
    start: (_award, _skill, _input, _budgetMs, done) =>
      done({ ok: true, output: new Uint8Array(100_000), confidencePpm: 1, cost: 0, usage: null }),
    stop: () => {},
  };
  const room = roomFor(blobs, { store, disk: { jobBlobBytes: 64 * 1024 } });
  const targets = { ...room, store, skills, network: null as never, onEvent: () => {}, log: pino({ level: "silent" }) };
  const ends = Promise.withResolvers<void>();
  const effects = new EffectRunner(targets, {
    now: () => ({ monoMs: 0, wallMs: 0 }),
    input: (input) => {
      inputs.push(input);
      ends.resolve();
    },
    fail: ends.reject,
  });
  const award = { job: "1" as JobId, task: "a" as TaskId, attempt: 1 };
  effects.perform({ kind: "work", award, skill: "s", input: { kind: "none" }, budgetMs: 1, needs: job("1") });
  await ends.promise;
  expect(inputs).toMatchObject([
    { kind: "workFailed", reason: "refused", message: expect.stringMatching(/this job is full/) },
  ]);
  expect(await blobs.has(hasher(new Uint8Array(100_000)))).toBe(false);
});
