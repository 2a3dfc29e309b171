/**
 * Paths into values: `items[2].name`; "" is the whole. Used by the ledger (a map over a part of an output) and by
 * workers (an input that is a part of one), so both find the same part.
 */

import type { Value } from "./value.ts";

/** One step: a key, after a dot unless it is the first, or an index. Each path has one spelling. */
const FIRST = /^(?:([^.[\]]+)|\[(0|[1-9]\d{0,8})\])/;
const NEXT = /^(?:\.([^.[\]]+)|\[(0|[1-9]\d{0,8})\])/;

/** The steps of a path, keys as text and indexes as numbers; null if it is malformed. */
export function stepsOf(path: string): (string | number)[] | null {
  const steps: (string | number)[] = [];
  let rest = path;
  while (rest !== "") {
    const match = (steps.length === 0 ? FIRST : NEXT).exec(rest);
    if (match === null) return null;
    rest = rest.slice(match[0].length);
    steps.push(match[2] === undefined ? match[1]! : Number(match[2]));
  }
  return steps;
}

/** The part of `value` at `path`, or undefined where there is none or the path is malformed. */
export function selectPath(value: Value, path: string): Value | undefined {
  const steps = stepsOf(path);
  if (steps === null) return undefined;
  let part: Value | undefined = value;
  for (const step of steps) {
    if (typeof part !== "object" || part === null) return undefined;
    if (typeof step === "number") part = Array.isArray(part) ? part[step] : undefined;
    else if (Array.isArray(part) || !Object.hasOwn(part, step)) return undefined;
    else part = (part as { readonly [key: string]: Value })[step];
  }
  return part;
}

export const isPath = (path: string): boolean => stepsOf(path) !== null;
