/** What the operating system refuses, told in words. */

import { MeshworkError } from "../../../protocol/core/errors.ts";

export const codeOf = (error: unknown): string =>
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
