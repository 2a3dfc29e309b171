/** Red flags: why an output is no answer, and that a flagged one counts as an answer that agrees with none. */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { flagOf } from "../../../protocol/answer/flags.ts";
import type { Output } from "../../../protocol/answer/grouping.ts";
import { type Tally, tally } from "../../../protocol/answer/rules.ts";
import { limits } from "../../../protocol/core/limits.ts";
import { type Comparator, dataHash, type Flags, NO_FLAGS, type Rule } from "../../../protocol/wire/genesis.ts";
import { encodeValue, type Value } from "../../../protocol/wire/value.ts";
import { inline } from "../../../sim/parts/workloads/job-builder.ts";

const outputOf = (value: Value): Output => ({ data: inline(value), hash: dataHash(hasher, inline(value)) });
const blobOf = (bytes: number): Output => {
  const { hash } = outputOf(bytes);
  return { hash, data: { kind: "blob", hash, bytes } };
};
const flagsOf = (given: Partial<Omit<Flags, "schema">> & { readonly schema?: Value }): Flags => ({
  ...NO_FLAGS,
  ...given,
  schema: given.schema === undefined ? null : encodeValue(given.schema),
});

const EXACT: Comparator = { kind: "exact" };
const TEXT: Comparator = { kind: "text", case: true, space: true, punctuation: true };

test.each<[what: string, flags: Flags, compare: Comparator, output: Output, flag: string | null]>([
  ["no flags", NO_FLAGS, EXACT, outputOf("anything"), null],
  ["no flags, a blob", NO_FLAGS, EXACT, blobOf(100_000), null],
  ["no flags, a blob that would have to be read", NO_FLAGS, TEXT, blobOf(100_000), "too-large"],
  ["as many bytes as allowed", flagsOf({ maxBytes: 4 }), EXACT, outputOf("abc"), null],
  ["a byte more", flagsOf({ maxBytes: 4 }), EXACT, outputOf("abcd"), "too-large"],
  ["a blob of as many bytes as allowed", flagsOf({ maxBytes: 100_000 }), EXACT, blobOf(100_000), null],
  ["a blob with more", flagsOf({ maxBytes: 99_999 }), EXACT, blobOf(100_000), "too-large"],
  ["a text that matches", flagsOf({ pattern: "^is \\d+$" }), EXACT, outputOf("is 42"), null],
  ["a text that does not", flagsOf({ pattern: "^is \\d+$" }), EXACT, outputOf("is -42"), "pattern"],
  ["a number under a pattern", flagsOf({ pattern: "4" }), EXACT, outputOf(4), "pattern"],
  ["a blob under a pattern", flagsOf({ pattern: "4" }), EXACT, blobOf(100_000), "too-large"],
  [
    "more text than a pattern of 30 states reads",
    flagsOf({ pattern: "(abcdefghijklmnopqrstuvwxyz)+" }),
    EXACT,
    outputOf("abcdefghijklmnopqrstuvwxyz".repeat(300)),
    "too-large",
  ],
  ["a form that fits", flagsOf({ schema: { type: "number" } }), EXACT, outputOf(4), null],
  ["one that does not", flagsOf({ schema: { type: "number" } }), EXACT, outputOf("4"), "schema"],
  [
    "both, and the pattern is wrong",
    flagsOf({ pattern: "^a", schema: { type: "null" } }),
    EXACT,
    outputOf("b"),
    "pattern",
  ],
  ["both, and the form is wrong", flagsOf({ pattern: "^b", schema: { type: "null" } }), EXACT, outputOf("b"), "schema"],
])("%s", (_, flags, compare, output, flag) => {
  expect(flagOf({ compare, flags }, output)).toBe(flag);
});

test("bytes that are no value do not fit", () => {
  const data = { kind: "inline" as const, bytes: new Uint8Array([0xc1]) };
  const output = { data, hash: dataHash(hasher, data) };
  expect(flagOf({ compare: EXACT, flags: NO_FLAGS }, output)).toBeNull();
  expect(flagOf({ compare: EXACT, flags: flagsOf({ pattern: "" }) }, output)).toBe("pattern");
  expect(flagOf({ compare: EXACT, flags: flagsOf({ schema: {} }) }, output)).toBe("schema");
});

const SHORT = flagsOf({ maxBytes: 4 });
const counted = (accept: Rule, values: readonly Value[], flags = SHORT): Tally =>
  tally(
    { accept, compare: EXACT, flags },
    values.map((value) => ({
      ...{
        output: outputOf(value),
        isNewcomer: false,
        isLate: false,
        isRefuted: false,
        statedPpm: 900_000,
        calibratedPpm: 900_000,
      },
    })),
    0,
  );

describe("a flagged result", () => {
  test("is never accepted, however many agree on it", () => {
    const rules: readonly Rule[] = [
      ...[{ kind: "first" } as const, { kind: "majority" } as const, { kind: "cp-wbft" } as const],
      ...[{ kind: "quorum", q: 2 } as const, { kind: "ahead-by", k: 1 } as const],
      { kind: "confidence-weighted", leastPpm: 600_000 },
    ];
    for (const accept of rules) expect(counted(accept, ["too long", "too long", "too long"]).kind).toBe("more");
  });

  test("counts among the results of which a majority needs more than half", () => {
    expect(counted({ kind: "majority" }, ["ok", "ok", "too long"])).toMatchObject({
      kind: "accepted",
      supporters: [0, 1],
    });
    expect(counted({ kind: "majority" }, ["ok", "too long"]).kind).toBe("more");
  });

  test("does not count against a lead", () => {
    const outcome = counted({ kind: "ahead-by", k: 1 }, ["too long", "too long", "ok"]);
    expect(outcome).toMatchObject({ kind: "accepted", answer: 2, supporters: [2] });
  });

  test("under a comparator that reads outputs is an answer that agrees with none", () => {
    const policy = { accept: { kind: "majority" } as const, compare: TEXT, flags: flagsOf({ pattern: "^[a-z]+$" }) };
    const given = ["yes", "YES", "yes"].map((value) => ({
      ...{
        output: outputOf(value),
        isNewcomer: false,
        isLate: false,
        isRefuted: false,
        statedPpm: 0,
        calibratedPpm: 0,
      },
    }));
    expect(tally(policy, given, 0)).toMatchObject({ kind: "accepted", supporters: [0, 2] });
  });
});

test("the most that the log holds is what a pattern of a few states reads", () => {
  const flags = flagsOf({ pattern: "^a*$" });
  expect(flagOf({ compare: EXACT, flags }, outputOf("a".repeat(limits.inlineBytes - 3)))).toBeNull();
});
