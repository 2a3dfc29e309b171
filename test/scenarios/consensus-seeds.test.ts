/**
 * A fixed set of seeds under all checkers (protocol.md 10), the seeds that once found a bug among them, and the proof
 * that a seed is a whole run: twice the same digest.
 */

import { describe, expect, test } from "vitest";
import { hasher } from "../../node/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { describeFailure, runSeed } from "../../sim/seeds/seed-run.ts";

const run = (seed: number): string | null => {
  const result = runSeed(seed, { hasher, createMachine: createAgent });
  return result.failure === null ? null : describeFailure(result);
};

/** Found a bug once; what it was stands in the commit that fixed it. */
const FOUND = [3, 10, 625, 627, 1078, 2615, 3364, 9678, 9748];
const PARTS = 5;
const PER_PART = 18;

describe("fixed seeds", () => {
  for (let part = 0; part < PARTS; part++) {
    const first = 100 + part * PER_PART;
    test(`${first} to ${first + PER_PART - 1}`, () => {
      for (let seed = first; seed < first + PER_PART; seed++) expect(run(seed)).toBeNull();
    });
  }

  test("those that found a bug", () => {
    for (const seed of FOUND) expect(run(seed)).toBeNull();
  });
});

test("a seed twice is the same run, and another seed another", () => {
  const digest = (seed: number): string => runSeed(seed, { hasher, createMachine: createAgent }).digest;
  expect(digest(7)).toBe(digest(7));
  expect(digest(7)).not.toBe(digest(8));
});
