/**
 * The blob protocol: one stream per transfer. Request: 32 bytes hash, 8 bytes offset. Reply: one byte status,
 * 8 bytes size of the whole blob, then, if the status is `have`, the bytes from the offset to the end.
 * Integers are big-endian. The requester closes its end after the request, the holder after the bytes.
 *
 * Source: protocol.md 2 (blobs: by hash, from any holder, resumable).
 */

import { fromHex, toHex } from "../../protocol/core/bytes.ts";
import type { Hash } from "../../protocol/core/ids.ts";

export const REQUEST_BYTES = 40;
export const REPLY_HEAD_BYTES = 9;

const STATUSES = ["have", "missing", "busy"] as const;
type BlobStatus = (typeof STATUSES)[number];

interface BlobRequest {
  readonly hash: Hash;
  readonly offset: number;
}

export function encodeRequest({ hash, offset }: BlobRequest): Uint8Array {
  const bytes = new Uint8Array(REQUEST_BYTES);
  bytes.set(fromHex(hash)!);
  new DataView(bytes.buffer).setBigUint64(32, BigInt(offset));
  return bytes;
}

/** Null if the bytes are not a request. */
export function decodeRequest(bytes: Uint8Array): BlobRequest | null {
  if (bytes.length !== REQUEST_BYTES) return null;
  const offset = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(32);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return { hash: toHex(bytes.subarray(0, 32)) as Hash, offset: Number(offset) };
}

export function encodeReplyHead(status: BlobStatus, size: number): Uint8Array {
  const bytes = new Uint8Array(REPLY_HEAD_BYTES);
  bytes[0] = STATUSES.indexOf(status);
  new DataView(bytes.buffer).setBigUint64(1, BigInt(size));
  return bytes;
}

/** Null if the bytes are not the head of a reply. */
export function decodeReplyHead(bytes: Uint8Array): { readonly status: BlobStatus; readonly size: number } | null {
  const status = STATUSES[bytes[0] ?? -1];
  if (status === undefined || bytes.length !== REPLY_HEAD_BYTES) return null;
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(1);
  return size > BigInt(Number.MAX_SAFE_INTEGER) ? null : { status, size: Number(size) };
}
