/**
 * How simulated agents say a number: in the form that the task's comparator reads, and no two alike. What the comparator does
 * not look at is drawn for each answer, so that answers are the same by their comparator and not by their bytes.
 */

import { unreachable } from "../../../protocol/core/assert.ts";
import type { Prng } from "../../../protocol/core/prng.ts";
import type { Comparator, PlainComparator } from "../../../protocol/wire/genesis.ts";
import type { Value } from "../../../protocol/wire/value.ts";
import { padded } from "./truth.ts";

function sentence(number: number, ignored: { case: boolean; space: boolean; punctuation: boolean }, prng: Prng): Value {
  const first = ignored.case && prng.chance(0.5) ? "the ANSWER" : "the answer";
  const gap = ignored.space && prng.chance(0.5) ? "  " : " ";
  const end = ignored.punctuation && prng.chance(0.5) ? "." : "";
  return `${first}${gap}is ${number}${end}`;
}

/** A set of three, or so many of them that it still shares `leastPpm` with all others. */
function someOf(number: number, leastPpm: number, prng: Prng): Value {
  const items: Value[] = [number, `after ${number}`, `before ${number}`];
  const left = leastPpm <= 333_333 && prng.chance(0.3) ? 1 : leastPpm <= 666_666 && prng.chance(0.3) ? 2 : 3;
  const kept = items.slice(0, left);
  return prng.chance(0.5) ? kept.reverse() : kept;
}

function sayPlainly(number: number, comparator: PlainComparator, prng: Prng): Value {
  switch (comparator.kind) {
    case "exact":
      return number;
    case "number": {
      const { absolute } = comparator;
      // So little that sums and differences of two such numbers are still within the tolerance (restate).
      return absolute > 0 ? number + ((prng.unit() - 0.5) / 2) * Math.min(absolute, 1) : number;
    }
    case "set":
      return someOf(number, comparator.leastPpm, prng);
    case "text":
      return sentence(number, comparator, prng);
    case "similar":
      return `${prng.pick(["the answer to this long question", "answer to this long question"])} is ${number}`;
    default:
      return unreachable(comparator);
  }
}

const isKey = (path: string): boolean => path !== "" && !/[.[\]]/.test(path) && path !== "__proto__";

/** An answer, as the comparator reads it. Where a `field` lies deeper than one key it is the number, which agrees with none. */
export function sayAnswer(number: number, comparator: Comparator, prng: Prng): Value {
  if (comparator.kind === "list") return [number, number + 1].map((item) => sayPlainly(item, comparator.item, prng));
  if (comparator.kind !== "field") return sayPlainly(number, comparator, prng);
  const parts = comparator.fields.map(({ path, compare }) => [path, sayPlainly(number, compare, prng)] as const);
  if (!parts.every(([path]) => isKey(path))) return number;
  return { note: prng.pick(["it was easy", "it took a while"]), ...Object.fromEntries(parts) };
}

const NUMBER = /-?\d+(\.\d+)?/g;

/** What an agent says, with another number in the place of the first that it says, and others as far from it as before. */
export function restate(said: Value, number: number): Value {
  let first: number | null = null;
  const other = (found: number): number => {
    first ??= found;
    return number + (found - first);
  };
  const rewrite = (part: Value): Value => {
    if (typeof part === "number") return other(part);
    if (typeof part === "string") return part.replace(NUMBER, (digits) => String(other(Number(digits))));
    if (Array.isArray(part)) return part.map(rewrite);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, rewrite(value as Value)]));
  };
  if (typeof said === "string" && /^-?\d/.test(said)) return padded(number, said.length);
  return rewrite(said);
}
