/** ln and exp: close to the platform's, and the same bits for ever. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exp, ln } from "../../../protocol/core/math.ts";

/** The bits of a double in hexadecimal. */
function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
}

const relative = (found: number, expected: number): number =>
  found === expected ? 0 : Math.abs(found - expected) / Math.abs(expected);

describe("ln", () => {
  test("is within 1e-14 of Math.log over all positive doubles", () => {
    const positive = fc.double({ min: 5e-324, noNaN: true, noDefaultInfinity: true });
    const nearOne = fc.double({ min: 0.5, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(positive, nearOne), (x) => relative(ln(x), Math.log(x)) < 1e-14),
      { numRuns: 2_000 },
    );
  });

  test.each([
    [1, 0],
    [0, Number.NEGATIVE_INFINITY],
    [-0, Number.NEGATIVE_INFINITY],
    [-1, Number.NaN],
    [Number.NEGATIVE_INFINITY, Number.NaN],
    [Number.NaN, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])("ln(%d) is %d", (x, expected) => {
    expect(ln(x)).toBe(expected);
  });

  test.each([
    [2, "3fe62e42fefa39ef"],
    [3, "3ff193ea7aad030a"],
    [10, "40026bb1bbb55515"],
    [0.1, "c0026bb1bbb55515"],
    [1e-300, "c085963447f87fb5"],
    [Number.MIN_VALUE, "c0874385446d71c3"],
    [Number.MAX_VALUE, "40862e42fefa39ef"],
    [Math.SQRT1_2, "bfd62e42fefa39ee"],
    [Math.SQRT2, "3fd62e42fefa39f0"],
    [1 + Number.EPSILON, "3cb0000000000000"],
  ])("ln(%d) has the bits %s", (x, bits) => {
    expect(bitsOf(ln(x))).toBe(bits);
  });
});

describe("exp", () => {
  test("is within 1e-13 of Math.exp for |x| <= 700", () => {
    const any = fc.double({ min: -700, max: 700, noNaN: true });
    const small = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(any, small), (x) => relative(exp(x), Math.exp(x)) < 1e-13),
      { numRuns: 2_000 },
    );
  });

  test.each([
    [0, 1],
    [-0, 1],
    [710, Number.POSITIVE_INFINITY],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [-710, 0],
    [-746, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.NaN, Number.NaN],
  ])("exp(%d) is %d", (x, expected) => {
    expect(exp(x)).toBe(expected);
  });

  test.each([
    [1, "4005bf0a8b14576a"],
    [-1, "3fd78b56362cef38"],
    [0.5, "3ffa61298e1e069c"],
    [10, "40d5829dcf950563"],
    [-10, "3f07cd79b5647c97"],
    [700, "7f0d945df4f8ee2d"],
    [-700, "00d14f2b0fb92f8c"],
    [1e-10, "3ff000000006df38"],
    [Math.LN2 / 2, "3ff6a09e667f3bcc"],
  ])("exp(%d) has the bits %s", (x, bits) => {
    expect(bitsOf(exp(x))).toBe(bits);
  });
});

test("exp undoes ln", () => {
  fc.assert(fc.property(fc.double({ min: 1e-200, max: 1e200, noNaN: true }), (x) => relative(exp(ln(x)), x) < 1e-12));
});
