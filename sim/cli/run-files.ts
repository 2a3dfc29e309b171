/** What runs leave behind: one folder. Each file is there whole or not at all. */

import { existsSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { makeFolder } from "../../node/platform/files/private-files.ts";
import { LAST, newestRun, summaryIn } from "../../node/platform/runs.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Summary } from "../model/result.ts";

/** Every folder of a run holds one of these. */
const FILES = ["summary.json", "sweep.json", "experiment.json"];

/** Before anything runs: that `--out` can be a folder (made and taken away), and that no earlier run is lost in it. */
export function checkFolder(path: string, { force = false }: { readonly force?: boolean }): void {
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

const isSimulation = (summary: object): summary is Summary =>
  "scenario" in summary && "metrics" in summary && "seeds" in summary && Array.isArray(summary.seeds);

/** The summary of a simulation: its folder, the file itself, or `last` for the newest of this folder. */
export function readSummary(given: string): Summary {
  const path = given === LAST && !existsSync(given) ? (newestRun(isSimulation) ?? given) : given;
  const summary = summaryIn(path);
  if (summary !== null && isSimulation(summary)) return summary;
  const what = existsSync(path) ? "this is no summary of a run" : "there is no summary of a run";
  throw new MeshworkError("invalid-file", `${path}: ${what}`, "name the folder of a run, or its summary.json");
}
