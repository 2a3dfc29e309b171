/**
 * The canonical codec: positional msgpack, written and read from field schemas (protocol.md 1).
 *
 * Canonical means that a value has exactly one encoding. The reader is strict instead of re-encoding what it
 * read: it accepts only the shortest form of every integer, length and header, only well-formed UTF-8, only
 * the exact number of fields; `test/property/codec.test.ts` proves that whatever it accepts encodes to the
 * same bytes. Limits are checked before memory is taken. Decoding never throws on what a peer sent:
 * `decode` returns a verdict.
 *
 * Source: the msgpack specification (formats), protocol.md 1 (canonical subset).
 */

import { assert, broken } from "../core/assert.ts";
import { hexWrite, toHex, utf8Length, utf8Read, utf8Write } from "../core/bytes.ts";
import type { Hash } from "../core/ids.ts";
import { limits } from "../core/limits.ts";

/** Raised inside a reader and caught in `decode`; it never leaves this folder. One object: no stack is taken. */
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

  /** The bytes of `text` in hexadecimal; false if it is not that. */
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
    const copy = new Uint8Array(length);
    copy.set(this.bytes.subarray(this.at - length, this.at));
    return copy;
  }

  enter(): void {
    if (++this.depth > limits.nesting) this.fail("nesting-too-deep");
  }

  leave(): void {
    this.depth--;
  }
}

/** A schema: how a value is written, and how it is read back. `write` asserts, `read` fails the reader. */
export interface Codec<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export type Infer<C> = C extends Codec<infer T> ? T : never;

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
const BYTES: LengthForms = { fix: -1, fixMax: -1, c8: 0xc4, c16: 0xc5, c32: 0xc6 };
const LIST: LengthForms = { fix: 0x90, fixMax: 15, c8: -1, c16: 0xdc, c32: 0xdd };
const MAP: LengthForms = { fix: 0x80, fixMax: 15, c8: -1, c16: 0xde, c32: 0xdf };

function writeLength(w: Writer, forms: LengthForms, length: number): void {
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

function readLength(r: Reader, forms: LengthForms, lead: number): number {
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

export function writeText(w: Writer, value: string): void {
  writeTextOf(w, value, utf8Length(value));
}

/** `length`: what `utf8Length` said. */
function writeTextOf(w: Writer, value: string, length: number): void {
  if (length < 0) broken("text with half a surrogate pair cannot be encoded");
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

// --- schemas ------------------------------------------------------------------------------------------

/** Unsigned integer up to `max` (2^53 - 1 unless told). */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
  return {
    write(w, value) {
      if (!(Number.isSafeInteger(value) && value >= 0 && value <= max)) broken(`${value} is not an integer in 0..${max}`);
      writeUint(w, value);
    },
    read(r) {
      const value = readUintAfter(r, r.u8());
      return value <= max ? value : r.fail("integer-too-large");
    },
  };
}

export const bool: Codec<boolean> = {
  write: (w, value) => w.u8(value ? 0xc3 : 0xc2),
  read(r) {
    const lead = r.u8();
    return lead === 0xc3 ? true : lead === 0xc2 ? false : r.fail("not-a-boolean");
  },
};

export function text<T extends string = string>(bytesMax: number): Codec<T> {
  return {
    write(w, value) {
      const length = utf8Length(value);
      if (length > bytesMax) broken(`text of ${length} bytes, at most ${bytesMax} are allowed`);
      writeTextOf(w, value, length);
    },
    read: (r) => readTextAfter(r, r.u8(), bytesMax) as T,
  };
}

/** One of a closed list of words, written as its position: never reorder `words`, only append. */
export function oneOf<const W extends readonly string[]>(words: W): Codec<W[number]> {
  return {
    write(w, value) {
      const index = words.indexOf(value);
      if (index < 0) broken(`${value} is none of ${words.join(", ")}`);
      writeUint(w, index);
    },
    read: (r) => words[readUintAfter(r, r.u8())] ?? r.fail("unknown-word"),
  };
}

export function bytes(max: number): Codec<Uint8Array> {
  return {
    write(w, value) {
      if (value.length > max) broken(`${value.length} bytes, at most ${max} are allowed`);
      writeLength(w, BYTES, value.length);
      w.raw(value);
    },
    read(r) {
      const length = readLength(r, BYTES, r.u8());
      return length <= max ? r.raw(length) : r.fail("bytes-too-long");
    },
  };
}

/** A hash: 32 bytes on the wire, hexadecimal text in memory. */
export const hash: Codec<Hash> = {
  write(w, value) {
    w.u8(0xc4);
    w.u8(32);
    if (value.length !== 64 || !w.hex(value)) broken(`${value} is not a hash`);
  },
  read(r) {
    if (r.u8() !== 0xc4 || r.u8() !== 32) r.fail("not-a-hash");
    if (r.left < 32) r.fail("truncated");
    r.at += 32;
    return toHex(r.bytes.subarray(r.at - 32, r.at)) as Hash;
  },
};

export function nullable<T>(item: Codec<T>): Codec<T | null> {
  return {
    write(w, value) {
      if (value === null) w.u8(0xc0);
      else item.write(w, value);
    },
    read(r) {
      if (r.peek() !== 0xc0) return item.read(r);
      r.at++;
      return null;
    },
  };
}

export function list<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    write(w, value) {
      if (value.length > max) broken(`a list of ${value.length}, at most ${max} are allowed`);
      writeListHeader(w, value.length);
      for (const entry of value) item.write(w, entry);
    },
    read(r) {
      const length = readListHeader(r, r.u8());
      if (length > max) r.fail("list-too-long");
      if (length > r.left) r.fail("truncated"); // every item takes at least one byte: checked before memory is taken
      r.enter();
      const items: T[] = [];
      for (let i = 0; i < length; i++) items.push(item.read(r));
      r.leave();
      return items;
    },
  };
}

type Fields = { readonly [name: string]: Codec<never> | Codec<unknown> };
type Struct<F> = { readonly [K in keyof F]: Infer<F[K]> };

/** Named fields, written as a list in the order of the schema. */
export function struct<F extends { readonly [name: string]: Codec<any> }>(fields: F): Codec<Struct<F>> {
  const names = Object.keys(fields);
  const codecs = Object.values(fields as Fields) as Codec<unknown>[];
  return {
    write(w, value) {
      writeListHeader(w, names.length);
      const record = value as { readonly [name: string]: unknown };
      for (let i = 0; i < names.length; i++) codecs[i]!.write(w, record[names[i]!]);
    },
    read(r) {
      if (readListHeader(r, r.u8()) !== names.length) r.fail("wrong-field-count");
      r.enter();
      const record: { [name: string]: unknown } = {};
      for (let i = 0; i < names.length; i++) record[names[i]!] = codecs[i]!.read(r);
      r.leave();
      return record as Struct<F>;
    },
  };
}

type Variant<V> = { [K in keyof V]: { readonly kind: K } & Infer<V[K]> }[keyof V];

/**
 * One of several structs, told apart by `kind`; written as `[position, struct]`: never reorder, only append.
 */
export function variant<V extends { readonly [kind: string]: Codec<any> }>(cases: V): Codec<Variant<V>> {
  const kinds = Object.keys(cases);
  const codecs = Object.values(cases) as Codec<object>[];
  return {
    write(w, value) {
      const index = kinds.indexOf(value.kind as string);
      if (index < 0) broken(`unknown kind ${String(value.kind)}`);
      w.u8(0x92);
      writeUint(w, index);
      codecs[index]!.write(w, value);
    },
    read(r) {
      if (r.u8() !== 0x92) r.fail("wrong-type");
      r.enter();
      const index = readUintAfter(r, r.u8());
      const codec = codecs[index] ?? r.fail("unknown-kind");
      const body = codec.read(r);
      r.leave();
      return { kind: kinds[index]!, ...body } as Variant<V>;
    },
  };
}

// --- whole values -------------------------------------------------------------------------------------

const writer = new Writer();
let writing = false;

/** Canonical bytes of `value`. Asserts that it follows the schema: what we send is ours to get right. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  assert(!writing, "encode is not re-entrant");
  writing = true;
  try {
    codec.write(writer, value);
    return writer.finish();
  } finally {
    writer.reset();
    writing = false;
  }
}

export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string };

/** Reads one value that fills `input` exactly. Never throws on what a peer sent. */
export function decode<T>(codec: Codec<T>, input: Uint8Array): Decoded<T> {
  const reader = new Reader(input);
  try {
    const value = codec.read(reader);
    if (reader.left > 0) return { ok: false, code: "trailing-bytes" };
    return { ok: true, value };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, code: error.code };
    throw error;
  }
}
