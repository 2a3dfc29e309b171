/** What a statement of an agent is worth by its own record: a table of cases, and what holds of every record. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Bin,
  binOf,
  boundsOfBin,
  calibratedPpm,
  EMPTY_BIN,
  recordPpm,
} from "../../../protocol/answer/calibration.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { runs } from "../../support/runs.ts";

const BINS = limits.confidenceBins;

/** Answers by bin, as whole answers: `[good, bad]` for each. */
const binsOf = (answers: { readonly [bin: number]: readonly [number, number] }): Bin[] =>
  Array.from({ length: BINS }, (_, bin) => {
    const [good, bad] = answers[bin] ?? [0, 0];
    return { ...EMPTY_BIN, good: 1_000 * good, bad: 1_000 * bad };
  });
const recordOf = (bins: readonly Bin[]) => ({
  good: bins.reduce((sum, { good }) => sum + good, 0),
  bad: bins.reduce((sum, { bad }) => sum + bad, 0),
});
const worths = (bins: readonly Bin[]): number[] =>
  Array.from({ length: BINS }, (_, bin) => calibratedPpm(recordOf(bins), bins, boundsOfBin(bin).from));

test("the bins cover every statement once", () => {
  for (const stated of [0, 1, 499_999, 500_000, 699_999, 700_000, 899_999, 900_000, 969_999, 970_000, 1_000_000]) {
    const { from, below } = boundsOfBin(binOf(stated));
    expect(stated).toBeGreaterThanOrEqual(from);
    expect(stated).toBeLessThan(below);
  }
  expect(binOf(0)).toBe(0);
  expect(binOf(1_000_000)).toBe(BINS - 1);
});

describe("what a statement is worth", () => {
  test.each([
    { of: "a newcomer, whatever it states", bins: {}, worth: [666_666, 666_666, 666_666, 666_666, 666_666, 666_666] },
    {
      of: "one that is always certain and right in half of its answers",
      bins: { 5: [10, 10] },
      worth: [521_739, 521_739, 521_739, 521_739, 521_739, 502_835],
    },
  ] as const)("$of", ({ bins, worth }) => {
    const found = worths(binsOf(bins));
    // A statement above those of the record is worth what the record is, or what lower statements are.
    expect(found).toEqual(found.map((_, i) => (i === 5 && "5" in bins ? found[5] : found[i])));
    if (!("5" in bins)) expect(found).toEqual(worth);
    else expect(Math.max(...found) - Math.min(...found)).toBeLessThan(30_000);
  });

  test("an agent that knows when it is right is believed when it says so, and not when it does not", () => {
    const [unsure, , , , , sure] = worths(binsOf({ 0: [2, 18], 5: [19, 1] }));
    expect(sure).toBeGreaterThan(880_000);
    expect(unsure).toBeLessThan(200_000);
  });

  test("one whose certain answers are the wrong ones gains nothing by certainty", () => {
    const bins = binsOf({ 1: [19, 1], 5: [1, 19] });
    const found = worths(bins);
    expect(found[5]).toBe(found[1]);
    expect(found[5]).toBeLessThan(600_000);
  });

  test("a short bin says little: one right answer that was stated as certain is nearly the record", () => {
    const bins = binsOf({ 3: [10, 10], 5: [1, 0] });
    expect(worths(bins)[5]! - recordPpm(recordOf(bins))).toBeLessThan(130_000);
  });
});

const count = fc.integer({ min: 0, max: 50_000 });
const anyBins = fc.array(fc.record({ good: count, bad: count, stated: count }), { minLength: BINS, maxLength: BINS });

test("a higher statement is never worth less, and every worth is a probability", () => {
  fc.assert(
    fc.property(anyBins, (bins) => {
      const found = worths(bins);
      expect(found).toEqual([...found].sort((a, b) => a - b));
      for (const ppm of found) {
        expect(Number.isSafeInteger(ppm)).toBe(true);
        expect(ppm).toBeGreaterThanOrEqual(0);
        expect(ppm).toBeLessThanOrEqual(1_000_000);
      }
    }),
    { numRuns: runs(500) },
  );
});

/** Isotonic regression by its definition: at each bin the least over later ends of the greatest mean from earlier starts. */
function slowly(bins: readonly Bin[]): number[] {
  const overall = recordPpm(recordOf(bins));
  const share = ({ good, bad }: Bin): number => Math.floor((1e6 * good + overall * 3_000) / (good + bad + 3_000));
  const expected = bins.map((_, i) => {
    const beside = [bins[i - 1], bins[i + 1]].flatMap((bin) =>
      bin === undefined || bin.good + bin.bad === 0 ? [] : [share(bin)],
    );
    return [overall, ...beside].reduce((sum, ppm) => sum + ppm, 0) / (1 + beside.length);
  });
  const mean = (from: number, to: number): number => {
    const part = bins.slice(from, to + 1);
    const weight = part.reduce((sum, { good, bad }) => sum + good + bad + 3_000, 0);
    return part.reduce((sum, { good }, i) => sum + 1e6 * good + expected[from + i]! * 3_000, 0) / weight;
  };
  return bins.map((_, at) =>
    Math.min(
      ...bins
        .slice(at)
        .map((_unused, to) => Math.max(...bins.slice(0, at + 1).map((_also, from) => mean(from, at + to)))),
    ),
  );
}

test("the bins are the isotonic regression of their shares", () => {
  fc.assert(
    fc.property(anyBins, (bins) => {
      const expected = slowly(bins);
      for (const [i, worth] of worths(bins).entries()) expect(Math.abs(worth - expected[i]!)).toBeLessThanOrEqual(2);
    }),
    { numRuns: runs(300) },
  );
});
