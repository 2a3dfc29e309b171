/** Random values of the smallest parts of what travels: numbers, texts, bytes, ids. */

import fc, { type Arbitrary } from "fast-check";
import { compareText } from "../../protocol/core/bytes.ts";
import type { AgentId, Hash, JobId, MeshId, TaskId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { FAILURE_REASONS } from "../../protocol/wire/command.ts";
import type { Usage } from "../../protocol/wire/usage.ts";

/** Around each width of an integer's encoding. */
export const WIDTHS = [
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0x100,
  0xffff,
  0x10000,
  0xffffffff,
  0x100000000,
  Number.MAX_SAFE_INTEGER,
];

export function uintUpTo(max: number): Arbitrary<number> {
  const edges = [...WIDTHS.filter((edge) => edge <= max), max];
  return fc.oneof(
    fc.constantFrom(...edges),
    fc.integer({ min: 0, max }),
    fc.integer({ min: 0, max: Math.min(max, 300) }),
  );
}
export const uint = uintUpTo(Number.MAX_SAFE_INTEGER);
export const uint32 = uintUpTo(0xffffffff);

const HEX = "0123456789abcdef".split("");
export const hash: Arbitrary<Hash> = fc
  .array(fc.constantFrom(...HEX), { minLength: 64, maxLength: 64 })
  .map((digits) => digits.join("") as Hash);
export const job: Arbitrary<JobId> = hash;

/** Well-formed text of at most `bytesMax` bytes (a code point has at most four). */
export function textUpTo(bytesMax: number): Arbitrary<string> {
  const short = fc.string({ unit: "binary", maxLength: Math.min(12, Math.floor(bytesMax / 4)) });
  const long = fc.integer({ min: 0, max: Math.min(bytesMax, 300) }).map((length) => "x".repeat(length));
  return fc.oneof({ weight: 4, arbitrary: short }, { weight: 1, arbitrary: long });
}
export function bytesUpTo(max: number): Arbitrary<Uint8Array> {
  const short = fc.uint8Array({ maxLength: Math.min(max, 8) });
  const edges = [31, 32, 255, 256, 300].filter((edge) => edge <= max);
  if (edges.length === 0) return short;
  const long = fc.constantFrom(...edges).map((length) => new Uint8Array(length).fill(length & 0xff));
  return fc.oneof({ weight: 6, arbitrary: short }, { weight: 1, arbitrary: long });
}
export const few = <T>(item: Arbitrary<T>, maxLength = 3): Arbitrary<T[]> => fc.array(item, { maxLength });
export const orNull = <T>(item: Arbitrary<T>): Arbitrary<T | null> => fc.option(item, { nil: null });

export const agentId = textUpTo(limits.agentIdBytes) as Arbitrary<AgentId>;
export const taskId = textUpTo(limits.taskIdBytes) as Arbitrary<TaskId>;
export const name = textUpTo(limits.nameBytes);
export const longText = textUpTo(limits.textBytes);
export const mesh = textUpTo(limits.meshIdBytes) as Arbitrary<MeshId>;
export const signature = fc.oneof(
  fc.uint8Array({ minLength: limits.signatureBytes, maxLength: limits.signatureBytes }),
  bytesUpTo(limits.signatureBytes),
);
export const ppm = uintUpTo(1_000_000);
export const price = uintUpTo(limits.price);
export const duration = uintUpTo(limits.durationMs);
export const attempt = uintUpTo(0xffff);

export const finite: Arbitrary<number> = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(...WIDTHS.flatMap((edge) => [edge, -edge, -edge - 1, edge + 0.5])).filter(Number.isFinite),
  fc.constantFrom(-32, -33, -0x8000, -0x80000000, 2 ** 53, -(2 ** 53), 1e300, 5e-324),
);

export const reason = fc.constantFrom(...FAILURE_REASONS);
const count = uintUpTo(limits.usageCount);
const counter = fc.record({ name: textUpTo(limits.usageNameBytes), count });
export const usage: Arbitrary<Usage | null> = orNull(
  fc.record({
    inputTokens: count,
    outputTokens: count,
    microUsd: count,
    counters: fc
      .uniqueArray(counter, { selector: ({ name: of }) => of, maxLength: 4 })
      .map((counters) => counters.sort((a, b) => compareText(a.name, b.name))),
  }),
);
