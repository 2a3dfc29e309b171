/** Numbers that would not be read as they are written are refused, with their place. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LossyJson, parseExactJson } from "../../../../node/platform/files/exact-json.ts";
import { isExact, keepsAllDigits } from "../../../../node/platform/files/exact-numbers.ts";
import { parseYaml } from "../../../../node/platform/files/yaml-source.ts";
import { builtInSkills } from "../../../../node/skills/built-in.ts";

test.each([
  ["9007199254740991", true],
  ["-9007199254740991", true],
  ["9007199254740992", false],
  ["9007199254740993", false],
  ["1234567890123456800", false],
  ["0009007199254740991", true],
  ["0x1fffffffffffff", true],
  ["0x20000000000001", false],
  ["0o400000000000000001", false],
  ["9007199254740993.0", false],
  ["9007199254740993e0", false],
  ["90071992547409.93e2", false],
  ["900719925474099.25", true],
  ["1e300", true],
  ["1e23", true],
  ["123456789012345678e3", false],
  ["1e400", false],
  ["-1e400", false],
  ["0.1", true],
  ["0.12345678901234567890123", true],
  [".5", true],
  ["5.", true],
  [".inf", true],
])("%s is exact: %s", (literal, exact) => {
  expect(isExact(literal)).toBe(exact);
});

test("what JavaScript prints of a double is kept; no integer beyond 2^53 is exact, and none that is kept was rounded", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => keepsAllDigits(JSON.stringify(value))),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.bigInt({ min: 2n ** 53n, max: 2n ** 90n }), fc.boolean(), (integer, isNegative) => {
      const literal = `${isNegative ? "-" : ""}${integer}`;
      if (isExact(literal)) return false;
      return (
        !keepsAllDigits(literal) ||
        JSON.stringify(JSON.parse(literal)).replace(/e.*|[-.]|0+$/g, "") === literal.replace(/-|0+$/g, "")
      );
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["1", true],
  ["-0", true],
  ["1.0", true],
  ["1e-07", true],
  ["0.1", true],
  ["1.5e300", true],
  ["4.00000000000000000001", false],
  ["0.10000000000000000000001", false],
  ["1e-400", false],
])("%s is kept, digit by digit: %s", (literal, kept) => {
  expect(keepsAllDigits(literal)).toBe(kept);
});

test("a long text or a deep place takes neither the stack nor a page of words", () => {
  const long = '\n"\\'.repeat(3_000_000);
  expect(parseExactJson(JSON.stringify({ long }))).toEqual({ long });
  const deep = `${'{"a":'.repeat(5_000)}9007199254740993${"}".repeat(5_000)}`;
  expect(() => parseExactJson(deep)).toThrow(/^….{1,300}$/);
});

describe("YAML", () => {
  test.each(["9_007_199_254_740_993", "0b1", "25019997929836:52:13", "-0x20000000000001", `${"1".repeat(100_000)}_1`])(
    "1.1, where %.20s is a number, is refused",
    (number) => {
      expect(() => parseYaml("f", `%YAML 1.1\n---\na: ${number}\n`)).toThrow("f: it asks for YAML 1.1");
      expect(parseYaml("f", `%YAML 1.2\n---\na: ${number}\n`).value).toEqual({ a: number });
    },
  );

  test.each([
    [
      "a: [1, { b: 9007199254740993 }]",
      "f:1: a[1].b is 9007199254740993, which is beyond 2^53: it would become 9007199254740992",
    ],
    ["x: 1\ny: &n 12345678901234567890\nz: *n", "f:2: y is 12345678901234567890"],
    ["12345678901234567890", "f:1: the file is 12345678901234567890"],
    ["a:\n  12345678901234567890: 1", "f:2: a key of a is 12345678901234567890"],
    ["a: { 007: 1 }", "f:1: a key of a is 007, which would become 7"],
    ["a: 1e999", "f:1: a is 1e999, more than a number can hold"],
  ])("%j", (text, message) => {
    expect(() => parseYaml("f", text)).toThrow(message);
  });

  test("what is quoted, and keys that are numbers, stay", () => {
    expect(parseYaml("f", 'a: "9007199254740993"\n7: x\n').value).toEqual({ a: "9007199254740993", "7": "x" });
  });
});

describe("JSON", () => {
  test("is what JSON.parse says, where nothing is lost", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        let value: unknown;
        try {
          value = parseExactJson(text);
        } catch (error) {
          return error instanceof LossyJson; // integers that JavaScript prints with all their zeros
        }
        expect(value).toEqual(JSON.parse(text));
        return true;
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["12345678901234567890", "the number is 12345678901234567890"],
    ['[0, [0, {"a b": 12345678901234567890}]]', "[1][1].a b is 12345678901234567890"],
    ['{"a": {"x": 1}, "b": ["}", "\\"", 12345678901234567890]}', "b[2] is 12345678901234567890"],
    ['[{"a": 1, "b": 2, "a": 3}]', "the key [0].a stands there twice"],
    ['{"a": 1e999}', "a is 1e999, more than a number can hold"],
  ])("%s", (text, message) => {
    expect(() => parseExactJson(text)).toThrow(message);
  });

  test("equal keys of different maps, and texts that look like keys", () => {
    const text = '{"a": {"a": [{"a": "a"}, {"a": "b"}]}, "b": {"a": 1}}';
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
  });
});

test("built-in skills do not round either", () => {
  const run = (name: string, input: unknown): unknown =>
    builtInSkills.find((skill) => skill.name === name)!.run(input as never, undefined as never);
  expect(run("math.sum", [9_007_199_254_740_990, 1])).toBe(9_007_199_254_740_991);
  expect(() => run("math.sum", [9_007_199_254_740_991, 2])).toThrow("beyond 2^53");
  expect(() => run("math.increment", 9_007_199_254_740_991)).toThrow("beyond 2^53");
});
