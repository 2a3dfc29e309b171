/** The built-in embedder: the same vectors for ever, and which texts it takes for the same. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/crypto.ts";
import {
  dot,
  EMBEDDER_NAME,
  EMBEDDING_BYTES,
  embed,
  isEmbedding,
  quantize,
  similarity,
} from "../../../protocol/capability/embedding.ts";
import { wordsOf } from "../../../protocol/capability/letters.ts";
import { toHex, utf8 } from "../../../protocol/core/bytes.ts";

const bytesOf = (vector: Int8Array): Uint8Array => new Uint8Array(vector.buffer, vector.byteOffset, vector.length);
const golden = (vector: Int8Array): string => hasher(bytesOf(vector)).slice(0, 16);

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.lorem());

describe("words", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["  –, …!\t", []],
    ["translateText", ["translate", "text"]],
    ["translate_text-fr.v2", ["translate", "text", "fr", "v", "2"]],
    ["HTTPServer parsePDFs APIs", ["http", "server", "parse", "pdfs", "apis"]],
    ["PDFsplit getURLs2", ["pd", "fsplit", "get", "urls", "2"]],
    ["Sha256", ["sha", "256"]],
    ["Größe, ÉTÉ, Łódź, œuvre, Þór", ["grosse", "ete", "lodz", "oeuvre", "thor"]],
    ["STRAẞE GROẞ ÆSIR Ælfred ÆÐ İstanbul", ["strasse", "gross", "aesir", "aelfred", "aed", "istanbul"]],
    ["cafe\u0301 na\u00efve", ["cafe", "naive"]],
    ["Привет Ёлка ΑΒΓ", ["привет", "ёлка", "αβγ"]],
    ["画像2枚 image認識", ["画像", "2", "枚", "image", "認識"]],
    ["a\u00a0b\u200bc\u3000d«e»f×g", ["a", "b", "c", "d", "e", "f", "g"]],
  ])("of %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test("hold no capitals and no empty ones, whatever the text", () => {
    fc.assert(fc.property(anyText, (text) => wordsOf(text).every((word) => /^[^A-Z]+$/.test(word))));
  });
});

describe("a vector", () => {
  // A change here is another embedder: it needs another name.
  test(`of ${EMBEDDER_NAME} stays what it is`, () => {
    const texts = [
      "",
      "translate",
      "Translates legal contracts into French.",
      "HTTPServer",
      "Größe der Straße",
      "画像認識",
      "Привет, мир",
      "the of and",
      "x".repeat(1_000),
      { name: "text.summarize", description: "Summarizes a text in a few sentences." },
    ];
    expect(texts.map((text) => golden(embed(text)))).toMatchInlineSnapshot(`
      [
        "5341e6b2646979a7",
        "14fd79dfc80e0d38",
        "77d5390f39bf91be",
        "2f6d88cb0db2055c",
        "ffb0530a079e2d61",
        "f5746c43e81665bc",
        "e5d28837a6d6e42f",
        "ab088ab4b3f436af",
        "b3acd69b8974c296",
        "5a02365473780021",
      ]
    `);
    expect(toHex(bytesOf(embed("unit tests for TypeScript")))).toMatchInlineSnapshot(
      `"0000e100ef000000000000000000f100000000000000f10000f100000f00000000000000000000000000000e000000000011000000000000ef000000f2000000110000000000000e0000000000001111000000000000000000000000000000f1ef00000f0000000000000000f20000000000f2000000000000ef0f000000000000000f1100001100ef0000000000000000000000000000000000000e00000f00000000000000000000000000f20000000000000000000000ef00000000000000000000001100000000000e0000000000d300000000000000000000000000000000c600000000002d000000000000110e00000000000000000000000000000000"`,
    );
  });

  test("of a text without words is all zeros, and similar to nothing", () => {
    for (const empty of [embed(""), embed("  !?"), embed({ name: "", description: "" })]) {
      expect(empty).toEqual(new Int8Array(EMBEDDING_BYTES));
      expect(similarity(empty, empty)).toBe(0);
      expect(similarity(empty, embed("a text"))).toBe(0);
    }
  });

  test("of stop words alone is not empty", () => {
    expect(similarity(embed("what is this for"), embed("what is this for"))).toBeCloseTo(1, 1);
  });

  test("has length 127 but for rounding, and is one that isEmbedding takes", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const vector = embed(text);
        const squares = dot(vector, vector);
        expect(isEmbedding(vector)).toBe(true);
        if (squares > 0) expect(Math.abs(Math.sqrt(squares) - 127)).toBeLessThan(4);
      }),
      { numRuns: 1_000 },
    );
  });

  test("does not depend on the order of words, nor on how names are written", () => {
    const words = fc.array(fc.constantFrom("read", "invoice", "photos", "translate", "ab", "größe"), { minLength: 1 });
    fc.assert(
      fc.property(words, fc.func(fc.integer()), (list, key) => {
        const shuffled = [...list].sort((a, b) => key(a) - key(b));
        expect(embed(shuffled.join(" "))).toEqual(embed(list.join(" ")));
      }),
    );
    for (const name of ["translate_text", "translate-text", "Translate Text", "translateText", "TRANSLATE.TEXT"])
      expect(embed(name)).toEqual(embed("translate text"));
    expect(embed({ name: "résumé", description: "Prüft" })).toEqual(embed("resume pruft"));
  });

  test("is nearer to what is worded alike", () => {
    const french = embed({ name: "translateFr", description: "Translates texts into French." });
    const near = similarity(french, embed("translation of a text to French"));
    const far = similarity(french, embed("resize and crop photos"));
    expect(near).toBeGreaterThan(0.4);
    expect(far).toBeLessThan(0.2);
  });
});

describe("similarity", () => {
  const unit = (place: number, sign: number): Int8Array => {
    const vector = new Int8Array(EMBEDDING_BYTES);
    vector[place] = 127 * sign;
    return vector;
  };

  test("is 1 for the same direction, 0 across, -1 against", () => {
    expect(similarity(unit(3, 1), unit(3, 1))).toBe(1);
    expect(similarity(unit(3, 1), unit(4, 1))).toBe(0);
    expect(similarity(unit(3, 1), unit(3, -1))).toBe(-1);
  });

  test("stays between -1 and 1 for any bytes, and is an exact product over 127²", () => {
    const any = fc.int8Array({ minLength: EMBEDDING_BYTES, maxLength: EMBEDDING_BYTES });
    fc.assert(
      fc.property(any, any, (a, b) => {
        const exact = Array.from(a, (value, i) => BigInt(value) * BigInt(b[i]!)).reduce((sum, one) => sum + one, 0n);
        expect(dot(a, b)).toBe(Number(exact));
        expect(similarity(a, b)).toBe(Math.max(-1, Math.min(1, Number(exact) / 16_129)));
      }),
    );
  });
});

describe("isEmbedding", () => {
  test("takes whatever quantize makes", () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
      minLength: EMBEDDING_BYTES,
      maxLength: EMBEDDING_BYTES,
    });
    const halves = fc.array(fc.constantFrom(0, 1, -1, 3, 0.5), { minLength: 256, maxLength: 256, size: "max" });
    fc.assert(
      fc.property(fc.oneof(values, halves), (list) => isEmbedding(quantize(list))),
      { numRuns: 500 },
    );
  });

  test("refuses vectors that would seem similar to everything, too short ones, and those of another size", () => {
    expect(isEmbedding(new Int8Array(EMBEDDING_BYTES).fill(127))).toBe(false);
    expect(isEmbedding(new Int8Array(EMBEDDING_BYTES).fill(9))).toBe(false);
    expect(isEmbedding(new Int8Array(EMBEDDING_BYTES).fill(1))).toBe(false);
    expect(isEmbedding(new Int8Array(EMBEDDING_BYTES - 1).fill(8))).toBe(false);
    expect(isEmbedding(new Int8Array(EMBEDDING_BYTES).fill(8))).toBe(true);
  });
});

test("takes a text of the greatest size that a skill may have", () => {
  const text = "ab cd ".repeat(200);
  expect(utf8(text)).toHaveLength(1_200);
  expect(isEmbedding(embed(text))).toBe(true);
});
