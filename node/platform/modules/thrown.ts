/**
 * Describes what foreign code threw. That may be anything: not an error at all, an object without a text form, or a proxy
 * or a getter that throws again. Nothing here throws.
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";

const INDESCRIBABLE = "it threw something that cannot be described";

/** Runs `read` on something that may throw at every touch. */
function carefully<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

const textOf = (error: Error, key: "message" | "name" | "stack"): string =>
  carefully(() => {
    const text: unknown = error[key];
    return typeof text === "string" ? text : "";
  }, "");

const isError = (thrown: unknown): thrown is Error => carefully(() => thrown instanceof Error, false);

/** Its message, or what it looks like. Never empty. */
export function describeThrown(thrown: unknown): string {
  if (typeof thrown === "string" && thrown !== "") return thrown;
  if (isError(thrown)) {
    const text = textOf(thrown, "message") || textOf(thrown, "name");
    if (text !== "") return text;
  }
  const look = () => inspect(thrown, { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
  return carefully(look, "") || INDESCRIBABLE;
}

/** Its stack and message as text, "" if it has none. */
export function stackOf(thrown: unknown): string {
  return isError(thrown) ? `${textOf(thrown, "stack")}\n${textOf(thrown, "message")}` : "";
}

/** The `code` that Node gives its errors, or "". */
export function codeOf(thrown: unknown): string {
  return carefully(() => (isError(thrown) && "code" in thrown ? String(thrown.code) : ""), "");
}

/** The line of `file`, from 1, or null. Node writes it into the error's stack: `file:///…/skills.ts:12`. */
export function lineOfThrow(file: string, error: unknown): number | null {
  const text = stackOf(error);
  const path = resolve(file);
  const at = [pathToFileURL(path).href, path]
    .map((name) => text.indexOf(`${name}:`) + name.length + 1)
    .find((i) => text[i - 1] === ":");
  return at === undefined ? null : Number.parseInt(text.slice(at), 10) || null;
}
