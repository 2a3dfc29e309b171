/** Records, blobs, key files and traces on a real disk (protocol.md 5, A4). */

import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { loadIdentity, loadOrMakeIdentity, makeIdentity } from "../../../node/network/identity.ts";
import { createSigner, hasher, isAgentId, verifier } from "../../../node/platform/crypto.ts";
import { createFolderBlobStore } from "../../../node/store/blob-folder.ts";
import { type BlobStore, createMemoryBlobStore } from "../../../node/store/blob-store.ts";
import { createRecordStore, type RecordStore, STORE_FILE, type StoreEffect } from "../../../node/store/record-store.ts";
import { sqliteError } from "../../../node/store/sqlite-error.ts";
import type { MeshworkError } from "../../../protocol/core/errors.ts";
import type { AgentId, Hash, JobId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { waitFor } from "../../support/wait.ts";

const folders: string[] = [];
const stores: RecordStore[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "meshwork-store-"));
  folders.push(folder);
  return folder;
}

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An agent without its votes must not continue under its key. */
const ANEW = expect.stringMatching(/new data folder.* new key.* may vote twice/) as string;

const errors: MeshworkError[] = [];
function open(folder: string | null): RecordStore {
  const store = createRecordStore({ folder, onError: (error) => errors.push(error) });
  stores.push(store);
  return store;
}

const all = ({ stored }: RecordStore) => [...stored.jobs()].flatMap((job) => [...stored.of(job, "")]);
const JOB = "aa".repeat(32) as JobId;
const OTHER = "bb".repeat(32) as JobId;
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const persist = (slot: string, value: Uint8Array | null, durable: boolean, job = JOB): StoreEffect => ({
  kind: "persist",
  job,
  slot,
  bytes: value,
  durable,
});

/** What the disk would hold if the machine lost its power now. */
function afterPowerLoss(folder: string): { slots(): string[] } {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  const store = createRecordStore({ folder: copy, onError: () => {} });
  const slots = all(store).map(({ slot }) => slot);
  store.close();
  return { slots: () => slots };
}

describe.each([
  ["on disk", () => newFolder()],
  ["in memory", () => null],
])("records %s", (_, place) => {
  test("are read back by slot, in the order asked for, gaps left out", () => {
    const store = open(place());
    store.write([persist("b", bytes(2), true), persist("a", bytes(1), true), persist("c", bytes(3), false)]);
    store.write([persist("d", bytes(4), false), persist("a", bytes(9), true, OTHER)]);
    expect(store.read(JOB, ["c", "nothing", "a", "d"]).map((record) => [...record])).toEqual([[3], [1], [4]]);
    expect(store.read(OTHER, ["a"]).map((record) => [...record])).toEqual([[9]]);
    expect(all(store).map(({ job, slot }) => `${job.slice(0, 2)} ${slot}`)).toEqual([
      "aa a",
      "aa b",
      "aa c",
      "aa d",
      "bb a",
    ]);
  });

  test("what waits is seen: the newest write, a deletion, a forgotten job", () => {
    const store = open(place());
    store.write([persist("a", bytes(1), true), persist("b", bytes(1), true), persist("c", bytes(1), true)]);
    store.write([persist("a", bytes(2), false), persist("b", null, false), persist("x", bytes(7), false, OTHER)]);
    expect(store.read(JOB, ["a", "b", "c"]).map((record) => [...record])).toEqual([[2], [1]]);
    store.write([{ kind: "forget", job: JOB }, persist("d", bytes(5), false)]);
    expect(store.read(JOB, ["a", "b", "c", "d"]).map((record) => [...record])).toEqual([[5]]);
    store.flush();
    expect(all(store).map(({ slot }) => slot)).toEqual(["d", "x"]);
  });
});

describe("durability", () => {
  test("durable records are on disk when `write` returns, and take along what waits", () => {
    const folder = newFolder();
    const store = open(folder);
    store.write([persist("later", bytes(1), false)]);
    expect(afterPowerLoss(folder).slots()).toEqual([]);
    store.write([persist("now", bytes(2), true)]);
    expect(afterPowerLoss(folder).slots()).toEqual(["later", "now"]);
  });

  test("the others are on disk soon, or at the latest when the store is closed", async () => {
    const folder = newFolder();
    const store = open(folder);
    store.write([persist("soon", bytes(1), false)]);
    await waitFor(() => afterPowerLoss(folder).slots().length === 1);
    store.write([persist("at the end", bytes(1), false)]);
    store.close();
    expect(all(open(folder)).map(({ slot }) => slot)).toEqual(["at the end", "soon"]);
  });

  test("a megabyte is a record like any other", () => {
    const folder = newFolder();
    const store = open(folder);
    const large = new Uint8Array(limits.blockBytes).fill(7);
    store.write([persist("block", large, true)]);
    store.close();
    expect(Buffer.from(open(folder).read(JOB, ["block"])[0]!).equals(large)).toBe(true);
  });
});

describe("a data folder that cannot be used", () => {
  const opening = (folder: string) => () => open(folder);

  test("in use, by this process or by another one", async () => {
    const folder = newFolder();
    open(folder);
    expect(opening(folder)).toThrow(
      expect.objectContaining({ code: "storage", remedy: expect.stringMatching(/^stop that node/) }),
    );
    const script = `
      import { createRecordStore } from ${JSON.stringify(join(import.meta.dirname, "../../../node/store/record-store.ts"))};
      try { createRecordStore({ folder: ${JSON.stringify(folder)}, onError() {} }); console.log("opened"); }
      catch (error) { console.log(error.code, error.message); }`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    expect(stdout).toMatch(/^storage .*another node is using it/);
  });

  test("damaged", () => {
    const folder = newFolder();
    writeFileSync(join(folder, STORE_FILE), "this is no database, but it is long enough to be looked at".repeat(100));
    expect(opening(folder)).toThrow(
      expect.objectContaining({ code: "storage", message: expect.stringMatching(/no database/), remedy: ANEW }),
    );

    const torn = newFolder();
    const store = open(torn);
    for (let i = 0; i < 50; i++) store.write([persist(`slot ${i}`, new Uint8Array(5_000), true)]);
    store.close();
    truncateSync(join(torn, STORE_FILE), 8_192);
    expect(() => all(open(torn))).toThrow(
      expect.objectContaining({ code: "storage", message: expect.stringMatching(/damaged/), remedy: ANEW }),
    );
  });

  test("of a newer version", () => {
    const folder = newFolder();
    open(folder).close();
    const db = new DatabaseSync(join(folder, STORE_FILE));
    db.exec("UPDATE meta SET value = 99 WHERE key = 'schema'");
    db.close();
    expect(opening(folder)).toThrow(
      expect.objectContaining({ code: "storage", message: expect.stringMatching(/newer Meshwork \(schema 99/) }),
    );
  });

  test("a file where the folder should be", () => {
    const folder = join(newFolder(), "file");
    writeFileSync(folder, "");
    expect(opening(folder)).toThrow(expect.objectContaining({ code: "storage" }));
    expect(opening(join(folder, "below"))).toThrow(expect.objectContaining({ code: "storage" }));
  });

  test("a full disk says what to do", () => {
    const full = Object.assign(new Error("database or disk is full"), { errcode: 13 });
    expect(sqliteError("the store cannot be written", full)).toMatchObject({
      code: "storage",
      message: "the store cannot be written: the disk is full (database or disk is full)",
      remedy: "make room and start the node again",
    });
  });
});

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe.each([
  ["on disk", () => createFolderBlobStore(newFolder())],
  ["in memory", () => createMemoryBlobStore()],
])("blobs %s", (_, create: () => BlobStore) => {
  const large = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);

  test("are found by their hash, whole or from an offset", async () => {
    const blobs = create();
    const [hash, same] = await Promise.all([blobs.put(large), blobs.put(large)]);
    expect(hash).toBe(hasher(large));
    expect(same).toBe(hash);
    expect(await blobs.has(hash)).toBe(true);
    expect(await blobs.size(hash)).toBe(large.length);
    expect(Buffer.from(await blobs.get(hash)).equals(large)).toBe(true);
    expect((await collect(blobs.read(hash, 100_000))).equals(large.subarray(100_000))).toBe(true);
    const empty = await blobs.put(new Uint8Array(0));
    expect(await blobs.size(empty)).toBe(0);
  });

  test("one that is not here", async () => {
    const blobs = create();
    const nothing = "cd".repeat(32) as Hash;
    expect(await blobs.has(nothing)).toBe(false);
    expect(await blobs.size(nothing)).toBe(null);
    await expect(blobs.get(nothing)).rejects.toMatchObject({ code: "storage" });
    await expect(collect(blobs.read(nothing, 0))).rejects.toMatchObject({ code: "storage" });
  });

  test("one that is being put is promised: who asks waits for it", async () => {
    const blobs = create();
    const put = blobs.put(large);
    expect(await blobs.has(hasher(large))).toBe(true);
    await put;
  });

  test("a download is continued, checked, and only then a blob", async () => {
    const blobs = create();
    const hash = hasher(large);
    const first = await blobs.openPartial(hash, "");
    await first.write(large.subarray(0, 70_000));
    await first.close();
    expect(await blobs.has(hash)).toBe(false);
    const second = await blobs.openPartial(hash, "");
    expect(second.bytes).toBe(70_000);
    await second.write(large.subarray(70_000));
    expect(await second.finish()).toBe(true);
    await second.close();
    expect(Buffer.from(await blobs.get(hash)).equals(large)).toBe(true);
  });

  test("a download of something else is dropped", async () => {
    const blobs = create();
    const hash = hasher(large);
    const wrong = await blobs.openPartial(hash, "");
    await wrong.write(bytes(1, 2, 3));
    expect(await wrong.finish()).toBe(false);
    expect(await blobs.has(hash)).toBe(false);
    const anew = await blobs.openPartial(hash, "");
    expect(anew.bytes).toBe(0);
    await anew.close();
  });

  test("none is larger than the limit", async () => {
    const blobs = create();
    await expect(blobs.put(new Uint8Array(limits.blobBytes + 1))).rejects.toMatchObject({ code: "storage" });
  });
});

describe("a blob folder", () => {
  test("outlives its process, but for what was only half written", async () => {
    const folder = newFolder();
    const hash = await createFolderBlobStore(folder).put(bytes(1, 2, 3));
    writeFileSync(join(folder, "incoming", `${hash}.1234.tmp`), "half");
    const again = createFolderBlobStore(folder);
    expect([...(await again.get(hash))]).toEqual([1, 2, 3]);
    expect(readdirSync(join(folder, "incoming"))).toEqual([]);
  });

  test("finds out a blob that the disk damaged, and makes room for a sound one", async () => {
    const folder = newFolder();
    const blobs = createFolderBlobStore(folder);
    const hash = await blobs.put(bytes(1, 2, 3));
    writeFileSync(join(folder, hash.slice(0, 2), hash), bytes(1, 2, 4));
    await expect(blobs.get(hash)).rejects.toMatchObject({ code: "storage", message: expect.stringMatching(/damaged/) });
    expect(await blobs.has(hash)).toBe(false);
    await blobs.put(bytes(1, 2, 3));
    expect([...(await blobs.get(hash))]).toEqual([1, 2, 3]);
  });
});

describe("identity", () => {
  test("signs what others verify by the id alone", () => {
    const identity = makeIdentity();
    const signer = createSigner(identity);
    const message = bytes(1, 2, 3);
    const signature = signer.sign(message);
    expect(signer.agent).toBe(identity.agent);
    expect(verifier(identity.agent, message, signature)).toBe(true);
    expect(verifier(identity.agent, bytes(1, 2, 4), signature)).toBe(false);
    expect(verifier(makeIdentity().agent, message, signature)).toBe(false);
    expect(makeIdentity(identity.seed).agent).toBe(identity.agent);
  });

  test("verifying never throws, and one key has one id", () => {
    const identity = makeIdentity();
    const message = bytes(1);
    const signature = createSigner(identity).sign(message);
    const cid = identity.privateKey.publicKey.toCID().toString(); // the same key, written differently
    for (const agent of ["", "nobody", "12D3KooW", "Qm".padEnd(46, "x"), cid, "x".repeat(500)]) {
      expect(verifier(agent as AgentId, message, signature)).toBe(false);
      expect(isAgentId(agent)).toBe(false);
    }
    for (const wrong of [new Uint8Array(0), new Uint8Array(63), new Uint8Array(64), new Uint8Array(65)]) {
      expect(verifier(identity.agent, message, wrong)).toBe(false);
    }
  });

  test("is kept in a file that only its owner reads, in a folder that is made for it", () => {
    const path = join(newFolder(), "never", "used", "agent.key");
    expect(loadIdentity(path)).toBe(null);
    const made = loadOrMakeIdentity(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadOrMakeIdentity(path).agent).toBe(made.agent);
  });

  test("a damaged file is told, not replaced", () => {
    const path = join(newFolder(), "agent.key");
    loadOrMakeIdentity(path);
    const sound = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const damaged = [
      "",
      "no JSON",
      JSON.stringify({ ...sound, format: 2 }),
      JSON.stringify({ ...sound, seed: "AAAA" }),
      JSON.stringify({ ...sound, agent: makeIdentity().agent }),
      JSON.stringify({ ...sound, extra: 1 }),
    ];
    for (const text of damaged) {
      writeFileSync(path, text);
      expect(() => loadOrMakeIdentity(path)).toThrow(expect.objectContaining({ code: "invalid-file" }));
      expect(readFileSync(path, "utf8")).toBe(text);
    }
    rmSync(path);
    mkdirSync(path);
    expect(() => loadIdentity(path)).toThrow(expect.objectContaining({ code: "storage" }));
  });
});

test("needs of jobs without a record go at a start, and those of others stay", () => {
  const store = open(null);
  const need = { owner: "owner" as AgentId, bytes: 1, guest: null };
  store.write([persist("genesis", bytes(1), true)]);
  store.needs.add({ ...need, job: JOB, hash: "kept" as Hash });
  store.needs.add({ ...need, job: OTHER, hash: "forgotten" as Hash });
  store.needs.releaseUnrecorded();
  expect(store.needs.isNeeded("kept" as Hash)).toBe(true);
  expect(store.needs.isNeeded("forgotten" as Hash)).toBe(false);
});
