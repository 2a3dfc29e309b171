/**
 * Source files as tidy sees them: their text, their text without comments and strings, and what they import.
 *
 * A scanner, not a parser: it knows comments, strings, templates and regular expressions well enough that what
 * a comment says is never taken for code. Type errors are left to the compiler.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The text with comments, strings, regular expressions and the fixed parts of templates blanked. */
  readonly code: string;
  /** The comments, and everything else blanked. Empty of what is not TypeScript. */
  readonly comments: string;
}

const isCode = (path: string): boolean => path.endsWith(".ts");

/** `code` of what is not TypeScript is the text itself: no rule looks at it. */
export const parseSource = (path: string, text: string): SourceFile => ({
  path,
  text,
  ...(isCode(path) ? partsOf(text) : { code: text, comments: "" }),
});

/** Not ours, or made from what is checked. */
const SKIPPED_FOLDERS = new Set(["node_modules", ".git", "dist", ".build", ".meshwork", "coverage"]);
const TEXT_FILE = /\.(?:ts|json|md|ya?ml|sh|html|css|js|txt)$|^(?:run|LICENSE|\.editorconfig|\.gitignore)$/;

/** All text files of the repository, in the order of their paths. */
export function readSources(root: string, prefix = ""): SourceFile[] {
  const entries = readdirSync(join(root, prefix), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = prefix + entry.name;
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : readSources(root, `${path}/`);
    return TEXT_FILE.test(entry.name) ? [parseSource(path, readFileSync(join(root, path), "utf8"))] : [];
  });
}

/** Number of the line, from 1, in which `index` stands. */
export function lineOf(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

/** Where a string, comment or regular expression that starts at `at` ends, or `at` if none starts there. */
function skipQuoted(text: string, at: number, before: string): number {
  const two = text.slice(at, at + 2);
  if (two === "//") return endOf(text, "\n", at);
  if (two === "/*") return Math.min(endOf(text, "*/", at + 2) + 2, text.length);
  const quote = text[at]!;
  if (quote === '"' || quote === "'") return closing(text, at, quote);
  // A slash after a value divides; anywhere else it opens a regular expression.
  if (quote === "/" && !/[\w)\]}]$/.test(before.replace(/\b(?:return|typeof|case|in|of)$/, "")))
    return closingRegExp(text, at);
  return at;
}

function endOf(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote || text[at] === "\n") return at + 1;
  }
  return text.length;
}

function closingRegExp(text: string, from: number): number {
  let isClass = false;
  for (let at = from + 1; at < text.length && text[at] !== "\n"; at++) {
    const char = text[at];
    if (char === "\\") at++;
    else if (char === "[") isClass = true;
    else if (char === "]") isClass = false;
    else if (char === "/" && !isClass) return at + 1;
  }
  return from; // no end on this line: it was a division
}

const blankOf = (text: string): string => text.replace(/[^\n]/g, " ");

/** `text` with comments, strings, regular expressions and the fixed parts of templates replaced by blanks; and its comments. */
function partsOf(text: string): Pick<SourceFile, "code" | "comments"> {
  let code = "";
  let comments = "";
  let at = 0;
  const braces: number[] = []; // for each open template: braces that are open inside its `${`
  const template = (from: number): number => {
    let end = from;
    while (end < text.length && text[end] !== "`" && text.slice(end, end + 2) !== "${")
      end += text[end] === "\\" ? 2 : 1;
    if (text[end] !== "`") braces.push(0);
    return Math.min(end + (text[end] === "`" ? 1 : 2), text.length);
  };
  while (at < text.length) {
    const char = text[at]!;
    let end = skipQuoted(text, at, code.slice(-40).trimEnd());
    const inTemplate = braces.length - 1;
    if (end === at && char === "`") end = template(at + 1);
    else if (end === at && char === "}" && braces[inTemplate] === 0) {
      braces.pop();
      end = template(at + 1);
    } else if (end === at) {
      if (char === "{" && inTemplate >= 0) braces[inTemplate]!++;
      if (char === "}" && inTemplate >= 0) braces[inTemplate]!--;
      code += char;
      comments += char === "\n" ? char : " ";
      at++;
      continue;
    }
    const part = text.slice(at, end);
    const isComment = part.startsWith("//") || part.startsWith("/*");
    code += blankOf(part);
    comments += isComment ? part : blankOf(part);
    at = end;
  }
  return { code, comments };
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

const IMPORT = /^(?:import|export)\b(?:[^"'`;]*?\bfrom)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** The static and dynamic imports and re-exports of a module. */
export function importsOf(file: SourceFile): Import[] {
  const imports: Import[] = [];
  for (const match of file.text.matchAll(IMPORT)) {
    // The first letter of a match inside a comment or a string is blank in the code.
    if (file.code[match.index] === " ") continue;
    imports.push({ specifier: match[1] ?? match[2]!, line: lineOf(file.text, match.index) });
  }
  return imports;
}

/** The path from the root that a relative specifier names, or null for a package. */
export function resolveImport(file: SourceFile, specifier: string): string | null {
  if (!specifier.startsWith(".")) return null;
  const parts = file.path.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
