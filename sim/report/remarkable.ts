/**
 * Which agents of a large mesh stand out: by how far a figure of theirs lies from the mesh's median, in units of the
 * usual distance from it (median absolute deviation, which a few outliers do not move).
 */

import { compareText } from "../../protocol/core/bytes.ts";
import type { AgentRow } from "../run/result.ts";
import { fixed } from "./format.ts";
import { quantile } from "./series.ts";

export interface Remarkable {
  readonly row: AgentRow;
  /** How it differs, in words. */
  readonly why: string;
}

interface Trait {
  readonly name: string;
  /** Null: says nothing about this agent. */
  readonly value: (row: AgentRow) => number | null;
  readonly unit: "" | " %";
}

/** A share of few says little. */
const WHOLE_MIN = 3;
const share = (part: number, whole: number): number | null => (whole < WHOLE_MIN ? null : (100 * part) / whole);

const TRAITS: readonly Trait[] = [
  { name: "rejected of its results", value: (row) => share(row.rejected, row.results), unit: " %" },
  { name: "timed out of its awards", value: (row) => share(row.timeouts, row.awards), unit: " %" },
  { name: "awards", value: (row) => row.awards, unit: "" },
  { name: "earned", value: (row) => row.earned, unit: "" },
  { name: "crashes", value: (row) => row.crashes, unit: "" },
];

const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

const text = (value: number, unit: string): string =>
  `${fixed(value, unit === "" && !Number.isInteger(value) ? 1 : 0)}${unit}`;

export function remarkable(rows: readonly AgentRow[], count: number): Remarkable[] {
  const norms = TRAITS.map((trait) => {
    const values = rows.flatMap((row) => trait.value(row) ?? []);
    const middle = values.length === 0 ? 0 : median(values);
    const deviation = values.length === 0 ? 0 : median(values.map((value) => Math.abs(value - middle)));
    // Where most agents are alike, a tenth of the greatest distance stands in.
    const greatest = values.reduce((max, value) => Math.max(max, Math.abs(value - middle)), 0);
    return { trait, middle, unit: Math.max(deviation * 1.4826, greatest / 10) };
  });
  const judged = rows.map((row) => {
    const odd = norms
      .flatMap(({ trait, middle, unit }) => {
        const value = trait.value(row);
        return value === null || unit === 0
          ? []
          : [{ trait, middle, value, distance: Math.abs(value - middle) / unit }];
      })
      .sort((a, b) => b.distance - a.distance);
    const score = odd.reduce((sum, { distance }) => sum + distance * distance, 0);
    const why = odd
      .filter(({ distance }, index) => index === 0 || (index < 3 && distance > 3))
      .map(
        ({ trait, middle, value }) => `${text(value, trait.unit)} ${trait.name} (median ${text(middle, trait.unit)})`,
      )
      .join("; ");
    return { row, why, score };
  });
  return judged
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || compareText(a.row.agent, b.row.agent))
    .slice(0, count);
}
