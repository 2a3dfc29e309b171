/**
 * Paths into values: `items[2].name`; "" is the whole. Used by the ledger (a map over a part of an output) and by
 * workers (an input that is a part of one), so both find the same part.
 */

import type { Value } from "../wire/value.ts";

const STEP = /^(?:\.?([^.[\]]+)|\[(\d+)\])/;

/** The part of `value` at `path`, or undefined where there is none or the path is malformed. */
export function selectPath(value: Value, path: string): Value | undefined {
  let part: Value | undefined = value;
  let rest = path;
  while (rest !== "") {
    const match = STEP.exec(rest);
    if (match === null || typeof part !== "object" || part === null) return undefined;
    rest = rest.slice(match[0].length);
    const [, key, index] = match;
    if (index !== undefined) part = Array.isArray(part) ? part[Number(index)] : undefined;
    else if (Array.isArray(part) || !Object.hasOwn(part, key!)) return undefined;
    else part = (part as { readonly [key: string]: Value })[key!];
    if (part === undefined) return undefined;
  }
  return part;
}

export const isPath = (path: string): boolean => {
  let rest = path;
  while (rest !== "") {
    const match = STEP.exec(rest);
    if (match === null) return false;
    rest = rest.slice(match[0].length);
  }
  return true;
};
