/** What a task reads is bounded, whatever its job's owner names as its input. */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { resolveInput } from "../../../node/skills/task-input.ts";
import type { Hash } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { Listed } from "../../../protocol/wire/genesis.ts";
import { encodePart } from "../../../protocol/wire/parcel.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { inline } from "../../../sim/parts/workloads/job-builder.ts";

/** One blob, and how often it was read. */
function blob(bytes: Uint8Array) {
  const reads: Hash[] = [];
  const get = async (hash: Hash): Promise<Uint8Array> => {
    reads.push(hash);
    return bytes;
  };
  return { reads, get, ref: { hash: hasher(bytes), bytes: bytes.length } };
}

const times = (count: number, item: Listed): Listed[] => Array.from({ length: count }, () => item);

test("one blob with many items, named again and again, is read until a list is full", async () => {
  const { reads, get, ref } = blob(encodePart(Array.from({ length: 1_000 }, () => inline(1))));
  const input = (count: number) => ({ kind: "list" as const, items: times(count, { kind: "many", ...ref }) });
  expect(await resolveInput(input(50), { get })).toHaveLength(limits.mapItems);
  reads.length = 0;
  await expect(resolveInput(input(2_000), { get })).rejects.toMatchObject({ reason: "invalid-input" });
  expect(reads).toHaveLength(51);
});

test("one blob, named again and again, is read until there is enough", async () => {
  const { reads, get, ref } = blob(encodeValue("x".repeat(1_000)));
  const list = { kind: "list" as const, items: times(1_000, { kind: "blob", ...ref }) };
  await expect(resolveInput(list, { get }, 10_500)).rejects.toMatchObject({ reason: "invalid-input" });
  expect(reads).toHaveLength(11);
});

test("who checks an answer gets it beside the input that it was given for", async () => {
  const value = { kind: "value" as const, data: inline({ town: "Paris" }), path: "town" };
  const check = { kind: "check" as const, input: value, output: inline("France") };
  expect(await resolveInput(check, blob(new Uint8Array()))).toEqual({ input: "Paris", output: "France" });
});

test("a check reads no more than any other task: its input and the answer count together", async () => {
  const { get, ref } = blob(encodeValue("x".repeat(1_000)));
  const value = { kind: "value" as const, data: { kind: "blob" as const, ...ref }, path: "" };
  const check = { kind: "check" as const, input: value, output: { kind: "blob" as const, ...ref } };
  await expect(resolveInput(check, { get }, 1_500)).rejects.toMatchObject({ reason: "invalid-input" });
});
