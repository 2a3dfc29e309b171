/** Means over parts of runs. null: of none there is no mean. */

export const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The part of all for which it holds, 0..1. */
export const shareOf = <T>(all: readonly T[], holds: (one: T) => boolean): number | null =>
  meanOf(all.map((one) => (holds(one) ? 1 : 0)));
