/**
 * Frames on a byte stream: an unsigned varint with the length, then the bytes, as every libp2p protocol does it
 * (github.com/multiformats/unsigned-varint).
 *
 * Written here and not with it-length-prefixed because batching (many frames, one chunk) and pausing in the
 * middle of a chunk determine the throughput and the back-pressure of the direct streams.
 */

import { assert } from "../../protocol/core/assert.ts";
import { limits } from "../../protocol/core/limits.ts";

/** Bytes of the longest length: `limits.frameBytes` has four, one more would be too long anyway. */
const LENGTH_BYTES_MAX = 4;

const lengthBytes = (length: number): number =>
  length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : LENGTH_BYTES_MAX;

function writeFrame(into: Uint8Array, offset: number, frame: Uint8Array): number {
  let at = offset;
  let rest = frame.length;
  while (rest >= 0x80) {
    into[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  into[at++] = rest;
  into.set(frame, at);
  return at + frame.length;
}

/** The frames, each with its length, as one chunk. */
export function encodeFrames(frames: readonly Uint8Array[]): Uint8Array {
  let bytes = 0;
  for (const frame of frames) {
    assert(frame.length > 0 && frame.length <= limits.frameBytes, `a frame of ${frame.length} bytes`);
    bytes += lengthBytes(frame.length) + frame.length;
  }
  const chunk = new Uint8Array(bytes);
  let at = 0;
  for (const frame of frames) at = writeFrame(chunk, at, frame);
  return chunk;
}

export type FrameProblem = "frame-empty" | "frame-too-long" | "frame-length-not-shortest";

/**
 * Cuts chunks into frames, on demand: `next` after `push` until it returns null. Memory follows the bytes that
 * came, never a length that somebody announced, and does not depend on how they were cut into chunks.
 */
export class FrameDecoder {
  /** Unread bytes are `#buffer[#start, #end)`; behind `#end` is room for more, if the buffer is our own. */
  #buffer: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Takes `chunk` over: it must not change afterwards. */
  push(chunk: Uint8Array): void {
    const unread = this.#end - this.#start;
    if (unread === 0) {
      this.#buffer = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#buffer.length - this.#end < chunk.length || this.#start > 0) {
      const needed = unread + chunk.length;
      // Doubled, so that a frame in many chunks is copied a few times only, but not beyond what a frame can need.
      const grown = new Uint8Array(Math.max(needed, Math.min(2 * needed, LENGTH_BYTES_MAX + limits.frameBytes)));
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#start = 0;
      this.#end = unread;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Bytes that came and are not taken yet. */
  get unread(): number {
    return this.#end - this.#start;
  }

  /** Bytes of memory that it takes for them. */
  get heldBytes(): number {
    return this.unread === 0 ? 0 : this.#buffer.length;
  }

  /** The next whole frame, null if it is not there yet, or what is wrong with it: the stream is lost then. */
  next(): Uint8Array | FrameProblem | null {
    let length = 0;
    for (let i = 0; i < LENGTH_BYTES_MAX; i++) {
      if (this.#start + i >= this.#end) return null;
      const byte = this.#buffer[this.#start + i]!;
      length += (byte & 0x7f) * 2 ** (7 * i);
      if (byte >= 0x80) continue;
      if (length === 0) return "frame-empty";
      if (byte === 0) return "frame-length-not-shortest";
      if (length > limits.frameBytes) return "frame-too-long";
      return this.#take(i + 1, length);
    }
    return "frame-too-long";
  }

  #take(headBytes: number, length: number): Uint8Array | null {
    const from = this.#start + headBytes;
    if (from + length > this.#end) return null;
    this.#start = from + length;
    return this.#buffer.subarray(from, this.#start);
  }
}
