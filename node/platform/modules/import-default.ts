/** Loads a module of the user's: a plugin, by its path. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MeshworkError } from "../../../protocol/core/errors.ts";
import { lineOfThrow } from "./thrown.ts";

/** Its default export. Throws `invalid-file` if there is no such file or if it throws at one of its own lines. */
export async function importDefault(path: string): Promise<unknown> {
  if (!existsSync(path)) throw new MeshworkError("invalid-file", "there is no such file", "check the path");
  try {
    const module = (await import(pathToFileURL(resolve(path)).href)) as { readonly default?: unknown };
    return module.default;
  } catch (error) {
    const line = lineOfThrow(path, error);
    if (line === null) throw error;
    const message = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    throw new MeshworkError("invalid-file", `line ${line}: ${message}`, "correct the module");
  }
}
