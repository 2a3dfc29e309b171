/** Places that sources share, and rates by key. */

import { describe, expect, test } from "vitest";
import { SharedPlaces } from "../../../protocol/core/shared-places.ts";
import { TokenBuckets } from "../../../protocol/core/token-buckets.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("shared places", () => {
  test("a source that floods them displaces only itself, its oldest first", () => {
    const places = new SharedPlaces<number, string>(10);
    for (const i of range(4)) places.set(i, "honest", "h");
    for (const i of range(100)) places.set(100 + i, "flood", "f");
    expect(places.size).toBe(10);
    expect(places.countOf("honest")).toBe(4);
    expect([...places.entries()].map(([key]) => key)).toEqual([0, 1, 2, 3, 194, 195, 196, 197, 198, 199]);
  });

  test("a newcomer finds a place, and the source that holds most pays for it", () => {
    const places = new SharedPlaces<number, string>(10);
    for (const i of range(6)) places.set(i, "many", "m");
    for (const i of range(4)) places.set(10 + i, "few", "f");
    expect(places.set(20, "new", "n")).toEqual([0, "m"]);
    expect(places.oldestOfLargest()).toBe(1);
  });

  test("an entry that is set again is the newest, and may change its source", () => {
    const places = new SharedPlaces<number, string>(3);
    for (const i of range(3)) places.set(i, "a", "x");
    expect(places.set(0, "b", "y")).toBeNull();
    expect([places.sourceOf(0), places.countOf("a"), places.get(0)]).toEqual(["b", 2, "y"]);
    places.set(9, "c", "z");
    expect(places.has(1)).toBe(false);
    expect(places.delete(2)).toBe("x");
    expect(places.delete(2)).toBeUndefined();
    expect(places.countOf("a")).toBe(0);
  });
});

describe("token buckets", () => {
  const create = () => new TokenBuckets({ perSecond: 2, burst: 4, keys: 3 });

  test("give a burst, and then so much a second", () => {
    const buckets = create();
    const taken = (nowMs: number) => range(10).filter(() => buckets.take("a", nowMs)).length;
    expect([taken(0), taken(0), taken(1_000), taken(60_000)]).toEqual([4, 0, 2, 4]);
  });

  test("may go into debt, which time pays", () => {
    const buckets = create();
    expect(buckets.take("a", 0, 8)).toBe(true);
    expect([buckets.has("a", 1_000), buckets.has("a", 2_500)]).toEqual([false, true]);
    buckets.spend("a", 2_500, 10);
    expect(buckets.has("a", 5_000)).toBe(false);
  });

  test("remember the keys that were used last", () => {
    const buckets = create();
    for (const key of ["a", "b", "c"]) buckets.take(key, 0, 4);
    expect(["a", "b", "c"].map((key) => buckets.has(key, 0))).toEqual([false, false, false]);
    buckets.take("d", 0);
    expect(["a", "b"].map((key) => buckets.has(key, 0))).toEqual([true, false]);
  });
});
