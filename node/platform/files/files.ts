/**
 * Small file matters that the store and the key file share: whole-or-nothing writes, and what the operating
 * system refuses told in words.
 */

import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MeshworkError } from "../../../protocol/core/errors.ts";

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";

export const isFileMissing = (error: unknown): boolean => codeOf(error) === "ENOENT";

/** Why, and what to do. */
const REASONS: ReadonlyMap<string, readonly [reason: string, remedy: string]> = new Map([
  ["ENOSPC", ["the disk is full", "make room and try again"]],
  ["EDQUOT", ["the quota is used up", "make room and try again"]],
  ["EROFS", ["the file system is read-only", "choose another folder"]],
  ["EACCES", ["permission denied", "give this user write access to the folder, or choose another one"]],
  ["EPERM", ["permission denied", "give this user write access to the folder, or choose another one"]],
  ["ENOTDIR", ["a file stands where a folder should be", "choose another path"]],
  ["EISDIR", ["a folder stands where a file should be", "choose another path"]],
  ["EEXIST", ["it exists already", "choose another path"]],
  ["EMFILE", ["too many files are open", "raise the limit of open files (ulimit -n)"]],
  ["EIO", ["the disk failed", "check the disk"]],
  ["ENOENT", ["nothing can be made there", "choose a folder on a disk"]],
]);

/** What the operating system said about a file, as the operator reads it. */
export function storageError(what: string, error: unknown): MeshworkError {
  if (error instanceof MeshworkError) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const [reason, remedy] = REASONS.get(codeOf(error)) ?? [raw, ""];
  return new MeshworkError("storage", `${what}: ${reason}`, remedy);
}

/** A rename is durable only when the folder that holds the name is. */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Names of temporary files never meet, neither between processes nor with what a crash left. */
export const temporaryName = (path: string): string => `${path}.${randomBytes(6).toString("hex")}.tmp`;

export function writeFileAtomic(path: string, text: string, mode: number): void {
  const temporary = temporaryName(path);
  try {
    const file = openSync(temporary, "wx", mode);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw storageError(`${path} cannot be written`, error);
  }
}

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
