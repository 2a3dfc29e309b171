/**
 * What tidy holds all files to together: what comments and pages name exists, tests stand where their source stands, and what a
 * file exports is used by another one.
 */

import type { Finding } from "./rules.ts";
import { lineOf, type SourceFile } from "./source.ts";

/** Everything that can be named: files, and folders with a slash at their end. */
function pathsOf(files: readonly SourceFile[]): ReadonlySet<string> {
  const paths = new Set<string>();
  for (const { path } of files) {
    const parts = path.split("/");
    // A name is meant from any of the folders around it: `job/state.ts`, `state.ts`; `sim/world/`, `world/`.
    for (let from = 0; from < parts.length; from++) {
      paths.add(parts.slice(from).join("/"));
      if (from === 0) paths.add(path.replace(/\.\w+$/, ""));
      for (let to = from + 1; to < parts.length; to++) paths.add(`${parts.slice(from, to).join("/")}/`);
    }
    // Decisions are cited by their numbers.
    const [number] = /^docs\/decisions\/\d{4}/.exec(path) ?? [];
    if (number !== undefined) paths.add(number);
  }
  return paths;
}

/** Folders of the repository whose names nothing else has. */
const TOP = "(?:protocol|node|sim|scripts|test|docs)/";
/** A file with its ending, a decision, or what a path from the root leads to, with or without a slash at its end. */
const NAMED = new RegExp(
  `(?<![\\w./*<{:-])(?:(?:\\.{1,2}/)*(?:[\\w-]+/)*[\\w-]+(?:\\.[\\w-]+)*\\.(?:ts|md)|docs/decisions/\\d{4}|${TOP}(?:[\\w-]+/)*(?:[\\w-]+)?)(?![\\w*<{/…-]|\\.\\w)`,
  "g",
);
/** What others may call as they like. */
const THEIRS = /^(?:example|job|skills|plugin|program)\.ts$/;
/** What it says is of its time. */
const HISTORY = /^(?:CHANGELOG\.md|LICENSE)$/;

function namesIn(file: SourceFile): string {
  if (file.path.endsWith(".ts")) return file.comments;
  if (!file.path.endsWith(".md") || HISTORY.test(file.path)) return "";
  // Blocks of code are the reader's files; spans name ours.
  return file.text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, " "));
}

function checkNames(files: readonly SourceFile[]): Finding[] {
  const paths = pathsOf(files);
  return files.flatMap((file) => {
    const text = namesIn(file);
    return Array.from(text.matchAll(NAMED)).flatMap((match): Finding[] => {
      const name = match[0].replace(/^(?:\.{1,2}\/)+/, "");
      if (paths.has(name) || paths.has(`${name}/`) || THEIRS.test(name)) return [];
      return [{ path: file.path, line: lineOf(text, match.index), rule: "reference", message: `there is no ${name}` }];
    });
  });
}

/** Folders of tests that stand for a folder of the sources. */
const MIRRORED = /^test\/((?:protocol|node|sim|scripts)(?:\/[^/]+)*)\/[^/]+$/;

function checkMirror(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(({ path }): Finding[] => {
    const [, folder] = MIRRORED.exec(path) ?? [];
    if (folder === undefined || files.some((file) => file.path.startsWith(`${folder}/`))) return [];
    return [{ path, line: 1, rule: "mirror", message: `there is no folder ${folder}/ that it could test` }];
  });
}

const EXPORT = /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) (\w+)/gm;
/** Entries of the package, of tools and of workers, which nobody imports by these names. */
const ENTRIES = /^(?:docs\/examples|test)\/|\.config\.ts$/;

/** An export that no other file names is no export. */
function checkExports(files: readonly SourceFile[]): Finding[] {
  const code = files.filter(({ path }) => path.endsWith(".ts"));
  /** In how many files each word stands. */
  const seen = new Map<string, number>();
  for (const file of code)
    for (const word of new Set(file.code.match(/[A-Za-z_$][\w$]*/g))) seen.set(word, (seen.get(word) ?? 0) + 1);
  return code
    .filter(({ path }) => !ENTRIES.test(path))
    .flatMap((file) =>
      Array.from(file.code.matchAll(EXPORT)).flatMap((match): Finding[] => {
        const name = match[1]!;
        if (seen.get(name)! > 1) return [];
        const message = `${name} is used in this file only: do not export it`;
        return [{ path: file.path, line: lineOf(file.code, match.index), rule: "export", message }];
      }),
    );
}

/** The files that export what no other file uses, without these exports. */
export function withoutUnusedExports(files: readonly SourceFile[]): { readonly path: string; readonly text: string }[] {
  const lines = new Map<string, Set<number>>();
  for (const { path, line } of checkExports(files)) lines.set(path, (lines.get(path) ?? new Set()).add(line));
  return files.flatMap(({ path, text }) => {
    const unused = lines.get(path);
    if (unused === undefined) return [];
    const changed = text.split("\n").map((line, i) => (unused.has(i + 1) ? line.replace(/^export /, "") : line));
    return [{ path, text: changed.join("\n") }];
  });
}

export const checkReferences = (files: readonly SourceFile[]): Finding[] => [
  ...checkNames(files),
  ...checkMirror(files),
  ...checkExports(files),
];
