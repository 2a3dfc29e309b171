/** Random rules, comparators and red flags, for the policies of arbitraries.ts. */

import fc, { type Arbitrary } from "fast-check";
import { limits } from "../../protocol/core/limits.ts";
import type { Comparator, Flags, PlainComparator, Rule } from "../../protocol/wire/genesis.ts";
import { bytesUpTo, few, finite, longText, name, orNull, ppm, uintUpTo } from "./atoms.ts";
import { variant } from "./variant.ts";

const plainComparators = {
  exact: {},
  number: { absolute: finite, relativePpm: ppm },
  set: { leastPpm: ppm },
  text: { case: fc.boolean(), space: fc.boolean(), punctuation: fc.boolean() },
  similar: { leastPpm: ppm },
};
const plainComparator: Arbitrary<PlainComparator> = variant<PlainComparator>(plainComparators);
export const comparator: Arbitrary<Comparator> = variant<Comparator>({
  ...plainComparators,
  list: { item: plainComparator },
  field: { all: fc.boolean(), fields: few(fc.record({ path: longText, compare: plainComparator })) },
});
export const rule: Arbitrary<Rule> = variant<Rule>({
  first: {},
  majority: {},
  quorum: { q: uintUpTo(limits.seats) },
  "ahead-by": { k: uintUpTo(limits.seats) },
  median: {},
  "confidence-weighted": { leastPpm: ppm },
  "cp-wbft": {},
  verified: { skill: name, verifiers: uintUpTo(limits.seats), quorum: uintUpTo(limits.seats) },
});
export const flags: Arbitrary<Flags> = fc.record({
  maxBytes: orNull(uintUpTo(limits.blobBytes)),
  pattern: orNull(longText),
  schema: orNull(bytesUpTo(limits.schemaBytes)),
});
