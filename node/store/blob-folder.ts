/**
 * Blobs as files: `<folder>/ab/abcd…` holds a blob under its SHA-256, `<folder>/incoming/` what is not whole yet
 * (`<hash>.part` of cut downloads, `*.tmp` of writes, removed at the next start).
 *
 * A file gets its final name after its bytes were forced to disk: a blob that is there is whole, also after a
 * loss of power.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { assert } from "../../protocol/core/assert.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Hash, JobId } from "../../protocol/core/ids.ts";
import { hasher } from "../platform/crypto.ts";
import { temporaryName } from "../platform/files/atomic-write.ts";
import { isFileMissing, storageError } from "../platform/files/storage-error.ts";
import {
  BLOB_CHUNK_BYTES,
  type BlobStore,
  blobMissing,
  checkBlobSize,
  type PartialBlob,
  partOf,
} from "./blob-store.ts";

/** As `syncFolder`, without holding up the event loop. */
async function syncFolderLater(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

class FolderBlobStore implements BlobStore {
  readonly #folder: string;
  readonly #incoming: string;
  /** Downloads under way. */
  readonly #open = new Set<string>();
  /** Writes under way: who asks for such a blob waits for it, since it was promised to others already. */
  readonly #putting = new Map<Hash, Promise<Hash>>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#incoming = join(folder, "incoming");
    try {
      mkdirSync(this.#incoming, { recursive: true, mode: 0o700 });
      for (const name of readdirSync(this.#incoming)) {
        if (name.endsWith(".tmp")) rmSync(join(this.#incoming, name), { force: true });
      }
    } catch (error) {
      throw storageError(`the blob folder ${folder} cannot be used`, error);
    }
  }

  #pathOf(hash: Hash): string {
    return join(this.#folder, hash.slice(0, 2), hash);
  }

  async put(bytes: Uint8Array, isAllowed?: Promise<boolean>): Promise<Hash> {
    checkBlobSize(bytes.length);
    const hash = hasher(bytes);
    const putting =
      this.#putting.get(hash) ?? this.#put(hash, bytes, isAllowed).finally(() => this.#putting.delete(hash));
    this.#putting.set(hash, putting);
    return putting;
  }

  async #put(hash: Hash, bytes: Uint8Array, isAllowed?: Promise<boolean>): Promise<Hash> {
    if ((await isAllowed) === false) return hash;
    if ((await this.#sizeOnDisk(hash)) !== null) return hash;
    const temporary = temporaryName(join(this.#incoming, hash));
    try {
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#install(temporary, hash);
    } catch (error) {
      await rm(temporary, { force: true });
      throw storageError(`the blob ${hash} cannot be written`, error);
    }
    return hash;
  }

  /** Gives a whole file its final name. */
  async #install(path: string, hash: Hash): Promise<void> {
    const target = this.#pathOf(hash);
    const folder = dirname(target);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(path, target);
    await syncFolderLater(folder);
    await syncFolderLater(this.#folder);
  }

  async has(hash: Hash): Promise<boolean> {
    return (await this.size(hash)) !== null;
  }

  async size(hash: Hash): Promise<number | null> {
    await this.#putting.get(hash)?.catch(() => null); // told to whoever put it
    return this.#sizeOnDisk(hash);
  }

  async #sizeOnDisk(hash: Hash): Promise<number | null> {
    try {
      return (await stat(this.#pathOf(hash))).size;
    } catch (error) {
      if (isFileMissing(error)) return null;
      throw storageError(`the blob ${hash} cannot be read`, error);
    }
  }

  async get(hash: Hash): Promise<Uint8Array> {
    const path = this.#pathOf(hash);
    let bytes: Uint8Array;
    if (!(await this.has(hash))) throw blobMissing(hash);
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw isFileMissing(error) ? blobMissing(hash) : storageError(`the blob ${hash} cannot be read`, error);
    }
    if (hasher(bytes) === hash) return bytes;
    await rm(path, { force: true }); // so that it can be fetched again
    throw new MeshworkError("storage", `the blob ${hash} was damaged on disk and is removed`, "check the disk");
  }

  async *read(hash: Hash, offset: number): AsyncIterable<Uint8Array> {
    let file: FileHandle;
    try {
      file = await open(this.#pathOf(hash), "r");
    } catch (error) {
      throw isFileMissing(error) ? blobMissing(hash) : storageError(`the blob ${hash} cannot be read`, error);
    }
    try {
      for (let at = offset; ; ) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(BLOB_CHUNK_BYTES), 0, BLOB_CHUNK_BYTES, at);
        if (bytesRead === 0) return;
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async freeBytes(): Promise<number> {
    try {
      const { bavail, bsize } = await statfs(this.#folder);
      return bavail * bsize;
    } catch (error) {
      throw storageError(`the free space of ${this.#folder} cannot be told`, error);
    }
  }

  async sweep(isNeeded: (hash: Hash) => boolean, beforeMs: number): Promise<void> {
    for (const name of await readdir(this.#folder, { recursive: true })) {
      const part = basename(name, ".part");
      const [hash] = part.split(".") as [Hash];
      if (!/^[0-9a-f]{64}$/.test(hash) || this.#open.has(part) || isNeeded(hash)) continue;
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => null); // it may have gone in the meantime
      if (found !== null && found.mtimeMs < beforeMs) await rm(path, { force: true });
    }
  }

  async delete(hash: Hash): Promise<void> {
    try {
      await rm(this.#pathOf(hash), { force: true });
    } catch (error) {
      throw storageError(`the blob ${hash} cannot be deleted`, error);
    }
  }

  async deletePartial(hash: Hash, job: JobId | ""): Promise<void> {
    const part = partOf(hash, job);
    if (this.#open.has(part)) return;
    try {
      await rm(join(this.#incoming, `${part}.part`), { force: true });
    } catch (error) {
      throw storageError(`the download ${part} cannot be deleted`, error);
    }
  }

  async openPartial(hash: Hash, job: JobId | ""): Promise<PartialBlob> {
    const part = partOf(hash, job);
    assert(!this.#open.has(part), "one download at a time a blob and job");
    this.#open.add(part);
    const path = join(this.#incoming, `${part}.part`);
    const digest = createHash("sha256");
    let file: FileHandle | null = null;
    let bytes = 0;
    try {
      file = await open(path, "a+", 0o600);
      for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
        digest.update(chunk);
        bytes += chunk.length;
      }
    } catch (error) {
      await file?.close();
      this.#open.delete(part);
      throw storageError(`the download ${path} cannot be opened`, error);
    }
    return this.#partial({ hash, part, path }, file, digest, bytes);
  }

  #partial(
    { hash, part, path }: { readonly hash: Hash; readonly part: string; readonly path: string },
    file: FileHandle,
    digest: ReturnType<typeof createHash>,
    present: number,
  ): PartialBlob {
    let bytes = present;
    const close = async (): Promise<void> => {
      if (!this.#open.delete(part)) return;
      await file.close();
    };
    return {
      get bytes() {
        return bytes;
      },
      write: async (chunk) => {
        checkBlobSize(bytes + chunk.length);
        try {
          await file.writeFile(chunk);
        } catch (error) {
          throw storageError(`the download ${path} cannot be written`, error);
        }
        digest.update(chunk);
        bytes += chunk.length;
      },
      finish: async () => {
        try {
          const whole = digest.digest("hex") === hash;
          if (whole) await file.sync();
          await close();
          if (whole) await this.#install(path, hash);
          else await rm(path, { force: true });
          return whole;
        } catch (error) {
          throw storageError(`the blob ${hash} cannot be written`, error);
        }
      },
      drop: async () => {
        await close();
        await rm(path, { force: true });
      },
      close,
    };
  }
}

/** Throws `storage` when the folder cannot be used. */
export function createFolderBlobStore(folder: string): BlobStore {
  return new FolderBlobStore(folder);
}
