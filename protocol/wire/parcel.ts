/**
 * Long lists of data in parts that each fit a frame. Small parts are inline, others are blobs, which receivers fetch and
 * check by their hashes one by one. So messages about a wide job do not grow with the job.
 *
 * Callers store the blobs, and know for whom.
 */

import type { Hasher } from "../core/crypto.ts";
import { limits } from "../core/limits.ts";
import {
  bytes,
  type Codec,
  type Decoded,
  decode,
  encode,
  hash,
  type Infer,
  list,
  struct,
  uint,
  variant,
} from "./codec.ts";
import { type Data, dataCodec, type Listed } from "./genesis.ts";

/** Bytes of the data in one part, about: many small items in one blob, and no blob larger than it must be. */
const PART_BYTES = 512 * 1024;
const dataListCodec: Codec<readonly Data[]> = list(dataCodec, limits.mapItems);

/** Bytes in place, or as a blob. */
export const parcelCodec = variant({
  inline: struct({ bytes: bytes(limits.frameBytes / 4) }),
  blob: struct({ hash, bytes: uint(limits.blobBytes) }),
});
export type Parcel = Infer<typeof parcelCodec>;

/** The most parcels that one list is split into. */
export const PARCELS_MAX = 4 * Math.ceil(limits.heldBytes / PART_BYTES);

/** About how many bytes an item takes in a part or in a notice. */
export const dataBytes = (data: Data | Listed): number => (data.kind === "inline" ? data.bytes.length + 4 : 48);

/** The list in parts, in its order. */
export function splitList(items: readonly Data[]): Data[][] {
  const parts: Data[][] = [];
  let bytesLeft = 0;
  for (const item of items) {
    if (dataBytes(item) > bytesLeft) {
      parts.push([]);
      bytesLeft = PART_BYTES;
    }
    parts.at(-1)!.push(item);
    bytesLeft -= dataBytes(item);
  }
  return parts;
}

export const encodePart = (items: readonly Data[]): Uint8Array => encode(dataListCodec, items);
export const decodePart = (input: Uint8Array): Decoded<readonly Data[]> => decode(dataListCodec, input);

/** `content` as a blob. Whoever hands the parcel out must store it. */
export function blobParcel(hasher: Hasher, content: Uint8Array): Extract<Parcel, { kind: "blob" }> {
  return { kind: "blob", hash: hasher(content), bytes: content.length };
}
