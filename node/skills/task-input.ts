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
 */

import type { Hash } from "../../protocol/core/ids.ts";
import { selectPath } from "../../protocol/job/path.ts";
import type { Data, Listed, TaskInput } from "../../protocol/wire/genesis.ts";
import { decodePack, type PackedFile } from "../../protocol/wire/pack.ts";
import { decodePart } from "../../protocol/wire/parcel.ts";
import { decodeValue, type Value } from "../../protocol/wire/value.ts";
import { WorkProblem } from "./work-problem.ts";

/** Where a worker reads blobs: the local store, which has them all before work starts. */
export interface BlobSource {
  get(hash: Hash): Promise<Uint8Array>;
}

export async function resolveInput(input: TaskInput, blobs: BlobSource): Promise<unknown> {
  switch (input.kind) {
    case "none":
      return null;
    case "value":
      return partOf(await readData(input.data, blobs), input.path);
    case "files": {
      const files = await readPack(input.pack.hash, blobs);
      if (!input.single) return files;
      if (files.length !== 1) throw new WorkProblem("refused", `one file was announced, ${files.length} came`);
      return files[0];
    }
    case "list":
      return (await Promise.all(input.items.map((item) => readListed(item, blobs)))).flat(1);
    case "packs":
      return Promise.all(input.packs.map((pack) => readPack(pack.hash, blobs)));
    case "part": {
      const { part, from, count, single } = input;
      const values = (await readMany(part.hash, blobs)).slice(from, from + count);
      if (values.length !== count) throw new WorkProblem("refused", "the list of inputs is shorter than was announced");
      const read = await Promise.all(values.map((data) => readData(data, blobs)));
      return single ? read[0] : read;
    }
  }
}

function partOf(value: Value, path: string): Value {
  const part = selectPath(value, path);
  if (part === undefined) throw new WorkProblem("refused", `the input has nothing at "${path}"`);
  return part;
}

async function readData(data: Data, blobs: BlobSource): Promise<Value> {
  const bytes = data.kind === "inline" ? data.bytes : await readBlob(data.hash, blobs);
  const decoded = decodeValue(bytes);
  if (!decoded.ok) throw new WorkProblem("refused", `the input is no value: ${decoded.code}`);
  return decoded.value;
}

/** Values of one entry of a list: its own, or those of many that share a blob. */
async function readListed(item: Listed, blobs: BlobSource): Promise<readonly Value[]> {
  if (item.kind !== "many") return [await readData(item, blobs)];
  return Promise.all((await readMany(item.hash, blobs)).map((data) => readData(data, blobs)));
}

async function readMany(hash: Hash, blobs: BlobSource): Promise<readonly Data[]> {
  const decoded = decodePart(await readBlob(hash, blobs));
  if (!decoded.ok) throw new WorkProblem("refused", `the input is no list of data: ${decoded.code}`);
  return decoded.value;
}

async function readPack(hash: Hash, blobs: BlobSource): Promise<readonly PackedFile[]> {
  const decoded = decodePack(await readBlob(hash, blobs));
  if (!decoded.ok) throw new WorkProblem("refused", `the input is no pack of files: ${decoded.code}`);
  return decoded.value;
}

async function readBlob(hash: Hash, blobs: BlobSource): Promise<Uint8Array> {
  try {
    return await blobs.get(hash);
  } catch (error) {
    throw new WorkProblem("lost-input", `blob ${hash.slice(0, 12)}: ${error instanceof Error ? error.message : error}`);
  }
}
