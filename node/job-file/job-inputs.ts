/**
 * The inputs of a job file: literals and files become data of the genesis and blobs beside it.
 *
 * Responsible for: telling references from literals, canonical bytes, what is stored as a blob, packs. Which
 * files there are is input-files.ts; whether a referenced task exists is job-graph.ts.
 */

import { createHash } from "node:crypto";
import type { Hash } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Data, Items, Pack, Source } from "../../protocol/wire/genesis.ts";
import { dataBytes, encodePart } from "../../protocol/wire/parcel.ts";
import { encodeValue, explainNotValue, type Value } from "../../protocol/wire/value.ts";
import { isPath } from "../../protocol/wire/value-path.ts";
import { editDistance, suggest } from "../platform/text/nearest.ts";
import { DEFAULT_BATCH, findFiles, INPUT_BYTES_MAX, InputProblem, packFiles, planBatches } from "./input-files.ts";
import type { OverFiles, TaskFile } from "./schema.ts";

const sha256 = (bytes: Uint8Array): Hash => createHash("sha256").update(bytes).digest("hex") as Hash;

/** A literal list with more bytes than this goes into blobs beside the genesis. */
const LIST_BYTES = 128 * 1024;
/** About the size of one of these blobs, bytes: a worker reads all of it for each task. */
const PART_BYTES = 64 * 1024;

/** Collects the blobs of one job. */
export class JobInputs {
  readonly blobs = new Map<Hash, Uint8Array>();
  readonly #directory: string;
  #bytes = 0;

  /** `directory`: what paths are relative to. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What a task's `input` means. Throws `InputProblem`. */
  async source(input: unknown): Promise<Source> {
    if (input === undefined) return { kind: "none" };
    const reference = readReference(input);
    switch (reference.kind) {
      case "file":
        return { kind: "files", pack: await this.#pack([reference.file], true), single: true };
      case "files":
        return { kind: "files", pack: await this.#pack(reference.files, false), single: false };
      case "from":
        return { kind: "output", node: reference.from, path: reference.path };
      case "literal":
        return { kind: "value", data: this.data(input) };
    }
  }

  /** What a `map` runs over, `batch` items a task. Throws `InputProblem`. */
  async items(over: NonNullable<TaskFile["map"]>["over"], batch: number): Promise<Items> {
    if (Array.isArray(over)) return this.#list(over, batch);
    if ("from" in over) return { kind: "output", node: over.from, path: checkedPath(over.path ?? "") };
    return { kind: "packs", packs: await this.#batches(over) };
  }

  /** A list in place, or in blobs if it is long: every host and every worker has a copy of the genesis. */
  #list(over: readonly unknown[], batch: number): Items {
    const items = over.map((item) => this.data(item));
    const largest = items.reduce((most, data) => Math.max(most, dataBytes(data)), 1);
    const isLong = items.reduce((sum, data) => sum + dataBytes(data), 0) > LIST_BYTES;
    const each = Math.min(items.length, batch * Math.max(1, Math.floor(PART_BYTES / (largest * batch))));
    // A large item is a blob by itself; what would not fit one blob with the rest of its batch stays in place, too.
    if (!isLong || items.some(({ kind }) => kind === "blob") || each * largest > limits.blobBytes)
      return { kind: "list", items };
    const parts: Pack[] = [];
    for (let from = 0; from < items.length; from += each)
      parts.push(this.#storePack(encodePart(items.slice(from, from + each))));
    return { kind: "parts", count: items.length, each, parts };
  }

  /** A value in place, or as a blob where it is large. Throws `InputProblem` if it is none. */
  data(value: unknown): Data {
    const problem = explainNotValue(value, "the value");
    if (problem !== null)
      throw new InputProblem(`${problem}`, "use text, finite numbers, booleans, null, lists and maps");
    const bytes = encodeValue(value as Value);
    if (bytes.length <= limits.inlineBytes) return { kind: "inline", bytes };
    if (bytes.length > limits.blobBytes) throw new InputProblem("the value is larger than a blob may be", "split it");
    return { kind: "blob", hash: this.#store(bytes), bytes: bytes.length };
  }

  #store(bytes: Uint8Array): Hash {
    const hash = sha256(bytes);
    if (this.blobs.has(hash)) return hash;
    this.#bytes += bytes.length;
    if (this.#bytes > INPUT_BYTES_MAX) {
      throw new InputProblem(
        `the inputs are larger than ${INPUT_BYTES_MAX / 1024 ** 2} MiB together`,
        "make several jobs",
      );
    }
    this.blobs.set(hash, bytes);
    return hash;
  }

  async #pack(patterns: readonly string[], single: boolean): Promise<Pack> {
    const files = await findFiles(this.#directory, patterns);
    if (single && files.length !== 1) {
      throw new InputProblem(`"file: ${patterns[0]}" matches ${files.length} files`, 'use "files" for several');
    }
    return this.#storePack(await packFiles(files));
  }

  async #batches(over: OverFiles): Promise<Pack[]> {
    const files = await findFiles(this.#directory, typeof over.files === "string" ? [over.files] : over.files);
    const batches = planBatches(files, {
      batchFiles: over.batchFiles ?? DEFAULT_BATCH.batchFiles,
      batchBytes: over.batchBytes ?? DEFAULT_BATCH.batchBytes,
    });
    if (batches.length > limits.mapItems) {
      throw new InputProblem(`${batches.length} batches of files, at most ${limits.mapItems}`, "raise batchFiles");
    }
    const packs: Pack[] = [];
    for (const batch of batches) packs.push(this.#storePack(await packFiles(batch)));
    return packs;
  }

  #storePack(bytes: Uint8Array): Pack {
    return { hash: this.#store(bytes), bytes: bytes.length };
  }
}

type Reference =
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "files"; readonly files: readonly string[] }
  | { readonly kind: "from"; readonly from: string; readonly path: string }
  | { readonly kind: "literal" };

/**
 * A map with the one key `file` or `files`, or with `from` and maybe `path`, is a reference; everything else is
 * a literal. A reference with a mistyped second key is refused instead of being handed to a skill.
 */
function readReference(input: unknown): Reference {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return { kind: "literal" };
  const { file, files, from, path, ...rest } = input as { readonly [key: string]: unknown };
  const others = Object.keys(rest);
  const heads = [file, files, from].filter((head) => head !== undefined).length;
  if (heads !== 1) return { kind: "literal" };
  if (others.length > 0) {
    const slip = from === undefined ? undefined : others.find((key) => editDistance(key, "path") <= 1);
    if (slip === undefined) return { kind: "literal" };
    throw new InputProblem(`unknown key "${slip}" beside "from"`, suggest(slip, ["path"]));
  }
  if (from !== undefined) {
    if (typeof from !== "string") throw new InputProblem('"from" must name a task', "write from: <task>");
    if (path !== undefined && typeof path !== "string")
      throw new InputProblem('"path" must be text', "like items[2].name");
    return { kind: "from", from, path: checkedPath(path ?? "") };
  }
  if (path !== undefined) throw new InputProblem('"path" selects a part of an output', 'use it beside "from"');
  if (file !== undefined) {
    if (typeof file !== "string" || file === "")
      throw new InputProblem('"file" must name a file', "write file: <path>");
    return { kind: "file", file };
  }
  const list = typeof files === "string" ? [files] : files;
  if (!Array.isArray(list) || list.length === 0 || !list.every((item) => typeof item === "string" && item !== "")) {
    throw new InputProblem('"files" must be a path, a glob or a list of them', 'like files: "docs/**/*.md"');
  }
  return { kind: "files", files: list };
}

function checkedPath(path: string): string {
  if (!isPath(path)) throw new InputProblem(`"${path}" is no path into a value`, "like items[2].name");
  return path;
}
