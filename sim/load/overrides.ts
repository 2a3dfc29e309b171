/**
 * Changes a scenario file from outside, before it is parsed: `--vary faults[0].kill.share=0,0.1`, and the changes that switch a
 * scenario's mechanism off. The same schema checks them, and errors say that the value was set from outside.
 */

import type { YamlSource } from "../../node/platform/files/yaml-source.ts";
import { parseYaml } from "../../node/platform/files/yaml-source.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { Value } from "../../protocol/wire/value.ts";

export type Path = readonly (string | number)[];

export interface Override {
  /** As it was written. */
  readonly path: string;
  readonly value: Value;
}

/** Values to try, one after the other. */
export interface Variation {
  readonly path: string;
  readonly values: readonly Value[];
}

/** `faults[0].kill.share` → its keys; `null` for what is no path. */
export function parsePath(text: string): Path | null {
  const keys: (string | number)[] = [];
  const part = /([A-Za-z_][\w-]*)|\[(\d{1,6})\]/y;
  for (let at = 0; at < text.length; ) {
    if (text[at] === "." && at > 0) at++;
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) return null;
    const isFirst = at === 0;
    const [whole, key, index] = match;
    // A key stands after a dot, an index after what it is in.
    if (key !== undefined ? !isFirst && text[at - 1] !== "." : isFirst || text[at - 1] === ".") return null;
    keys.push(key ?? Number(index));
    at += whole.length;
  }
  return keys.length === 0 ? null : keys;
}

/** Cuts at the commas outside of brackets and quotes. */
function splitValues(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let from = 0;
  for (const [at, character] of [...text].entries()) {
    if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ("[{".includes(character)) depth++;
    else if ("]}".includes(character)) depth--;
    else if (character === "," && depth === 0) {
      parts.push([...text].slice(from, at).join(""));
      from = at + 1;
    }
  }
  return [...parts, [...text].slice(from).join("")];
}

const EXAMPLE = "write it like faults[0].kill.share=0,0.1,0.5";

/** `option`: the one that was used, for messages. */
export function parseVariation(option: string, text: string): Variation {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(0, at)).trim();
  if (at < 0 || parsePath(path) === null)
    throw new MeshworkError("usage", `${option} ${text}: not a path and values`, EXAMPLE);
  const values = splitValues(text.slice(at + 1)).map((part) => {
    if (part.trim() === "") throw new MeshworkError("usage", `${option} ${text}: a value is empty`, EXAMPLE);
    return parseYaml(`${option} ${path}`, part).value as Value;
  });
  return { path, values };
}

export function parseOverride(option: string, text: string): Override {
  const { path, values } = parseVariation(option, text);
  if (values.length > 1)
    throw new MeshworkError("usage", `${option} ${text}: more than one value`, "use sim sweep for several");
  return { path, value: values[0]! };
}

/** All combinations, the last variation changing fastest. */
export function gridOf(variations: readonly Variation[]): Override[][] {
  let grid: Override[][] = [[]];
  for (const { path, values } of variations)
    grid = grid.flatMap((point) => values.map((value) => [...point, { path, value }]));
  return grid;
}

export const overridesOff = (off: ReadonlyMap<string, Value>): Override[] =>
  [...off].map(([path, value]) => ({ path, value }));

/** `faults[0].kill.share=0.1`. */
export const describeOverride = ({ path, value }: Override): string => `${path}=${writeValue(value)}`;

/** In YAML's flow style, on one line. */
export function writeValue(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(writeValue).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => `${key}: ${writeValue(inner)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  const isPlain = typeof value !== "string" || /^[A-Za-z][\w./-]*$|^\d[\d.]*(?:ms|s|m|h)$/.test(value);
  return isPlain ? String(value) : JSON.stringify(value);
}

/** The file as if it said so. */
export function applyOverrides(source: YamlSource, overrides: readonly Override[]): YamlSource {
  if (overrides.length === 0) return source;
  let { value } = source;
  for (const override of overrides) {
    const path = parsePath(override.path);
    const problem = path === null ? "it is no path" : explainMissing(value, path);
    if (path === null || problem !== "")
      throw new MeshworkError("usage", `${source.file}: cannot set ${describeOverride(override)}: ${problem}`, EXAMPLE);
    value = withValue(value, path, override.value);
  }
  const file = `${source.file} with ${overrides.map(describeOverride).join(", ")}`;
  const error: YamlSource["error"] = (path, what, remedy) => {
    const line = source.lineOf(path);
    return new MeshworkError("invalid-file", `${file}${line === null ? "" : `:${line}`}: ${what}`, remedy);
  };
  return { file, value, lineOf: (path) => source.lineOf(path), error };
}

/** Why there is no such place: "" if there is, or can be. */
function explainMissing(value: unknown, path: Path): string {
  let at = value;
  let text = "";
  for (const key of path) {
    const where = text === "" ? "the file" : text;
    if (typeof key === "number") {
      if (!Array.isArray(at)) return `${where} is no list`;
      if (key >= at.length)
        return `${where} has ${at.length === 1 ? "one entry" : `${at.length} entries`}, the first is [0]`;
      at = at[key];
      text += `[${key}]`;
    } else {
      if (at === undefined || at === null) return "";
      if (typeof at !== "object" || Array.isArray(at)) return `${where} is no map`;
      at = (at as { readonly [name: string]: unknown })[key];
      text += text === "" ? key : `.${key}`;
    }
  }
  return "";
}

function withValue(value: unknown, [key, ...rest]: Path, leaf: Value): unknown {
  if (key === undefined) return leaf;
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? withValue(item, rest, leaf) : item));
  const map = (value ?? {}) as { readonly [name: string]: unknown };
  return { ...map, [key]: withValue(map[key], rest, leaf) };
}
