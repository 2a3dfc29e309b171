/**
 * Groups of outputs that are the same answer. "Near" is not transitive, so groups form by complete linkage: all members of a
 * group are equal to each other. The nearest groups join first, and ties go to the outputs that come first, so that every
 * member forms the same groups.
 *
 * Source: protocol.md 7.
 */

import { compareUnits } from "../core/bytes.ts";
import type { Hash } from "../core/ids.ts";
import type { Comparator, Data } from "../wire/genesis.ts";
import { decodeValue, type Value } from "../wire/value.ts";
import { type AnyMetric, metricOf, readOutput } from "./metrics.ts";

/** An output as the ledger knows it: the hash of its canonical bytes, and the bytes if the log contains them. */
export interface Output {
  readonly hash: Hash;
  readonly data: Data;
}

/** A group of equal outputs: the positions of its members in the list that was given, and the one that stands for it. */
export interface Group {
  /** Ascending. */
  readonly members: readonly number[];
  readonly representative: number;
}

export interface Grouping {
  /** The largest first; of equally large ones the one whose representative has the lower hash. */
  readonly groups: readonly Group[];
  /** Positions of outputs that are flagged, or that the comparator cannot compare: each is an answer that agrees with none. */
  readonly unreadable: readonly number[];
}

/** An output's value; undefined if the log has only its hash, or if the bytes are no value. */
export function outputValue({ data }: Pick<Output, "data">): Value | undefined {
  if (data.kind !== "inline") return undefined;
  const decoded = decodeValue(data.bytes);
  return decoded.ok ? decoded.value : undefined;
}

/** Outputs of equal bytes, in the order of the first of each. */
function groupExactly(outputs: readonly Output[], flagged: readonly boolean[]): Group[] {
  const byHash = new Map<Hash, number[]>();
  for (const [index, { hash }] of outputs.entries()) {
    if (flagged[index]) continue;
    const members = byHash.get(hash);
    if (members === undefined) byHash.set(hash, [index]);
    else members.push(index);
  }
  return [...byHash.values()].map((members) => ({ members, representative: members[0]! }));
}

/** Some outputs and how far they are apart, by their places in `positions`; `null` where they are different answers. */
interface Distances {
  readonly positions: readonly number[];
  readonly apart: readonly (readonly (number | null)[])[];
}

function distancesOf(
  metric: AnyMetric,
  read: readonly { readonly position: number; readonly from: unknown }[],
): Distances {
  const apart = read.map(() => new Array<number | null>(read.length).fill(0));
  for (const [i, a] of read.entries()) {
    for (let j = i + 1; j < read.length; j++) {
      const distance = metric.distance(a.from, read[j]!.from);
      apart[i]![j] = distance;
      apart[j]![i] = distance;
    }
  }
  return { positions: read.map(({ position }) => position), apart };
}

/** The two clusters that are nearest to each other; null if no two may join. */
function nearestPair(linkage: readonly (readonly (number | null)[])[]): readonly [number, number] | null {
  let nearest: readonly [number, number] | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, row] of linkage.entries()) {
    for (let j = i + 1; j < row.length; j++) {
      const distance = row[j]!;
      if (distance === null || distance >= least) continue;
      least = distance;
      nearest = [i, j];
    }
  }
  return nearest;
}

/** Complete linkage: of two clusters the distance is that of their farthest members. Returns places, ascending. */
function clusters({ apart }: Distances): number[][] {
  const members = apart.map((_, place) => [place]);
  const linkage = apart.map((row) => [...row]);
  for (;;) {
    const pair = nearestPair(linkage);
    if (pair === null) return members;
    const [into, gone] = pair;
    for (const [other, row] of linkage.entries()) {
      const a = row[into]!;
      const b = row[gone]!;
      const joined = a === null || b === null ? null : Math.max(a, b);
      row[into] = joined;
      linkage[into]![other] = joined;
    }
    members[into] = [...members[into]!, ...members[gone]!].sort((a, b) => a - b);
    members.splice(gone, 1);
    linkage.splice(gone, 1);
    for (const row of linkage) row.splice(gone, 1);
  }
}

/** The member that is nearest to all others of its cluster together; the first of several. */
function middleOf(places: readonly number[], apart: Distances["apart"]): number {
  let middle = places[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const sum = places.reduce((total, other) => total + apart[place]![other]!, 0);
    if (sum >= least) continue;
    least = sum;
    middle = place;
  }
  return middle;
}

/**
 * @param outputs in the order of their awards' serial numbers
 * @param isFlagged says of an output that it is no answer (flags.ts)
 */
export function groupOutputs(
  comparator: Comparator,
  outputs: readonly Output[],
  isFlagged: (output: Output) => boolean = () => false,
): Grouping {
  const flagged = outputs.map(isFlagged);
  const unreadable = [...flagged.keys()].filter((position) => flagged[position]);
  let groups: Group[];
  // By hashes: they need no bytes, so outputs that are blobs can be compared as well.
  if (comparator.kind === "exact") groups = groupExactly(outputs, flagged);
  else {
    const metric = metricOf(comparator);
    const read: { position: number; from: unknown }[] = [];
    const readBefore = new Map<Hash, unknown>();
    for (const [position, output] of outputs.entries()) {
      if (flagged[position]) continue;
      const value = outputValue(output);
      const from = value === undefined ? null : (readBefore.get(output.hash) ?? readOutput(metric, value));
      readBefore.set(output.hash, from);
      if (from === null) unreadable.push(position);
      else read.push({ position, from });
    }
    const distances = distancesOf(metric, read);
    const { positions, apart } = distances;
    groups = clusters(distances).map((places) => ({
      members: places.map((place) => positions[place]!),
      representative: positions[middleOf(places, apart)]!,
    }));
  }
  const hashOf = ({ representative }: Group): Hash => outputs[representative]!.hash;
  groups.sort((a, b) => b.members.length - a.members.length || compareUnits(hashOf(a), hashOf(b)));
  return { groups, unreadable: unreadable.sort((a, b) => a - b) };
}
