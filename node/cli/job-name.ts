/** How users name jobs in arguments: by the id or the first digits of it; `last` is the newest one. */

import { InvalidArgumentError } from "commander";
import { isHash } from "../../protocol/core/ids.ts";
import { LAST } from "../platform/runs.ts";

/** A shorter prefix of an id could mean another job tomorrow. */
const DIGITS_MIN = 4;

export const JOB_ARGUMENT = "the job: its id, the first digits of it, or last";

/** Parses the name of a job for commander. */
export function jobName(text: string): string {
  const name = text.toLowerCase();
  if (name === LAST || (name.length >= DIGITS_MIN && name.length <= 64 && /^[0-9a-f]+$/.test(name))) return name;
  const remedy = `a job is named by its id of 64 hexadecimal digits, by the first ${DIGITS_MIN} or more of them, or by ${LAST}`;
  throw new InvalidArgumentError(remedy);
}

/** Whether it is a whole id, which names one job whatever other jobs there are. */
export const isWhole = (name: string): boolean => isHash(name);
