/**
 * What users call jobs, tasks and agents: by their ids, by a beginning that only one has, by a name that only one has.
 * `last` is the newest run. Where several are meant, all of them are listed.
 */

import { existsSync, statSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { isHash } from "../../protocol/core/ids.ts";
import { newestRun } from "../run/last-run.ts";
import { traceIn } from "../run/trace-names.ts";

export const LAST = "last";
/** A shorter beginning of an id would mean another job tomorrow. */
const DIGITS_MIN = 4;

export const JOB_ARGUMENT = "the job: its id, the first digits of it, or last";

/** How a job is named, for commander. */
export function jobName(text: string): string {
  const name = text.toLowerCase();
  if (name === LAST || (name.length >= DIGITS_MIN && name.length <= 64 && /^[0-9a-f]+$/.test(name))) return name;
  const remedy = `a job is named by its id of 64 hexadecimal digits, by the first ${DIGITS_MIN} or more of them, or by ${LAST}`;
  throw new InvalidArgumentError(remedy);
}

/** Whether it is a whole id, which names one job whatever others there are. */
export const isWhole = (name: string): boolean => isHash(name);

/** The folder that the user named, or the folder of the newest run for `last`. Throws `usage` if there is no run yet. */
export function runNamed(given: string): string {
  if (given !== LAST || existsSync(given)) return given;
  const folder = newestRun();
  if (folder !== null) return folder;
  throw new MeshworkError("usage", "no run was begun here yet", "name the folder of one, or begin one: meshwork demo");
}

/** The trace that a path leads to: a file, or the folder of a run. */
export function traceOfRun(given: string): string {
  const path = runNamed(given);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? traceIn(path) : path;
}
