/** JSON-like values: one encoding each, and words for what has none. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareText } from "../../protocol/core/bytes.ts";
import { limits } from "../../protocol/core/limits.ts";
import { decodeValue, encodeValue, explainNotValue, type Value } from "../../protocol/wire/value.ts";
import * as arbitrary from "../../scripts/fuzz/arbitraries.ts";
import { runs } from "../support/runs.ts";

/** JSON with its keys in the protocol's order: equal for equal values. */
function canonicalJson(value: Value): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value === 0 ? 0 : value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const entries = Object.entries(value as { readonly [key: string]: Value });
  entries.sort((a, b) => compareText(a[0], b[0]));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join()}}`;
}

/** Whether it can be written; what is written must be readable. */
function isEncodable(input: unknown): boolean {
  let encoded: Uint8Array;
  try {
    encoded = encodeValue(input as Value);
  } catch {
    return false; // the assertion is the answer
  }
  expect(decodeValue(encoded)).toMatchObject({ ok: true });
  return true;
}

/** Nested `levels` deep: lists and maps in turn. */
function nested(levels: number): Value {
  let value: Value = 1;
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

describe("a value", () => {
  test("comes back", () => {
    fc.assert(
      fc.property(arbitrary.value, (value) => {
        const decoded = decodeValue(encodeValue(value));
        return decoded.ok && canonicalJson(decoded.value) === canonicalJson(value);
      }),
      { numRuns: runs(1_000) },
    );
  });

  test("has the bytes of its equals, and of no other", () => {
    const small = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Value>;
    fc.assert(
      fc.property(small, small, (a, b) => {
        const areEqual = canonicalJson(a) === canonicalJson(b);
        return areEqual === (Buffer.compare(encodeValue(a), encodeValue(b)) === 0);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test("is the same in whatever order its keys were set", () => {
    const entries = fc.uniqueArray(
      fc.tuple(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("__proto__", "1", "10", "2")), fc.integer()),
      {
        selector: ([key]) => key,
        maxLength: 8,
      },
    );
    const shuffled = entries.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(encodeValue(Object.fromEntries(one))).toEqual(encodeValue(Object.fromEntries(other)));
      }),
      { numRuns: runs(500) },
    );
  });

  test("keeps a key `__proto__` as a key", () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as Value;
    const decoded = decodeValue(encodeValue(value));
    if (!decoded.ok) expect.fail(decoded.code);
    expect(Object.keys(decoded.value as object)).toEqual(["__proto__", "a"]);
    expect(Object.getPrototypeOf(decoded.value)).toBe(Object.prototype);
    expect(JSON.stringify(decoded.value)).toBe('{"__proto__":{"polluted":true},"a":1}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("-0 is 0", () => {
    expect(encodeValue(-0)).toEqual(encodeValue(0));
    expect(decodeValue(encodeValue([-0]))).toEqual({ ok: true, value: [0] });
  });
});

describe("explainNotValue", () => {
  class Odd {
    readonly a = 1;
  }
  const oddities = fc.constantFrom<unknown>(
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1n,
    Symbol("s"),
    () => 1,
    new Date(0),
    new Map([["a", 1]]),
    new Set([1]),
    new Odd(),
    new Uint8Array(2),
    /a/,
    "\ud800",
    "a\udc00b",
    { "\ud83d": 1 },
    { a: undefined },
    [undefined],
    new Array(2),
    nested(33),
  );

  test("agrees with encodeValue on anything", () => {
    const anything = fc.anything({
      withNullPrototype: true,
      withSparseArray: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    const mixed = fc.oneof(
      anything,
      arbitrary.value,
      oddities,
      fc.array(fc.oneof(oddities, arbitrary.value)),
      fc.dictionary(fc.string(), oddities),
    );
    fc.assert(
      fc.property(mixed, (input) => (explainNotValue(input) === null) === isEncodable(input)),
      { numRuns: runs(3_000) },
    );
  });

  test("has words for each oddity, and none for values", () => {
    fc.assert(fc.property(oddities, (input) => explainNotValue(input) !== null));
    fc.assert(fc.property(arbitrary.value, (value) => explainNotValue(value) === null));
  });

  test("names the place", () => {
    expect(explainNotValue({ items: [1, { price: Number.NaN }] })).toBe("$.items[1].price is NaN, not a finite number");
    expect(explainNotValue([[undefined]])).toBe("$[0][0] is undefined");
    expect(explainNotValue({ a: { "\udfff": 1 } })).toBe("a key of $.a holds half of a surrogate pair");
    expect(explainNotValue(new Date(0))).toBe("$ is not a plain object");
  });

  test("allows as many levels as the reader does, and no more", () => {
    expect(explainNotValue(nested(limits.nesting))).toBeNull();
    expect(isEncodable(nested(limits.nesting))).toBe(true);
    expect(explainNotValue(nested(limits.nesting + 1))).toContain("nested more than 32 levels");
    expect(isEncodable(nested(limits.nesting + 1))).toBe(false);
  });

  test("ends on a value that holds itself", () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(explainNotValue(loop)).toContain("nested more than");
    expect(isEncodable(loop)).toBe(false);
  });
});

describe("refused", () => {
  const double = (value: number): Uint8Array => {
    const bytes = new Uint8Array(9);
    bytes[0] = 0xcb;
    new DataView(bytes.buffer).setFloat64(1, value);
    return bytes;
  };
  const frame = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

  test.each<[string, Uint8Array, string]>([
    ["NaN", double(Number.NaN), "not-finite"],
    ["infinity", double(Number.POSITIVE_INFINITY), "not-finite"],
    ["minus infinity", double(Number.NEGATIVE_INFINITY), "not-finite"],
    ["-0", double(-0), "not-shortest"],
    ["a double that holds an integer", double(7), "not-shortest"],
    ["a double that holds a large integer", double(2 ** 53 - 1), "not-shortest"],
    ["a 32-bit float", frame(0xca, 0x3f, 0, 0, 0), "wrong-type"],
    ["a positive number in a signed form", frame(0xd0, 5), "not-shortest"],
    ["a positive number in a signed form of 64 bits", frame(0xd3, 0, 0, 0, 1, 0, 0, 0, 0), "not-shortest"],
    ["a small negative number in 8 bits", frame(0xd0, 0xe0), "not-shortest"],
    ["in 16 bits", frame(0xd1, 0xff, 0x80), "not-shortest"],
    ["in 32 bits", frame(0xd2, 0xff, 0xff, 0x80, 0), "not-shortest"],
    ["in 64 bits", frame(0xd3, 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0), "not-shortest"],
    ["a negative number beyond 2^53", frame(0xd3, 0xff, 0xdf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), "integer-too-large"],
    ["keys out of order", frame(0x82, 0xa1, 98, 1, 0xa1, 97, 1), "keys-out-of-order"],
    ["a key twice", frame(0x82, 0xa1, 97, 1, 0xa1, 97, 1), "keys-out-of-order"],
    ["a number as a key", frame(0x81, 1, 1), "wrong-type"],
    ["bytes", frame(0xc4, 1, 65), "wrong-type"],
    ["an extension", frame(0xd4, 1, 1), "wrong-type"],
    ["the type that msgpack never uses", frame(0xc1), "wrong-type"],
    ["half a surrogate pair", frame(0xa3, 0xed, 0xa0, 0x80), "not-utf8"],
    ["overlong UTF-8 as a key", frame(0x81, 0xa2, 0xc1, 0x81, 1), "not-utf8"],
    ["a list in a long form", frame(0xdc, 0, 0), "not-shortest"],
    ["a map in a long form", frame(0xde, 0, 1, 0xa1, 97, 1), "not-shortest"],
    ["a huge list", frame(0xdd, 0xff, 0xff, 0xff, 0xff), "list-too-long"],
    ["a list longer than what is left", frame(0x92, 1), "truncated"],
    ["33 levels", new Uint8Array(34).fill(0x91).with(33, 1), "nesting-too-deep"],
    ["a hundred thousand levels", new Uint8Array(100_000).fill(0x91), "nesting-too-deep"],
  ])("%s", (_, input, code) => {
    expect(decodeValue(input)).toEqual({ ok: false, code });
  });

  test("every double has one form", () => {
    const any = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(any, (value) => {
        const decoded = decodeValue(double(value));
        const isInteger = Number.isSafeInteger(value) || Object.is(value, -0);
        return decoded.ok !== isInteger && (!decoded.ok || decoded.value === value);
      }),
    );
  });

  test("32 levels are fine", () => {
    expect(decodeValue(new Uint8Array(33).fill(0x91).with(32, 1)).ok).toBe(true);
  });
});
