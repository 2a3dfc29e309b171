/** How files say red flags: what is written is read again, and what is wrong is said with its place and a remedy. */

import { expect, test } from "vitest";
import { z } from "zod";
import { flagsNode, flagsOf, flagsSchema } from "../../../../node/platform/files/flags.ts";
import { parseWith, parseYaml } from "../../../../node/platform/files/yaml-source.ts";
import { type Flags, NO_FLAGS } from "../../../../protocol/wire/genesis.ts";
import { encodeValue } from "../../../../protocol/wire/value.ts";

test.each<Flags>([
  NO_FLAGS,
  { ...NO_FLAGS, maxBytes: 4_096 },
  { ...NO_FLAGS, pattern: "^\\d+$" },
  { maxBytes: 1, pattern: "", schema: encodeValue({ type: "object", required: ["a"] }) },
])("flags that are written are read again: %o", (flags) => {
  expect(flagsOf(flagsSchema.parse(flagsNode(flags)))).toEqual(flags);
});

test("a size has units", () => {
  expect(flagsOf(flagsSchema.parse({ maxBytes: "4KiB" })).maxBytes).toBe(4_096);
});

const file = z.strictObject({ flags: flagsSchema });

test.each<[yaml: string, message: RegExp]>([
  ["flags: { maxBytes: 0 }", /^job.yaml:1: .*"0" is not a size – write one like 200 or 4KiB/],
  ["flags: { maxBytes: 1GiB }", /is not a size/],
  ["flags:\n  pattern: '(a'", /^job.yaml:2: flags.pattern.*at character 1: the group is not closed – add \)/],
  ["flags:\n  pattern: 'a{999}'", /^job.yaml:2: .*more than 256 states/],
  [
    "flags:\n  schema:\n    type: object\n    anyOf: []",
    /^job.yaml:4: flags.schema.anyOf.*"anyOf" is not checked here – use type/,
  ],
  ["flags:\n  schema:\n    items:\n      type: text", /^job.yaml:4: flags.schema.items.type.*one or several of null/],
  ["flags: { schema: [1] }", /map of keywords/],
  ["flags: { words: 3 }", /unknown key "words"/],
])("%s", (yaml, message) => {
  expect(() => parseWith(parseYaml("job.yaml", yaml), file)).toThrow();
  try {
    parseWith(parseYaml("job.yaml", yaml), file);
  } catch (error) {
    const { message: what, remedy } = error as { readonly message: string; readonly remedy: string };
    expect(`${what} – ${remedy}`).toMatch(message);
  }
});
