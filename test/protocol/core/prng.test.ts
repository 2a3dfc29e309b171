/** The seeded generator: sfc32 as its author defines it, the same numbers for ever, no bias. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPrng } from "../../../protocol/core/prng.ts";

describe("the same numbers for ever", () => {
  test.each([
    [0, [3904253185, 3091496422, 3214466967, 1169105135]],
    [1, [2870527175, 3317960250, 83641800, 2355398948]],
    [4294967296, [3196151803, 74702823, 2748463956, 3816534518]],
    ["x", [3429800244, 3379659384, 1780131436, 109748166]],
  ])("seed %s", (seed, expected) => {
    const prng = createPrng(seed);
    expect(expected.map(() => prng.uint32())).toEqual(expected);
  });

  test("each kind of draw", () => {
    const prng = createPrng("golden");
    expect([prng.unit(), prng.unit()]).toEqual([0.028808743816678084, 0.76779439424089]);
    expect([prng.below(10), prng.below(1000), prng.below(0x100000000)]).toEqual([8, 200, 1843401040]);
    expect([prng.chance(0.5), prng.chance(0.5)]).toEqual([false, false]);
    expect(prng.pick([1, 2, 3])).toBe(1);
    expect(prng.shuffle([1, 2, 3, 4, 5, 6, 7, 8])).toEqual([4, 8, 7, 2, 5, 3, 6, 1]);
    expect(prng.fork("a").uint32()).toBe(2369795299);
  });

  test("a number and its text are one seed", () => {
    expect(createPrng(7).uint32()).toBe(createPrng("7").uint32());
  });
});

/** FNV-1a and sfc32 in 64-bit integers, word by word from their definitions: slow, and another way to the same. */
function* reference(seed: string): Generator<number> {
  const word = (value: bigint): bigint => value & 0xffffffffn;
  const start = (basis: bigint): bigint => {
    let h = word(0x811c9dc5n ^ basis);
    for (const unit of seed.split("")) h = word((h ^ BigInt(unit.charCodeAt(0))) * 0x01000193n);
    return h;
  };
  let [a, b, c] = [start(0x9e3779b9n), start(0x85ebca6bn), start(0xc2b2ae35n)];
  for (let counter = 1n; ; counter++) {
    const sum = word(a + b + counter);
    a = b ^ (b >> 9n);
    b = word(c + (c << 3n));
    c = word((word(c << 21n) | (c >> 11n)) + sum);
    if (counter > 15n) yield Number(sum);
  }
}

test("is sfc32, seeded by FNV-1a", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (seed) => {
      const prng = createPrng(seed);
      const expected = reference(seed);
      for (let i = 0; i < 20; i++) expect(prng.uint32()).toBe(expected.next().value);
    }),
  );
});

describe("draws", () => {
  test("below stays below, for every bound", () => {
    const bound = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 0xffffffff }));
    fc.assert(
      fc.property(bound, fc.integer(), (most, seed) => {
        const prng = createPrng(seed);
        for (let i = 0; i < 10; i++) {
          const drawn = prng.below(most);
          expect(Number.isInteger(drawn) && drawn >= 0 && drawn < most).toBe(true);
        }
      }),
    );
  });

  test("below has no bias: of a bound of 3/4 of the range, no third comes more often", () => {
    // A bare remainder would give the lowest third half of all draws.
    const bound = 0xc0000000;
    const prng = createPrng("bias");
    const thirds = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) thirds[Math.floor(prng.below(bound) / (bound / 3))]!++;
    for (const count of thirds) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test("unit is uniform in [0, 1)", () => {
    const prng = createPrng("unit");
    const tenths = new Array<number>(10).fill(0);
    for (let i = 0; i < 50_000; i++) {
      const drawn = prng.unit();
      expect(drawn >= 0 && drawn < 1).toBe(true);
      tenths[Math.floor(drawn * 10)]!++;
    }
    for (const count of tenths) expect(Math.abs(count - 5_000)).toBeLessThan(400);
  });

  test("chance keeps to its probability, and to 0 and 1", () => {
    const prng = createPrng("chance");
    const hits = (p: number) => Array.from({ length: 10_000 }, () => prng.chance(p)).filter(Boolean).length;
    expect(hits(0)).toBe(0);
    expect(hits(1)).toBe(10_000);
    expect(Math.abs(hits(0.3) - 3_000)).toBeLessThan(250);
  });

  test("shuffle keeps what it was given, and puts each first equally often", () => {
    const items = [1, 2, 3, 4];
    const prng = createPrng("shuffle");
    const firsts = [0, 0, 0, 0];
    for (let i = 0; i < 8_000; i++) {
      const shuffled = prng.shuffle(items);
      expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
      firsts[shuffled[0]! - 1]!++;
    }
    expect(items).toEqual([1, 2, 3, 4]);
    for (const count of firsts) expect(Math.abs(count - 2_000)).toBeLessThan(250);
  });

  test("a fork does not shift the draws of what it came from", () => {
    const [alone, forking] = [createPrng(5), createPrng(5)];
    forking.fork("a").uint32();
    expect(forking.uint32()).toBe(alone.uint32());
    expect(forking.fork("a").uint32()).not.toBe(forking.fork("b").uint32());
  });
});
