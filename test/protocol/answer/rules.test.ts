/** Acceptance rules: a table of cases for each, and properties against what each rule says in words. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { logOddsOf } from "../../../protocol/answer/log-odds.ts";
import { type Given, type Tally, tally } from "../../../protocol/answer/rules.ts";
import { type Comparator, dataHash, NO_FLAGS, type Rule } from "../../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { runs } from "../../support/runs.ts";

const exact: Comparator = { kind: "exact" };
const near: Comparator = { kind: "number", absolute: 1, relativePpm: 0 };

function givenOf(value: Value, { stated = 1, right = 0.7, isNewcomer = false, isLate = false } = {}): Given {
  const data = { kind: "inline" as const, bytes: encodeValue(value) };
  const statedPpm = Math.round(stated * 1_000_000);
  return {
    output: { data, hash: dataHash(hasher, data) },
    isNewcomer,
    isLate,
    isRefuted: false,
    statedPpm,
    calibratedPpm: Math.round(right * 1_000_000),
  };
}

const isOutweighed = (result: Tally): boolean => result.kind === "accepted" && result.isOutweighed;

/** The accepted answer as it was given, or how many more results are asked for. */
function outcome(accept: Rule, given: readonly Given[], { silent = 0, compare = exact } = {}): string {
  const result = tally({ accept, compare, flags: NO_FLAGS }, given, silent);
  if (result.kind === "more") return `${result.results} more`;
  const { data } = given[result.answer]!.output;
  const supporters = result.supporters.length;
  return `${data.kind === "inline" ? Buffer.from(data.bytes).toString("hex") : "blob"} by ${supporters}${isOutweighed(result) ? ", outweighed" : ""}`;
}

const hexOf = (value: Value): string => Buffer.from(encodeValue(value)).toString("hex");
const all = (...values: readonly Value[]): Given[] => values.map((value) => givenOf(value));

type Case = readonly [name: string, rule: Rule, given: readonly Given[], silent: number, expected: string];
const [A, B] = [hexOf("a"), hexOf("b")];

const CASES: readonly Case[] = [
  ["first: the first", { kind: "first" }, all("a"), 0, `${A} by 1`],
  ["first: nothing came", { kind: "first" }, [], 1, "1 more"],
  ["majority: two of three", { kind: "majority" }, all("a", "b", "a"), 0, `${A} by 2`],
  ["majority: half is not enough", { kind: "majority" }, all("a", "b"), 0, "1 more"],
  ["majority: who is silent counts against", { kind: "majority" }, all("a", "a"), 2, "1 more"],
  ["quorum: enough", { kind: "quorum", q: 2 }, all("a", "b", "a"), 0, `${A} by 2`],
  ["quorum: one is lacking", { kind: "quorum", q: 3 }, all("a", "b", "a"), 0, "1 more"],
  ["quorum: two answers with as many", { kind: "quorum", q: 2 }, all("a", "b", "a", "b"), 0, "1 more"],
  ["ahead-by: a clear lead", { kind: "ahead-by", k: 2 }, all("a", "b", "a", "a"), 0, `${A} by 3`],
  ["ahead-by: one is lacking", { kind: "ahead-by", k: 3 }, all("a", "b", "a", "a"), 0, "1 more"],
  ["ahead-by: who is silent is discarded", { kind: "ahead-by", k: 2 }, all("a", "a"), 5, `${A} by 2`],
  ["ahead-by: nothing came", { kind: "ahead-by", k: 2 }, [], 2, "2 more"],
];

test.each(CASES)("%s", (_, rule, given, silent, expected) => {
  expect(outcome(rule, given, { silent })).toBe(expected);
});

describe("median", () => {
  const median: Rule = { kind: "median" };
  const at = (...numbers: readonly number[]): Given[] => numbers.map((number) => givenOf(number));
  test("the middle number, and those near it support it", () => {
    expect(outcome(median, at(10, 11, 12, 500, -500), { compare: near })).toBe(`${hexOf(11)} by 2`);
  });
  test("of an even number the lower middle", () => {
    expect(outcome(median, at(1, 2, 30, 40), { compare: near })).toBe(`${hexOf(2)} by 2`);
  });
  test("liars that are fewer than half do not move it past the right ones", () => {
    expect(outcome(median, at(10, 10.5, 11, 1e99, 1e99), { compare: near })).toBe(`${hexOf(11)} by 3`);
  });
  test("what is no number, or never came, is no vote; half of them decide nothing", () => {
    expect(outcome(median, [...at(1, 2), givenOf("x")], { compare: near, silent: 1 })).toBe("1 more");
  });
  test("newcomers together weigh less than half", () => {
    const given = [...at(10, 10), ...[99, 99, 99, 99].map((number) => givenOf(number, { isNewcomer: true }))];
    expect(outcome(median, given, { compare: near })).toBe(`${hexOf(10)} by 2`);
  });
});

describe("confidence-weighted", () => {
  const weighted: Rule = { kind: "confidence-weighted", leastPpm: 900_000 };
  test("one that is right nine times of ten beats six that are right three times of ten", () => {
    const given = [givenOf("a", { right: 0.95 }), ...Array.from({ length: 6 }, () => givenOf("b", { right: 0.3 }))];
    expect(outcome(weighted, given)).toBe(`${A} by 1`);
  });
  test("one record at .97 does not beat six at .96", () => {
    const given = [givenOf("a", { right: 0.97 }), ...Array.from({ length: 6 }, () => givenOf("b", { right: 0.96 }))];
    expect(outcome(weighted, given)).toBe(`${B} by 6`);
  });
  test("one alone does not win while somebody else is as likely right as not", () => {
    expect(outcome(weighted, [givenOf("a", { right: 0.97 }), givenOf("b", { right: 0.5 })])).toBe("1 more");
    expect(outcome(weighted, [givenOf("a", { right: 0.97 }), givenOf("b", { right: 0.49 })])).toBe(`${A} by 1`);
  });
  test("what an agent states of itself moves nothing", () => {
    const given = [
      givenOf("a", { right: 0.6, stated: 1 }),
      ...Array.from({ length: 3 }, () => givenOf("b", { right: 0.8, stated: 0 })),
    ];
    expect(outcome(weighted, given)).toBe(`${B} by 3`);
  });
  test("newcomers who made the difference are told", () => {
    const fresh = Array.from({ length: 9 }, () => givenOf("b", { right: 0.66, isNewcomer: true }));
    expect(outcome(weighted, [givenOf("a", { right: 0.9 }), ...fresh])).toBe(`${B} by 9, outweighed`);
  });
});

describe("cp-wbft, as published", () => {
  const rule: Rule = { kind: "cp-wbft" };
  test("the highest mean confidence wins, and so does one liar", () => {
    expect(
      outcome(rule, [givenOf("a", { stated: 1 }), ...Array.from({ length: 6 }, () => givenOf("b", { stated: 0.96 }))]),
    ).toBe(`${A} by 1`);
  });
  test("confidence below one half is left out beside higher ones", () => {
    expect(
      outcome(rule, [givenOf("a", { stated: 0.7 }), givenOf("b", { stated: 0.8 }), givenOf("b", { stated: 0.1 })]),
    ).toBe(`${B} by 2`);
  });
  test("of equal means the one with more supporters; without confidence the number decides", () => {
    expect(
      outcome(rule, [givenOf("a", { stated: 0.8 }), givenOf("b", { stated: 0.8 }), givenOf("b", { stated: 0.8 })]),
    ).toBe(`${B} by 2`);
    expect(outcome(rule, [givenOf("a", { stated: 0 }), givenOf("b", { stated: 0 }), givenOf("b", { stated: 0 })])).toBe(
      `${B} by 2`,
    );
  });
});

test("log-odds are integers, odd about one half, and clipped", () => {
  expect([0, 300_000, 500_000, 700_000, 970_000, 1_000_000].map(logOddsOf)).toEqual([-3476, -847, 0, 847, 3476, 3476]);
});

const newcomer = (value: Value, isLate = false): Given => givenOf(value, { right: 2 / 3, isNewcomer: true, isLate });

test.each<Case>([
  [
    "newcomers alone make no lead",
    { kind: "ahead-by", k: 3 },
    [...all("a"), newcomer("a"), newcomer("a")],
    0,
    `${A} by 3, outweighed`,
  ],
  ["a lead of agents with a record", { kind: "ahead-by", k: 3 }, [...all("a", "a", "a"), newcomer("b")], 0, "1 more"],
  ["a lead of newcomers alone", { kind: "ahead-by", k: 2 }, [newcomer("a"), newcomer("a")], 0, `${A} by 2`],
  [
    "newcomers alone make no answer likely",
    { kind: "confidence-weighted", leastPpm: 900_000 },
    [...all("a"), newcomer("a"), newcomer("a")],
    0,
    `${A} by 3, outweighed`,
  ],
  [
    "newcomers who could have copied do not make a majority",
    { kind: "majority" },
    [givenOf("b", { right: 0.9 }), newcomer("a"), newcomer("a", true)],
    0,
    `${A} by 2, outweighed`,
  ],
])("newcomers: %s", (_, rule, given, silent, expected) => expect(outcome(rule, given, { silent })).toBe(expected));

test("newcomers are bounded by the results that are compared, those that cannot be read left out", () => {
  const unread = givenOf("not a number", { right: 0.9 });
  const results = [unread, unread, givenOf(10, { right: 0.9 }), newcomer(99), newcomer(99)];
  const median = tally({ accept: { kind: "median" }, compare: near, flags: NO_FLAGS }, results, 0);
  expect(median).toMatchObject({ kind: "accepted", answer: 2 });
  const quorum = tally({ accept: { kind: "quorum", q: 2 }, compare: near, flags: NO_FLAGS }, results, 0);
  expect(quorum).toMatchObject({ kind: "accepted", isOutweighed: true });
});

test("the posterior is the probability of the lead, whatever the rule", () => {
  const posterior = (given: readonly Given[], accept: Rule = { kind: "majority" }): number =>
    tally({ accept, compare: exact, flags: NO_FLAGS }, given, 0).posteriorPpm / 1_000_000;
  expect(posterior([])).toBe(0);
  expect(posterior([givenOf("a", { right: 0.9 })])).toBeCloseTo(0.9, 4);
  expect(posterior([givenOf("a", { right: 0.9 }), givenOf("b", { right: 0.9 })])).toBeCloseTo(0.5, 4);
  const two = [givenOf("a", { right: 0.8 }), givenOf("a", { right: 0.8 })];
  expect(posterior(two, { kind: "quorum", q: 5 })).toBeCloseTo(16 / 17, 4);
  // The majority's answer may be the less likely one.
  expect(posterior([givenOf("b", { right: 0.95 }), ...all("a", "a")])).toBeLessThan(0.5);
});

// --- properties -----------------------------------------------------------------------------------------

const ppm = fc.nat(1_000_000);
const arbitraryGiven = fc
  .record({ value: fc.integer({ min: 0, max: 3 }), isNewcomer: fc.boolean(), statedPpm: ppm, calibratedPpm: ppm })
  .map(({ value, ...rest }): Given => ({ ...givenOf(value), ...rest }));
const arbitraryRule: fc.Arbitrary<Rule> = fc.oneof(
  fc.constantFrom<Rule>({ kind: "first" }, { kind: "majority" }, { kind: "median" }, { kind: "cp-wbft" }),
  fc.record({ kind: fc.constant("quorum" as const), q: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("ahead-by" as const), k: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    kind: fc.constant("confidence-weighted" as const),
    leastPpm: fc.integer({ min: 500_000, max: 1_000_000 }),
  }),
);
const compared: Comparator = { kind: "number", absolute: 0, relativePpm: 0 };

/** The accepted value and its supporters' number. */
const said = (result: Tally, given: readonly Given[]): unknown =>
  result.kind === "more"
    ? result.results
    : [given[result.answer]!.output.hash, result.supporters.length, isOutweighed(result)];

test("the order of the results never matters", () => {
  const shuffled = fc
    .array(arbitraryGiven, { maxLength: 9 })
    .chain((given) => fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length })));
  fc.assert(
    fc.property(arbitraryRule, shuffled, fc.nat(3), (accept, [given, other], silent) => {
      const [one, two] = [given, other].map((list) =>
        said(tally({ accept, compare: compared, flags: NO_FLAGS }, list, silent), list),
      );
      expect(two).toEqual(one);
    }),
    { numRuns: runs(1_000) },
  );
});

test("nothing is accepted without its rule's condition, and what is asked for is at least one more", () => {
  fc.assert(
    fc.property(arbitraryRule, fc.array(arbitraryGiven, { maxLength: 9 }), fc.nat(3), (accept, given, silent) => {
      const result = tally({ accept, compare: compared, flags: NO_FLAGS }, given, silent);
      if (result.kind === "more") {
        expect(result.results).toBeGreaterThanOrEqual(1);
        return;
      }
      const hash = given[result.answer]!.output.hash;
      const mine = given.filter(({ output }) => output.hash === hash);
      expect(result.supporters).toHaveLength(mine.length);
      const counts = new Map<string, number>();
      for (const { output } of given) counts.set(output.hash, (counts.get(output.hash) ?? 0) + 1);
      const next = Math.max(0, ...[...counts].filter(([other]) => other !== hash).map(([, count]) => count));
      expect(result.margin).toBeGreaterThanOrEqual(0);
      if (accept.kind === "majority") expect(2 * mine.length).toBeGreaterThan(given.length + silent);
      if (accept.kind === "quorum") expect(mine.length >= accept.q && mine.length > next).toBe(true);
      if (accept.kind === "ahead-by") expect(mine.length - next).toBeGreaterThanOrEqual(accept.k);
      if (accept.kind === "confidence-weighted") {
        const odds = (of: string): number =>
          given
            .filter(({ output }) => output.hash === of)
            .reduce((sum, { calibratedPpm }) => sum + logOddsOf(calibratedPpm), 0);
        for (const other of counts.keys())
          if (other !== hash) expect(odds(hash) - odds(other)).toBeGreaterThanOrEqual(logOddsOf(accept.leastPpm));
      }
    }),
    { numRuns: runs(2_000) },
  );
});
