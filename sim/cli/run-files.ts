/** What runs leave behind: one folder. Each file is there whole or not at all. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Summary } from "../model/result.ts";

/** Every folder of a run holds one of these. */
const FILES = ["summary.json", "sweep.json", "experiment.json"];

/** A folder with those above it. Not by `recursive`, which Node may try for ever (below /proc). */
export function makeFolder(path: string): void {
  const full = resolve(path);
  const there = statSync(full, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) return;
  if (there !== undefined) throw new MeshworkError("storage", `${full} is a file, not a folder`, "choose another path");
  const parent = dirname(full);
  if (parent !== full) makeFolder(parent);
  try {
    mkdirSync(full);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EEXIST") return;
    throw new MeshworkError("storage", `the folder ${full} cannot be made (${code})`, "choose another path");
  }
}

/** Before anything runs: that `--out` can be a folder (made and taken away), and that no earlier run is lost in it. */
export function checkFolder(path: string, { force }: { readonly force: boolean }): void {
  const missing: string[] = [];
  for (let above = resolve(path); !existsSync(above); above = dirname(above)) missing.push(above);
  makeFolder(path);
  for (const made of missing) rmdirSync(made);
  const earlier = FILES.filter((name) => existsSync(join(path, name)));
  if (earlier.length === 0 || force) return;
  const what = `${path} holds the results of an earlier run (${earlier.join(", ")})`;
  throw new MeshworkError("usage", what, "choose another folder, or replace them with --force");
}

export class OutputFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    makeFolder(path);
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
  makeFolder(dirname(file));
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
  return file;
}

/** `.meshwork/runs/<time>-<name>`. */
export const defaultFolder = (startedMs: number, name: string): string =>
  join(".meshwork", "runs", `${new Date(startedMs).toISOString().slice(0, 19).replaceAll(":", "-")}-${name}`);

/** The summary of a simulation; null: there is none, or it is of something else. */
function summaryIn(path: string): Summary | null {
  try {
    const isFolder = statSync(path).isDirectory();
    const summary = JSON.parse(readFileSync(isFolder ? join(path, "summary.json") : path, "utf8")) as Partial<Summary>;
    const { scenario, metrics, seeds } = summary;
    return typeof scenario === "string" && typeof metrics === "object" && Array.isArray(seeds)
      ? (summary as Summary)
      : null;
  } catch {
    return null;
  }
}

/** What `last` means: the newest simulation of this folder. */
function newestRun(): string | null {
  const folder = join(".meshwork", "runs");
  const paths = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const atMs = (path: string): number => statSync(join(path, "summary.json"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return paths.sort((a, b) => atMs(b) - atMs(a)).find((path) => summaryIn(path) !== null) ?? null;
}

/** The summary of a run: its folder, the file itself, or `last`. */
export function readSummary(given: string): Summary {
  const path = given === "last" && !existsSync(given) ? (newestRun() ?? given) : given;
  const summary = summaryIn(path);
  if (summary !== null) return summary;
  const what = existsSync(path) ? "this is no summary of a run" : "there is no summary of a run";
  throw new MeshworkError("invalid-file", `${path}: ${what}`, "name the folder of a run, or its summary.json");
}
