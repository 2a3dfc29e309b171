/**
 * Blobs: bytes named by their SHA-256, too large for the log (protocol.md 4). A blob is in the store whole and
 * checked, or not at all; the part that a cut transfer brought is kept, and the transfer continues from there.
 *
 * This file says what a store of blobs is and keeps one in memory, for nodes without a data folder;
 * blob-folder.ts keeps one on disk. network/blob-client.ts fetches blobs from other agents.
 */

import { createHash } from "node:crypto";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Hash, JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { hasher } from "../platform/crypto.ts";

/** Bytes that are read and sent at a time. */
export const BLOB_CHUNK_BYTES = 64 * 1024;

export interface BlobStore {
  /**
   * Stores at most `limits.blobBytes`; equal bytes twice are one blob. Rejects with `storage`. Not if `isAllowed` becomes false;
   * who asks for the blob meanwhile waits.
   */
  put(bytes: Uint8Array, isAllowed?: Promise<boolean>): Promise<Hash>;
  has(hash: Hash): Promise<boolean>;
  /** Null if it is not here. */
  size(hash: Hash): Promise<number | null>;
  /** The whole blob, checked. Rejects with `storage` if it is not here or is damaged. */
  get(hash: Hash): Promise<Uint8Array>;
  /** The bytes from `offset` on, in chunks, unchecked: whoever receives them checks the whole. */
  read(hash: Hash, offset: number): AsyncIterable<Uint8Array>;
  /** Room for more. */
  freeBytes(): Promise<number>;
  /** Deletes blobs that are older than `beforeMs` (wall-clock) and that nobody needs. */
  sweep(isNeeded: (hash: Hash) => boolean, beforeMs: number): Promise<void>;
  delete(hash: Hash): Promise<void>;
  /** Deletes what a cut download left. */
  deletePartial(hash: Hash, job: JobId | ""): Promise<void>;
  /** Begins or continues a download. One at a time a hash and job. */
  openPartial(hash: Hash, job: JobId | ""): Promise<PartialBlob>;
}

export interface PartialBlob {
  /** Bytes that are there. */
  readonly bytes: number;
  /** Appends. Rejects with `storage`. */
  write(chunk: Uint8Array): Promise<void>;
  /** True: the blob is in the store. False: it is not the one that was asked for, and what came is dropped. */
  finish(): Promise<boolean>;
  /** Forgets what came; for the one who finds out that it is wrong before it is whole. */
  drop(): Promise<void>;
  /** Keeps what came. */
  close(): Promise<void>;
}

export function checkBlobSize(bytes: number): void {
  if (bytes <= limits.blobBytes) return;
  throw new MeshworkError("storage", `a blob of ${bytes} bytes; at most ${limits.blobBytes} are allowed`);
}

export const blobMissing = (hash: Hash): MeshworkError => new MeshworkError("storage", `the blob ${hash} is not here`);

/** What names a download. */
export const partOf = (hash: Hash, job: JobId | ""): string => (job === "" ? hash : `${hash}.${job}`);

/** Bytes that a store in memory holds: a node without a data folder is for trials and tests. */
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;

class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Hash, Uint8Array>();
  readonly #parts = new Map<string, Uint8Array[]>();
  /** Blobs that are put if that is allowed. */
  readonly #promised = new Map<Hash, Promise<unknown>>();
  #bytes = 0;

  async put(bytes: Uint8Array, isAllowed?: Promise<boolean>): Promise<Hash> {
    checkBlobSize(bytes.length);
    const hash = hasher(bytes);
    const keep = (): void => {
      if (!this.#blobs.has(hash)) this.#keep(hash, Uint8Array.from(bytes));
    };
    if (isAllowed === undefined) keep();
    else {
      const putting = isAllowed.then((allowed) => allowed && keep());
      this.#promised.set(hash, putting);
      await putting.finally(() => this.#promised.delete(hash));
    }
    return hash;
  }

  #keep(hash: Hash, bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > MEMORY_BYTES_MAX) {
      throw new MeshworkError("storage", "the blobs in memory are full", "start the node with a data folder");
    }
    this.#bytes += bytes.length;
    this.#blobs.set(hash, bytes);
  }

  async has(hash: Hash): Promise<boolean> {
    return (await this.size(hash)) !== null;
  }

  async size(hash: Hash): Promise<number | null> {
    await this.#promised.get(hash)?.catch(() => null); // told to whoever put it
    return this.#blobs.get(hash)?.length ?? null;
  }

  async get(hash: Hash): Promise<Uint8Array> {
    const bytes = this.#blobs.get(hash);
    if (bytes === undefined) throw blobMissing(hash);
    return bytes;
  }

  async *read(hash: Hash, offset: number): AsyncIterable<Uint8Array> {
    const bytes = await this.get(hash);
    for (let at = offset; at < bytes.length; at += BLOB_CHUNK_BYTES) yield bytes.subarray(at, at + BLOB_CHUNK_BYTES);
  }

  async freeBytes(): Promise<number> {
    return Number.POSITIVE_INFINITY; // `put` says when it is full: there is no disk to keep free
  }

  async sweep(): Promise<void> {
    // It begins empty.
  }

  async delete(hash: Hash): Promise<void> {
    this.#bytes -= this.#blobs.get(hash)?.length ?? 0;
    this.#blobs.delete(hash);
  }

  async deletePartial(hash: Hash, job: JobId | ""): Promise<void> {
    this.#parts.delete(partOf(hash, job));
  }

  async openPartial(hash: Hash, job: JobId | ""): Promise<PartialBlob> {
    const part = partOf(hash, job);
    const chunks = this.#parts.get(part) ?? [];
    this.#parts.set(part, chunks);
    let total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return {
      get bytes() {
        return total;
      },
      write: async (chunk) => {
        checkBlobSize(total + chunk.length);
        chunks.push(Uint8Array.from(chunk));
        total += chunk.length;
      },
      finish: async () => {
        this.#parts.delete(part);
        const digest = createHash("sha256");
        for (const chunk of chunks) digest.update(chunk);
        if (digest.digest("hex") !== hash) return false;
        if (!this.#blobs.has(hash)) this.#keep(hash, Buffer.concat(chunks));
        return true;
      },
      drop: async () => {
        this.#parts.delete(part);
      },
      close: async () => {
        if (total === 0) this.#parts.delete(part);
      },
    };
  }
}

export function createMemoryBlobStore(): BlobStore {
  return new MemoryBlobStore();
}
