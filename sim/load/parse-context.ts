/** What the parsers of a scenario share, and how they say what is wrong. */

import type { YamlSource } from "../../node/platform/files/yaml-source.ts";
import { nearest } from "../../node/platform/text/nearest.ts";
import type { Registry } from "../model/registry.ts";

/** What all parts of the parser are given. */
export interface ParseContext {
  readonly source: YamlSource;
  readonly registry: Registry;
}

/** The remedy for a word that is not known: the nearest known one, else some of them. */
export function remedyFor(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== null) return `did you mean "${near}"?`;
  if (known.length === 0) return "there is none";
  const rest = known.length - 12;
  return `known are: ${known.slice(0, 12).join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

/** Each of `names` is an agent, and named once. */
export function checkAgents(
  context: ParseContext,
  at: readonly (string | number)[],
  names: readonly string[],
  known: readonly string[],
): void {
  for (const [place, name] of names.entries()) {
    const path = [...at, place];
    if (!known.includes(name)) throw context.source.error(path, `there is no agent "${name}"`, remedyFor(name, known));
    if (names.indexOf(name) < place) throw context.source.error(path, `"${name}" is named twice`, "name it once");
  }
}
