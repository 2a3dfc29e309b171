/**
 * `npm run build`: the publishable dist/. Compiles the projects, then copies what the package's entries need:
 * JavaScript and declarations of protocol/, node/ and sim/, and of scripts/ its entries; what they need of packages that are not
 * installed with it (bundle/inline-packages.ts); and a bundle, from which the command line starts (bundle/fast-start.ts).
 *
 * The compiler writes to .build/ (shared with `npm run check`); only files that have a source are copied, so
 * that what was deleted or renamed is not published.
 */

import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";

import { inlinePackages } from "./bundle/inline-packages.ts";
import { makeBundle } from "./bundle/make-bundle.ts";

const root = join(import.meta.dirname, "..");
const FOLDERS = ["protocol", "node", "sim"] as const;
const COMMAND = "scripts/meshwork";
/** What is published of scripts/: the command, the library `meshwork/sim`, what both give the simulator, pages of runs. */
const ENTRIES = [
  COMMAND,
  "scripts/bundle/fast-start",
  "scripts/sim-library",
  "scripts/sim-host",
  "scripts/run-page",
  "scripts/calibrate",
  "scripts/run-chain",
] as const;

function compile(): void {
  const { status } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-b", ...FOLDERS, "scripts"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) throw new Error("the project does not compile");
}

/** Sources below a folder, from the root, without extension. Other files (a web page) are copied as they are. */
function* modulesOf(folder: string): Generator<{ path: string; module: boolean }> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* modulesOf(path);
    else if (entry.name.endsWith(".ts")) yield { path: path.slice(0, -3), module: true };
    else if (!entry.name.startsWith("tsconfig")) yield { path, module: false };
  }
}

/** Declarations keep the sources' extensions; readers of the package have no `.ts` files. */
const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.{1,2}\/[^"']+)\.ts\2/g;

function copyModule(path: string): void {
  for (const extension of [".js", ".d.ts"]) {
    const text = readFileSync(join(root, ".build", path + extension), "utf8");
    const target = join(root, "dist", path + extension);
    mkdirSync(dirname(target), { recursive: true });
    // Source maps stay behind: the sources are not in the package.
    writeFileSync(target, text.replace(IMPORT, "$1$2$3.js$2").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
  }
}

function copyAsset(path: string): void {
  const target = join(root, "dist", path);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(root, path), target);
}

async function main(): Promise<void> {
  compile();
  rmSync(join(root, "dist"), { recursive: true, force: true });
  let modules = 0;
  for (const folder of FOLDERS) {
    for (const { path, module } of modulesOf(folder)) {
      if (module) copyModule(path);
      else copyAsset(path);
      if (module) modules++;
    }
  }
  for (const path of ENTRIES) copyModule(path);
  await inlinePackages(join(root, "dist"));
  await makeBundle(join(root, "dist/bundle"));
  chmodSync(join(root, "dist", `${COMMAND}.js`), 0o755);
  for (const entry of packageEntries()) {
    if (!existsSync(join(root, entry)))
      process.stderr.write(`build: package.json names ${entry}, which has no source\n`);
  }
  process.stdout.write(`dist/: ${modules + ENTRIES.length} modules\n`);
}

/** The files that package.json promises. */
function packageEntries(): string[] {
  const text = readFileSync(join(root, "package.json"), "utf8");
  return [...text.matchAll(/"\.\/(dist\/[^"]+)"/g)].map((match) => match[1]!).filter((path) => extname(path) !== "");
}

try {
  await main();
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
