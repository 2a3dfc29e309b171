/**
 * From what the ledger hands a worker to what a skill's `run` gets:
 *
 * | task input | run gets |
 * | --- | --- |
 * | none | `null` |
 * | value, with a path | the value, or its part at that path |
 * | files, single | `{ path, data }` |
 * | files | a list of `{ path, data }` |
 * | list | a list of values |
 * | packs | a list of lists of `{ path, data }` |
 * | part, single | a value |
 * | part | a list of values |
 * | check | `{ input, output }`: what the task that is checked got, and the answer |
 */

import { unreachable } from "../../protocol/core/assert.ts";
import type { Hash } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { Data, Listed, PlainInput, TaskInput } from "../../protocol/wire/genesis.ts";
import { decodePack, type PackedFile } from "../../protocol/wire/pack.ts";
import { decodePart } from "../../protocol/wire/parcel.ts";
import { decodeValue, type Value } from "../../protocol/wire/value.ts";
import { selectPath } from "../../protocol/wire/value-path.ts";
import { WorkProblem } from "./work-problem.ts";

/** Where a worker reads blobs: the local store, which has them all before work starts. */
export interface BlobSource {
  get(hash: Hash): Promise<Uint8Array>;
}

/**
 * What one task reads, bytes: twice what a ledger holds. Whoever owns a job says what its tasks read, and may name one
 * blob as often as a list has places: without a bound a stranger could end any worker.
 */
const INPUT_BYTES_MAX = 2 * limits.heldBytes;

/** The blobs of one task. One after the other: thousands at once would pass the bound before it is noticed. */
class Reading {
  readonly #blobs: BlobSource;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(blobs: BlobSource, bytesMax: number) {
    this.#blobs = blobs;
    this.#bytesMax = bytesMax;
  }

  async get(hash: Hash): Promise<Uint8Array> {
    const bytes = await readBlob(hash, this.#blobs);
    this.#bytes += bytes.length;
    if (this.#bytes > this.#bytesMax)
      throw new WorkProblem("invalid-input", `the input has more than ${this.#bytesMax} bytes`);
    return bytes;
  }
}

export async function resolveInput(
  input: TaskInput,
  source: BlobSource,
  bytesMax: number = INPUT_BYTES_MAX,
): Promise<unknown> {
  const blobs = new Reading(source, bytesMax);
  if (input.kind !== "check") return resolvePlain(input, blobs);
  return { input: await resolvePlain(input.input, blobs), output: await readData(input.output, blobs) };
}

async function resolvePlain(input: PlainInput, blobs: Reading): Promise<unknown> {
  switch (input.kind) {
    case "none":
      return null;
    case "value":
      return partOf(await readData(input.data, blobs), input.path);
    case "files": {
      const files = await readPack(input.pack.hash, blobs);
      if (!input.single) return files;
      if (files.length !== 1) throw new WorkProblem("invalid-input", `one file was announced, ${files.length} came`);
      return files[0];
    }
    case "list": {
      const values: Value[] = [];
      for (const item of input.items) await readListed(item, blobs, values);
      return values;
    }
    case "packs": {
      const packs: (readonly PackedFile[])[] = [];
      for (const { hash } of input.packs) packs.push(await readPack(hash, blobs));
      return packs;
    }
    case "part": {
      const { part, from, count, single } = input;
      const values = (await readMany(part.hash, blobs)).slice(from, from + count);
      if (values.length !== count)
        throw new WorkProblem("invalid-input", "the list of inputs is shorter than was announced");
      const read: Value[] = [];
      for (const data of values) read.push(await readData(data, blobs));
      return single ? read[0] : read;
    }
    default:
      return unreachable(input);
  }
}

function partOf(value: Value, path: string): Value {
  const part = selectPath(value, path);
  if (part === undefined) throw new WorkProblem("invalid-input", `the input has nothing at "${path}"`);
  return part;
}

async function readData(data: Data, blobs: BlobSource): Promise<Value> {
  const bytes = data.kind === "inline" ? data.bytes : await readBlob(data.hash, blobs);
  const decoded = decodeValue(bytes);
  if (!decoded.ok) throw new WorkProblem("invalid-input", `the input is no value: ${decoded.code}`);
  return decoded.value;
}

/** Adds the values of one entry of a list: its own, or those of many that share a blob. */
async function readListed(item: Listed, blobs: BlobSource, values: Value[]): Promise<void> {
  const items = item.kind === "many" ? await readMany(item.hash, blobs) : [item];
  if (values.length + items.length > limits.mapItems)
    throw new WorkProblem("invalid-input", `the input has more than ${limits.mapItems} items`);
  for (const data of items) values.push(await readData(data, blobs));
}

async function readMany(hash: Hash, blobs: BlobSource): Promise<readonly Data[]> {
  const decoded = decodePart(await readBlob(hash, blobs));
  if (!decoded.ok) throw new WorkProblem("invalid-input", `the input is no list of data: ${decoded.code}`);
  return decoded.value;
}

async function readPack(hash: Hash, blobs: BlobSource): Promise<readonly PackedFile[]> {
  const decoded = decodePack(await readBlob(hash, blobs));
  if (!decoded.ok) throw new WorkProblem("invalid-input", `the input is no pack of files: ${decoded.code}`);
  return decoded.value;
}

async function readBlob(hash: Hash, blobs: BlobSource): Promise<Uint8Array> {
  try {
    return await blobs.get(hash);
  } catch (error) {
    if (error instanceof WorkProblem) throw error;
    throw new WorkProblem("lost-input", `blob ${hash.slice(0, 12)}: ${error instanceof Error ? error.message : error}`);
  }
}
