/** Where in an operator's module an error comes from, for one-line messages. */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stackOf } from "./thrown.ts";

/** The line of `file`, from 1, or null. Node writes it into the error's stack: `file:///…/skills.ts:12`. */
export function lineOfThrow(file: string, error: unknown): number | null {
  const text = stackOf(error);
  const path = resolve(file);
  const at = [pathToFileURL(path).href, path]
    .map((name) => text.indexOf(`${name}:`) + name.length + 1)
    .find((i) => text[i - 1] === ":");
  return at === undefined ? null : Number.parseInt(text.slice(at), 10) || null;
}
