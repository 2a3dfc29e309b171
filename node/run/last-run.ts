/** Which run is the newest: among those in the usual folder and the last one that was sent to another place. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Where runs leave their files unless they are told another place. */
export const RUNS_FOLDER = join(".meshwork", "runs");
/** Holds the path of the last run's folder, wherever that is. */
const LAST_RUN = join(".meshwork", "last-run");

/** If it cannot be written, `last` does not find the run, and nothing else is lost. */
export function noteLastRun(folder: string): void {
  try {
    mkdirSync(dirname(LAST_RUN), { recursive: true });
    writeFileSync(LAST_RUN, `${resolve(folder)}\n`);
  } catch {
    // a folder that cannot be written to
  }
}

const writtenMs = (folder: string): number =>
  statSync(join(folder, "summary.json"), { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;

/** The job of a run; null if it is a simulation, or no run at all. */
function jobOfRun(folder: string): string | null {
  try {
    const { job } = JSON.parse(readFileSync(join(folder, "summary.json"), "utf8")) as { readonly job?: unknown };
    return typeof job === "string" ? job : null;
  } catch {
    return null;
  }
}

/** The folder of the newest run of a job that was begun from here; null if there is none. */
export function newestRun(): string | null {
  const usual = existsSync(RUNS_FOLDER) ? readdirSync(RUNS_FOLDER).map((name) => join(RUNS_FOLDER, name)) : [];
  const last = existsSync(LAST_RUN) ? [readFileSync(LAST_RUN, "utf8").trim()] : [];
  const runs = [...usual, ...last].map((folder) => ({ folder, atMs: writtenMs(folder) }));
  const newestFirst = runs.filter(({ atMs }) => !Number.isNaN(atMs)).sort((a, b) => b.atMs - a.atMs);
  return newestFirst.find(({ folder }) => jobOfRun(folder) !== null)?.folder ?? null;
}
