/**
 * The bytes under the codec: a buffer that grows, a reader that never reads past its end, and the msgpack
 * headers of integers, text, bytes, lists and maps, in their shortest form only.
 *
 * Leaves to codec.ts what is written in which order, and to value.ts the JSON-like values.
 *
 * Source: the msgpack specification (formats), protocol.md 1 (canonical subset).
 */

import { broken } from "../core/assert.ts";
import { hexWrite, utf8Length, utf8Read, utf8Write } from "../core/bytes.ts";
import { limits } from "../core/limits.ts";

/** Raised inside a reader and caught in `decode` (codec.ts); it never leaves this folder. One object: no stack is taken. */
export class Malformed {
  code = "";
}
const MALFORMED = new Malformed();

/** Bytes of buffer that a writer keeps between values: a frame. What is larger (a pack, a blob) is rare. */
const KEPT_BYTES_MAX = limits.frameBytes;

export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Makes room for `count` more bytes. */
  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  u8(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = byte;
  }

  /** `size` bytes big-endian; `value` must fit. */
  uintOf(size: 1 | 2 | 4 | 8, value: number): void {
    this.#reserve(size);
    if (size === 1) this.#view.setUint8(this.#at, value);
    else if (size === 2) this.#view.setUint16(this.#at, value);
    else if (size === 4) this.#view.setUint32(this.#at, value);
    else {
      this.#view.setUint32(this.#at, Math.floor(value / 0x100000000));
      this.#view.setUint32(this.#at + 4, value % 0x100000000);
    }
    this.#at += size;
  }

  bigint(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#at, value);
    this.#at += 8;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  utf8(text: string, length: number): void {
    this.#reserve(length);
    this.#at = utf8Write(text, this.#bytes, this.#at);
  }

  /** Most text is ASCII: one pass instead of two. False, and nothing written, if this is not. */
  ascii(text: string): boolean {
    this.#reserve(text.length);
    const bytes = this.#bytes;
    const at = this.#at;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      bytes[at + i] = unit;
    }
    this.#at = at + text.length;
    return true;
  }

  /** Takes back what was written after `at`. */
  backTo(at: number): void {
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  /** The bytes of hexadecimal `text` of even length; false if it is not that. */
  hex(text: string): boolean {
    this.#reserve(text.length / 2);
    const isHex = hexWrite(text, this.#bytes, this.#at);
    this.#at += text.length / 2;
    return isHex;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  /** What was written, until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Forgets what was written, and a buffer that grew large. */
  reset(): void {
    this.#at = 0;
    if (this.#bytes.length <= KEPT_BYTES_MAX) return;
    this.#bytes = new Uint8Array(256);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes of memory that the buffer takes. */
  get capacity(): number {
    return this.#bytes.length;
  }
}

export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;
  depth = 0;

  constructor(input: Uint8Array) {
    // A subclass may have another `slice`: Node's Buffer gives a view instead of a copy (see `raw`).
    const isPlain = input.constructor === Uint8Array;
    const bytes = isPlain ? input : new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(code: string): never {
    MALFORMED.code = code;
    throw MALFORMED;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(): number {
    if (this.at >= this.bytes.length) this.fail("truncated");
    return this.bytes[this.at++]!;
  }

  peek(): number {
    if (this.at >= this.bytes.length) this.fail("truncated");
    return this.bytes[this.at]!;
  }

  uintOf(size: 1 | 2 | 4 | 8): number {
    if (this.left < size) this.fail("truncated");
    const at = this.at;
    this.at += size;
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at);
    if (size === 4) return this.#view.getUint32(at);
    const value = this.#view.getUint32(at) * 0x100000000 + this.#view.getUint32(at + 4);
    return value <= Number.MAX_SAFE_INTEGER ? value : this.fail("integer-too-large");
  }

  bigint(): bigint {
    if (this.left < 8) this.fail("truncated");
    this.at += 8;
    return this.#view.getBigInt64(this.at - 8);
  }

  double(): number {
    if (this.left < 8) this.fail("truncated");
    this.at += 8;
    return this.#view.getFloat64(this.at - 8);
  }

  /** A copy, so that a small field does not keep a large frame in memory. */
  raw(length: number): Uint8Array {
    if (this.left < length) this.fail("truncated");
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  enter(): void {
    if (++this.depth > limits.nesting) this.fail("nesting-too-deep");
  }

  leave(): void {
    this.depth--;
  }
}

// --- headers ------------------------------------------------------------------------------------------

export function writeUint(w: Writer, value: number): void {
  if (value < 0x80) w.u8(value);
  else if (value <= 0xff) {
    w.u8(0xcc);
    w.u8(value);
  } else if (value <= 0xffff) {
    w.u8(0xcd);
    w.uintOf(2, value);
  } else if (value <= 0xffffffff) {
    w.u8(0xce);
    w.uintOf(4, value);
  } else {
    w.u8(0xcf);
    w.uintOf(8, value);
  }
}

/** Reads the integer whose first byte was `lead`; shortest form only. */
export function readUintAfter(r: Reader, lead: number): number {
  if (lead < 0x80) return lead;
  const size = lead === 0xcc ? 1 : lead === 0xcd ? 2 : lead === 0xce ? 4 : lead === 0xcf ? 8 : r.fail("not-an-integer");
  const value = r.uintOf(size);
  const least = size === 1 ? 0x80 : size === 2 ? 0x100 : size === 4 ? 0x10000 : 0x100000000;
  return value >= least ? value : r.fail("not-shortest");
}

/** The headers of one msgpack family: a short form with the length in the first byte, then 8, 16, 32 bits. */
interface LengthForms {
  readonly fix: number; // first byte of the short form, or -1
  readonly fixMax: number;
  readonly c8: number; // or -1
  readonly c16: number;
  readonly c32: number;
}
const TEXT: LengthForms = { fix: 0xa0, fixMax: 31, c8: 0xd9, c16: 0xda, c32: 0xdb };
export const BYTES: LengthForms = { fix: -1, fixMax: -1, c8: 0xc4, c16: 0xc5, c32: 0xc6 };
const LIST: LengthForms = { fix: 0x90, fixMax: 15, c8: -1, c16: 0xdc, c32: 0xdd };
const MAP: LengthForms = { fix: 0x80, fixMax: 15, c8: -1, c16: 0xde, c32: 0xdf };

export function writeLength(w: Writer, forms: LengthForms, length: number): void {
  if (length <= forms.fixMax) w.u8(forms.fix + length);
  else if (length <= 0xff && forms.c8 >= 0) {
    w.u8(forms.c8);
    w.u8(length);
  } else if (length <= 0xffff) {
    w.u8(forms.c16);
    w.uintOf(2, length);
  } else {
    w.u8(forms.c32);
    w.uintOf(4, length);
  }
}

export function readLength(r: Reader, forms: LengthForms, lead: number): number {
  if (forms.fix >= 0 && lead >= forms.fix && lead <= forms.fix + forms.fixMax) return lead - forms.fix;
  if (forms.c8 >= 0 && lead === forms.c8) {
    const length = r.uintOf(1);
    return length > forms.fixMax ? length : r.fail("not-shortest");
  }
  if (lead === forms.c16) {
    const length = r.uintOf(2);
    return length > (forms.c8 >= 0 ? 0xff : forms.fixMax) ? length : r.fail("not-shortest");
  }
  if (lead === forms.c32) {
    const length = r.uintOf(4);
    return length > 0xffff ? length : r.fail("not-shortest");
  }
  return r.fail("wrong-type");
}

export const writeListHeader = (w: Writer, length: number): void => writeLength(w, LIST, length);
export const writeMapHeader = (w: Writer, length: number): void => writeLength(w, MAP, length);
export const readListHeader = (r: Reader, lead: number): number => readLength(r, LIST, lead);
export const readMapHeader = (r: Reader, lead: number): number => readLength(r, MAP, lead);

export function writeText(w: Writer, value: string, bytesMax = Number.POSITIVE_INFINITY): void {
  const start = w.at;
  writeLength(w, TEXT, value.length);
  if (value.length <= bytesMax && w.ascii(value)) return;
  w.backTo(start);
  const length = utf8Length(value);
  if (length < 0) broken("text with half a surrogate pair cannot be encoded");
  if (length > bytesMax) broken(`text of ${length} bytes, at most ${bytesMax} are allowed`);
  writeLength(w, TEXT, length);
  w.utf8(value, length);
}

export function readTextAfter(r: Reader, lead: number, bytesMax: number): string {
  const length = readLength(r, TEXT, lead);
  if (length > bytesMax) r.fail("text-too-long");
  if (r.left < length) r.fail("truncated");
  r.at += length;
  return utf8Read(r.bytes, r.at - length, r.at) ?? r.fail("not-utf8");
}
