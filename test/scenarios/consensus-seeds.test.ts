/**
 * A fixed set of seeds under all checkers (protocol.md 10), and the proof that a seed is a whole run: twice the same
 * digest. What searches found stands as scripts in consensus-scripts.test.ts: a seed's plan changes with the drawing.
 */

import { describe, expect, test } from "vitest";
import { hasher } from "../../node/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { describeFailure } from "../../sim/explore/seed-report.ts";
import { runSeed } from "../../sim/explore/seed-run.ts";

const run = (seed: number): string | null => {
  const result = runSeed(seed, { hasher, createMachine: createAgent });
  return result.failure === null ? null : describeFailure(result);
};

const PARTS = 5;
const PER_PART = 16;

describe("fixed seeds", () => {
  for (let part = 0; part < PARTS; part++) {
    const first = 100 + part * PER_PART;
    test(`${first} to ${first + PER_PART - 1}`, () => {
      for (let seed = first; seed < first + PER_PART; seed++) expect(run(seed)).toBeNull();
    });
  }
});

test("a seed twice is the same run, and another seed another", () => {
  const digest = (seed: number): string => runSeed(seed, { hasher, createMachine: createAgent }).digest;
  expect(digest(7)).toBe(digest(7));
  expect(digest(7)).not.toBe(digest(8));
});
