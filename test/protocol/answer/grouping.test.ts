/** Which outputs are the same answer: a table of cases for each comparator, and groups against a dumb oracle. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { groupOutputs, type Output } from "../../../protocol/answer/grouping.ts";
import { metricOf, readOutput } from "../../../protocol/answer/metrics.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { type Comparator, dataHash, type PlainComparator } from "../../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { runs } from "../../support/runs.ts";

const outputOf = (value: Value): Output => {
  const data = { kind: "inline" as const, bytes: encodeValue(value) };
  return { data, hash: dataHash(hasher, data) };
};

/** The members of each group, as positions. */
const grouped = (comparator: Comparator, values: readonly Value[]): number[][] =>
  groupOutputs(comparator, values.map(outputOf)).groups.map(({ members }) => [...members]);

const exact = { kind: "exact" } as const;
const within = (absolute: number, relativePpm = 0) => ({ kind: "number", absolute, relativePpm }) as const;
const set = (leastPpm = 1_000_000) => ({ kind: "set", leastPpm }) as const;

type Case = readonly [
  name: string,
  comparator: Comparator,
  a: Value,
  b: Value,
  expected: "same" | "other" | "unreadable",
];

const CASES: readonly Case[] = [
  ["exact: the same map", exact, { a: 1, b: [2] }, { b: [2], a: 1 }, "same"],
  ["exact: 1 and 1.0 are one number", exact, 1, 1.0, "same"],
  ["exact: text and number", exact, "1", 1, "other"],
  ["exact: another letter case", exact, "Yes", "yes", "other"],
  ["number: within the absolute tolerance", within(0.5), 10, 10.5, "same"],
  ["number: beyond it", within(0.5), 10, 10.6, "other"],
  ["number: within the relative tolerance", within(0, 10_000), 100, 101, "same"],
  ["number: the tolerance is that of the smaller", within(0, 500_000), 1, 2, "other"],
  ["number: across zero by the share", within(0, 1_000_000), -1, 1, "other"],
  ["number: zero and zero", within(0), 0, -0, "same"],
  ["number: it cannot read a text", within(1), 1, "1", "unreadable"],
  ["number: it cannot read a list", within(1), 1, [1], "unreadable"],
  ["number: larger than any answer", within(1e308), 1, 1e101, "unreadable"],
  ["set: another order", set(), [1, 2, 3], [3, 1, 2], "same"],
  ["set: repetition", set(), [1, 1, 2], [2, 1], "same"],
  ["set: one item more", set(), [1, 2], [1, 2, 3], "other"],
  ["set: two of three are shared", set(660_000), [1, 2], [1, 2, 3], "same"],
  ["set: two of four are not", set(660_000), [1, 2, 3], [1, 2, 4], "other"],
  ["set: two empty ones", set(), [], [], "same"],
  ["set: nothing shared is asked for", set(0), [1], [2], "same"],
  ["set: it cannot read a map", set(), [1], { 0: 1 }, "unreadable"],
  ["text: case, space and punctuation", text("case", "space", "punctuation"), "It is PARIS.", " it is  paris", "same"],
  ["text: case counts", text("space", "punctuation"), "It is Paris.", "it is paris", "other"],
  ["text: space counts", text("case", "punctuation"), "a b", "a  b", "other"],
  ["text: punctuation counts", text("case", "space"), "yes!", "Yes", "other"],
  ["text: a number's sign is no punctuation", text("case", "space", "punctuation"), "-5", "5", "other"],
  ["text: it cannot read a number", text("case"), "1", 1, "unreadable"],
  ["similar: another article", similar(900_000), "The town is Paris", "Town is Paris", "same"],
  [
    "similar: another town",
    similar(900_000),
    "The capital of France is Paris",
    "The capital of France is Lyon",
    "other",
  ],
  ["similar: denied, however little is asked for", similar(0), "It is safe", "It is not safe", "other"],
  ["similar: nothing in common", similar(0), "yes", "true", "other"],
  ["similar: it cannot read a list", similar(0), "yes", ["yes"], "unreadable"],
  ["list of texts", { kind: "list", item: text("case") }, ["A", "b"], ["a", "B"], "same"],
  ["list: near, place by place", { kind: "list", item: within(1) }, [1, 10], [2, 9], "same"],
  ["list: one place is too far", { kind: "list", item: within(1) }, [1, 10], [2, 8], "other"],
  ["list: another length", { kind: "list", item: within(1) }, [1], [1, 1], "other"],
  ["list: it cannot read an item", { kind: "list", item: within(1) }, [1], ["1"], "unreadable"],
  ["field: only that part counts", fields("all", ["a"]), { a: 1, b: 2 }, { a: 1, b: 3 }, "same"],
  ["field: another part", fields("all", ["a"]), { a: 1 }, { a: 2 }, "other"],
  ["field: it is not there", fields("all", ["a"]), { a: 1 }, { b: 1 }, "unreadable"],
  ["field: in a list", fields("all", ["items[1].x"]), { items: [0, { x: 1 }] }, { items: [9, { x: 1 }] }, "same"],
  ["fields: all", fields("all", ["a", "b"]), { a: 1, b: 2 }, { a: 1, b: 3 }, "other"],
  ["fields: any", fields("any", ["a", "b"]), { a: 1, b: 2 }, { a: 1, b: 3 }, "same"],
  ["fields: any, one is missing", fields("any", ["a", "b"]), { a: 1 }, { a: 1, b: 3 }, "same"],
  ["fields: any, none in common", fields("any", ["a", "b"]), { a: 1 }, { b: 1 }, "other"],
  ["field: a key of every object", fields("all", ["__proto__"]), { a: 1 }, { a: 1 }, "unreadable"],
];

function text(...ignored: readonly ("case" | "space" | "punctuation")[]): PlainComparator {
  const [letters, space, punctuation] = (["case", "space", "punctuation"] as const).map((it) => ignored.includes(it));
  return { kind: "text", case: letters!, space: space!, punctuation: punctuation! };
}

function similar(leastPpm: number): PlainComparator {
  return { kind: "similar", leastPpm };
}

function fields(match: "all" | "any", paths: readonly string[]): Comparator {
  return { kind: "field", all: match === "all", fields: paths.map((path) => ({ path, compare: exact })) };
}

test.each(CASES)("%s", (_, comparator, a, b, expected) => {
  const { groups, unreadable } = groupOutputs(comparator, [outputOf(a), outputOf(b)]);
  expect(unreadable.length > 0 ? "unreadable" : groups.length === 1 ? "same" : "other").toBe(expected);
});

describe("near is not transitive", () => {
  test("the nearest join first, and all of a group are near each other", () => {
    const [first, ...others] = grouped(within(1), [0, 0.9, 1.1, 2]);
    expect(first).toEqual([1, 2]); // 0 is near 0.9 as well, and 2 near 1.1
    expect(others.map(({ length }) => length)).toEqual([1, 1]);
  });

  test("of several ways to join, the one of the first award", () => {
    expect(grouped(within(1), [0, 1, 2])).toEqual([[0, 1], [2]]);
  });

  test("a chain of liars one tolerance apart does not join everybody", () => {
    const sizes = grouped(within(1), [0, 0.9, 1.8, 2.7, 3.6, 4.5]).map(({ length }) => length);
    expect(Math.max(...sizes)).toBe(2);
  });

  test("the middle one stands for a group", () => {
    const values = [5, 1, 3, 2, 4];
    const [group] = groupOutputs(within(10), values.map(outputOf)).groups;
    expect(values[group!.representative]).toBe(3);
  });
});

test("a blob cannot be compared but by its hash", () => {
  const blob: Output = { hash: outputOf(1).hash, data: { kind: "blob", hash: outputOf(1).hash, bytes: 100_000 } };
  expect(groupOutputs(exact, [blob, blob]).groups).toHaveLength(1);
  expect(groupOutputs(within(1), [blob, outputOf(1)])).toMatchObject({ groups: [{ members: [1] }], unreadable: [0] });
});

test("lists that are too long to be compared with those of all others cannot be, however they are nested", () => {
  const long = Array.from({ length: limits.comparedEntries + 1 }, () => 0);
  const nested = [long.slice(0, 600), long.slice(0, 600)];
  const item = { kind: "set", leastPpm: 0 } as const;
  for (const [comparator, value] of [
    [set(), long],
    [set(), nested],
    [{ kind: "list", item: exact }, long],
    [{ kind: "list", item }, nested],
  ] as const)
    expect(groupOutputs(comparator, [outputOf(value)]).unreadable).toEqual([0]);
  expect(groupOutputs(set(), [outputOf(long.slice(1))]).unreadable).toEqual([]);
});

test("similar reads only as much text of an output as costs little", () => {
  const words = (units: number): string => "some words ".repeat(units).slice(0, units);
  const unread = (comparator: Comparator, value: Value): boolean =>
    groupOutputs(comparator, [outputOf(value)]).unreadable.length > 0;
  expect(unread(similar(0), words(limits.similarUnits))).toBe(false);
  expect(unread(similar(0), words(limits.similarUnits + 1))).toBe(true);
  const texts = { kind: "list", item: similar(0) } as const;
  const most = limits.similarUnits / limits.similarTextUnits;
  expect(unread(texts, Array<string>(most).fill("a"))).toBe(false);
  expect(unread(texts, Array<string>(most + 1).fill("a"))).toBe(true);
  expect(unread(texts, [words(limits.similarUnits / 2), words(limits.similarUnits / 2 + 1)])).toBe(true);
});

test("bytes that are no value cannot be compared", () => {
  const data = { kind: "inline" as const, bytes: new Uint8Array([0xc1]) };
  expect(groupOutputs(within(1), [{ data, hash: dataHash(hasher, data) }]).unreadable).toEqual([0]);
});

// --- properties -----------------------------------------------------------------------------------------

const leaf = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom("a", "b", "", "A!", "The town is Paris", "Town is Paris", "the TOWNS are Paris", "no town is Paris"),
  fc.double({ noNaN: true, min: -2, max: 2 }),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.record({ a: leaf, b: leaf }, { requiredKeys: [] }),
);
const plain = fc.oneof(
  fc.constant(exact),
  fc.record({
    kind: fc.constant("number" as const),
    absolute: fc.double({ min: 0, max: 2, noNaN: true }),
    relativePpm: fc.nat(1_000_000),
  }),
  fc.record({ kind: fc.constant("set" as const), leastPpm: fc.nat(1_000_000) }),
  fc.record({ kind: fc.constant("similar" as const), leastPpm: fc.nat(1_000_000) }),
  fc.record({
    kind: fc.constant("text" as const),
    case: fc.boolean(),
    space: fc.boolean(),
    punctuation: fc.boolean(),
  }),
);
const comparators: fc.Arbitrary<Comparator> = fc.oneof(
  plain,
  fc.record({ kind: fc.constant("list" as const), item: plain }),
  fc.record({
    kind: fc.constant("field" as const),
    all: fc.boolean(),
    fields: fc.array(fc.record({ path: fc.constantFrom("a", "b", "[0]", ""), compare: plain }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
);

test("a metric is symmetric, 0 for the same, and never throws", () => {
  fc.assert(
    fc.property(comparators, value, value, (comparator, a, b) => {
      const metric = metricOf(comparator);
      const [left, right] = [readOutput(metric, a), readOutput(metric, b)];
      if (left === null || right === null) return;
      expect(metric.distance(left, left)).toBe(0);
      const distance = metric.distance(left, right);
      expect(metric.distance(right, left)).toBe(distance);
      if (distance !== null) expect(Number.isInteger(distance) && distance >= 0 && distance <= 1_000_000).toBe(true);
    }),
    { numRuns: runs(1_000) },
  );
});

test("every output is in one group or unreadable, groups are cliques, and no two groups could have joined", () => {
  fc.assert(
    fc.property(comparators, fc.array(value, { maxLength: 9 }), (comparator, values) => {
      const { groups, unreadable } = groupOutputs(comparator, values.map(outputOf));
      const metric = metricOf(comparator);
      const isNear = (a: number, b: number): boolean =>
        metric.distance(readOutput(metric, values[a]!), readOutput(metric, values[b]!)) !== null;
      const places = [...groups.flatMap(({ members }) => members), ...unreadable].sort((a, b) => a - b);
      expect(places).toEqual(values.map((_, place) => place));
      for (const { members, representative } of groups) {
        expect(members).toContain(representative);
        for (const a of members) for (const b of members) expect(isNear(a, b)).toBe(true);
      }
      for (const a of groups)
        for (const b of groups)
          if (a !== b) expect(a.members.every((x) => b.members.every((y) => isNear(x, y)))).toBe(false);
      expect(groups.map(({ members }) => members.length)).toEqual(
        groups.map(({ members }) => members.length).sort((a, b) => b - a),
      );
    }),
    { numRuns: runs(500) },
  );
});
