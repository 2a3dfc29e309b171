/** Where two JSON documents differ: the first field that one of them lacks or has another value for. */

import { formatPath } from "./file-error.ts";

export interface Difference {
  /** Like `committee[0].agent`. */
  readonly path: string;
  readonly kind: "changed" | "missing" | "unknown";
  /** In JSON, as much as fits a line. */
  readonly expected: string;
  readonly found: string;
}

const SHOWN_CHARS = 80;

function shown(value: unknown): string {
  const text = isContainer(value) ? inWords(value) : (JSON.stringify(value) ?? "nothing");
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

function inWords(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "something else"; // nested deeper than the engine takes
  }
}

const isContainer = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null;

/** `expected` and `found`: as JSON.parse returns them. Null if they are equal. */
export function firstDifference(
  expected: unknown,
  found: unknown,
  path: readonly (string | number)[] = [],
): Difference | null {
  const part = (kind: Difference["kind"], where: readonly (string | number)[]): Difference => ({
    path: formatPath(where),
    kind,
    expected: shown(expected),
    found: shown(found),
  });
  if (!isContainer(expected) || !isContainer(found) || Array.isArray(expected) !== Array.isArray(found))
    return Object.is(expected, found) ? null : part("changed", path);
  const at = (key: string): (string | number)[] => [...path, Array.isArray(expected) ? Number(key) : key];
  for (const key of Object.keys(expected)) {
    if (!Object.hasOwn(found, key)) return part("missing", at(key));
    const difference = firstDifference(expected[key], found[key], at(key));
    if (difference !== null) return difference;
  }
  const unknown = Object.keys(found).find((key) => !Object.hasOwn(expected, key));
  return unknown === undefined ? null : part("unknown", at(unknown));
}
