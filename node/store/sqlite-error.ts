/** What SQLite refused, in words for the operator. Source: sqlite.org/rescode.html. */

import { MeshworkError } from "../../protocol/core/errors.ts";

interface Refusal {
  readonly what: string;
  readonly remedy: string;
}

/**
 * An agent that lost its votes, or has those of an old backup, would vote again where it has voted: nobody could tell it
 * from one that lies. So its key ends with its store.
 */
const START_ANEW =
  "start with a new data folder, which gives the agent a new key: one that continues under its old key without its records, or with those of a backup, may vote twice";

/** By primary result code: the low byte of the extended one. */
const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  [5, { what: "another node is using it", remedy: "stop that node, or give this one another data folder" }],
  [6, { what: "another node is using it", remedy: "stop that node, or give this one another data folder" }],
  [8, { what: "it is read-only", remedy: "give this user write access, or choose another data folder" }],
  [10, { what: "the disk failed", remedy: "check the disk and the free space on it" }],
  [11, { what: "it is damaged", remedy: START_ANEW }],
  [13, { what: "the disk is full", remedy: "make room and start the node again" }],
  [14, { what: "the file cannot be opened", remedy: "give this user access to the data folder" }],
  [26, { what: "it is no database", remedy: START_ANEW }],
]);

export function sqliteError(where: string, error: unknown): MeshworkError {
  if (error instanceof MeshworkError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const extended = error instanceof Error && "errcode" in error ? Number(error.errcode) : 0;
  const refusal = REFUSALS.get(extended & 0xff);
  if (refusal === undefined) return new MeshworkError("storage", `${where}: ${reason}`);
  return new MeshworkError("storage", `${where}: ${refusal.what} (${reason})`, refusal.remedy);
}
