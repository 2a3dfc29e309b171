/**
 * The command line as a bundle: the same code in some twenty files instead of a thousand, which starts in a third of the
 * time. The published package contains one. A checkout builds its own in .build/, keyed by a hash of its sources, when it
 * first starts an agent after a change; if it cannot, the sources run as they are.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { IS_CHECKOUT, PACKAGE_ROOT } from "../../node/platform/own-files.ts";

/** The sources that become part of the bundle, and the files that decide which packages do. */
const FOLDERS = ["node", "protocol", "scripts/bundle"] as const;
const FILES = ["package.json", "package-lock.json"] as const;
/** Bundles of other sources are kept this long, ms: a process that started from one may still load parts of it. */
const KEEP_MS = 24 * 3_600_000;
/** A lock older than this was left behind, ms: making a bundle takes seconds. */
const LOCK_MS = 120_000;

function hashOfSources(): string {
  const hash = createHash("sha256");
  const add = (path: string): void => void hash.update(`${path}\0`).update(readFileSync(join(PACKAGE_ROOT, path)));
  for (const folder of FOLDERS) {
    const names = readdirSync(join(PACKAGE_ROOT, folder), { recursive: true, encoding: "utf8" });
    for (const name of names.sort()) if (name.endsWith(".ts")) add(`${folder}/${name}`);
  }
  for (const name of FILES) if (existsSync(join(PACKAGE_ROOT, name))) add(name);
  return hash.digest("hex").slice(0, 16);
}

/** Makes the bundle in a separate process, so that its memory is freed. */
function makeApart(folder: string): Promise<void> {
  const maker = join(PACKAGE_ROOT, "scripts/bundle/make-bundle.ts");
  const child = spawn(process.execPath, [maker, folder], { stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 && existsSync(folder) ? resolve() : reject(new Error(`it ended with ${code}`)),
    );
  });
}

/** The folder of the bundle; null if it does not exist. `onMake` is called before a bundle is made, which takes seconds; with null, none is made. */
async function bundleFolder(onMake: (() => void) | null): Promise<string | null> {
  if (!IS_CHECKOUT) {
    const published = join(PACKAGE_ROOT, "dist/bundle");
    return existsSync(join(published, "main.js")) ? published : null;
  }
  const all = join(PACKAGE_ROOT, ".build/bundle");
  const folder = join(all, hashOfSources());
  if (existsSync(join(folder, "main.js"))) return folder;
  if (onMake === null) return null;
  mkdirSync(all, { recursive: true });
  const lock = `${folder}.lock`;
  if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > LOCK_MS)
    rmSync(lock, { recursive: true });
  mkdirSync(lock); // throws if another process is making it: this one does not wait
  try {
    onMake();
    await makeApart(folder);
    for (const name of readdirSync(all)) {
      const old = join(all, name);
      if (old !== folder && Date.now() - statSync(old).mtimeMs > KEEP_MS) rmSync(old, { recursive: true, force: true });
    }
    return folder;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** The URL of the bundled `node/cli/main.ts`, or null: then the caller runs the sources. */
export async function bundledMain(onMake: (() => void) | null): Promise<string | null> {
  try {
    const folder = await bundleFolder(onMake);
    return folder === null ? null : pathToFileURL(join(folder, "main.js")).href;
  } catch {
    return null; // a read-only checkout, no development packages, or another process that is making it
  }
}
