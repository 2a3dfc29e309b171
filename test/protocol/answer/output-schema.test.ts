/** The form of outputs: what fits a schema by a table for each keyword, and what is wrong with a schema. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { compileSchema, fits, isOutputSchema } from "../../../protocol/answer/output-schema.ts";
import { toHex } from "../../../protocol/core/bytes.ts";
import { encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { runs } from "../../support/runs.ts";

function isFit(schema: Value, value: Value): boolean {
  const compiled = compileSchema(schema);
  if (!isOutputSchema(compiled)) throw new Error(JSON.stringify(compiled));
  return fits(compiled, value);
}

const MOVE: Value = {
  type: "object",
  properties: { disk: { type: "integer", minimum: 1, maximum: 10 }, from: { enum: ["a", "b", "c"] } },
  required: ["disk", "from"],
  additionalProperties: false,
};

test.each<[schema: Value, good: readonly Value[], bad: readonly Value[]]>([
  [{}, [null, 1, "a", [], {}], []],
  [{ title: "t", description: "d", $schema: "s" }, [1], []],
  [{ type: "null" }, [null], [0, "", false]],
  [{ type: "boolean" }, [true, false], [0, null]],
  [{ type: "number" }, [1, 1.5, -3], ["1", null]],
  [{ type: "integer" }, [1, -3, 1e300], [1.5, "1"]],
  [{ type: "string" }, ["", "a"], [1, ["a"]]],
  [{ type: "array" }, [[], [1]], [{}, "a"]],
  [{ type: "object" }, [{}, { a: 1 }], [[], null]],
  [{ type: ["string", "null"] }, ["a", null], [1]],
  [{ enum: ["a", 1, null, [1, { b: 2 }]] }, ["a", 1, null, [1, { b: 2 }]], ["b", "1", [1], false]],
  [{ const: { a: [1] } }, [{ a: [1] }], [{ a: [2] }, { a: [1], b: 1 }, 1]],
  [{ const: 0 }, [0, -0], [false, "0"]],
  [{ minimum: 1, maximum: 2.5 }, [1, 2.5, "text"], [0.9, 3]],
  [{ minLength: 1, maxLength: 2 }, ["a", "äb", "😀😀", 1], ["", "abc"]],
  [{ minItems: 1, maxItems: 2 }, [[1], [1, 2], "a"], [[], [1, 2, 3]]],
  [{ items: { type: "number" } }, [[], [1, 2], "a"], [[1, "a"]]],
  [{ properties: { a: { type: "number" } } }, [{}, { a: 1, b: "x" }, 1], [{ a: "x" }]],
  [{ required: ["a"] }, [{ a: null }, 1], [{}, { b: 1 }]],
  [{ required: ["toString", "__proto__"] }, [JSON.parse('{"toString":1,"__proto__":1}') as Value], [{}]],
  [{ properties: { a: {} }, additionalProperties: false }, [{}, { a: 1 }], [{ b: 1 }, { a: 1, toString: 1 }]],
  [
    MOVE,
    [{ disk: 3, from: "a" }],
    [{ disk: 3 }, { disk: 0, from: "a" }, { disk: 3, from: "d" }, { disk: 3, from: "a", to: "b" }],
  ],
  [{ items: MOVE, minItems: 1 }, [[{ disk: 1, from: "b" }]], [[], [{ disk: 1, from: "b" }, 1]]],
])("%j", (schema, good, bad) => {
  for (const value of good) expect([value, isFit(schema, value)]).toEqual([value, true]);
  for (const value of bad) expect([value, isFit(schema, value)]).toEqual([value, false]);
});

test.each<[schema: Value, path: readonly string[], what: RegExp]>([
  [1, [], /map of keywords/],
  [true, [], /map of keywords/],
  [{ pattern: "a" }, ["pattern"], /"pattern" is not checked/],
  [{ items: { anyOf: [] } }, ["items", "anyOf"], /"anyOf" is not checked/],
  [{ type: "text" }, ["type"], /one or several of/],
  [{ type: [] }, ["type"], /one or several of/],
  [{ enum: 1 }, ["enum"], /list of values/],
  [{ enum: [1], const: 1 }, ["const"], /leave one out|one schema/],
  [{ minimum: "1" }, ["minimum"], /a number/],
  [{ minimum: 2, maximum: 1 }, ["maximum"], /less than minimum/],
  [{ minLength: -1 }, ["minLength"], /whole number/],
  [{ maxItems: 1.5 }, ["maxItems"], /whole number/],
  [{ properties: [] }, ["properties"], /map of names/],
  [{ properties: { a: { type: 1 } } }, ["properties", "a", "type"], /one or several/],
  [{ required: "a" }, ["required"], /list of names/],
  [{ additionalProperties: {} }, ["additionalProperties"], /true or false/],
  [{ items: [{}] }, ["items"], /map of keywords/],
])("%j is wrong at %j", (schema, path, what) => {
  expect(compileSchema(schema)).toMatchObject({ path, what: expect.stringMatching(what) as string });
});

const value: fc.Arbitrary<Value> = fc
  .jsonValue({ maxDepth: 4 })
  .map((drawn) => JSON.parse(JSON.stringify(drawn)) as Value);

test("anything is a schema or has a problem with a remedy, and any value is checked against it", () => {
  const keyword = fc.constantFrom("type", "enum", "const", "minimum", "maxLength", "items", "required", "properties");
  const schema = fc.oneof(
    value,
    fc.dictionary(keyword, fc.oneof(value, fc.constantFrom("string", "array", 1, {}, ["a"], { type: "string" }))),
  );
  fc.assert(
    fc.property(schema, value, (drawn, output) => {
      const compiled = compileSchema(drawn as Value);
      if (isOutputSchema(compiled)) expect(typeof fits(compiled, output)).toBe("boolean");
      else expect(compiled.remedy).not.toBe("");
    }),
    { numRuns: runs(1_000) },
  );
});

test("a value fits the schema that says what it is", () => {
  const describe = (part: Value): Value => {
    if (part === null) return { type: "null" };
    if (Array.isArray(part)) return { type: "array", minItems: part.length, maxItems: part.length };
    if (typeof part !== "object") return { type: typeof part, const: part };
    const entries = Object.entries(part);
    const properties = Object.fromEntries(entries.map(([key, inner]) => [key, describe(inner as Value)]));
    return { type: "object", properties, required: entries.map(([key]) => key), additionalProperties: false };
  };
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(isFit(describe(one), one)).toBe(true);
      const isSame = toHex(encodeValue(one)) === toHex(encodeValue(other));
      expect(isFit({ const: one }, other)).toBe(isSame);
      expect(isFit({ enum: [one, other] }, other)).toBe(true);
    }),
    { numRuns: runs(500) },
  );
});
