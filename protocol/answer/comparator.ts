/**
 * Comparators: which outputs are the same answer. Groups form in a canonical order, because "within a tolerance"
 * is not transitive and every member must form the same groups.
 *
 * Source: protocol.md 7.
 */

import { compareUnits } from "../core/bytes.ts";
import type { Hash } from "../core/ids.ts";
import type { Comparator, Data } from "../wire/genesis.ts";
import { decodeValue } from "../wire/value.ts";

/** An output as the ledger knows it: the hash of its canonical bytes, and the bytes if the log contains them. */
export interface Output {
  readonly hash: Hash;
  readonly data: Data;
}

/** A group of equal outputs: the positions of its members in the list that was given, and the one that stands for it. */
export interface Group {
  readonly members: readonly number[];
  readonly representative: number;
}

function numberOf(output: Output): number | null {
  if (output.data.kind !== "inline") return null;
  const decoded = decodeValue(output.data.bytes);
  return decoded.ok && typeof decoded.value === "number" ? decoded.value : null;
}

function groupExactly(outputs: readonly Output[], indices: readonly number[]): Group[] {
  const byHash = new Map<Hash, number[]>();
  for (const index of indices) {
    const members = byHash.get(outputs[index]!.hash);
    if (members === undefined) byHash.set(outputs[index]!.hash, [index]);
    else members.push(index);
  }
  return [...byHash.values()].map((members) => ({ members, representative: members[0]! }));
}

/** Numbers in ascending order; a group takes what lies within the tolerance of its smallest. Its middle stands for it. */
function groupNumbers(
  numbers: readonly { index: number; value: number }[],
  absolute: number,
  relativePpm: number,
): Group[] {
  const groups: { index: number; value: number }[][] = [];
  for (const entry of numbers) {
    const group = groups[groups.length - 1];
    const base = group?.[0]?.value;
    const tolerance = base === undefined ? 0 : Math.max(absolute, (Math.abs(base) / 1_000_000) * relativePpm);
    if (group !== undefined && base !== undefined && entry.value - base <= tolerance) group.push(entry);
    else groups.push([entry]);
  }
  return groups.map((group) => ({
    members: group.map((entry) => entry.index),
    representative: group[(group.length - 1) >> 1]!.index,
  }));
}

/** Groups of equal outputs, the largest first; ties in the order of the representatives' hashes. */
export function groupOutputs(comparator: Comparator, outputs: readonly Output[]): Group[] {
  const numbers: { index: number; value: number }[] = [];
  const others: number[] = [];
  for (let index = 0; index < outputs.length; index++) {
    const value = comparator.kind === "number" ? numberOf(outputs[index]!) : null;
    if (value === null) others.push(index);
    else numbers.push({ index, value });
  }
  const byHash = (a: number, b: number): number => compareUnits(outputs[a]!.hash, outputs[b]!.hash);
  numbers.sort((a, b) => a.value - b.value || byHash(a.index, b.index));
  const numeric =
    comparator.kind === "number" ? groupNumbers(numbers, comparator.absolute, comparator.relativePpm) : [];
  return [...numeric, ...groupExactly(outputs, others)].sort(
    (a, b) => b.members.length - a.members.length || byHash(a.representative, b.representative),
  );
}
