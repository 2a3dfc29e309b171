/**
 * Our canonical bytes are msgpack: an independent reader (msgpackr) understands them as the same value.
 */

import fc from "fast-check";
import { Unpackr } from "msgpackr";
import { expect, test } from "vitest";
import { encodeValue, type Value } from "../../protocol/wire/value.ts";
import { runs } from "../support/runs.ts";

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });

test("msgpackr reads the values that we write", () => {
  const value = fc.jsonValue({ maxDepth: 6 }).filter((json) => !JSON.stringify(json).includes("__proto__"));
  fc.assert(
    fc.property(value, (json) => {
      // -0 is 0 in canonical form; JSON says the same.
      const expected: unknown = JSON.parse(JSON.stringify(json));
      expect(unpackr.unpack(encodeValue(expected as Value))).toEqual(expected);
    }),
    { numRuns: runs(500) },
  );
});
