/**
 * The records of an agent - blocks, votes, locks - in SQLite: what `persist`, `readRecords` and `forget` mean.
 *
 * Durable writes are on disk when `write` returns. The others wait in memory and go with the next durable one,
 * after 200 ms, or at `flush`. What a record means is the protocol's; larger things are blobs (blob-store.ts).
 *
 * Source: protocol.md 5, A4 (what must be durable before it is sent).
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert } from "../../protocol/core/assert.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { StoredRecord, StoredRecords } from "../../protocol/machine.ts";
import { makeFolder, PRIVATE_FOLDER, preparePrivateFile } from "../platform/files/private-files.ts";
import { storageError } from "../platform/files/storage-error.ts";
import { BlobNeeds, NEEDS_SCHEMA } from "./blob-needs.ts";
import { sqliteError } from "./sqlite-error.ts";

/** What the store carries out, in the order in which the agent asked for it. */
export type StoreEffect = Extract<Effect, { readonly kind: "persist" | "forget" }>;

export interface RecordStore {
  /** All in one transaction, together with what waits, if any of them is durable. Throws `storage`. */
  write(effects: readonly StoreEffect[]): void;
  /** In the order of `slots`, gaps left out; sees what waits. */
  read(job: JobId, slots: readonly string[]): Uint8Array[];
  /** What an agent continues from at a start: read as it asks for it. */
  readonly stored: StoredRecords;
  /** Who needs which blob. */
  readonly needs: BlobNeeds;
  /** How often its key had been used when this was last said (key-uses.ts); 0: never. */
  uses(): number;
  setUses(uses: number): void;
  isEmpty(): boolean;
  /** Durable writes since it was opened. */
  readonly durableWrites: number;
  /** Bytes of the records of each job. */
  sizes(): Map<JobId, number>;
  /** Writes what waits. */
  flush(): void;
  /** Flushes and lets go of the file. A second call does nothing. */
  close(): void;
}

interface RecordStoreOptions {
  /** The data folder; made if missing. Null keeps everything in memory. */
  readonly folder: string | null;
  /** A write that nobody waits for failed; every later `write` throws the same. The node must end (effect.ts). */
  readonly onError: (error: MeshworkError) => void;
}

export const STORE_FILE = "meshwork.sqlite";
const SCHEMA_VERSION = 1;

/** Records that need not be durable wait this long for a durable one to take them along. */
const BUFFER_MS = 200;
/** Bytes that may wait: beyond it they are written at once, so that memory stays bounded. */
const BUFFER_BYTES_MAX = 16 * 1024 * 1024;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS records (
    job TEXT NOT NULL, slot TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (job, slot)
  ) STRICT;
  ${NEEDS_SCHEMA}
`;

/**
 * One process owns a data folder: two nodes of one identity would sign conflicting votes. The lock is SQLite's
 * own exclusive mode, which the operating system lifts when the process ends, however it ends.
 */
function prepare(db: DatabaseSync): void {
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("BEGIN EXCLUSIVE; COMMIT");
  db.exec(SCHEMA);
  const row = db.prepare("SELECT value FROM meta WHERE key = 'schema'").get();
  if (row === undefined) {
    db.prepare("INSERT INTO meta (key, value) VALUES ('schema', ?)").run(SCHEMA_VERSION);
    return;
  }
  if (Number(row.value) > SCHEMA_VERSION) {
    throw new MeshworkError(
      "storage",
      `the data folder was written by a newer Meshwork (schema ${row.value}, this one knows ${SCHEMA_VERSION})`,
      "use the newer version, or another data folder",
    );
  }
}

/** SQLite makes its file readable to everybody, and gives those beside it (`-wal`, `-shm`) the same mode. */
function prepareFiles(folder: string, path: string): void {
  makeFolder(folder, PRIVATE_FOLDER);
  preparePrivateFile(path);
  for (const beside of [`${path}-wal`, `${path}-shm`]) if (existsSync(beside)) preparePrivateFile(beside);
}

function open(folder: string | null): DatabaseSync {
  const path = folder === null ? ":memory:" : join(folder, STORE_FILE);
  let db: DatabaseSync | null = null;
  try {
    if (folder !== null) prepareFiles(folder, path);
  } catch (error) {
    throw storageError(`the data folder ${folder} cannot be used`, error);
  }
  try {
    db = new DatabaseSync(path);
    prepare(db);
    return db;
  } catch (error) {
    db?.close();
    throw sqliteError(`the store ${path} cannot be opened`, error);
  }
}

class SqliteRecordStore implements RecordStore {
  readonly #db: DatabaseSync;
  readonly #onError: (error: MeshworkError) => void;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #forget: StatementSync;
  readonly #get: StatementSync;
  readonly stored: StoredRecords;
  readonly needs: BlobNeeds;
  #waiting: StoreEffect[] = [];
  #waitingBytes = 0;
  durableWrites = 0;
  #timer: NodeJS.Timeout | null = null;
  #failure: MeshworkError | null = null;
  #closed = false;

  constructor({ folder, onError }: RecordStoreOptions) {
    this.#db = open(folder);
    this.#onError = onError;
    this.#put = this.#db.prepare("INSERT OR REPLACE INTO records (job, slot, bytes) VALUES (?, ?, ?)");
    this.#delete = this.#db.prepare("DELETE FROM records WHERE job = ? AND slot = ?");
    this.#forget = this.#db.prepare("DELETE FROM records WHERE job = ?");
    this.#get = this.#db.prepare("SELECT bytes FROM records WHERE job = ? AND slot = ?");
    this.needs = new BlobNeeds(this.#db);
    this.stored = { jobs: () => this.#jobs(), of: (job, prefix) => this.#of(job, prefix) };
  }

  write(effects: readonly StoreEffect[]): void {
    assert(!this.#closed, "a write to a store that is closed");
    if (this.#failure !== null) throw this.#failure;
    let durable = false;
    for (const effect of effects) {
      this.#waiting.push(effect);
      if (effect.kind === "forget") {
        durable = true; // its blobs go next, and what is read at a start must not need them
        continue;
      }
      this.#waitingBytes += effect.bytes?.length ?? 0;
      durable ||= effect.durable;
    }
    if (durable) this.durableWrites++;
    if (durable || this.#waitingBytes > BUFFER_BYTES_MAX) this.flush();
    else if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#flushLate(), BUFFER_MS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0 || this.#closed) return;
    const effects = this.#waiting;
    // Taken out even when the write fails: the node ends then, and closing must not fail again.
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      for (const effect of effects) this.#apply(effect);
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#failure = sqliteError("the store cannot be written", error);
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw this.#failure;
    }
  }

  #flushLate(): void {
    try {
      this.flush();
    } catch (error) {
      this.#onError(sqliteError("the store cannot be written", error));
    }
  }

  #apply(effect: StoreEffect): void {
    if (effect.kind === "forget") this.#forget.run(effect.job);
    else if (effect.bytes === null) this.#delete.run(effect.job, effect.slot);
    else this.#put.run(effect.job, effect.slot, effect.bytes);
  }

  /** What waits under (job, slot): undefined is nothing, null a deletion. The newest of them counts. */
  #waitingRecord(job: JobId, slot: string): Uint8Array | null | undefined {
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const effect = this.#waiting[i]!;
      if (effect.job !== job) continue;
      if (effect.kind === "forget") return null;
      if (effect.slot === slot) return effect.bytes;
    }
    return undefined;
  }

  read(job: JobId, slots: readonly string[]): Uint8Array[] {
    // Looking up each slot in a long list of what waits would cost their product; a flush costs one write.
    if (slots.length * this.#waiting.length > 10_000) this.flush();
    const records: Uint8Array[] = [];
    try {
      for (const slot of slots) {
        const waiting = this.#waitingRecord(job, slot);
        const bytes = waiting === undefined ? this.#get.get(job, slot)?.bytes : waiting;
        if (bytes instanceof Uint8Array) records.push(bytes);
      }
    } catch (error) {
      throw sqliteError("the store cannot be read", error);
    }
    return records;
  }

  *#jobs(): Generator<JobId> {
    this.flush();
    // All at once: they are short, and the store may be written between two of them.
    for (const { job } of this.#reading(() => this.#db.prepare("SELECT DISTINCT job FROM records ORDER BY job").all()))
      yield job as JobId;
  }

  *#of(job: JobId, prefix: string): Generator<StoredRecord> {
    this.flush();
    const slots = this.#reading(() =>
      this.#db
        .prepare("SELECT slot FROM records WHERE job = ? AND substr(slot, 1, length(?)) = ? ORDER BY slot")
        .all(job, prefix, prefix),
    );
    for (const { slot } of slots) {
      const bytes = this.#reading(() => this.#get.get(job, slot as string)?.bytes);
      if (bytes instanceof Uint8Array) yield { job, slot: slot as string, bytes };
    }
  }

  sizes(): Map<JobId, number> {
    this.flush();
    const rows = this.#reading(() =>
      this.#db.prepare("SELECT job, SUM(LENGTH(bytes)) AS bytes FROM records GROUP BY job ORDER BY job").all(),
    );
    return new Map(rows.map(({ job, bytes }) => [job as JobId, Number(bytes)]));
  }

  uses(): number {
    const row = this.#reading(() => this.#db.prepare("SELECT value FROM meta WHERE key = 'uses'").get());
    return Number(row?.value ?? 0);
  }

  setUses(uses: number): void {
    try {
      this.#db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('uses', ?)").run(uses);
    } catch (error) {
      throw sqliteError("the store cannot be written", error);
    }
  }

  isEmpty(): boolean {
    this.flush();
    return this.#reading(() => this.#db.prepare("SELECT 1 FROM records LIMIT 1").get()) === undefined;
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw sqliteError("the store cannot be read", error);
    }
  }

  close(): void {
    if (this.#closed) return;
    try {
      this.flush();
    } finally {
      this.#closed = true;
      this.#db.close();
    }
  }
}

/** Throws `storage` when the folder cannot be used: damaged, read-only, full, or in use by another node. */
export function createRecordStore(options: RecordStoreOptions): RecordStore {
  return new SqliteRecordStore(options);
}
