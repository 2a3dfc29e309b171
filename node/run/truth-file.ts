/**
 * The right answers to a job's tasks, as a user who knows them writes them down: a YAML or JSON file with an entry for each task
 * of the job file; of one with many items a list, in their order. Answers to tasks that it leaves out are not known.
 */

import type { Output } from "../../protocol/answer/grouping.ts";
import { taskParts } from "../../protocol/core/ids.ts";
import { encodeValue, explainNotValue, type Value } from "../../protocol/wire/value.ts";
import { hasher } from "../platform/crypto.ts";
import { readTextFile } from "../platform/files/file-error.ts";
import { parseYaml, type YamlSource } from "../platform/files/yaml-source.ts";
import type { TruthOf } from "./recorded-run.ts";

const outputOf = (value: Value): Output => {
  const bytes = encodeValue(value);
  return { hash: hasher(bytes), data: { kind: "inline", bytes } };
};

export class TruthFile {
  readonly #source: YamlSource;
  readonly #byNode: ReadonlyMap<string, Value>;

  private constructor(source: YamlSource, byNode: ReadonlyMap<string, Value>) {
    this.#source = source;
    this.#byNode = byNode;
  }

  /** Rejects with `invalid-file` if it is no such file. */
  static async read(file: string): Promise<TruthFile> {
    const source = parseYaml(file, await readTextFile(file));
    const { value } = source;
    const problem = explainNotValue(value);
    if (problem !== null) throw source.error([], problem, "write texts, numbers, lists and objects");
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw source.error(
        [],
        "the right answers stand under the names of their tasks",
        "write, for example, count: [3, 5]",
      );
    return new TruthFile(source, new Map(Object.entries(value as { readonly [node: string]: Value })));
  }

  /** Throws `invalid-file` if it names none of the job's tasks, or if a task with many items has no list. */
  truthOf(nodes: readonly string[]): TruthOf {
    const named = [...this.#byNode.keys()];
    if (!named.some((node) => nodes.includes(node))) {
      const what = `it names no task of the job, but ${named.length === 0 ? "nothing" : named.join(", ")}`;
      throw this.#source.error([], what, `the tasks of the job are ${nodes.join(", ")}`);
    }
    return (task) => {
      const { node, index } = taskParts(task);
      const value = this.#byNode.get(node);
      if (value === undefined) return null;
      if (index === null) return outputOf(value);
      if (!Array.isArray(value))
        throw this.#source.error([node], `task "${node}" has many items`, "write a list of their right answers");
      const item = (value as readonly Value[])[index];
      if (item !== undefined) return outputOf(item);
      const what = `the list has ${value.length} right answers, and the run has an item ${index} (from 0)`;
      throw this.#source.error([node], what, "write one for each item");
    };
  }
}
