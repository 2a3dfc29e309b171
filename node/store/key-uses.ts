/**
 * Notices that a store is gone, or is an old copy: a counter beside the key, which rises in step with one in the store. If the
 * store's is behind, the key was used since, and votes that were cast with it are not in this store.
 *
 * It rises at each start and stop, and while the store is written. It cannot see that the whole folder was put back, key and
 * counter included. Source: protocol.md 8 (lost stores).
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { writeFileAtomic } from "../platform/files/atomic-write.ts";
import { PRIVATE_FILE } from "../platform/files/private-files.ts";
import { storageError } from "../platform/files/storage-error.ts";
import { type RecordStore, STORE_FILE } from "./record-store.ts";
import { sqliteError } from "./sqlite-error.ts";

/** SQLite: another process has the lock. */
const BUSY = 5;
const USES_FILE = "agent.uses";

const usesSchema = z.strictObject({
  format: z.literal(1),
  agent: z.string(),
  uses: z.int().nonnegative(),
  lostVotesBeforeMs: z.int().nonnegative().nullable(),
});
type Uses = z.infer<typeof usesSchema>;

/** Null if there is none. Throws `storage` for one that cannot be read: without it, nothing can be noticed. */
export function readUses(folder: string): Uses | null {
  const path = join(folder, USES_FILE);
  if (!existsSync(path)) return null;
  try {
    return usesSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const remedy = "start with a new data folder, which gives the agent a new key";
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      throw new MeshworkError("storage", `${path} is damaged`, remedy);
    throw storageError(`${path} cannot be read`, error);
  }
}

/** Whether the store lacks uses that the counter has. While a node runs, its store cannot be read: that node found out itself. */
export function isBehind(folder: string, { uses }: Pick<Uses, "uses">): boolean {
  const path = join(folder, STORE_FILE);
  if (!existsSync(path)) return true;
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    return Number(db.prepare("SELECT value FROM meta WHERE key = 'uses'").get()?.value ?? 0) < uses;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === BUSY) return false;
    throw sqliteError(`the store ${path} cannot be read`, error);
  } finally {
    db?.close();
  }
}

interface KeyUsesOptions {
  readonly folder: string;
  readonly agent: AgentId;
  /** Whether the key was made for this start. */
  readonly isKeyNew: boolean;
  readonly store: RecordStore;
  readonly nowMs: number;
}

export class KeyUses {
  /** Votes before this time may be lost; undefined: all are there. */
  readonly lostVotesBeforeMs: number | undefined;
  /** Whether that was found out now. */
  readonly isNews: boolean;
  readonly #options: KeyUsesOptions;
  #uses: number;
  #writes: number;

  /** For a start: counts it. Throws `storage`. */
  constructor(options: KeyUsesOptions) {
    this.#options = options;
    const { folder, agent, isKeyNew, store, nowMs } = options;
    const file = readUses(folder);
    const own = file?.agent === agent ? file : null;
    // A key that is older than its store, which is empty, and no counter: the folder was emptied but for the key.
    const unknown = isKeyNew || !store.isEmpty() ? 0 : 1;
    const used = own?.uses ?? unknown;
    this.isNews = store.uses() < used;
    this.lostVotesBeforeMs = this.isNews ? nowMs : (own?.lostVotesBeforeMs ?? undefined);
    this.#uses = Math.max(store.uses(), used);
    this.#writes = store.durableWrites;
    this.rise();
  }

  /** The store first: a counter that is ahead would be taken for a loss. */
  rise(): void {
    const { folder, agent, store } = this.#options;
    this.#uses++;
    store.setUses(this.#uses);
    const uses: Uses = { format: 1, agent, uses: this.#uses, lostVotesBeforeMs: this.lostVotesBeforeMs ?? null };
    writeFileAtomic(join(folder, USES_FILE), `${JSON.stringify(uses, null, 2)}\n`, PRIVATE_FILE);
  }

  /** Counts if the store was written since: to be called every few seconds, and at the end. */
  look(): void {
    const { durableWrites } = this.#options.store;
    if (durableWrites === this.#writes) return;
    this.#writes = durableWrites;
    this.rise();
  }
}
