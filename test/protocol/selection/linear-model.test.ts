/** Ridge regression, one example at a time: by hand, against naive batch solutions, and at its limits. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cholesky,
  isLinearState,
  type LinearState,
  learnLinear,
  meanAt,
  solveLinear,
  startLinear,
  varianceAt,
} from "../../../protocol/selection/linear-model.ts";
import { type LinearParameters, PIVOT_MIN } from "../../../protocol/selection/parameters.ts";
import { decodeValue, encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { runs } from "../../support/runs.ts";

type Matrix = number[][];
interface Example {
  readonly x: number[];
  readonly reward: number;
  readonly weight: number;
}

// --- the dumb oracle ----------------------------------------------------------------------------------

const unitMatrix = (d: number, value = 1): Matrix =>
  Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => (i === j ? value : 0)));

/** X with A X = B by Gauss and Jordan, the greatest pivot first. */
function gauss(a: Matrix, b: Matrix): Matrix {
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  for (let i = 0; i < rows.length; i++) {
    let best = i;
    for (let k = i; k < rows.length; k++) if (Math.abs(rows[k]![i]!) > Math.abs(rows[best]![i]!)) best = k;
    [rows[i], rows[best]] = [rows[best]!, rows[i]!];
    const pivot = rows[i]![i]!;
    rows[i] = rows[i]!.map((x) => x / pivot);
    for (let k = 0; k < rows.length; k++)
      if (k !== i) rows[k] = rows[k]!.map((x, j) => x - rows[i]![j]! * row(rows, k, i));
  }
  return rows.map((line) => line.slice(a.length));
}
const row = (rows: Matrix, k: number, i: number): number => rows[k]![i]!;

/** A and b of all examples at once: each counts gamma^(lessons after it). */
function batch(d: number, { gamma, lambda }: LinearParameters, examples: readonly Example[]): { a: Matrix; b: Matrix } {
  const a = unitMatrix(d, lambda);
  const b = Array.from({ length: d }, () => [0]);
  examples.forEach(({ x, reward, weight }, at) => {
    const left = weight * gamma ** (examples.length - 1 - at);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) a[i]![j]! += left * x[i]! * x[j]!;
      b[i]![0]! += left * reward * x[i]!;
    }
  });
  return { a, b };
}

const unpack = (packed: ArrayLike<number>, d: number): Matrix =>
  Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => packed[i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i]!),
  );

const learnAll = (d: number, parameters: LinearParameters, examples: readonly Example[]): LinearState =>
  examples.reduce(
    (state, { x, reward, weight }) => learnLinear(state, parameters, x, reward, weight),
    startLinear(d, parameters),
  );

function expectClose(found: Matrix, expected: Matrix): void {
  for (const [i, line] of expected.entries())
    for (const [j, value] of line.entries())
      expect(Math.abs(found[i]![j]! - value)).toBeLessThan(1e-7 * Math.max(1, Math.abs(value)));
}

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const problem = fc.integer({ min: 1, max: 11 }).chain((d) =>
  fc.record({
    d: fc.constant(d),
    lambda: number(0.1, 4),
    gamma: fc.constantFrom(1, 0.99, 0.9, 0.5),
    examples: fc.array(
      fc.record({
        x: fc.array(number(-1, 1), { minLength: d, maxLength: d }),
        reward: number(-1, 1),
        weight: number(0.01, 1),
      }),
      { maxLength: 40 },
    ),
  }),
);

// --- tests --------------------------------------------------------------------------------------------

describe("by hand", () => {
  test("without forgetting: A = [[2, 0], [0, 1]] and then [[2, 0], [0, 5]]", () => {
    const parameters = { gamma: 1, lambda: 1 };
    const first = learnLinear(startLinear(2, parameters), parameters, [1, 0], 1);
    expect(first).toEqual({ seen: 1, isInverse: true, matrix: [0.5, 0, 1], vector: [1, 0] });
    const second = learnLinear(first, parameters, [0, 2], 0.5);
    expect(second.vector).toEqual([1, 1]);
    const model = solveLinear(second);
    expect(model.theta[0]).toBe(0.5);
    expect(model.theta[1]).toBeCloseTo(0.2, 15);
    expect(meanAt(model, [2, 1])).toBeCloseTo(1.2, 15);
    expect(varianceAt(model, [2, 1])).toBeCloseTo(2.2, 15);
  });

  test("with gamma 1/2: what was seen counts half, and lambda stays", () => {
    const parameters = { gamma: 0.5, lambda: 4 };
    const first = learnLinear(startLinear(2, parameters), parameters, [2, 0], 1);
    // 4/2 + 4/2 + 4 = 8; then 8/2 + 2 = 6 and 4/2 + 2 + 9 = 13.
    expect(first).toEqual({ seen: 1, isInverse: false, matrix: [8, 0, 4], vector: [2, 0] });
    const second = learnLinear(first, parameters, [0, 3], 1, 1);
    expect(second).toEqual({ seen: 1.5, isInverse: false, matrix: [6, 0, 13], vector: [1, 3] });
    const { theta } = solveLinear(second);
    expect(theta[0]).toBeCloseTo(1 / 6, 15);
    expect(theta[1]).toBeCloseTo(3 / 13, 15);
  });

  test("Cholesky of [[4, 2], [2, 5]] is [[2], [1, 2]]", () => {
    expect([...cholesky([4, 2, 5], 2)]).toEqual([2, 1, 2]);
  });
});

describe("against oracles", () => {
  test("Sherman-Morrison is inversion, and the model is batch ridge regression, with and without forgetting", () => {
    fc.assert(
      fc.property(problem, ({ d, examples, ...parameters }) => {
        const state = learnAll(d, parameters, examples);
        const { a, b } = batch(d, parameters, examples);
        const model = solveLinear(state);
        expectClose(unpack(model.inverse, d), gauss(a, unitMatrix(d)));
        expectClose(
          [...model.theta].map((x) => [x]),
          gauss(a, b),
        );
        const x = Array.from({ length: d }, (_, i) => (i + 1) / d);
        const [variance] = gauss(
          a,
          x.map((value) => [value]),
        ).reduce(([sum], [value], i) => [sum! + value! * x[i]!], [0]);
        expect(varianceAt(model, x)).toBeCloseTo(variance!, 6);
      }),
      { numRuns: runs(300) },
    );
  });

  test("L L' is the matrix that was factored", () => {
    fc.assert(
      fc.property(problem, ({ d, examples, lambda }) => {
        const { matrix } = learnAll(d, { gamma: 0.9, lambda }, examples);
        const factor = cholesky(matrix, d);
        const lower = unpack(factor, d).map((line, i) => line.map((x, j) => (j <= i ? x : 0)));
        const product = lower.map((left) => lower.map((right) => left.reduce((sum, x, k) => sum + x * right[k]!, 0)));
        expectClose(product, unpack(matrix, d));
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("at its limits", () => {
  test("the same examples give the same bits, and a state that was written and read is the same state", () => {
    fc.assert(
      fc.property(problem, ({ d, examples, ...parameters }) => {
        const state = learnAll(d, parameters, examples);
        expect(learnAll(d, parameters, examples)).toStrictEqual(state); // Object.is: -0 is not 0
        const read = decodeValue(encodeValue(state as unknown as Value));
        expect(read.ok && read.value).toStrictEqual(state);
        expect(isLinearState(read.ok && read.value, d, parameters)).toBe(true);
      }),
      { numRuns: runs(200) },
    );
  });

  test("a pivot of nearly nothing, of nothing and below nothing survives", () => {
    for (const corner of [1e-30, 0, -1]) {
      const singular: LinearState = { seen: 3, isInverse: false, matrix: [1, 1, 1 + corner], vector: [1, 1] };
      const model = solveLinear(singular);
      expect([...model.theta, ...model.inverse].every(Number.isFinite)).toBe(true);
      expect(varianceAt(model, [1, -1])).toBeLessThanOrEqual(5 / PIVOT_MIN);
      const next = learnLinear(singular, { gamma: 0.9, lambda: 1 }, [1, -1], 1);
      expect([...solveLinear(next).theta].every(Number.isFinite)).toBe(true);
    }
  });

  test("a hundred thousand lessons of one direction leave a sound model", () => {
    for (const gamma of [1, 0.99]) {
      const parameters = { gamma, lambda: 0.1 };
      let state = startLinear(3, parameters);
      for (let i = 0; i < 100_000; i++) state = learnLinear(state, parameters, [1, 1e-9, 0], 1);
      const model = solveLinear(state);
      expect(meanAt(model, [1, 0, 0])).toBeCloseTo(1, 2);
      expect(varianceAt(model, [0, 0, 1])).toBeCloseTo(10, 6);
      expect(varianceAt(model, [1, 1, 1])).toBeGreaterThan(0);
    }
  });

  test("what is no example changes nothing", () => {
    const parameters = { gamma: 0.9, lambda: 1 };
    const state = startLinear(2, parameters);
    const { NaN: none, POSITIVE_INFINITY } = Number;
    for (const x of [[1], [1, 2, 3], [none, 0], [0, POSITIVE_INFINITY]])
      expect(learnLinear(state, parameters, x, 1)).toBe(state);
    for (const reward of [none, POSITIVE_INFINITY]) expect(learnLinear(state, parameters, [1, 1], reward)).toBe(state);
    for (const weight of [none, 0, -1]) expect(learnLinear(state, parameters, [1, 1], 1, weight)).toBe(state);
  });

  test("a state from outside is looked at", () => {
    const parameters = { gamma: 1, lambda: 1 };
    const good = startLinear(2, parameters);
    expect(isLinearState(good, 2, parameters)).toBe(true);
    expect(isLinearState(good, 3, parameters)).toBe(false);
    expect(isLinearState(good, 2, { gamma: 0.9, lambda: 1 })).toBe(false);
    const wrong: readonly unknown[] = [
      null,
      [],
      { ...good, seen: -1 },
      { ...good, vector: [1e300, 0] },
      { ...good, vector: [Number.NaN, 0] },
      { ...good, vector: ["1", 0] },
      { ...good, matrix: [1, 0, 0] },
      { ...good, matrix: [1, 0, -1] },
      { ...good, vector: [-0, 0] },
      { ...good, more: 1 },
    ];
    for (const value of wrong) expect(isLinearState(value, 2, parameters)).toBe(false);
  });
});
