/** How files say rules and comparators: what is written is read again, and what could never bring an answer is told. */

import { expect, test } from "vitest";
import {
  acceptanceOf,
  acceptanceProblem,
  acceptNode,
  acceptSchema,
  compareNode,
  compareSchema,
} from "../../../../node/platform/files/acceptance.ts";
import { type Comparator, type Flags, NO_FLAGS, type Rule } from "../../../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../../../protocol/wire/value.ts";

const RULES: readonly Rule[] = [
  { kind: "first" },
  { kind: "majority" },
  { kind: "quorum", q: 3 },
  { kind: "ahead-by", k: 2 },
  { kind: "median" },
  { kind: "confidence-weighted", leastPpm: 750_000 },
  { kind: "cp-wbft" },
  { kind: "verified", skill: "check", verifiers: 5, quorum: 4 },
];

test.each(RULES)("a rule that is written is read again: %o", (rule) => {
  expect(acceptanceOf({ redundancy: 3, accept: acceptSchema.parse(acceptNode(rule)) }).accept).toEqual(rule);
});

const number: Comparator = { kind: "number", absolute: 0.5, relativePpm: 10_000 };
const set: Comparator = { kind: "set", leastPpm: 500_000 };
const COMPARATORS: readonly Comparator[] = [
  { kind: "exact" },
  number,
  set,
  { kind: "text", case: true, space: true, punctuation: true },
  { kind: "text", case: false, space: true, punctuation: false },
  { kind: "similar", leastPpm: 880_000 },
  { kind: "list", item: number },
  { kind: "list", item: { kind: "similar", leastPpm: 900_000 } },
  { kind: "field", all: true, fields: [{ path: "answer", compare: number }] },
  {
    kind: "field",
    all: false,
    fields: [
      { path: "a", compare: { kind: "exact" } },
      { path: "b[0].c", compare: set },
    ],
  },
];

test.each(COMPARATORS)("a comparator that is written is read again: %o", (comparator) => {
  expect(acceptanceOf({ compare: compareSchema.parse(compareNode(comparator)) }).compare).toEqual(comparator);
});

test("short forms", () => {
  expect(acceptanceOf({ redundancy: 1, accept: acceptSchema.parse(undefined) }).accept).toEqual({ kind: "first" });
  expect(acceptanceOf({ redundancy: 3, accept: acceptSchema.parse(undefined) }).accept).toEqual({ kind: "majority" });
  expect(acceptanceOf({ redundancy: 3, accept: acceptSchema.parse("confidence-weighted") }).accept).toEqual({
    kind: "confidence-weighted",
    leastPpm: 900_000,
  });
  expect(acceptanceOf({ compare: compareSchema.parse("set") }).compare).toEqual({ kind: "set", leastPpm: 1_000_000 });
  expect(acceptanceOf({ compare: compareSchema.parse("text") }).compare).toEqual({
    kind: "text",
    case: true,
    space: true,
    punctuation: true,
  });
  expect(acceptanceOf({ compare: compareSchema.parse("similar") }).compare).toEqual({
    kind: "similar",
    leastPpm: 900_000,
  });
  expect(acceptanceOf({ compare: compareSchema.parse({ as: "field", path: "label" }) }).compare).toEqual({
    kind: "field",
    all: true,
    fields: [{ path: "label", compare: { kind: "exact" } }],
  });
});

test.each([
  [{ as: "nearly" }],
  [{ as: "number", relative: 2 }],
  [{ as: "text", ignore: ["accents"] }],
  [{ as: "similar", least: 1.5 }],
  [{ as: "number", absolute: Number.NaN }],
  [{ as: "number", absolute: Number.POSITIVE_INFINITY }],
  [{ as: "field" }],
  [{ as: "field", path: "a..b" }],
  [{ as: "field", path: "a", fields: [{ path: "b" }] }],
  [{ as: "field", fields: [] }],
  [{ as: "list", item: { as: "list" } }],
])("refused: %o", (compare) => {
  expect(compareSchema.safeParse(compare).success).toBe(false);
});

test.each<[Rule, Comparator, RegExp]>([
  [{ kind: "quorum", q: 6 }, { kind: "exact" }, /quorum of 6 can never be met by at most 5/],
  [{ kind: "ahead-by", k: 6 }, { kind: "exact" }, /ahead by 6 with at most 5/],
  [{ kind: "median" }, { kind: "exact" }, /is for numbers/],
  [{ kind: "first" }, { kind: "exact" }, /takes redundancy 1/],
])("what could never bring an answer is told: %o", (accept, compare, what) => {
  const problem = acceptanceProblem({ redundancy: 3, redundancyMax: 5, accept, compare, flags: NO_FLAGS });
  expect(problem?.what).toMatch(what);
  expect(problem?.remedy).not.toBe("");
});

test("what can is not", () => {
  for (const accept of RULES)
    if (accept.kind !== "first")
      expect(
        acceptanceProblem({ redundancy: 3, redundancyMax: 5, accept, compare: number, flags: NO_FLAGS }),
      ).toBeNull();
});

const text: Comparator = { kind: "text", case: true, space: true, punctuation: true };
const inside: Comparator = { kind: "field", all: true, fields: [{ path: "a", compare: text }] };
const whole: Comparator = { kind: "field", all: true, fields: [{ path: "", compare: text }] };
const formed = (form: Value): Flags => ({ ...NO_FLAGS, schema: encodeValue(form) });

test.each<[Comparator, Flags, RegExp | null]>([
  [text, { ...NO_FLAGS, maxBytes: 20_000 }, /maxBytes 20000 is more than the 16384 bytes/],
  [{ kind: "exact" }, { ...NO_FLAGS, maxBytes: 20_000 }, null],
  [number, { ...NO_FLAGS, pattern: "a" }, /takes texts only, and compare number/],
  [inside, { ...NO_FLAGS, pattern: "a" }, /takes texts only, and compare field/],
  [whole, { ...NO_FLAGS, pattern: "a" }, null],
  [text, { ...NO_FLAGS, pattern: "a" }, null],
  [text, formed({ type: ["number", "null"] }), /takes number, null, and compare text reads string only/],
  [number, formed({ type: "integer" }), null],
  [number, formed({ minimum: 1 }), null],
  [inside, formed({ type: "object" }), null],
])("flags that let no answer through are told: %o, %o", (compare, flags, what) => {
  const problem = acceptanceProblem({ redundancy: 3, redundancyMax: 5, accept: { kind: "majority" }, compare, flags });
  if (what === null) expect(problem).toBeNull();
  else expect(problem).toMatchObject({ key: "flags", what: expect.stringMatching(what) as string });
});

test("redundancy auto begins with two, and asks until the answer is likely enough", () => {
  expect(acceptanceOf({ redundancy: "auto" })).toMatchObject({
    ...{ redundancy: 2, redundancyMax: 7, accept: { kind: "confidence-weighted", leastPpm: 900_000 } },
  });
  const stricter = {
    redundancy: "auto",
    redundancyMax: 20,
    accept: acceptSchema.parse({ rule: "confidence-weighted", least: 0.99 }),
  };
  expect(acceptanceOf(stricter as never)).toMatchObject({ redundancyMax: 20, accept: { leastPpm: 990_000 } });
});
