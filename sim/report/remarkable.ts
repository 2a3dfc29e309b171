/**
 * Finds the agents of a large mesh that stand out in their group and behaviour (a separate table shows how groups differ): by
 * the distance of a figure from the group's median, in units of the usual distance. Agents of groups with fewer than five
 * members are compared with the whole mesh.
 *
 * Source: the modified z-score of Iglewicz and Hoaglin (median absolute deviation, which a few outliers do not move).
 */

import { compareText } from "../../protocol/core/bytes.ts";
import type { AgentRow } from "../model/result.ts";
import { decimalsOf, fixed } from "./format.ts";
import { quantile } from "./series.ts";

interface Remarkable {
  readonly row: AgentRow;
  /** How it differs, in words. */
  readonly why: string;
}

interface Trait {
  /** Null: says nothing about this agent. */
  readonly value: (row: AgentRow) => number | null;
  readonly text: (value: number) => string;
  readonly words: (value: string) => string;
}

/** A share of few says little. */
const WHOLE_MIN = 3;
const GROUP_MIN = 5;

const share = (part: number, whole: number): number | null => (whole < WHOLE_MIN ? null : (100 * part) / whole);
const percent = (value: number): string => `${fixed(value)}\u00a0%`;
const number = (value: number): string => fixed(value, Number.isInteger(value) ? 0 : decimalsOf(value));

const TRAITS: readonly Trait[] = [
  {
    value: (row) => share(row.rejected, row.results),
    text: percent,
    words: (value) => `rejected ${value} of its results`,
  },
  {
    value: (row) => share(row.timeouts, row.awards),
    text: percent,
    words: (value) => `timed out ${value} of its awards`,
  },
  { value: (row) => row.awards, text: number, words: (value) => `awards ${value}` },
  { value: (row) => row.earned, text: number, words: (value) => `earned ${value}` },
  { value: (row) => row.crashes, text: number, words: (value) => `crashes ${value}` },
];

const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Norm {
  readonly trait: Trait;
  readonly middle: number;
  /** The usual distance from the middle; 0: all are alike. */
  readonly unit: number;
}

function normsOf(rows: readonly AgentRow[]): readonly Norm[] {
  return TRAITS.map((trait) => {
    const values = rows.flatMap((row) => trait.value(row) ?? []);
    if (values.length === 0) return { trait, middle: 0, unit: 0 };
    const middle = median(values);
    const distances = values.map((value) => Math.abs(value - middle));
    // Both are a standard deviation's size for normal values; the second serves where most agents are alike.
    const usual = median(distances) * 1.4826;
    return { trait, middle, unit: usual > 0 ? usual : 1.2533 * mean(distances) };
  });
}

function judge(row: AgentRow, norms: readonly Norm[]): Remarkable & { readonly score: number } {
  const odd = norms
    .flatMap(({ trait, middle, unit }) => {
      const value = trait.value(row);
      return value === null || unit === 0 ? [] : [{ trait, middle, value, distance: Math.abs(value - middle) / unit }];
    })
    .sort((a, b) => b.distance - a.distance);
  const why = odd
    .filter(({ distance }, index) => index === 0 || (index < 3 && distance > 2))
    .map(({ trait, middle, value }) => `${trait.words(trait.text(value))} (median ${trait.text(middle)})`)
    .join("; ");
  return { row, why, score: odd.reduce((sum, { distance }) => sum + distance * distance, 0) };
}

/** The `count` that stand out most, most remarkable first. */
export function remarkable(rows: readonly AgentRow[], count: number): readonly Remarkable[] {
  const groups = new Map<string, AgentRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.group, row.behaviour]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const all = normsOf(rows);
  return [...groups.values()]
    .flatMap((group) => {
      const norms = group.length < GROUP_MIN ? all : normsOf(group);
      return group.map((row) => judge(row, norms));
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || compareText(a.row.agent, b.row.agent))
    .slice(0, count);
}
