/** Blob transfers over real libp2p on loopback: resumed, checked, bounded (protocol.md 2, 4). */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, expect, test, vi } from "vitest";
import { DEFAULT_NODE_LIMITS } from "../../node/limits/node-limits.ts";
import { encodeRequest } from "../../node/network/blob-messages.ts";
import { makeIdentity } from "../../node/network/identity.ts";
import { blobsProtocol } from "../../node/network/protocol-names.ts";
import { createFolderBlobStore } from "../../node/store/blob-folder.ts";
import { BLOB_CHUNK_BYTES, type BlobStore, createMemoryBlobStore } from "../../node/store/blob-store.ts";
import type { Hash, JobId } from "../../protocol/core/ids.ts";
import { newMesh, startNode, stopNodes } from "../support/network-nodes.ts";
import { startRaw, stopRaws } from "../support/raw-peer.ts";
import { waitFor } from "../support/wait.ts";

vi.setConfig({ testTimeout: 40_000 });

const folders: string[] = [];
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "meshwork-blobs-"));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  await stopNodes();
  await stopRaws();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const MIB = 1024 * 1024;
/** Bytes that do not repeat, different for each seed. */
const someBytes = (count: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (i * seed + (i >> 8) * 7 + (i >> 16) * 13) & 0xff);

/** A store whose reads can be watched, cut and falsified. */
function meddled(
  store: BlobStore,
  change: (chunk: Uint8Array, offset: number) => Uint8Array,
): BlobStore & { readonly reads: number[] } {
  const reads: number[] = [];
  return {
    reads,
    put: (bytes, isAllowed) => store.put(bytes, isAllowed),
    has: (hash) => store.has(hash),
    size: (hash) => store.size(hash),
    get: (hash) => store.get(hash),
    openPartial: (hash, job) => store.openPartial(hash, job),
    deletePartial: (hash, job) => store.deletePartial(hash, job),
    delete: (hash) => store.delete(hash),
    freeBytes: () => store.freeBytes(),
    sweep: (isNeeded, beforeMs) => store.sweep(isNeeded, beforeMs),
    async *read(hash, offset) {
      reads.push(offset);
      let at = offset;
      for await (const chunk of store.read(hash, offset)) {
        yield change(chunk, at);
        at += chunk.length;
      }
    },
  };
}

test("a blob is fetched from its holder, whole and checked", async () => {
  const meshId = newMesh();
  const holder = await startNode({ meshId, blobs: createFolderBlobStore(newFolder()) });
  const seeker = await startNode({ meshId, blobs: createFolderBlobStore(newFolder()) });
  seeker.meet(holder);
  const blobs = [new Uint8Array(0), someBytes(1), someBytes(BLOB_CHUNK_BYTES), someBytes(5 * MIB + 17)];
  for (const bytes of blobs) {
    const hash = await holder.blobs.put(bytes);
    expect(await seeker.network.fetchBlob(hash, bytes.length, [holder.agent], "")).toBe(true);
    expect(Buffer.from(await seeker.blobs.get(hash)).equals(bytes)).toBe(true);
  }
});

test("a transfer that is cut continues where it stopped, with another holder", async () => {
  const meshId = newMesh();
  const bytes = someBytes(3 * MIB);
  const cutting = meddled(createMemoryBlobStore(), (chunk, offset) => {
    if (offset >= MIB) throw new Error("the disk of this holder is gone");
    return chunk;
  });
  const healthy = meddled(createMemoryBlobStore(), (chunk) => chunk);
  const hash = await cutting.put(bytes);
  await healthy.put(bytes);
  const first = await startNode({ meshId, blobs: cutting });
  const second = await startNode({ meshId, blobs: healthy });
  const seeker = await startNode({ meshId, blobs: createFolderBlobStore(newFolder()) });
  seeker.meet(first);
  seeker.meet(second);

  expect(await seeker.network.fetchBlob(hash, bytes.length, [first.agent, second.agent], "")).toBe(true);
  expect(cutting.reads).toEqual([0]);
  expect(healthy.reads).toHaveLength(1);
  expect(healthy.reads[0]).toBeGreaterThan(0); // what the first one gave was not asked for again
  expect(Buffer.from(await seeker.blobs.get(hash)).equals(bytes)).toBe(true);
});

test("a download continues after a restart of the node that fetches", async () => {
  const meshId = newMesh();
  const bytes = someBytes(2 * MIB);
  const folder = newFolder();
  let failing = true;
  const store = meddled(createMemoryBlobStore(), (chunk, offset) => {
    if (failing && offset >= MIB) throw new Error("cut");
    return chunk;
  });
  const hash = await store.put(bytes);
  const holder = await startNode({ meshId, blobs: store });
  const identity = makeIdentity();
  const before = await startNode({ meshId, identity, blobs: createFolderBlobStore(folder) });
  before.meet(holder);
  const cut = before.network.fetchBlob(hash, bytes.length, [holder.agent], "");
  await expect(cut).resolves.toBe(false);
  await before.network.stop();

  failing = false;
  store.reads.length = 0;
  const after = await startNode({ meshId, identity, blobs: createFolderBlobStore(folder) });
  after.meet(holder);
  expect(await after.network.fetchBlob(hash, bytes.length, [holder.agent], "")).toBe(true);
  expect(store.reads[0]).toBeGreaterThan(0);
});

test("who does not have it says so, and the next one is asked", async () => {
  const meshId = newMesh();
  const bytes = someBytes(1000);
  const poor = await startNode({ meshId });
  const rich = await startNode({ meshId });
  const seeker = await startNode({ meshId });
  seeker.meet(poor);
  seeker.meet(rich);
  const hash = await rich.blobs.put(bytes);
  const nobody = makeIdentity().agent;
  expect(await seeker.network.fetchBlob(hash, bytes.length, [poor.agent, nobody, seeker.agent, rich.agent], "")).toBe(
    true,
  );
  const unknown = "ab".repeat(32) as Hash;
  expect(await seeker.network.fetchBlob(unknown, 10, [poor.agent, rich.agent], "")).toBe(false);
  expect(seeker.network.stats().offences.size).toBe(0);
});

test("a holder that sends something else is found out, and the blob comes from another", async () => {
  const meshId = newMesh();
  const bytes = someBytes(200_000);
  const lying = meddled(createMemoryBlobStore(), (chunk) => Uint8Array.from(chunk, (byte) => byte ^ 1));
  const hash = await lying.put(bytes);
  const liar = await startNode({ meshId, blobs: lying });
  const honest = await startNode({ meshId });
  await honest.blobs.put(bytes);
  const seeker = await startNode({ meshId });
  seeker.meet(liar);
  seeker.meet(honest);
  expect(await seeker.network.fetchBlob(hash, bytes.length, [liar.agent, honest.agent], "")).toBe(true);
  expect(Buffer.from(await seeker.blobs.get(hash)).equals(bytes)).toBe(true);
  expect(seeker.network.stats().offences.get("blob-wrong")).toBe(1);
});

test("what one holder spoilt and another continued is fetched anew from that other, who is not blamed", async () => {
  const meshId = newMesh();
  const bytes = someBytes(2 * MIB);
  const spoiling = meddled(createMemoryBlobStore(), (chunk, offset) => {
    if (offset >= MIB) throw new Error("cut");
    return Uint8Array.from(chunk, (byte) => byte ^ 1);
  });
  const hash = await spoiling.put(bytes);
  const spoiler = await startNode({ meshId, blobs: spoiling });
  const honest = await startNode({ meshId });
  await honest.blobs.put(bytes);
  const seeker = await startNode({ meshId });
  seeker.meet(spoiler);
  seeker.meet(honest);
  expect(await seeker.network.fetchBlob(hash, bytes.length, [spoiler.agent, honest.agent], "")).toBe(true);
  expect(Buffer.from(await seeker.blobs.get(hash)).equals(bytes)).toBe(true);
  expect(seeker.network.stats().offences.get("blob-wrong")).toBeUndefined();
});

test("what one job says of a blob, and its holders, keep no other job from having it", async () => {
  const meshId = newMesh();
  const bytes = someBytes(1000);
  const honest = await startNode({ meshId });
  const hash = await honest.blobs.put(bytes);
  const seeker = await startNode({ meshId });
  seeker.meet(honest);
  const stranger = makeIdentity().agent;
  const [, right] = await Promise.all([
    seeker.network.fetchBlob(hash, 7, [stranger, honest.agent], "1" as JobId),
    seeker.network.fetchBlob(hash, bytes.length, [honest.agent], "2" as JobId),
  ]);
  expect(right).toBe(true);
  expect(await seeker.blobs.has(hash)).toBe(true);
});

test("a peer that asks for a blob and does not read it is hung up on", async () => {
  const meshId = newMesh();
  const { memory } = DEFAULT_NODE_LIMITS;
  const limits = { ...DEFAULT_NODE_LIMITS, memory: { ...memory, writeIdleMs: 300 } };
  const holder = await startNode({ meshId, limits });
  const deaf = await startRaw(meshId);
  const hash = await holder.blobs.put(someBytes(8 * MIB));
  const connection = await deaf.dial(multiaddr(holder.network.addresses()[0]!));
  const stream = await connection.newStream(blobsProtocol(meshId));
  stream.pause();
  stream.send(encodeRequest({ hash, offset: 0 }));
  await stream.close();
  await waitFor(() => connection.status !== "open");
});

test("many blobs at once share the places", async () => {
  const meshId = newMesh();
  let open = 0;
  let most = 0;
  const inner = createMemoryBlobStore();
  const counting: BlobStore = {
    ...meddled(inner, (chunk) => chunk),
    async *read(hash, offset) {
      most = Math.max(most, ++open);
      try {
        yield* inner.read(hash, offset);
      } finally {
        open--;
      }
    },
  };
  const holder = await startNode({ meshId, blobs: counting });
  const seeker = await startNode({ meshId });
  seeker.meet(holder);
  const blobs = Array.from({ length: 24 }, (_, i) => someBytes(300_000 + i));
  const hashes = await Promise.all(blobs.map((bytes) => counting.put(bytes)));
  const fetches = hashes.map((hash, i) => seeker.network.fetchBlob(hash, blobs[i]!.length, [holder.agent], ""));
  const twice = seeker.network.fetchBlob(hashes[0]!, blobs[0]!.length, [holder.agent], "");
  expect(await Promise.all(fetches)).toEqual(blobs.map(() => true));
  expect(await twice).toBe(true);
  expect(most).toBeLessThanOrEqual(4);
  expect(holder.network.stats().blobs.served).toBe(24);
});
