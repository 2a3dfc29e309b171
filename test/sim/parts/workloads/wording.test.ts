/** Simulated agents say the same answer in words of their own, and the comparator of their task finds it. */

import { expect, test } from "vitest";
import { hasher } from "../../../../node/platform/crypto.ts";
import { groupOutputs } from "../../../../protocol/answer/grouping.ts";
import { createPrng } from "../../../../protocol/core/prng.ts";
import { type Comparator, dataHash, type PlainComparator } from "../../../../protocol/wire/genesis.ts";
import type { Value } from "../../../../protocol/wire/value.ts";
import { inline } from "../../../../sim/parts/workloads/job-builder.ts";
import { padded, wrongAnswer } from "../../../../sim/parts/workloads/truth.ts";
import { restate, sayAnswer } from "../../../../sim/parts/workloads/wording.ts";

const PLAIN: readonly PlainComparator[] = [
  { kind: "number", absolute: 0.25, relativePpm: 0 },
  { kind: "set", leastPpm: 1_000_000 },
  { kind: "set", leastPpm: 600_000 },
  { kind: "set", leastPpm: 300_000 },
  { kind: "text", case: true, space: true, punctuation: true },
  { kind: "text", case: false, space: true, punctuation: false },
  { kind: "similar", leastPpm: 850_000 },
  { kind: "similar", leastPpm: 900_000 },
];
const COMPARATORS: readonly Comparator[] = [
  ...PLAIN,
  ...PLAIN.map((item) => ({ kind: "list" as const, item })),
  ...PLAIN.map((compare) => ({ kind: "field" as const, all: true, fields: [{ path: "answer", compare }] })),
];

const sizes = (comparator: Comparator, values: readonly Value[]): number[] => {
  const outputs = values.map(inline).map((data) => ({ data, hash: dataHash(hasher, data) }));
  return groupOutputs(comparator, outputs).groups.map(({ members }) => members.length);
};

test.each(COMPARATORS)("%j: seven say one answer, and five that collude another", (comparator) => {
  for (let seed = 0; seed < 20; seed++) {
    const prng = createPrng(`wording ${seed}`);
    const right = prng.below(1_000_000);
    const honest = Array.from({ length: 7 }, () => sayAnswer(right, comparator, prng));
    const lies = honest.slice(0, 5).map((said) => restate(said, wrongAnswer(right, 3)));
    expect(sizes(comparator, [...lies, ...honest])).toEqual([7, 5]);
  }
});

test.each(COMPARATORS)("%j: not all say it in the same words", (comparator) => {
  const prng = createPrng("words");
  const said = Array.from({ length: 20 }, () => sayAnswer(7, comparator, prng));
  expect(new Set(said.map((value) => JSON.stringify(value))).size).toBeGreaterThan(1);
});

test("exact: all give the number, and those that collude the same padded text", () => {
  const prng = createPrng("exact");
  expect(sayAnswer(7, { kind: "exact" }, prng)).toBe(7);
  expect(restate(padded(7, 20), -1234)).toBe(restate(padded(-55, 20), -1234));
});
