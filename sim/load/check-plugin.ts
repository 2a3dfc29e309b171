/**
 * Checks whether a plugin module exports a plugin: its parts, their names, functions and options. Names the first thing that is
 * wrong; it does not judge what the plugin does when it runs.
 */

import type { Plugin } from "../model/registry.ts";

/** What is wrong, and what to do. */
interface PluginProblem {
  readonly what: string;
  readonly remedy: string;
}

type Part = keyof Plugin;

interface PartRules {
  /** One of them, in words. */
  readonly noun: string;
  readonly functions: readonly string[];
  readonly flags?: readonly string[];
  readonly hasOptions?: boolean;
  /** Keys of options that mean something else where the part is named in a file. */
  readonly reserved?: readonly string[];
}

export const PARTS: { readonly [part in Part]-?: PartRules } = {
  behaviours: { noun: "behaviour", functions: ["apply"], hasOptions: true },
  faults: {
    noun: "fault",
    functions: ["begin"],
    flags: ["isTargeted", "lasts"],
    hasOptions: true,
    reserved: ["which", "share", "count", "upTo", "for"],
  },
  shapes: { noun: "job shape", functions: ["tasks", "nodes"], hasOptions: true, reserved: ["kind"] },
  checkers: { noun: "checker", functions: ["create"] },
  metrics: { noun: "metric", functions: ["create"] },
  selectors: { noun: "selector", functions: ["score"] },
};

/** What keys and metrics may be called, so that expectations can name them. */
const NAME = /^[A-Za-z][\w.-]{0,63}$/;
/** What stands beside a fault on its line. */
const WHEN = ["at", "between"];

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isRange(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [least, most] = value as unknown[];
  return typeof least === "number" && typeof most === "number" && least < most;
}

const problem = (what: string, remedy: string): PluginProblem => ({ what, remedy });

/** `suggest`: the nearest of some words, or null. */
export function checkPlugin(
  exported: unknown,
  suggest: (written: string, known: readonly string[]) => string | null,
): PluginProblem | null {
  const parts = Object.keys(PARTS) as Part[];
  if (!isObject(exported)) return problem("it exports no plugin", "export default { faults: [ … ] } from it");
  for (const key of Object.keys(exported)) {
    if (key in PARTS) continue;
    const near = suggest(key, parts);
    const remedy = near === null ? `a plugin has ${parts.join(", ")}` : `did you mean "${near}"?`;
    return problem(`unknown key "${key}"`, remedy);
  }
  for (const part of parts) {
    const found = checkPart(part, exported[part]);
    if (found !== null) return found;
  }
  return null;
}

function checkPart(part: Part, items: unknown): PluginProblem | null {
  if (items === undefined) return null;
  if (!Array.isArray(items)) return problem(`${part} is no list`, `write ${part}: [ … ]`);
  const names = new Set<string>();
  for (const [index, item] of items.entries()) {
    const found = checkItem(part, `${part}[${index}]`, item);
    if (found !== null) return found;
    const { name } = item as { readonly name: string };
    if (names.has(name)) return problem(`two ${part} are called "${name}"`, "rename one of them");
    names.add(name);
  }
  return null;
}

function checkItem(part: Part, where: string, item: unknown): PluginProblem | null {
  const { noun, functions, flags = [], hasOptions = false, reserved = [] } = PARTS[part];
  if (!isObject(item)) return problem(`${where} is no ${noun}`, "make it an object with a name");
  const { name } = item;
  if (typeof name !== "string" || name === "") return problem(`${where} has no name`, 'add name: "…"');
  // A checker's stands among invariants, as words; the others are written in scenarios.
  if (part !== "checkers" && (!NAME.test(name) || (part === "faults" && WHEN.includes(name)))) {
    const remedy = "use letters, digits, dots, dashes and underscores, a letter first";
    return problem(`${noun} "${name}": its name cannot stand in a scenario`, remedy);
  }
  const called = `${noun} "${name}"`;
  const texts = part === "metrics" ? ["summary", "unit"] : ["summary"];
  for (const key of texts)
    if (typeof item[key] !== "string") return problem(`${called} has no ${key}`, `add ${key}: "…"`);
  // A selector scores each candidate, or keeps a state and chooses among all of them.
  const asked = part === "selectors" && "choose" in item ? ["start", "choose"] : functions;
  for (const key of asked)
    if (typeof item[key] !== "function") return problem(`${called} has no function ${key}`, `add ${key}(…) { … }`);
  for (const key of flags)
    if (typeof item[key] !== "boolean") return problem(`${called} does not say ${key}`, `add ${key}: true or false`);
  if (part === "metrics" && item.range !== undefined && !isRange(item.range))
    return problem(`${called}: its range is no least and most`, "write range: [0, 1], or [-Infinity, Infinity]");
  if (!hasOptions) return null;
  const keys = optionKeys(item.options);
  if (keys === null) return problem(`${called}: its options are no zod object`, "write options: z.strictObject({ … })");
  const taken = keys.find((key) => reserved.includes(key));
  return taken === undefined ? null : problem(`${called}: an option cannot be called "${taken}"`, "rename it");
}

/** By its parts, not its class: the plugin may have a zod of its own. */
function optionKeys(options: unknown): readonly string[] | null {
  if (!isObject(options) || !isObject(options.shape) || typeof options.extend !== "function") return null;
  return Object.keys(options.shape);
}
