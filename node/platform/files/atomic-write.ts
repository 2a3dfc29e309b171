/** Writes that leave either the whole file or none. */

import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { storageError } from "./storage-error.ts";

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
