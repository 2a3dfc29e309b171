/** Numbers as the report shows them. */

import { expect, test } from "vitest";
import { bound, duration, estimateText, fixed, moment, quantity, tick } from "../../../sim/report/format.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ").replaceAll("\u2212", "-");

test.each([
  [0, "ms", "0 ms"],
  [840.4, "ms", "840 ms"],
  [1_240, "ms", "1.24 s"],
  [128_000, "ms", "128 s"],
  [1_500_000, "ms", "25 min"],
  [0.5, "share", "50.0 %"],
  [1, "share", "100 %"],
  [0.99963, "share", "99.963 %"],
  [0.0004, "share", "0.040 %"],
  [98_212_000, "bytes", "98.2 MB"],
  [1, "jobs", "1 job"],
  [1, "batches", "1 batch"],
  [1, "ms", "1 ms"],
  [12_345, "awards", "12,345 awards"],
  [2.7345, "", "2.73"],
  [-0.004, "", "-0.00400"],
  [null, "ms", "\u2013"],
])("%s %s is shown as %s", (value, unit, text) => {
  expect(plain(quantity(value, unit))).toBe(text);
});

test.each([
  [0.99, "share", "99 %"],
  [5_000, "ms", "5 s"],
  [0.001, "share", "0.1 %"],
  [20, "jobs", "20 jobs"],
  [0, "jobs", "0 jobs"],
  [100, "", "100"],
])("a bound of %s %s adds no digits: %s", (value, unit, text) => {
  expect(plain(bound(value, unit))).toBe(text);
});

test("durations and moments", () => {
  expect([900, 12_400, 200_000, 7_500_000].map((ms) => plain(duration(ms)))).toEqual([
    "900 ms",
    "12.4 s",
    "3 min 20 s",
    "2 h 5 min",
  ]);
  expect([20_000, 20_400, 200_000, 3_803_000].map((ms) => plain(moment(ms)))).toEqual([
    "20 s",
    "20.4 s",
    "3:20",
    "1:03:23",
  ]);
});

test("an interval's width sets the digits of mean and ends; no width, the value's own", () => {
  expect(estimateText(11_237, [10_120, 12_354], "ms")).toEqual({
    mean: "11.2",
    interval: "10.1 \u2013 12.4",
    unit: "s",
  });
  expect(estimateText(1_234_567, [1_230_000, 1_239_134], "frames").mean).toBe("1,234,567");
  expect(estimateText(3.559, [3.559 - 1e-15, 3.559 + 1e-15], "tasks/s").mean).toBe("3.56");
  expect(estimateText(5, null, "jobs")).toEqual({ mean: "5", interval: "", unit: "jobs" });
});

test("minus is a minus, and nothing is not below nothing", () => {
  expect(fixed(-1_234.5, 1)).toBe("\u22121,234.5");
  expect(fixed(-0.0001, 2)).toBe("0.00");
});

test("values beside an axis stay short", () => {
  const shown = [0, 9_500, 20_000, 120_000, 1_250_000, -2_000_000, 3e9].map((value) => tick(value, 0));
  expect(shown).toEqual(["0", "9,500", "20k", "120k", "1.25M", "\u22122M", "3G"]);
  expect(tick(0.25, 2)).toBe("0.25");
});
