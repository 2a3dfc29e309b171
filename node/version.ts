/** What this package is, wherever it runs from: a checkout or the published `dist/`. */

import { existsSync, readFileSync } from "node:fs";

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

/** How the command line is called from here: in a checkout, through npm, which brings the right Node. */
export const COMMAND = import.meta.url.endsWith(".ts") ? "npm run -s meshwork --" : "meshwork";
