/**
 * Problems with files of the operator, as one line that names file, line, what is wrong and what to do.
 *
 * It reads such a file, or says why it cannot. yaml-source.ts does the same for YAML and schemas.
 */

import { readFile } from "node:fs/promises";
import { MeshworkError } from "../../../protocol/core/errors.ts";

/** The way to a part of a value: keys and indexes, from outside in. */
export type Path = readonly PropertyKey[];

export function fileError(file: string, line: number | null, what: string, remedy: string): MeshworkError {
  // A parser's message may have several lines.
  const flat = (text: string): string => text.replace(/\s+/g, " ").trim();
  return new MeshworkError("invalid-file", `${file}${line === null ? "" : `:${line}`}: ${flat(what)}`, flat(remedy));
}

/** The text of a file that the operator named. */
export async function readTextFile(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** The error that says why a file of the operator cannot be read. */
export function unreadable(file: string, error: unknown): MeshworkError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOENT") return fileError(file, null, "there is no such file", "check the path");
  if (code === "EISDIR") return fileError(file, null, "this is a folder", "name a file");
  if (code === "EACCES" || code === "EPERM") return fileError(file, null, "no permission to read it", "check its mode");
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return fileError(file, null, "not UTF-8 text", "save it as UTF-8");
  if (code === "ENOTDIR") return fileError(file, null, "a file stands where a folder is needed", "check the path");
  return fileError(file, null, `cannot be read: ${error instanceof Error ? error.message : String(error)}`, "");
}

/** `tasks.total.policy`, `skills[2].name`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const key of path) {
    text += typeof key === "number" ? `[${key}]` : `${text === "" ? "" : "."}${String(key)}`;
  }
  return text;
}
