/**
 * One process at a time: a lock beside a file that several processes read, change and write whole. It is SQLite's, as
 * that of the data folder: the operating system lifts it when the process ends, however it ends.
 */

import { DatabaseSync } from "node:sqlite";
import { preparePrivateFile } from "../platform/files/private-files.ts";
import { sqliteError } from "./sqlite-error.ts";

/** To be given the lock, ms. Whoever holds it reads and writes one file of some MiB. */
const WAIT_MS = 5_000;

/** What `act` returns, done while no other process holds the lock of `path`. Throws `storage` where it stays taken. */
export function withFileLock<T>(path: string, act: () => T): T {
  const lock = `${path}.lock`;
  let db: DatabaseSync | null = null;
  try {
    preparePrivateFile(lock);
    db = new DatabaseSync(lock);
    db.exec(`PRAGMA busy_timeout = ${WAIT_MS}; BEGIN EXCLUSIVE`);
  } catch (error) {
    db?.close();
    throw sqliteError(`${lock} cannot be locked`, error);
  }
  try {
    return act();
  } finally {
    db.close();
  }
}
