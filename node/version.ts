/** What this package is, and how it is called from here. */

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { IS_CHECKOUT, PACKAGE_ROOT } from "./own-files.ts";

export function packageVersion(): string {
  try {
    const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8")) as { version: string };
    return version;
  } catch {
    return "unknown";
  }
}

/** How the command line is called from here: in a checkout through npm, which brings the right Node, elsewhere by its path. */
function commandHere(): string {
  if (!IS_CHECKOUT) return "meshwork";
  if (relative(PACKAGE_ROOT, process.cwd()) === "") return "npm run -s meshwork --";
  const script = join(PACKAGE_ROOT, "scripts/meshwork.ts");
  return `node ${script.includes(" ") ? JSON.stringify(script) : script}`;
}
export const COMMAND = commandHere();
