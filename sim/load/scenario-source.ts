/**
 * A scenario as it was given, before it is checked: the text of a file, or an object. Plain data, which worker threads
 * are handed as it is.
 */

import type { z } from "zod";
import type { YamlSource } from "../../node/platform/files/yaml-source.ts";
import { objectSource, parseYaml } from "../../node/platform/files/yaml-source.ts";
import type { scenarioSchema } from "./schema.ts";

/** A scenario as an object: the keys of a scenario file. Durations are text (`"20s"`) or ms, prices in credits. */
export type ScenarioInput = z.input<ReturnType<typeof scenarioSchema>>;

export interface ScenarioSource {
  /** For messages, and what paths in the scenario start from. */
  readonly file: string;
  readonly content: { readonly yaml: string } | { readonly object: unknown };
}

export const openSource = ({ file, content }: ScenarioSource): YamlSource =>
  "yaml" in content ? parseYaml(file, content.yaml) : objectSource(file, content.object);
