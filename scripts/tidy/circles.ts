/**
 * Circles of imports, types included: no files, and no folders, of protocol/, node/ and sim/ import each other, directly or
 * by way of others. A reader can then begin with what depends on nothing.
 */

import type { Finding } from "./rules.ts";
import { importsOf, resolveImport, type SourceFile } from "./source.ts";

const HELD = /^(?:protocol|node|sim)\/.*\.ts$/;

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

interface Edge {
  readonly from: string;
  readonly to: string;
  /** Where it is imported. */
  readonly path: string;
  readonly line: number;
}

function edgesOf(files: readonly SourceFile[]): Edge[] {
  const known = new Set(files.map(({ path }) => path));
  return files.flatMap((file) =>
    importsOf(file).flatMap(({ specifier, line }) => {
      const to = resolveImport(file, specifier);
      return to !== null && known.has(to) ? [{ from: file.path, to, path: file.path, line }] : [];
    }),
  );
}

/**
 * The groups of names that reach each other.
 * Source: Tarjan, "Depth-first search and linear graph algorithms" (1972).
 */
function circlesOf(edges: readonly Edge[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (name: string): void => {
    index.set(name, index.size);
    low.set(name, index.get(name)!);
    stack.push(name);
    for (const other of next.get(name) ?? []) {
      if (!index.has(other)) visit(other);
      if (stack.includes(other)) low.set(name, Math.min(low.get(name)!, low.get(other)!));
    }
    if (low.get(name) !== index.get(name)) return;
    const circle = stack.splice(stack.indexOf(name));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const name of next.keys()) if (!index.has(name)) visit(name);
  return circles;
}

/** A finding for each import that is part of a circle. */
function findingsOf(edges: readonly Edge[], what: string): Finding[] {
  return circlesOf(edges).flatMap((circle) =>
    edges
      .filter(({ from, to }) => from !== to && circle.includes(from) && circle.includes(to))
      .map(({ from, to, path, line }) => ({
        ...{ path, line, rule: "circle" },
        message: `${from} imports ${to}, and ${what} leads back: ${circle.join(", ")}`,
      })),
  );
}

export function checkCircles(sources: readonly SourceFile[]): Finding[] {
  const files = edgesOf(sources.filter(({ path }) => HELD.test(path)));
  const folders = files
    .map((edge) => ({ ...edge, from: folderOf(edge.from), to: folderOf(edge.to) }))
    .filter(({ from, to }) => from !== to);
  return [...findingsOf(files, "a circle of files"), ...findingsOf(folders, "a circle of folders")];
}
