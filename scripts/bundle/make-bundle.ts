/**
 * Makes a bundle of node/ with the packages that it uses, and with their licences: `make-bundle.ts FOLDER`, or as a part of
 * the build.
 */

import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { PACKAGE_ROOT } from "../../node/platform/own-files.ts";

/** Programs and modules that are started or imported by their names (node/platform/own-files.ts). */
const ENTRIES = {
  main: "node/cli/main.ts",
  "agent-main": "node/cli/agent-main.ts",
  "skill-process": "node/skills/process/process-main.ts",
} as const;

/** Without the lookup of its native part, which is no faster for us. */
export const PLAIN_MSGPACKR = { msgpackr: fileURLToPath(import.meta.resolve("msgpackr/pack")) };

/** Makes the bundle in `folder`, which exists afterwards as a whole or not at all. */
export async function makeBundle(folder: string): Promise<void> {
  const part = `${folder}.part-${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  const bundle = await rolldown({
    cwd: PACKAGE_ROOT,
    input: ENTRIES,
    platform: "node",
    external: ["usearch"], // optional, and native
    resolve: { alias: PLAIN_MSGPACKR },
    logLevel: "silent",
  });
  try {
    const { output } = await bundle.write({ dir: part, format: "esm" });
    const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
    writeFileSync(join(part, "LICENSES.txt"), licencesOf(modules));
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  } finally {
    await bundle.close();
    rmSync(part, { recursive: true, force: true });
  }
}

/** The licences of the packages that these modules belong to. */
export function licencesOf(modules: readonly string[]): string {
  const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      readonly [key: string]: string;
    };
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => {
      const [first = ""] = relative(folder, join(entry.parentPath, entry.name)).split(sep); // a file, or a folder of them
      return entry.isFile() && /^(licen[cs]e|notice)/i.test(first);
    });
    const bodies = files.map(({ parentPath, name: file }) => readFileSync(join(parentPath, file), "utf8").trim());
    return [`${name} ${version} (${license})`, ...bodies].join("\n\n");
  });
  return `${texts.join("\n\n----------------------------------------\n\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await makeBundle(process.argv[2]!);
