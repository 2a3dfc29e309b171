/**
 * Durations of scenario files: `20s`, `400ms`, `1.5m`, `1h`, or a number of ms. Unlike in job files a duration may be
 * nothing, and may be a bare number: a scenario's own keys end in `Ms` wherever they hold one.
 */

import { limits } from "../../protocol/core/limits.ts";

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
]);

/** In ms, 0 to `limits.durationMs`; `null` for what is no duration. */
export function parseMs(input: number | string): number | null {
  const match = typeof input === "string" ? /^(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|m|min|h)$/.exec(input.trim()) : null;
  // Thousandths of a millisecond are noise of the multiplication.
  const ms = match === null ? input : Math.round(Number(match[1]) * UNIT_MS.get(match[2]!)! * 1_000) / 1_000;
  return typeof ms === "number" && ms >= 0 && ms <= limits.durationMs ? ms : null;
}

/** As one writes it in a file: `20s`, `1500ms`, `2m`. */
export function writeMs(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 100 === 0 && ms >= 1_000 ? `${ms / 1_000}s` : `${ms}ms`;
}
