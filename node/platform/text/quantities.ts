/**
 * Quantities as people write them in files: durations (`250ms`, `5m`), money in credits (`0.25`), sizes
 * (`1MiB`). Each parser returns `null` for what it does not accept; the schema says in words what it wanted.
 */

import { limits } from "../../../protocol/core/limits.ts";

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Milliseconds with their fractions; `null` for anything else, a bare number included: its unit is unknown. */
function durationOf(text: string): number | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|m|min|h|d)$/.exec(text.trim());
  return match === null ? null : Number(match[1]) * UNIT_MS.get(match[2]!)!;
}

/** A duration of a file or an option, in whole ms from 1 to `mostMs`; `null` for anything else. */
export function parseDuration(text: string, mostMs: number = limits.durationMs): number | null {
  const ms = Math.round(durationOf(text) ?? 0);
  return ms >= 1 && ms <= mostMs ? ms : null;
}

/** An age, in ms from 0: `90d`; `null` for anything else. */
export function parseAge(text: string): number | null {
  const ms = durationOf(text);
  return ms === null || !Number.isSafeInteger(Math.round(ms)) ? null : Math.round(ms);
}

/**
 * A duration or a moment of a scenario, in ms from 0 to `limits.durationMs`; `null` for anything else. It may be nothing,
 * and a bare number is one of ms: a scenario's own keys end in `Ms` wherever they hold one.
 */
export function parseMs(input: number | string): number | null {
  // Thousandths of a millisecond are noise of the multiplication.
  const ms = typeof input === "string" ? Math.round((durationOf(input) ?? -1) * 1_000) / 1_000 : input;
  return ms >= 0 && ms <= limits.durationMs ? ms : null;
}

/** A duration of a scenario as one writes it in a file: `20s`, `1500ms`, `2m`. */
export function writeMs(ms: number): string {
  if (ms > 0 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms > 0 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 100 === 0 && ms >= 1_000 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** `ms` for a person: `250 ms`, `8.4 s`, `2 m 05 s`, `1 h 03 m`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} m`;
}

/**
 * Credits, with up to 6 decimals, as micro-credits. Exact: it reads the digits instead of multiplying.
 * A number of a file is taken by its shortest decimal form, which is what was written.
 */
export function parseCredits(input: number | string): number | null {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(String(input).trim());
  if (match === null) return null;
  const micro = Number(match[1]) * 1_000_000 + Number((match[2] ?? "").padEnd(6, "0"));
  return Number.isSafeInteger(micro) ? micro : null;
}

/** Micro-credits as credits, without needless zeros. */
export function formatCredits(micro: number): string {
  const fraction = String(micro % 1_000_000)
    .padStart(6, "0")
    .replace(/0+$/, "");
  const whole = Math.floor(micro / 1_000_000);
  return fraction === "" ? `${whole}` : `${whole}.${fraction}`;
}

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["B", 1],
  ["KiB", 1024],
  ["MiB", 1024 ** 2],
  ["GiB", 1024 ** 3],
]);

/** Bytes: a whole number, alone or with B, KiB, MiB or GiB. */
export function parseSize(input: number | string): number | null {
  const match = /^(\d{1,15})\s*(B|KiB|MiB|GiB)?$/.exec(String(input).trim());
  if (match === null) return null;
  const bytes = Number(match[1]) * UNIT_BYTES.get(match[2] ?? "")!;
  return Number.isSafeInteger(bytes) ? bytes : null;
}

export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
