/**
 * Where this package's own files are, wherever its code runs from: the sources of a checkout, the published `dist/`, or a
 * bundle of either (scripts/bundle/), in which all entries and chunks lie in one folder.
 */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));

function isRoot(folder: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly name?: unknown };
    return name === "meshwork";
  } catch {
    return false;
  }
}

function rootAbove(folder: string): string {
  for (let at = folder; at !== parse(at).root; at = dirname(at)) if (isRoot(at)) return at;
  return dirname(folder);
}

export const PACKAGE_ROOT = rootAbove(HERE);
/** A checkout runs its sources; the published package has none. */
export const IS_CHECKOUT = existsSync(join(PACKAGE_ROOT, "node/index.ts"));

/** The programs that this package starts as processes: their names in a bundle, and their sources. */
const PROGRAMS = { "agent-main": "node/cli/agent-main", "skill-process": "node/skills/process/process-main" } as const;

/** The file of a program to start with Node: in the bundle that this code is part of, else in `dist/` or the sources. */
export function programFile(name: keyof typeof PROGRAMS): string {
  const bundled = join(HERE, `${name}.js`);
  if (existsSync(bundled)) return bundled;
  const source = PROGRAMS[name];
  return join(PACKAGE_ROOT, IS_CHECKOUT ? `${source}.ts` : `dist/${source}.js`);
}
