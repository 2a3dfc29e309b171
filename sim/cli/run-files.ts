/** What runs leave behind: one folder. Each file is there whole or not at all. */

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Summary } from "../run/result.ts";

export class OutputFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
  }

  /** Returns the path of the file. */
  write(name: string, text: string): string {
    return writeWhole(join(this.path, name), text);
  }

  writeJson(name: string, document: unknown): string {
    return this.write(name, `${JSON.stringify(document, null, 2)}\n`);
  }
}

export function writeWhole(file: string, text: string): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
  return file;
}

/** `.meshwork/runs/<time>-<name>`. */
export const defaultFolder = (startedMs: number, name: string): string =>
  join(".meshwork", "runs", `${new Date(startedMs).toISOString().slice(0, 19).replaceAll(":", "-")}-${name}`);

/** The summary of a run: its folder, or the file itself. */
export function readSummary(path: string): Summary {
  const fail = (what: string): MeshworkError =>
    new MeshworkError("invalid-file", `${path}: ${what}`, "name the folder of a run, or its summary.json");
  let text: string;
  try {
    text = readFileSync(statSync(path).isDirectory() ? join(path, "summary.json") : path, "utf8");
  } catch {
    throw fail("there is no summary of a run");
  }
  try {
    const summary = JSON.parse(text) as Partial<Summary>;
    if (typeof summary.scenario === "string" && typeof summary.metrics === "object" && Array.isArray(summary.seeds))
      return summary as Summary;
  } catch {
    // said below
  }
  throw fail("this is no summary of a run");
}
