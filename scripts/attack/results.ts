/** The results of attacks as a file: what they are of, and those of an earlier version beside them. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { ATTACKS } from "./catalog.ts";
import type { Measured } from "./measure.ts";

/** What was measured, and where. */
interface About {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  /** How long honest jobs were submitted in each, s. */
  readonly seconds: number;
}

export interface AttackResults extends About {
  readonly baseline: Measured;
  readonly measured: readonly Measured[];
  /** The same attacks on an earlier version. */
  readonly before: AttackResults | null;
}

const git = (...args: readonly string[]): string =>
  execFileSync("git", args, { cwd: import.meta.dirname, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

function commitOf(): string {
  try {
    const isChanged = git("status", "--porcelain", "--untracked-files=no") !== "";
    return `${git("rev-parse", "--short", "HEAD")}${isChanged ? " with changes" : ""}`;
  } catch {
    return "unknown";
  }
}

export function aboutThis(seconds: number): About {
  const memoryGib = Math.round(totalmem() / 1024 ** 3);
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? "unknown"}), ${memoryGib} GiB, Node ${process.version}`;
  return { date: new Date().toISOString().slice(0, 10), commit: commitOf(), machine, seconds };
}

export function readResults(file: string): AttackResults {
  const bad = (what: string): MeshworkError =>
    new MeshworkError("invalid-file", `${file} ${what}`, "name a file that `npm run attack -- --json` printed");
  let results: Partial<AttackResults>;
  try {
    results = JSON.parse(readFileSync(file, "utf8")) as Partial<AttackResults>;
  } catch (error) {
    throw bad(`cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof results !== "object" || results?.baseline === undefined || !Array.isArray(results.measured))
    throw bad("has no results of attacks");
  return results as AttackResults;
}

/** `newer`, and what `older` has of other attacks, in the order of the catalog. */
export function withKept(newer: readonly Measured[], older: readonly Measured[]): Measured[] {
  const all = [...newer, ...older.filter(({ attack }) => newer.every((one) => one.attack !== attack))];
  return ATTACKS.flatMap(({ name }) => all.filter(({ attack }) => attack === name));
}
