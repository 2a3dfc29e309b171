/**
 * Simulated skills: instead of running anything, a function says what would come out of an award, and when.
 */

import type { AwardRef } from "../../../protocol/input.ts";
import type { FailureReason } from "../../../protocol/wire/command.ts";
import type { TaskInput } from "../../../protocol/wire/genesis.ts";
import { decodeValue, encodeValue, type Value } from "../../../protocol/wire/value.ts";

export type WorkOutcome =
  | { readonly afterMs: number; readonly output: Value; readonly confidencePpm?: number; readonly cost?: number }
  | { readonly afterMs: number; readonly failure: FailureReason };

/** What a skill of one agent does with one award; null: it never returns. */
export type SimulatedSkill = (work: {
  readonly skill: string;
  readonly award: AwardRef;
  readonly input: TaskInput;
  /** Bytes of a blob of the input, from the agent's own store. */
  readonly blob: (hash: string) => Uint8Array | undefined;
}) => WorkOutcome | null;

type Blob = (hash: string) => Uint8Array | undefined;

/** The numbers that an input holds, whatever its shape; text and others count by their length. */
export function numbersOf(input: TaskInput, blob: Blob): number[] {
  if (input.kind !== "value" && input.kind !== "list") return [];
  const items = input.kind === "value" ? [input.data] : input.items;
  return items.map((data) => {
    const bytes = data.kind === "inline" ? data.bytes : blob(data.hash);
    const decoded = bytes === undefined ? undefined : decodeValue(bytes);
    if (decoded?.ok !== true) return -1;
    const { value } = decoded;
    if (typeof value === "number") return value;
    return typeof value === "string" || Array.isArray(value) ? value.length : 0;
  });
}

/** One more than the sum of the input: its errors show, and chains and reductions have an answer to compare. */
export const sumPlusOne = (input: TaskInput, blob: Blob): number =>
  numbersOf(input, blob).reduce((sum, n) => sum + n, 1);

export const valueBytes = (value: Value): Uint8Array => encodeValue(value);
