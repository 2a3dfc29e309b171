/**
 * How each comparator sees outputs: which values it can compare, and how far two of them are apart. grouping.ts makes groups
 * of equal outputs from that.
 *
 * All of it runs in the ledger: it must give the same on every engine, and end soon for any output of at most
 * `limits.inlineBytes`.
 *
 * Source: protocol.md 7.
 */

import { unreachable } from "../core/assert.ts";
import { compareUnits, toHex } from "../core/bytes.ts";
import { limits } from "../core/limits.ts";
import type { Comparator, PlainComparator } from "../wire/genesis.ts";
import { encodeValue, type Value } from "../wire/value.ts";
import { selectPath } from "../wire/value-path.ts";
import { foldText } from "./folding.ts";
import { type Spelling, spellingDistance, spellingOf } from "./spelling.ts";

/** The distance of two answers that share nothing. Distances are integers in parts per million. */
const FAR = 1_000_000;
/** Larger numbers are no answers: sums and differences of numbers up to this cannot overflow. */
const NUMBER_MAX = 1e100;

/** What reading one output may still cost: UTF-16 units of texts for `similar`. */
interface ReadBudget {
  units: number;
}

/** `P`: what it reads from an output once, to compare it with many others. */
interface Metric<P> {
  /** null if this comparator cannot compare such a value. */
  read(value: Value, budget: ReadBudget): P | null;
  /** 0 if they are the same, up to `FAR`; null if they are different answers. It is symmetric. */
  distance(a: P, b: P): number | null;
}

// biome-ignore lint/suspicious/noExplicitAny: what a metric reads, only this metric looks at
export type AnyMetric = Metric<any>;

/** Equal if what is read is equal. */
const same = (read: (value: Value) => string | null): Metric<string> => ({
  read,
  distance: (a, b) => (a === b ? 0 : null),
});

const canonical = (value: Value): string => toHex(encodeValue(value));

const numbers = (absolute: number, relativePpm: number): Metric<number> => ({
  read: (value) => (typeof value === "number" && Math.abs(value) <= NUMBER_MAX ? value : null),
  distance(a, b) {
    const apart = Math.abs(a - b);
    const tolerance = Math.max(absolute, (Math.min(Math.abs(a), Math.abs(b)) / 1_000_000) * relativePpm);
    if (!(apart <= tolerance)) return null;
    return apart === 0 ? 0 : Math.floor((apart / tolerance) * FAR);
  },
});

/** Whether `value` is a list that is short enough to be compared with those of all other workers. */
function isComparable(value: Value): value is readonly Value[] {
  let entries = 0;
  const isShort = (part: Value): boolean => {
    if (typeof part !== "object" || part === null) return true;
    const items: readonly Value[] = Array.isArray(part) ? part : Object.values(part);
    entries += items.length;
    return entries <= limits.comparedEntries && items.every(isShort);
  };
  return Array.isArray(value) && isShort(value);
}

/** Lists of which order and repetition do not matter; each read as its items' canonical bytes, sorted. */
const sets = (leastPpm: number): Metric<readonly string[]> => ({
  read: (value) => (isComparable(value) ? [...new Set(value.map(canonical))].sort(compareUnits) : null),
  distance(a, b) {
    const common = countCommon(a, b);
    const all = a.length + b.length - common;
    const apart = all === 0 ? 0 : FAR - Math.floor((common * FAR) / all);
    return apart <= FAR - leastPpm ? apart : null;
  },
});

/** How many entries two sorted lists without repetition share. */
function countCommon(a: readonly string[], b: readonly string[]): number {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      common++;
      i++;
      j++;
    } else if (a[i]! < b[j]!) i++;
    else j++;
  }
  return common;
}

const similarTexts = (leastPpm: number): Metric<Spelling> => ({
  read(value, budget) {
    if (typeof value !== "string") return null;
    budget.units -= Math.max(value.length, limits.similarTextUnits);
    return budget.units < 0 ? null : spellingOf(value);
  },
  distance(a, b) {
    const apart = spellingDistance(a, b);
    // Texts with nothing in common are different answers, however little is asked for.
    return apart < FAR && apart <= FAR - leastPpm ? apart : null;
  },
});

/** As far apart as the pair that is farthest apart. */
function lists(item: AnyMetric): Metric<readonly unknown[]> {
  return {
    read(value, budget) {
      if (!isComparable(value)) return null;
      const items = value.map((entry) => item.read(entry, budget) as unknown);
      return items.includes(null) ? null : items;
    },
    distance(a, b) {
      if (a.length !== b.length) return null;
      let farthest = 0;
      for (const [i, entry] of a.entries()) {
        const apart = item.distance(entry, b[i]);
        if (apart === null) return null;
        farthest = Math.max(farthest, apart);
      }
      return farthest;
    },
  };
}

interface Field {
  readonly path: string;
  readonly metric: AnyMetric;
}

/** Parts of values. `all`: every part must be there, and be equal; otherwise one that both have is enough. */
function fieldsOf(fields: readonly Field[], all: boolean): Metric<readonly unknown[]> {
  return {
    read(value, budget) {
      const parts = fields.map(({ path, metric }) => {
        const part = selectPath(value, path);
        return part === undefined ? null : (metric.read(part, budget) as unknown);
      });
      const isReadable = (part: unknown): boolean => part !== null;
      return (all ? parts.every(isReadable) : parts.some(isReadable)) ? parts : null;
    },
    distance(a, b) {
      const apart = fields.map(({ metric }, i) =>
        a[i] === null || b[i] === null ? null : metric.distance(a[i], b[i]),
      );
      const equal = apart.filter((distance) => distance !== null);
      if (all) return equal.length < apart.length ? null : Math.max(0, ...equal);
      return equal.length === 0 ? null : Math.min(...equal);
    },
  };
}

function plainMetricOf(comparator: PlainComparator): AnyMetric {
  switch (comparator.kind) {
    case "exact":
      return same(canonical);
    case "number":
      return numbers(comparator.absolute, comparator.relativePpm);
    case "set":
      return sets(comparator.leastPpm);
    case "text":
      return same((value) => (typeof value === "string" ? foldText(value, comparator) : null));
    case "similar":
      return similarTexts(comparator.leastPpm);
    default:
      return unreachable(comparator);
  }
}

/** What an output is compared by; null if the comparator cannot compare such a value. */
export const readOutput = (metric: AnyMetric, value: Value): unknown =>
  metric.read(value, { units: limits.similarUnits }) as unknown;

/** The metric of a comparator. */
export function metricOf(comparator: Comparator): AnyMetric {
  switch (comparator.kind) {
    case "list":
      return lists(plainMetricOf(comparator.item));
    case "field": {
      const { all, fields } = comparator;
      return fieldsOf(
        fields.map(({ path, compare }) => ({ path, metric: plainMetricOf(compare) })),
        all,
      );
    }
    default:
      return plainMetricOf(comparator);
  }
}
