/**
 * Length of files and functions. Above the direction (400 and 70 lines) only what a committed list names may
 * stand, at most as long as it says; the list is lowered by `npm run tidy -- --write` and raised only on purpose
 * (`--admit`), where a reviewer sees it.
 *
 * Test files are bound by the file's length only: a `describe` is one long function by nature.
 */

import type { Finding } from "./rules.ts";
import { lineOf, type SourceFile } from "./source.ts";

const FILE_LINES = 400;
const FUNCTION_LINES = 70;

/** Lines of what is longer than the direction, by path, and by path and function. */
export interface Ratchet {
  readonly files: { readonly [path: string]: number };
  readonly functions: { readonly [key: string]: number };
}

interface MeasuredFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** The offset of the bracket that opens what closes at `at`, or -1. */
function opening(code: string, at: number): number {
  let depth = 0;
  for (let i = at; i >= 0; i--) {
    const char = code[i]!;
    if (char === ")") depth++;
    if (char === "(" && --depth === 0) return i;
  }
  return -1;
}

/** After a parameter list: nothing, or a return type without braces. */
const RETURN_TYPE = /\)\s*(?::[^;{}=]*)?$/;
const CONTROL = /\b(?:if|for|while|switch|catch|with)\s*(?:await\s*)?$/;
const NAMED = /([#\w$]+)\s*(?:<[^()]*>)?\s*$/;
const ASSIGNED = /(?:\b(?:const|let|var)\s+|\.|\s)([#\w$]+)\s*(?::[^=;{}]*)?=\s*(?:async\s*)?$/;

/** How far back a function's head may begin from its brace. */
const HEAD_CHARACTERS = 4_000;

/** What stands before a brace that opens a function's body: its name and where it begins; null for other braces. */
function functionBefore(code: string, brace: number): { name: string; start: number } | null {
  const base = Math.max(0, brace - HEAD_CHARACTERS);
  const before = code.slice(base, brace).trimEnd();
  const arrow = before.endsWith("=>");
  const head = arrow ? before.slice(0, -2).trimEnd() : before;
  const close = RETURN_TYPE.exec(head)?.index ?? -1;
  if (close < 0) return arrow ? { name: "(arrow)", start: base + head.length } : null;
  const open = opening(head, close);
  if (open < 0) return null;
  const lead = head.slice(0, open);
  if (arrow) return { name: ASSIGNED.exec(lead)?.[1] ?? "(arrow)", start: base + open };
  if (CONTROL.test(lead)) return null;
  return { name: NAMED.exec(lead)?.[1] ?? "(function)", start: base + open };
}

/** The functions of a file with their lengths, header included. */
export function measureFunctions(code: string): MeasuredFunction[] {
  const found: MeasuredFunction[] = [];
  const open: ({ name: string; start: number } | null)[] = [];
  for (let i = 0; i < code.length; i++) {
    if (code[i] === "{") open.push(functionBefore(code, i));
    if (code[i] !== "}") continue;
    const body = open.pop();
    if (body === null || body === undefined) continue;
    const line = lineOf(code, body.start);
    found.push({ name: body.name, line, lines: lineOf(code, i) - line + 1 });
  }
  return found;
}

const countLines = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

interface Measured {
  readonly ratchet: { files: { [path: string]: number }; functions: { [key: string]: number } };
  /** Where each entry stands. */
  readonly places: Map<string, { path: string; line: number }>;
}

function measure(sources: readonly SourceFile[]): Measured {
  const ratchet: Measured["ratchet"] = { files: {}, functions: {} };
  const places: Measured["places"] = new Map();
  for (const { path, text, code } of sources) {
    const fileLines = countLines(text);
    if (fileLines > FILE_LINES) {
      ratchet.files[path] = fileLines;
      places.set(path, { path, line: 1 });
    }
    if (path.startsWith("test/") || fileLines <= FUNCTION_LINES) continue;
    for (const { name, line, lines } of measureFunctions(code)) {
      if (lines <= FUNCTION_LINES) continue;
      let key = `${path} ${name}`;
      for (let n = 2; key in ratchet.functions; n++) key = `${path} ${name} ${n}`;
      ratchet.functions[key] = lines;
      places.set(key, { path, line });
    }
  }
  return { ratchet, places };
}

function compare(kind: "file" | "function", now: Ratchet["files"], kept: Ratchet["files"], { places }: Measured) {
  const most = kind === "file" ? FILE_LINES : FUNCTION_LINES;
  const findings: Finding[] = [];
  for (const [key, lines] of Object.entries(now)) {
    const allowed = kept[key] ?? most;
    if (lines <= allowed) continue;
    const why = key in kept ? `it had ${allowed} and may only shrink` : `${allowed} are the direction`;
    findings.push({ ...places.get(key)!, rule: `${kind}-length`, message: `${key}: ${lines} lines; ${why}` });
  }
  for (const [key, allowed] of Object.entries(kept)) {
    if ((now[key] ?? 0) >= allowed) continue;
    const message = `${key} is shorter than its ${allowed} lines: \`npm run tidy -- --write\` takes note of it`;
    findings.push({ path: "scripts/tidy/ratchet.json", line: 1, rule: "ratchet", message });
  }
  return findings;
}

export function checkLengths(sources: readonly SourceFile[], kept: Ratchet): Finding[] {
  const measured = measure(sources);
  return [
    ...compare("file", measured.ratchet.files, kept.files, measured),
    ...compare("function", measured.ratchet.functions, kept.functions, measured),
  ];
}

function merge(now: Ratchet["files"], kept: Ratchet["files"], admit: boolean): { [key: string]: number } {
  const merged: { [key: string]: number } = {};
  for (const [key, lines] of Object.entries(now)) {
    const allowed = kept[key];
    if (admit) merged[key] = lines;
    else if (allowed !== undefined) merged[key] = Math.min(allowed, lines);
  }
  return merged;
}

/** The list after what has shrunk; with `admit`, as things stand. */
export function nextRatchet(sources: readonly SourceFile[], kept: Ratchet, admit: boolean): Ratchet {
  const { ratchet } = measure(sources);
  return {
    files: merge(ratchet.files, kept.files, admit),
    functions: merge(ratchet.functions, kept.functions, admit),
  };
}
