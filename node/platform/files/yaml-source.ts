/**
 * YAML files of the operator: text → value, and every problem as one line that names file, line, what is wrong
 * and what to do.
 *
 * Responsible for: syntax, finding the line of a part of the file, and putting the objections of a
 * zod schema into words. What a file may say is up to its schema (schema.ts, ../skills/process/load-skills.ts).
 */

import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { z } from "zod";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import { nearest, suggest } from "../text/nearest.ts";
import { explainInexact, isExact } from "./exact-numbers.ts";
import { fileError, formatPath, type Path } from "./file-error.ts";

/** Longer files are refused before they are parsed: nobody writes them, and parsing costs many times their size. */
const TEXT_CHARS_MAX = 16 * 1024 * 1024;

/** A parsed file that still knows where each of its parts stands; or an object, which has no lines. */
export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** The line of the value at `path`, or of the nearest part around it that exists. From 1. */
  lineOf(path: Path): number | null;
  /** The error to throw about the part at `path`. */
  error(path: Path, what: string, remedy: string): MeshworkError;
}

/** `file` is only for messages. */
export function parseYaml(file: string, text: string): YamlSource {
  if (text.length > TEXT_CHARS_MAX) {
    throw fileError(file, null, `more than ${TEXT_CHARS_MAX} characters`, "move the data into files of its own");
  }
  const lines = new LineCounter();
  const lineAt = (node: unknown): number | null =>
    isNode(node) && node.range ? lines.linePos(node.range[0]).line : null;
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem?.code === "MULTIPLE_DOCS") {
      const what = "a second document begins here, and a file holds one (--- and ... end a document)";
      throw fileError(file, lines.linePos(problem.pos[0]).line, what, "make it a file of its own");
    }
    if (problem !== undefined) {
      throw fileError(file, lines.linePos(problem.pos[0]).line, problem.message, "check the YAML syntax there");
    }
    // There, 1_000, 1:30 and 0b11 are numbers, and `no` is false: nobody who reads the file would expect that.
    if (document.directives?.yaml.version !== "1.2") {
      const what = `it asks for YAML ${document.directives?.yaml.version}, and is read as YAML 1.2`;
      throw fileError(file, null, what, "leave the line %YAML away");
    }
    const inexact = firstInexact(document);
    if (inexact !== null) {
      const { what, remedy } = explainInexact(inexact.where, inexact.literal);
      throw fileError(file, lineAt(inexact.node), what, remedy);
    }
    const lineOf = (path: Path): number => lineInside(document.contents, path, lineAt);
    return {
      file,
      value: document.toJS() as unknown,
      lineOf,
      error: (path, what, remedy) => fileError(file, lineOf(path), what, remedy),
    };
  } catch (error) {
    if (error instanceof MeshworkError) throw error;
    // Nesting that overflows the parser's stack, or aliases that unfold without end.
    throw fileError(file, null, `cannot be parsed: ${(error as Error).message}`, "write it more simply");
  }
}

/** The value of a key at the top of a file, as if it were the whole file; its errors name the file's lines. */
export const partOf = (whole: YamlSource, key: string): YamlSource => ({
  file: whole.file,
  value: (whole.value as { readonly [name: string]: unknown })[key],
  lineOf: (path) => whole.lineOf([key, ...path]),
  error: (path, what, remedy) => whole.error([key, ...path], what, remedy),
});

/** What was not written in a file, as if it were one: its errors name no lines. `name`: for messages. */
export const objectSource = (name: string, value: unknown): YamlSource => ({
  file: name,
  value,
  lineOf: () => null,
  error: (_, what, remedy) => fileError(name, null, what, remedy),
});

/** The first number, as a value or a key, that would not be read as it is written. */
function firstInexact(document: Document): { node: Node; literal: string; where: string } | null {
  let found: { node: Node; literal: string; where: string } | null = null;
  visit(document, {
    Scalar(key, node, ancestors) {
      const { value, source } = node;
      if (typeof value !== "number" || source === undefined) return undefined;
      const isKey = key === "key";
      // A key is a name, which has to stay as it is written: 007 would become 7.
      if (isExact(source) && (!isKey || source === String(value))) return undefined;
      const path = formatPath(pathOf([...ancestors, node])) || "the file";
      const where = isKey ? `a key of ${path}` : path;
      found = { node, literal: source, where };
      return visit.BREAK;
    },
  });
  return found;
}

/** The keys and places that lead through nodes of a document, from outside in. */
function pathOf(nodes: readonly unknown[]): Path {
  return nodes.flatMap((node, i): Path => {
    const inner = nodes[i + 1];
    if (isSeq(node)) return [node.items.indexOf(inner)];
    return isPair(node) && inner === node.value && isScalar(node.key) ? [String(node.key.value)] : [];
  });
}

function lineInside(root: Node | null, path: Path, lineAt: (node: unknown) => number | null): number {
  let line = lineAt(root) ?? 1;
  let node: unknown = root;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) break;
      line = lineAt(pair.key) ?? line;
      node = pair.value;
    } else {
      const items: readonly unknown[] | null =
        isNode(node) && "items" in node && Array.isArray(node.items) ? node.items : null;
      if (items === null || typeof key !== "number" || key >= items.length) break;
      node = items[key];
      line = lineAt(node) ?? line;
    }
  }
  return line;
}

/** The file's value as its schema wants it. Throws the first problem, by line. */
export function parseWith<S extends z.ZodType>(source: YamlSource, schema: S): z.output<S> {
  const parsed = schema.safeParse(source.value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => describeIssue(source, schema, issue));
  // A mistyped key is also a missing one: the slip says more than what lacks because of it.
  problems.sort((a, b) => Number(a.missing) - Number(b.missing) || (a.line ?? 0) - (b.line ?? 0));
  const first = problems[0]!;
  throw fileError(source.file, first.line, first.what, first.remedy);
}

interface Problem {
  readonly line: number | null;
  readonly what: string;
  readonly remedy: string;
  /** Something is not there, rather than wrong. */
  readonly missing: boolean;
}

function describeIssue(source: YamlSource, schema: z.ZodType, issue: z.core.$ZodIssue, base: Path = []): Problem {
  const path = [...base, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return describeIssue(source, schema, likeliest(issue.errors, valueAt(source.value, path)), path);
  }
  const where = path.length === 0 ? "the file" : formatPath(path);
  const line = source.lineOf(path);
  const problem = (what: string, remedy = ""): Problem => ({ line, what, remedy, missing: false });
  if (issue.code === "invalid_key") {
    return problem(`"${String(path.at(-1))}" is no valid name: ${issue.issues[0]!.message}`, "rename it");
  }
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const inside = path.length === 0 ? "" : ` in ${where}`;
    const known = keysAt(schema, source.value, path);
    const elsewhere = nearest(key, known) === null ? placeOf(schema, key) : null;
    const advice = elsewhere === null ? suggest(key, known) : `it stands in ${formatPath(elsewhere.slice(0, -1))}`;
    const told = problem(`unknown key "${key}"${inside}`, advice);
    return { ...told, line: source.lineOf([...path, key]) };
  }
  const value = valueAt(source.value, path);
  if (path.length > 0 && value === undefined) {
    const parent = path.length === 1 ? "the file" : formatPath(path.slice(0, -1));
    return { ...problem(`${parent} has no "${String(path.at(-1))}"`, "add it"), missing: true };
  }
  if (issue.code === "invalid_type") {
    const wanted = WANTED.get(issue.expected) ?? `of type ${issue.expected}`;
    return problem(`${where} must be ${wanted}, not ${typeName(value)}`, "correct it");
  }
  const words = allowedWords(issue);
  if (words !== null) return problem(`${where} cannot be "${String(value)}"`, suggest(String(value), words));
  if (issue.code === "too_small") return problem(`${where} must be at least ${issue.minimum}`, "raise it");
  if (issue.code === "too_big") return problem(`${where} must be at most ${issue.maximum}`, "lower it");
  const [objection, advice] = issue.message.split(" – ");
  return problem(`${where}: ${objection}`, advice ?? "correct it");
}

const WANTED: ReadonlyMap<string, string> = new Map([
  ["object", "a map"],
  ["record", "a map"],
  ["array", "a list"],
  ["string", "text"],
  ["int", "a whole number"],
  ["number", "a number"],
  ["boolean", "true or false"],
]);

/** The words that may be chosen from, if the value is none of them; `null` for every other issue. */
function allowedWords(issue: z.core.$ZodIssue): readonly string[] | null {
  if (issue.code === "invalid_value") return issue.values.map(String);
  if (issue.code !== "invalid_union" || !("options" in issue) || !Array.isArray(issue.options)) return null;
  return issue.options.map(String);
}

/** The branch of a union that the writer most likely meant: the right kind of thing, with the fewest complaints. */
function likeliest(branches: readonly (readonly z.core.$ZodIssue[])[], value: unknown): z.core.$ZodIssue {
  const isObject = typeof value === "object";
  const isOtherKind = ({ code, path }: z.core.$ZodIssue): boolean =>
    path.length === 0 && (code === "invalid_type" || (code === "invalid_value" && isObject));
  const score = (issues: readonly z.core.$ZodIssue[]): number => issues.length + (issues.some(isOtherKind) ? 100 : 0);
  const meant = [...branches].sort((a, b) => score(a) - score(b))[0]!;
  return meant.find((issue) => issue.code === "unrecognized_keys") ?? meant[0]!;
}

/** The keys that a schema knows at `path` of `value`. For a union: the keys of all branches that the value can be. */
function keysAt(schema: z.core.$ZodType, value: unknown, path: Path): string[] {
  const def = schema._zod.def as unknown as { readonly [field: string]: unknown };
  const inner = (field: string): z.core.$ZodType | undefined => def[field] as z.core.$ZodType | undefined;
  if (def.type === "union") return branchesOf(def, value).flatMap((option) => keysAt(option, value, path));
  const wrapped = inner("innerType") ?? (def.type === "pipe" ? inner("in") : undefined);
  if (wrapped !== undefined) return keysAt(wrapped, value, path);
  const shape = def.shape as { readonly [name: string]: z.core.$ZodType } | undefined;
  const [key, ...rest] = path;
  if (key === undefined) return shape === undefined ? [] : Object.keys(shape);
  const next = shape !== undefined ? shape[String(key)] : (inner("valueType") ?? inner("element"));
  return next === undefined ? [] : keysAt(next, valueAt(value, [key]), rest);
}

/** How deep to look, in nested maps, for a key that stands in the wrong place. */
const DEPTH_MAX = 3;

/** The path of the first map of maps that knows `key`, beyond the file's own keys; null if none does. */
function placeOf(schema: z.core.$ZodType, key: string): Path | null {
  let level: { readonly path: Path; readonly schema: z.core.$ZodType }[] = [{ path: [], schema }];
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    level = level.flatMap(({ path, schema: outer }) =>
      [...shapeOf(outer)].map(([name, inner]) => ({ path: [...path, name], schema: inner })),
    );
    const found = level.find(({ path }) => depth > 0 && path.at(-1) === key);
    if (found !== undefined) return found.path;
  }
  return null;
}

/** The keys of a map with their schemas, whatever wraps it. Empty if it is not a map with named keys. */
function shapeOf(schema: z.core.$ZodType): ReadonlyMap<string, z.core.$ZodType> {
  const def = schema._zod.def as unknown as { readonly [field: string]: unknown };
  const wrapped = (def.innerType ?? (def.type === "pipe" ? def.in : undefined)) as z.core.$ZodType | undefined;
  if (wrapped !== undefined) return shapeOf(wrapped);
  return new Map(Object.entries((def.shape ?? {}) as { readonly [name: string]: z.core.$ZodType }));
}

/** The branch of a union that a key names, if a key tells the branches apart; otherwise all of them. */
function branchesOf(def: { readonly [field: string]: unknown }, value: unknown): z.core.$ZodType[] {
  const options = def.options as z.core.$ZodType[];
  if (typeof def.discriminator !== "string") return options;
  const key = def.discriminator;
  const named = valueAt(value, [key]);
  return options.filter((option) => option._zod.propValues?.[key]?.has(named as z.core.util.Primitive) ?? true);
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as { readonly [name: PropertyKey]: unknown })[key];
  }
  return at;
}

function typeName(value: unknown): string {
  if (value === null) return "nothing (null)";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : typeof value === "string" ? "text" : `a ${typeof value}`;
}
