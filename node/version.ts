/** What this package is, wherever it runs from: a checkout or the published `dist/`. */

import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export function packageVersion(): string {
  for (const up of ["../package.json", "../../package.json"]) {
    const file = new URL(up, import.meta.url);
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as {
      readonly name: string;
      readonly version: string;
    };
    if (name === "meshwork") return version;
  }
  return "unknown";
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** How the command line is called from here: in a checkout through npm, which brings the right Node, elsewhere by its path. */
function commandHere(): string {
  if (!import.meta.url.endsWith(".ts")) return "meshwork";
  if (relative(ROOT, process.cwd()) === "") return "npm run -s meshwork --";
  const script = join(ROOT, "scripts/meshwork.ts");
  return `node ${script.includes(" ") ? JSON.stringify(script) : script}`;
}
export const COMMAND = commandHere();
