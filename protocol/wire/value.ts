/**
 * Task inputs and outputs: JSON-like values in canonical bytes (protocol.md 1). Numbers are finite, -0 is 0,
 * keys are in code-point order, text is well-formed, nesting is at most 32. Equal values have equal bytes, so "the same
 * answer" is a comparison of hashes.
 */

import { assert, broken } from "../core/assert.ts";
import { compareText, utf8Length } from "../core/bytes.ts";
import { limits } from "../core/limits.ts";
import {
  type Reader,
  readListHeader,
  readMapHeader,
  readTextAfter,
  readUintAfter,
  type Writer,
  writeListHeader,
  writeMapHeader,
  writeText,
  writeUint,
} from "./buffer.ts";
import { type Codec, type Decoded, decode, encode } from "./codec.ts";

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

const NEGATIVE_FIX = -32;

/** 2^(8 size): what a negative integer of `size` bytes is written as is short of. */
const spanOf = (size: 1 | 2 | 4): number => (size === 4 ? 0x100000000 : 1 << (8 * size));

function writeNumber(w: Writer, number: number): void {
  const value = number === 0 ? 0 : number; // -0 is 0
  if (!Number.isFinite(value)) broken(`${value} has no canonical bytes`);
  if (!Number.isSafeInteger(value)) {
    w.u8(0xcb);
    w.double(value);
  } else if (value >= 0) writeUint(w, value);
  else if (value >= NEGATIVE_FIX) w.u8(0x100 + value);
  else {
    const size = value >= -0x80 ? 1 : value >= -0x8000 ? 2 : value >= -0x80000000 ? 4 : 8;
    w.u8(size === 1 ? 0xd0 : size === 2 ? 0xd1 : size === 4 ? 0xd2 : 0xd3);
    if (size === 8) w.bigint(BigInt(value));
    else w.uintOf(size, value + spanOf(size));
  }
}

function readNegative(r: Reader, size: 1 | 2 | 4 | 8): number {
  const value = size === 8 ? Number(r.bigint()) : r.uintOf(size) - spanOf(size);
  const shortest = size === 1 ? NEGATIVE_FIX : size === 2 ? -0x80 : size === 4 ? -0x8000 : -0x80000000;
  if (size !== 8 && value < -spanOf(size) / 2) r.fail("not-shortest"); // a positive number in a signed form
  if (value >= shortest) r.fail("not-shortest");
  return Number.isSafeInteger(value) ? value : r.fail("integer-too-large");
}

function readDouble(r: Reader): number {
  const value = r.double();
  if (!Number.isFinite(value)) r.fail("not-finite");
  if (Number.isSafeInteger(value)) r.fail("not-shortest"); // -0 too
  return value;
}

function writeValue(w: Writer, value: Value, depth: number): void {
  if (value === null) w.u8(0xc0);
  else if (typeof value === "boolean") w.u8(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") writeNumber(w, value);
  else if (typeof value === "string") writeText(w, value);
  else if (Array.isArray(value)) {
    assert(depth < limits.nesting, "a value is nested too deeply");
    if (value.length > limits.valueEntries) broken(`a list of ${value.length} entries`);
    writeListHeader(w, value.length);
    for (const item of value) writeValue(w, item, depth + 1);
  } else writeMap(w, value, depth);
}

function writeMap(w: Writer, value: Value, depth: number): void {
  if (typeof value !== "object" || !isPlainObject(value as object))
    broken("only JSON-like values have canonical bytes");
  assert(depth < limits.nesting, "a value is nested too deeply");
  const map = value as { readonly [key: string]: Value };
  const keys = Object.keys(map).sort(compareText);
  if (keys.length > limits.valueEntries) broken(`a map of ${keys.length} entries`);
  writeMapHeader(w, keys.length);
  for (const key of keys) {
    writeText(w, key);
    writeValue(w, map[key]!, depth + 1);
  }
}

function readMap(r: Reader, lead: number): Value {
  const length = readMapHeader(r, lead);
  if (length > limits.valueEntries) r.fail("list-too-long");
  if (2 * length > r.left) r.fail("truncated");
  r.enter();
  const map: { [key: string]: Value } = {};
  let previous: string | null = null;
  for (let i = 0; i < length; i++) {
    const key = readTextAfter(r, r.u8(), limits.blobBytes);
    if (previous !== null && compareText(previous, key) >= 0) r.fail("keys-out-of-order");
    previous = key;
    const item = readValue(r);
    // `__proto__` must become a property like any other, not the prototype.
    if (key === "__proto__") {
      Object.defineProperty(map, key, { value: item, enumerable: true, configurable: true, writable: true });
    } else map[key] = item;
  }
  r.leave();
  return map;
}

function readList(r: Reader, lead: number): Value {
  const length = readListHeader(r, lead);
  if (length > limits.valueEntries) r.fail("list-too-long");
  if (length > r.left) r.fail("truncated");
  r.enter();
  const items: Value[] = [];
  for (let i = 0; i < length; i++) items.push(readValue(r));
  r.leave();
  return items;
}

function readValue(r: Reader): Value {
  const lead = r.u8();
  if (lead < 0x80 || (lead >= 0xcc && lead <= 0xcf)) return readUintAfter(r, lead);
  if (lead >= 0xe0) return lead - 0x100;
  if (lead >= 0x80 && lead <= 0x8f) return readMap(r, lead);
  if (lead >= 0x90 && lead <= 0x9f) return readList(r, lead);
  if (lead >= 0xa0 && lead <= 0xbf) return readTextAfter(r, lead, limits.blobBytes);
  switch (lead) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xcb:
      return readDouble(r);
    case 0xd0:
      return readNegative(r, 1);
    case 0xd1:
      return readNegative(r, 2);
    case 0xd2:
      return readNegative(r, 4);
    case 0xd3:
      return readNegative(r, 8);
    case 0xd9:
    case 0xda:
    case 0xdb:
      return readTextAfter(r, lead, limits.blobBytes);
    case 0xdc:
    case 0xdd:
      return readList(r, lead);
    case 0xde:
    case 0xdf:
      return readMap(r, lead);
    default:
      return r.fail("wrong-type");
  }
}

export const valueCodec: Codec<Value> = {
  write: (w, value) => writeValue(w, value, 0),
  read: readValue,
};

/** Canonical bytes of a value. Asserts what `explainNotValue` explains: check first what others made. */
export const encodeValue = (value: Value): Uint8Array => encode(valueCodec, value);

export const decodeValue = (input: Uint8Array): Decoded<Value> => decode(valueCodec, input);

/**
 * Checks that something (a skill's output, a literal of a job file) is a value that has canonical bytes.
 * Returns why not, in words, with the path to the offending part; `null` if it is fine.
 */
export function explainNotValue(input: unknown, path = "$", depth = 0): string | null {
  if (input === null || typeof input === "boolean") return null;
  if (typeof input === "number") return Number.isFinite(input) ? null : `${path} is ${input}, not a finite number`;
  if (typeof input === "string") return explainNotText(input, path);
  if (typeof input !== "object") return `${path} is ${input === undefined ? "undefined" : `a ${typeof input}`}`;
  if (depth >= limits.nesting) return `${path} is nested more than ${limits.nesting} levels deep`;
  const entries: Iterable<[string | number, unknown]> = Array.isArray(input) ? input.entries() : Object.entries(input);
  if (!Array.isArray(input) && !isPlainObject(input)) return `${path} is not a plain object`;
  let count = 0;
  for (const [key, item] of entries) {
    if (++count > limits.valueEntries) return `${path} has more than ${limits.valueEntries} entries`;
    const badKey = typeof key === "string" ? explainNotText(key, `a key of ${path}`) : null;
    if (badKey !== null) return badKey;
    const problem = explainNotValue(item, typeof key === "number" ? `${path}[${key}]` : `${path}.${key}`, depth + 1);
    if (problem !== null) return problem;
  }
  return null;
}

function explainNotText(text: string, path: string): string | null {
  const length = utf8Length(text);
  if (length < 0) return `${path} holds half of a surrogate pair`;
  return length > limits.blobBytes ? `${path} has more than ${limits.blobBytes} bytes` : null;
}

function isPlainObject(input: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(input);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}
