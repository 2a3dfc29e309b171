/**
 * Seeds under all checkers (protocol.md 10): a set that is always the same, and a set that each commit draws for itself, so
 * that the suite keeps looking. What searches found stands as scripts in consensus-scripts.test.ts: a seed's scenario
 * changes with the drawing.
 */

import { describe, expect, test } from "vitest";
import { simHost } from "../../../scripts/sim-host.ts";
import { randomSubject, type SeedOutcome } from "../../../sim/search/subject.ts";
import { headCommit, seedsOfCommit } from "../../support/commit-seeds.ts";

const subject = randomSubject(simHost);
const runSeed = (seed: number): SeedOutcome => subject.run(seed, subject.draw(seed), { events: 30 })!;

/** null, or what broke, with the seed and what repeats it. */
const run = (seed: number): string | null => {
  const { failure } = runSeed(seed);
  if (failure === null) return null;
  return `${failure.text}\nrepeat it: npm run -s meshwork -- sim explore --seeds 1 --from ${seed}`;
};

const PARTS = 5;
const PER_PART = 2;

describe("fixed seeds", () => {
  for (let part = 0; part < PARTS; part++) {
    const first = 100 + part * PER_PART;
    test(`${first} to ${first + PER_PART - 1}`, () => {
      for (let seed = first; seed < first + PER_PART; seed++) expect(run(seed)).toBeNull();
    });
  }
});

const commit = headCommit(import.meta.dirname);

describe(`seeds of commit ${commit ?? "none"}`, () => {
  const seeds = seedsOfCommit(commit, PARTS * PER_PART);
  for (let part = 0; part < PARTS; part++) {
    test(`part ${part + 1} of ${PARTS}`, () => {
      for (const seed of seeds.slice(part * PER_PART, (part + 1) * PER_PART)) expect(run(seed)).toBeNull();
    });
  }

  test("are others for another commit, and fixed where there is none", () => {
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seedsOfCommit("a".repeat(40), 3)).toEqual(seedsOfCommit("a".repeat(40), 3));
    expect(seedsOfCommit("a".repeat(40), 3)).not.toEqual(seedsOfCommit("b".repeat(40), 3));
    expect(seedsOfCommit(null, 2)).toEqual(seedsOfCommit("none", 2));
    expect(headCommit("/")).toBeNull();
  });
});

test("a seed twice is the same run, and another seed another", () => {
  const { digest } = runSeed(7);
  expect(runSeed(7).digest).toBe(digest);
  expect(runSeed(8).digest).not.toBe(digest);
});
