/**
 * Gives the room that deleted records left inside the database back to the disk. SQLite writes the file anew for that, so it
 * takes as much room again, twice over with its log: on a full disk that is not there.
 */

import { statfsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { STORE_FILE } from "./record-store.ts";
import { sqliteError } from "./sqlite-error.ts";

/** Less than this is not worth writing the file anew, bytes: new records take it. */
const WORTH_BYTES = 16 * 1024 * 1024;

interface Unused {
  /** Room inside the file that nothing takes, bytes. */
  readonly bytes: number;
  /** Room on the disk without which it stays there; null: it was given back. */
  readonly neededBytes: number | null;
}

const freeOn = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** Null: there is little to give back. The folder is one that no node uses. Throws `storage`. */
export function compactStore(folder: string, freeBytes = freeOn(folder)): Unused | null {
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(join(folder, STORE_FILE));
    const [pages, unusedPages, pageBytes] = ["page_count", "freelist_count", "page_size"].map((name) =>
      Number(db!.prepare(`PRAGMA ${name}`).get()![name]),
    ) as [number, number, number];
    const bytes = unusedPages * pageBytes;
    if (bytes < WORTH_BYTES) return null;
    const neededBytes = 2 * (pages - unusedPages) * pageBytes + WORTH_BYTES;
    if (freeBytes < neededBytes) return { bytes, neededBytes };
    db.exec("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
    return { bytes, neededBytes: null };
  } catch (error) {
    throw sqliteError("the store cannot be made smaller", error);
  } finally {
    db?.close();
  }
}
