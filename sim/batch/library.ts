/** The library of scenarios that come with the simulator, and what a scenario's file or bare name means. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseYaml } from "../../node/platform/files/yaml-source.ts";
import { nearest } from "../../node/platform/text/nearest.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";

const FOLDER = fileURLToPath(new URL("../library/", import.meta.url));
const ENDING = /\.ya?ml$/;

interface LibraryScenario {
  readonly name: string;
  /** From the folder where one is. */
  readonly file: string;
  /** The first sentence of its description. */
  readonly summary: string;
}

const firstSentence = (text: string): string => /^.*?[.!?](?=\s|$)/s.exec(text.trim())?.[0] ?? text.trim();

/** By name. */
export function readLibrary(folder = FOLDER): LibraryScenario[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => ENDING.test(file));
  return files
    .sort((a, b) => (a < b ? -1 : 1))
    .map((file) => {
      const path = join(folder, file);
      const value = parseYaml(path, readFileSync(path, "utf8")).value as { readonly description?: unknown } | null;
      const description = typeof value?.description === "string" ? value.description : "";
      return {
        name: basename(file).replace(ENDING, ""),
        file: relative(".", path),
        summary: firstSentence(description),
      };
    });
}

/** The file that was meant: a path, or the bare name of a scenario of the library. */
export function findScenario(given: string, folder = FOLDER): string {
  if (existsSync(given) && !statSync(given).isDirectory()) return given;
  if (/[/\\]/.test(given) || ENDING.test(given)) return given; // reading it says what is wrong
  const library = readLibrary(folder);
  const found = library.find(({ name }) => name === given);
  if (found !== undefined) return found.file;
  if (existsSync(`${given}.yaml`)) return `${given}.yaml`;
  const near = nearest(
    given,
    library.map(({ name }) => name),
  );
  const remedy = near === null ? "meshwork sim list names those of the library" : `did you mean "${near}"?`;
  throw new MeshworkError("usage", `there is no file and no scenario of the library called "${given}"`, remedy);
}
