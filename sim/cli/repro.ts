/** Files that repeat a failure: a seed, the property that broke, and the plan, as small as it could be made. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { writeWhole } from "./run-files.ts";

export interface Repro {
  readonly seed: number;
  readonly property: string;
  /** The scenario file whose variation it is; null: a random mesh. */
  readonly file: string | null;
  readonly plan: unknown;
}

const FORMAT = 2;

/** Bytes and maps as text, and back. */
function replacer(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString("hex") };
  return value instanceof Map ? { entries: [...value] } : value;
}

function reviver(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).join();
  if (keys === "hex") return new Uint8Array(Buffer.from((value as { hex: string }).hex, "hex"));
  return keys === "entries" ? new Map((value as { entries: [unknown, unknown][] }).entries) : value;
}

/** Returns the file's path. */
export const writeRepro = (folder: string, repro: Repro): string =>
  writeWhole(
    join(folder, `repro-seed-${repro.seed}.json`),
    `${JSON.stringify({ format: FORMAT, ...repro }, replacer, 1)}\n`,
  );

export function readRepro(path: string): Repro {
  const fail = (what: string): MeshworkError =>
    new MeshworkError("invalid-file", `${path}: ${what}`, "name a file that `meshwork sim explore` wrote");
  let read: Repro & { readonly format?: number };
  try {
    read = JSON.parse(readFileSync(path, "utf8"), reviver) as Repro & { readonly format?: number };
  } catch (error) {
    throw fail((error as Error).message);
  }
  if (read?.format !== FORMAT) throw fail("not a file of this version");
  return read;
}
