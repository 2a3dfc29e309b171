/**
 * A pack: files of the submitter in one blob, so that a batch of small files is one transfer and the workers
 * never read the submitter's disk.
 */

import { limits } from "../core/limits.ts";
import { bytes, type Decoded, decode, encode, type Infer, list, struct, text } from "./codec.ts";

const fileCodec = struct({ path: text(4_096), data: bytes(limits.blobBytes) });
export const packCodec = list(fileCodec, limits.mapItems);

/** A file as it was when the job was submitted; `path` is relative to the folder that was submitted, with `/`. */
export type PackedFile = Infer<typeof fileCodec>;

export const encodePack = (files: readonly PackedFile[]): Uint8Array => encode(packCodec, files);
export const decodePack = (input: Uint8Array): Decoded<readonly PackedFile[]> => decode(packCodec, input);
