/** Folders for the operator's data, and folders and files that only this user may read. */

import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import { codeOf, storageError } from "./storage-error.ts";

/**
 * A folder with the folders above it, for the operator's data. Not by `recursive`: where the system says that a parent
 * is missing although it is there (below /proc), Node tries for ever. `mode`: of the folders that it makes, before the
 * process's umask.
 */
export function makeFolder(path: string, mode = 0o777): void {
  const full = resolve(path);
  const there = statSync(full, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw new MeshworkError("storage", `${full} is a file, not a folder`, "choose another path");
  const parent = dirname(full);
  if (parent !== full) makeFolder(parent, mode);
  try {
    mkdirSync(full, mode);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw storageError(`the folder ${full} cannot be made`, error);
  }
}

/** Modes of folders and files with keys, or with what jobs say: for this user only. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/**
 * A folder for what other users of this machine must not read. One that is there is closed to them too, where it is
 * empty or holds `own`: it was made for this; any other is the operator's to judge.
 */
export function makePrivateFolder(path: string, own: string): void {
  makeFolder(path, PRIVATE_FOLDER);
  const isOwn = existsSync(join(path, own)) || readdirSync(path).length === 0;
  if (isOwn) closeToOthers(path, PRIVATE_FOLDER);
}

/**
 * Makes an empty file that only this user may read, for libraries that open a file without a mode. One that is there is
 * not opened: to close it again would lift the locks that this process holds on it (fcntl(2)).
 */
export function preparePrivateFile(path: string): void {
  if (existsSync(path)) closeToOthers(path, PRIVATE_FILE);
  else closeSync(openSync(path, "a", PRIVATE_FILE));
}

/** Leaves what belongs to another user, and what is on a file system without modes, as it is. */
export function closeToOthers(path: string, mode: number): void {
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, mode);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EROFS"].includes(codeOf(error))) throw error;
  }
}
