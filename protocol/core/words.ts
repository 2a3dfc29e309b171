/** Quantities in words, for reasons that one agent gives another. */

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

/** `1 day`, `90 minutes`, `1500 ms`: in the largest unit of which it is a whole number. */
export function durationWords(ms: number): string {
  for (const [name, unitMs] of UNITS) {
    const count = ms / unitMs;
    if (Number.isInteger(count) && count > 0) return `${count} ${name}${count === 1 ? "" : "s"}`;
  }
  return `${ms} ms`;
}
