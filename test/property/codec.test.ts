/**
 * The canonical codec over every shape that travels: what is encoded comes back, what decodes is the only encoding of
 * its value, and whatever a stranger sends gets a verdict.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../protocol/core/limits.ts";
import { Writer } from "../../protocol/wire/buffer.ts";
import {
  bool,
  bytes,
  type Codec,
  decode,
  encode,
  hash,
  list,
  nullable,
  oneOf,
  struct,
  text,
  uint,
  variant,
} from "../../protocol/wire/codec.ts";
import { SHAPES } from "../../scripts/fuzz/shapes.ts";
import { runs } from "../support/runs.ts";

/** The verdict on `input`; an acceptance must be canonical. */
function verdictOf(codec: Codec<unknown>, input: Uint8Array): string {
  const decoded = decode(codec, input);
  if (!decoded.ok) return decoded.code;
  const again = encode(codec, decoded.value);
  if (Buffer.compare(again, input) !== 0) expect.fail(`${Buffer.from(input).toString("hex")} has another encoding`);
  return "accepted";
}

/** Equal in content; -0 comes back as 0, and is equal to it. */
function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a === null || typeof a !== "object" || b === null || typeof b !== "object") return a === b;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length || Array.isArray(a) !== Array.isArray(b)) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame(ownOf(a, key), ownOf(b, key)));
}
/** Also of a key `__proto__`. */
const ownOf = (object: object, key: string): unknown => Object.getOwnPropertyDescriptor(object, key)?.value;

describe.each(SHAPES)("$name", ({ codec, examples }) => {
  test("comes back", () => {
    fc.assert(
      fc.property(examples, (value) => {
        const decoded = decode(codec, encode(codec, value));
        return decoded.ok && isSame(value, decoded.value);
      }),
    );
  });

  test("is one value for one encoding, whatever is altered", () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(examples, edits, (value, replaced) => {
        const altered = encode(codec, value);
        for (const [at, byte] of replaced) altered[at % altered.length] = byte;
        verdictOf(codec, altered);
      }),
      { numRuns: runs(200) },
    );
  });

  test("cut off anywhere, it is refused", () => {
    for (const value of fc.sample(examples, { numRuns: 5, seed: 3 })) {
      const whole = encode(codec, value);
      const step = Math.max(1, Math.floor(whole.length / 2_000));
      for (let length = 0; length < whole.length; length += step) {
        expect(verdictOf(codec, whole.slice(0, length))).not.toBe("accepted");
      }
      expect(verdictOf(codec, Uint8Array.of(...whole.slice(0, 60_000), 0))).not.toBe("accepted");
    }
  });

  test("with any bit flipped, it gets a verdict", () => {
    for (const value of fc.sample(examples, { numRuns: 3, seed: 4 })) {
      const altered = encode(codec, value);
      const bits = 8 * Math.min(altered.length, 600);
      for (let bit = 0; bit < bits; bit++) {
        altered[bit >> 3]! ^= 1 << (bit & 7);
        verdictOf(codec, altered);
        altered[bit >> 3]! ^= 1 << (bit & 7);
      }
    }
  });
});

// --- single rules -------------------------------------------------------------------------------------------

const frame = (...parts: (number | readonly number[])[]): Uint8Array => Uint8Array.from(parts.flat());
const times = (count: number, byte: number): number[] => new Array<number>(count).fill(byte);
const refusal = (codec: Codec<unknown>, input: Uint8Array): string => verdictOf(codec, input);

describe("one form for everything", () => {
  const pair = struct({ a: uint(), b: bool });
  test.each<[string, Codec<unknown>, Uint8Array, string]>([
    ["an integer in too many bytes: 8 bits", uint(), frame(0xcc, 0x7f), "not-shortest"],
    ["16 bits", uint(), frame(0xcd, 0, 0xff), "not-shortest"],
    ["32 bits", uint(), frame(0xce, 0, 0, 0xff, 0xff), "not-shortest"],
    ["64 bits", uint(), frame(0xcf, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff), "not-shortest"],
    ["an integer beyond 2^53", uint(), frame(0xcf, 0, 0x20, times(6, 0)), "integer-too-large"],
    ["an integer beyond its maximum", uint(5), frame(6), "integer-too-large"],
    ["a signed integer", uint(), frame(0xd0, 5), "not-an-integer"],
    ["a double for an integer", uint(), frame(0xcb, times(8, 0)), "not-an-integer"],
    ["a number for a boolean", bool, frame(1), "not-a-boolean"],
    ["text in a long form: 8 bits", text(99), frame(0xd9, 1, 65), "not-shortest"],
    ["16 bits", text(999), frame(0xda, 0, 255, times(255, 65)), "not-shortest"],
    ["32 bits", text(99_999), frame(0xdb, 0, 0, 0xff, 0xff, times(0xffff, 65)), "not-shortest"],
    ["text longer than allowed", text(2), frame(0xa3, 65, 65, 65), "text-too-long"],
    ["overlong UTF-8", text(9), frame(0xa2, 0xc0, 0x80), "not-utf8"],
    ["a surrogate", text(9), frame(0xa3, 0xed, 0xa0, 0x80), "not-utf8"],
    ["bytes where text is expected", text(9), frame(0xc4, 1, 65), "wrong-type"],
    ["an extension where text is expected", text(9), frame(0xd4, 1, 65), "wrong-type"],
    ["text where bytes are expected", bytes(9), frame(0xa1, 65), "wrong-type"],
    ["bytes in a long form", bytes(9), frame(0xc5, 0, 1, 65), "not-shortest"],
    ["more bytes than allowed", bytes(1), frame(0xc4, 2, 65, 65), "bytes-too-long"],
    ["a hash of another length", hash, frame(0xc4, 31, times(31, 0)), "not-a-hash"],
    ["a hash as text", hash, frame(0xd9, 64, times(64, 48)), "not-a-hash"],
    ["a list in a long form", list(bool, 9), frame(0xdc, 0, 1, 0xc3), "not-shortest"],
    ["a list longer than allowed", list(bool, 1), frame(0x92, 0xc3, 0xc3), "list-too-long"],
    ["a list longer than what is left", list(bool, 9), frame(0x92, 0), "truncated"],
    ["a field too few", pair, frame(0x91, 0), "wrong-field-count"],
    ["a field too many", pair, frame(0x93, 0, 0xc3, 0), "wrong-field-count"],
    ["a map for a struct", pair, frame(0x82, 0, 0xc3), "wrong-type"],
    ["an unknown word", oneOf(["a", "b"]), frame(2), "unknown-word"],
    ["an unknown kind", variant({ a: struct({}) }), frame(0x92, 1, 0x90), "unknown-kind"],
    ["nil where something is expected", bool, frame(0xc0), "not-a-boolean"],
    ["bytes behind the end", bool, frame(0xc3, 0xc3), "trailing-bytes"],
    ["nothing", nullable(bool), frame(), "truncated"],
  ])("refused: %s", (_, codec, input, code) => {
    expect(refusal(codec, input)).toBe(code);
  });

  test("the widths of integers meet without a gap", () => {
    for (const edge of [0x80, 0x100, 0x10000, 0x100000000, 2 ** 53 - 1]) {
      for (const value of [edge - 1, edge].filter(Number.isSafeInteger)) {
        const encoded = encode(uint(), value);
        expect(decode(uint(), encoded)).toEqual({ ok: true, value });
      }
    }
    expect(
      Array.from([0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 2 ** 32 - 1, 2 ** 32], (n) => encode(uint(), n).length),
    ).toEqual([1, 2, 2, 3, 3, 5, 5, 9]);
  });
});

describe("what is declared takes no memory", () => {
  const deep = list(list(list(bool, 1e10), 1e10), 1e10);
  test.each<[string, Codec<unknown>, Uint8Array]>([
    ["text", text(1e10), frame(0xdb, times(4, 0xff))],
    ["bytes", bytes(1e10), frame(0xc6, times(4, 0xff))],
    ["a list", list(bool, 1e10), frame(0xdd, times(4, 0xff))],
    ["lists in lists", deep, frame(0xdd, times(4, 0x7f), 0xdd, times(4, 0x7f), 0xdd, times(4, 0x7f))],
  ])("%s of 4 GiB", (_, codec, input) => {
    const before = process.memoryUsage();
    expect(refusal(codec, input)).toBe("truncated");
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1024 * 1024);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(16 * 1024 * 1024);
  });

  test("nesting is refused before the stack ends", () => {
    const forever: Codec<unknown> = { write: () => undefined, read: (r) => list(forever, 9).read(r) };
    expect(refusal(forever, new Uint8Array(100_000).fill(0x91))).toBe("nesting-too-deep");
  });
});

describe("writing", () => {
  test.each<[string, () => unknown]>([
    ["a negative integer", () => encode(uint(), -1)],
    ["a fraction", () => encode(uint(), 0.5)],
    ["NaN", () => encode(uint(), Number.NaN)],
    ["an integer beyond its maximum", () => encode(uint(5), 6)],
    ["half a surrogate pair", () => encode(text(9), "a\ud800")],
    ["text beyond its limit", () => encode(text(3), "€€")],
    ["bytes beyond their limit", () => encode(bytes(1), new Uint8Array(2))],
    ["a list beyond its limit", () => encode(list(bool, 1), [true, true])],
    ["an unknown word", () => encode(oneOf(["a"]), "b" as "a")],
    ["a hash that is none", () => encode(hash, "ABC" as never)],
    ["a hash in capitals", () => encode(hash, "A".repeat(64) as never)],
    ["an unknown kind", () => encode(variant({ a: struct({}) }), { kind: "b" } as never)],
  ])("asserts: %s", (_, write) => {
    expect(write).toThrow("");
    // A failed write must not stand in the way of the next.
    expect(encode(uint(), 1)).toEqual(frame(1));
  });

  test("a large value's buffer is given back", () => {
    const writer = new Writer();
    writer.raw(new Uint8Array(limits.frameBytes + 1));
    expect(writer.capacity).toBeGreaterThan(limits.frameBytes);
    writer.reset();
    expect(writer.capacity).toBeLessThan(1024);
    writer.raw(new Uint8Array(1000));
    expect(writer.finish()).toEqual(new Uint8Array(1000));
  });

  test("a decoded field is a copy, also of a Buffer", () => {
    const input = Buffer.from(encode(bytes(9), new Uint8Array([1, 2, 3])));
    const decoded = decode(bytes(9), input);
    input.fill(0);
    expect(decoded).toEqual({ ok: true, value: new Uint8Array([1, 2, 3]) });
  });
});
