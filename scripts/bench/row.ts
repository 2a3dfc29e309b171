/** A figure of the benchmarks, beside its floor. */

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the same machine does without agreement, in the same unit; null where there is no such thing. */
  readonly floor: number | null;
  readonly ratio: number | null;
}

const round = (value: number): number => Number(value.toPrecision(4));

export const row = (name: string, value: number, unit: string, floor: number | null): Row => ({
  name,
  value: round(value),
  unit,
  floor: floor === null ? null : round(floor),
  ratio: floor === null ? null : round(value / floor),
});
