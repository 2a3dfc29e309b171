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
import { toHex } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import type { Hash } from "../core/ids.ts";
import {
  BYTES,
  Malformed,
  Reader,
  readLength,
  readListHeader,
  readTextAfter,
  readUintAfter,
  Writer,
  writeLength,
  writeListHeader,
  writeText,
  writeUint,
} from "./buffer.ts";

/** A schema: how a value is written, and how it is read back. `write` asserts, `read` fails the reader. */
export interface Codec<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export type Infer<C> = C extends Codec<infer T> ? T : never;

// --- schemas ------------------------------------------------------------------------------------------

/** Unsigned integer up to `max` (2^53 - 1 unless told). */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
  return {
    write(w, value) {
      if (!(Number.isSafeInteger(value) && value >= 0 && value <= max))
        broken(`${value} is not an integer in 0..${max}`);
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
    write: (w, value) => writeText(w, value, bytesMax),
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
    return toHex(r.bytes, r.at - 32, r.at) as Hash;
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
// biome-ignore lint/suspicious/noExplicitAny: each field has a type of its own, which Infer gives back
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
// biome-ignore lint/suspicious/noExplicitAny: each field has a type of its own, which Infer gives back
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
  return written(codec, value, () => writer.finish());
}

/** Hash of the canonical bytes of `value`, without a copy of them. */
export function hashOf<T>(hasher: Hasher, codec: Pick<Codec<T>, "write">, value: T): Hash {
  return written(codec, value, () => hasher(writer.view()));
}

function written<T, R>(codec: Pick<Codec<T>, "write">, value: T, use: () => R): R {
  assert(!writing, "encode is not re-entrant");
  writing = true;
  try {
    codec.write(writer, value);
    return use();
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
