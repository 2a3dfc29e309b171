/** Text and bytes, against the platform's own: what is well-formed comes back, what is not is refused. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareBytes,
  compareText,
  concatBytes,
  fromBase64,
  fromHex,
  hexWrite,
  toBase64,
  toHex,
  utf8,
  utf8Length,
  utf8Read,
  utf8Write,
} from "../../../protocol/core/bytes.ts";

const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 32, maxLength: 32 }));
/** Any UTF-16, half surrogates too. */
const anyText = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0xd83d, 0xde00, 0x41)), {
  maxLength: 30,
});
const textOf = (units: readonly number[]): string => String.fromCharCode(...units);
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function platformRead(input: Uint8Array): string | null {
  try {
    return strictDecoder.decode(input);
  } catch {
    return null; // ill-formed: the decoder has no other way to say so
  }
}

describe("hexadecimal", () => {
  test("is the platform's, and comes back", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(toHex(input)).toBe(Buffer.from(input).toString("hex"));
        expect(fromHex(toHex(input))).toEqual(input);
      }),
    );
  });

  test("of a part", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(80), fc.nat(80), (input, a, b) => {
        const [from, to] = [Math.min(a, b, input.length), Math.min(Math.max(a, b), input.length)];
        expect(toHex(input, from, to)).toBe(toHex(input.slice(from, to)));
      }),
    );
  });

  test.each(["0", "abc", "0G", "AB", "0x", " 0", "é0", "٠٠", "0\u0130"])("refuses %j", (text) => {
    expect(fromHex(text)).toBeNull();
    expect(hexWrite(text, new Uint8Array(8), 0)).toBe(false);
  });

  test("is written where it was asked for", () => {
    const into = new Uint8Array(4);
    expect(hexWrite("beef", into, 1)).toBe(true);
    expect(into).toEqual(new Uint8Array([0, 0xbe, 0xef, 0]));
  });
});

describe("base64", () => {
  test("is the platform's, and comes back", () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(toBase64(input)).toBe(Buffer.from(input).toString("base64"));
        expect(fromBase64(toBase64(input))).toEqual(input);
      }),
    );
  });

  test("has one text for the same bytes", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."AQgw/+=9\n-_ "), maxLength: 12 });
    fc.assert(
      fc.property(letters, (text) => {
        const read = fromBase64(text);
        return read === null || toBase64(read) === text;
      }),
      { numRuns: 1_000 },
    );
  });

  test.each(["A", "AA", "AAA", "A===", "====", "AB==", "AAB=", "A=AA", "AA==AAAA", "AA-_", "AA\n=", "AAAA "])(
    "refuses %j",
    (text) => {
      expect(fromBase64(text)).toBeNull();
    },
  );
});

describe("UTF-8", () => {
  test("of well-formed text is the platform's, and comes back", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 30 }), (text) => {
        const expected = new Uint8Array(Buffer.from(text, "utf8"));
        expect(utf8(text)).toEqual(expected);
        expect(utf8Length(text)).toBe(expected.length);
        expect(utf8Read(expected, 0, expected.length)).toBe(text);
        const into = new Uint8Array(expected.length + 2);
        expect(utf8Write(text, into, 1)).toBe(expected.length + 1);
        expect(into.slice(1, -1)).toEqual(expected);
      }),
    );
  });

  test("half a surrogate pair has no length, and becomes U+FFFD", () => {
    fc.assert(
      fc.property(anyText.map(textOf), (text) => {
        expect(utf8Length(text) < 0).toBe(!text.isWellFormed());
        expect(utf8(text)).toEqual(new Uint8Array(Buffer.from(text.toWellFormed(), "utf8")));
      }),
      { numRuns: 1_000 },
    );
  });

  test("comes back where one character stands among ASCII", () => {
    for (const odd of ["é", "€", "\u{1f600}", "\x7f", "\x00"]) {
      for (let before = 0; before < 20; before++) {
        const text = "a".repeat(before) + odd + "z".repeat(20 - before);
        const encoded = new Uint8Array(Buffer.from(text));
        expect(utf8(text)).toEqual(encoded);
        expect(utf8Read(encoded, 0, encoded.length)).toBe(text);
      }
    }
  });

  test("of any bytes is read as strictly as the platform does", () => {
    const likely = fc.array(
      fc.constantFrom(0x41, 0x80, 0xbf, 0xc1, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f),
      {
        maxLength: 12,
      },
    );
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      likely.map((list) => new Uint8Array(list)),
    );
    fc.assert(
      fc.property(any, (input) => {
        expect(utf8Read(input, 0, input.length)).toBe(platformRead(input));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["overlong, two bytes", [0xc0, 0x80]],
    ["overlong, two bytes", [0xc1, 0xbf]],
    ["overlong, three bytes", [0xe0, 0x9f, 0xbf]],
    ["overlong, four bytes", [0xf0, 0x8f, 0xbf, 0xbf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a lead that never is one", [0xf5, 0x80, 0x80, 0x80]],
    ["a continuation without a lead", [0x80]],
    ["cut off", [0xe2, 0x82]],
    ["cut off after eight", [65, 66, 67, 68, 69, 70, 71, 72, 0xc3]],
  ])("refuses what is %s: %j", (_, input) => {
    expect(utf8Read(new Uint8Array(input), 0, input.length)).toBeNull();
  });

  test("stops at the end that it is given", () => {
    const input = utf8("abcdefghij€");
    expect(utf8Read(input, 2, 10)).toBe("cdefghij");
    expect(utf8Read(input, 0, 11)).toBeNull();
  });
});

describe("order", () => {
  test("of text is the order of its bytes", () => {
    const text = fc.string({ unit: "binary", maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
      { numRuns: 2_000 },
    );
    expect(compareText("\uffff", "\u{10000}")).toBeLessThan(0);
    expect(compareText("a", "ab")).toBeLessThan(0);
    expect(compareText("", "")).toBe(0);
  });

  test("of bytes is the platform's", () => {
    const few = fc.uint8Array({ max: 2, maxLength: 4 });
    fc.assert(
      fc.property(few, few, (a, b) => Math.sign(compareBytes(a, b)) === Buffer.compare(a, b)),
      { numRuns: 1_000 },
    );
  });
});

test("concatBytes", () => {
  expect(concatBytes()).toEqual(new Uint8Array(0));
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), (parts) => {
      expect(concatBytes(...parts)).toEqual(new Uint8Array(Buffer.concat(parts)));
    }),
  );
});
