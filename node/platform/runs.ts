/** Where runs of jobs and of simulations leave their files, and which of them `last` and a folder mean. */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";

/** The newest run, where a user names one; the newest job, where a user names a job. */
export const LAST = "last";
const RUNS_FOLDER = join(".meshwork", "runs");
/** Holds the path of the folder of the last run of a job, wherever that is. */
const LAST_RUN = join(".meshwork", "last-run");
/** Every run leaves one. */
const SUMMARY = "summary.json";

/** What the owner and the agents of a local mesh write while they run, below `agents/`. Only joining reads it. */
export const OWNER_TRACE = "owner.msgpack";
export const AGENT_TRACE = "trace.msgpack";

/** The joined trace of all agents, as JSON lines or as msgpack (traces/trace-encoding.ts): one of them is in the folder of a run. */
export const JOINED_TRACES = ["trace.jsonl", "trace.msgpack"] as const;

/** Traces of more agents than this are not made as JSON lines, which would take hundreds of megabytes. */
const JSON_LINES_AGENTS = 20;

export const joinedTraceName = (agents: number): string => JOINED_TRACES[agents > JSON_LINES_AGENTS ? 1 : 0];

/** Where a run leaves its files unless it is told another place: `.meshwork/runs/<time>-<name>`. */
export const usualFolder = (startedMs: number, name: string | number): string =>
  join(RUNS_FOLDER, `${new Date(startedMs).toISOString().slice(0, 19).replaceAll(":", "-")}-${name}`);

/** If it cannot be written, `last` does not find the run, and nothing else is lost. */
export function noteLastRun(folder: string): void {
  try {
    mkdirSync(dirname(LAST_RUN), { recursive: true });
    writeFileSync(LAST_RUN, `${resolve(folder)}\n`);
  } catch {
    // a folder that cannot be written to
  }
}

/** The summary in the folder of a run, or in a file; null if it has none. */
export function summaryIn(path: string): object | null {
  try {
    const isFolder = statSync(path).isDirectory();
    const summary: unknown = JSON.parse(readFileSync(isFolder ? join(path, SUMMARY) : path, "utf8"));
    return typeof summary === "object" ? summary : null;
  } catch {
    return null;
  }
}

/** Runs of jobs say which; simulations do not. */
const isOfJob = (summary: object): boolean => "job" in summary && typeof summary.job === "string";

/** The folder of the newest run that was begun from here and that `isMeant`; null if no run is. */
export function newestRun(isMeant: (summary: object, folder: string) => boolean = isOfJob): string | null {
  const usual = existsSync(RUNS_FOLDER) ? readdirSync(RUNS_FOLDER).map((name) => join(RUNS_FOLDER, name)) : [];
  const last = existsSync(LAST_RUN) ? [readFileSync(LAST_RUN, "utf8").trim()] : [];
  const atMs = (folder: string): number => statSync(join(folder, SUMMARY), { throwIfNoEntry: false })?.mtimeMs ?? -1;
  const runs = [...usual, ...last].map((folder) => ({ folder, atMs: atMs(folder) })).sort((a, b) => b.atMs - a.atMs);
  for (const { folder } of runs) {
    const summary = summaryIn(folder);
    if (summary !== null && isMeant(summary, folder)) return folder;
  }
  return null;
}

const NO_RUN = "name the folder of one, or begin one: meshwork demo";

/** The folder that the user named, or the folder of the newest run of a job for `last`. Throws `usage` if there is no run yet. */
export function runNamed(given: string): string {
  if (given !== LAST || existsSync(given)) return given;
  const folder = newestRun();
  if (folder !== null) return folder;
  throw new MeshworkError("usage", "no run was begun here yet", NO_RUN);
}

/** The joined trace in the folder of a run. */
export function traceIn(folder: string): string {
  const [lines, stream] = JOINED_TRACES.map((name) => join(folder, name)) as [string, string];
  return existsSync(stream) && !existsSync(lines) ? stream : lines;
}

/**
 * The trace that a path leads to: a file, or the folder of a run. `last` is the newest run of a job that has one; those of
 * jobs that were submitted to a mesh have none. Throws `usage` if there is no such run.
 */
export function traceOfRun(given: string): string {
  const isNamed = given !== LAST || existsSync(given);
  const path = isNamed ? given : newestRun((summary, folder) => isOfJob(summary) && existsSync(traceIn(folder)));
  if (path === null) throw new MeshworkError("usage", "no run with a trace was begun here yet", NO_RUN);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? traceIn(path) : path;
}
