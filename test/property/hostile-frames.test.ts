/** 20,000 hostile frames; a million are in `npm run test:long`. */

import { expect, test } from "vitest";
import { runHostileFrames } from "../../scripts/fuzz/hostile.ts";

test("every hostile frame gets a verdict, and what is accepted is canonical", () => {
  const run = runHostileFrames(20_000, 20_251_121, () => undefined);
  expect(run.failures).toEqual([]);
  // The frames must reach deep: into many different refusals, and sometimes through.
  const verdicts = [...run.verdicts.keys()];
  expect(verdicts).toEqual(
    expect.arrayContaining(["accepted", "truncated", "not-shortest", "not-utf8", "trailing-bytes"]),
  );
  expect(verdicts.length).toBeGreaterThan(12);
});

test("the same seed gives the same frames", () => {
  const [first, again, other] = [5, 5, 6].map((seed) => [...runHostileFrames(2_000, seed, () => undefined).verdicts]);
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
});
