/** Paths into values: what they find, and what they refuse. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Value } from "../../../protocol/wire/value.ts";
import { isPath, selectPath } from "../../../protocol/wire/value-path.ts";

const value: Value = {
  items: [{ name: "a" }, { name: "b", tags: ["x", "y"] }],
  matrix: [
    [1, 2],
    [3, 4],
  ],
  "with space": true,
  nothing: null,
  2: "a key of digits",
  text: "abc",
};

describe("selectPath", () => {
  test.each<[string, Value]>([
    ["items[0].name", "a"],
    ["items[1].tags[1]", "y"],
    ["matrix[1][0]", 3],
    ["with space", true],
    ["nothing", null],
    ["2", "a key of digits"],
    ["items[1]", { name: "b", tags: ["x", "y"] }],
  ])("%s", (path, expected) => {
    expect(isPath(path)).toBe(true);
    expect(selectPath(value, path)).toEqual(expected);
  });

  test('"" is the whole', () => {
    expect(selectPath(value, "")).toBe(value);
    expect(selectPath(7, "")).toBe(7);
    expect(isPath("")).toBe(true);
  });

  test.each([
    ["no such key", "missing"],
    ["no such index", "items[2]"],
    ["an index of a map", "[2]"],
    ["a key of a list", "items.name"],
    ["the length of a list", "items.length"],
    ["a part of a text", "text[0]"],
    ["the length of a text", "text.length"],
    ["below null", "nothing.more"],
    ["an index beyond all lists", "items[999999999]"],
    ["what every object inherits", "constructor"],
    ["the prototype", "__proto__"],
    ["a method of lists", "items.map"],
  ])("finds nothing: %s", (_, path) => {
    expect(isPath(path)).toBe(true);
    expect(selectPath(value, path)).toBeUndefined();
  });

  test("`__proto__` is a key like any other where a value has it", () => {
    const odd = Object.fromEntries([["__proto__", 5]]) as Value;
    expect(selectPath(odd, "__proto__")).toBe(5);
  });

  test.each([
    "items[",
    "items]",
    "items[x]",
    "items[-1]",
    "items[]",
    "a..b",
    "a.",
    ".",
    "[0",
    "a.[0]",
    ".a",
    "items[01]",
    "items[0]name",
  ])("is no path: %s", (path) => {
    expect(isPath(path)).toBe(false);
    expect(selectPath(value, path)).toBeUndefined();
  });
});

test("the path by which a part was reached finds that part", () => {
  const key = fc.string({ minLength: 1, maxLength: 5 }).filter((text) => !/[.[\]]/.test(text));
  const steps = fc.array(fc.oneof(key, fc.nat(3)), { maxLength: 6 });
  fc.assert(
    fc.property(steps, (taken) => {
      let whole: Value = "the part";
      for (const step of taken.toReversed()) {
        whole =
          typeof step === "number"
            ? [...new Array<Value>(step).fill(null), whole]
            : Object.fromEntries([[step, whole]]);
      }
      const written = taken.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
      const path = written.replace(/^\./, "");
      return isPath(path) && selectPath(whole, path) === "the part";
    }),
  );
});
