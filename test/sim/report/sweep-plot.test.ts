/** Plots over a grid of points: where numbers stand across, and whether lines can be told apart. */

import { expect, test } from "vitest";
import type { Html } from "../../../sim/report/html.ts";
import { acrossOf, gridOf, legend, type SweepGrid } from "../../../sim/report/sweep-plot.ts";

const gridAt = (places: readonly (number | string)[], lines: readonly string[] = ["a"]): SweepGrid =>
  gridOf(
    places.flatMap((x) =>
      lines.map((line) => ({
        params: new Map<string, number | string>([
          ["x", x],
          ["line", line],
        ]),
        summary: { metrics: {} },
      })),
    ),
    String,
  );

test("numbers that span much stand by their logarithms, others as they are, words one after the other", () => {
  const wide = gridAt([10_000, 100, 1_000]);
  expect(wide.xLabels).toEqual(["100", "1000", "10000"]);
  const [a, b, c] = wide.xValues as [number, number, number];
  expect(b - a).toBeCloseTo(c - b, 9);
  expect(acrossOf(wide).markup).toContain("logarithm");
  const narrow = gridAt([1, 3, 5]);
  expect(narrow.xValues).toEqual([1, 3, 5]);
  expect(acrossOf(narrow).markup).not.toContain("logarithm");
  expect(gridAt([0, 0.6, 100]).xValues).toEqual([0, 0.6, 100]);
  expect(gridAt(["one", "two"]).xValues).toEqual([0, 1]);
});

test("ten lines look different, without dashes too", () => {
  const lines = Array.from({ length: 10 }, (_, i) => `line ${i}`);
  const { markup } = legend(gridAt(["one", "two"], lines)) as Html;
  const swatches = markup.match(/<svg.*?<\/svg>/g)!;
  expect(new Set(swatches).size).toBe(10);
});
