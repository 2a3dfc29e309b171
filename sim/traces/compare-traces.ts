/**
 * Finds where two traces part: compares their entries one by one, in order, until two differ.
 *
 * Two simulations must be equal to the bit, times and steps included. Clocks of real machines never agree, so a comparison
 * with a trace of real nodes leaves out the times. If the two files come from two different agents, it leaves out the agents, too.
 */

import type { TraceReader } from "../../node/platform/traces/trace-reader.ts";
import type { TraceLine } from "../../protocol/core/trace.ts";

export interface PlacedEntry {
  /** Number of the entry in its file. `unit`: what it counts. */
  readonly line: number;
  readonly unit: "line" | "entry";
  /** Since the beginning of its own trace. */
  readonly atMs: number;
  readonly entry: TraceLine;
}

export interface Parting {
  /** Entries that were equal. */
  readonly equal: number;
  /** Null if the trace has ended. Both null: they do not part. */
  readonly a: PlacedEntry | null;
  readonly b: PlacedEntry | null;
  /** Fields that differ, where both have an entry. */
  readonly fields: readonly string[];
  /** The newest entries of both before that. */
  readonly before: readonly PlacedEntry[];
}

interface CompareOptions {
  /** Kinds of entries that count. Default: all. */
  readonly only?: ReadonlySet<string>;
  /** Entries of `before`. */
  readonly context: number;
}

type Counts = (entry: TraceLine) => boolean;

/** Goes to the next entry that counts. */
async function settle(file: TraceReader, counts: Counts): Promise<void> {
  while (file.entry !== null && !counts(file.entry)) {
    const waits = file.advance();
    if (waits !== undefined) await waits;
  }
}

async function next(file: TraceReader, counts: Counts): Promise<void> {
  const waits = file.advance();
  if (waits !== undefined) await waits;
  await settle(file, counts);
}

/** Fields of which both must say the same. */
function ignored({ head: a }: TraceReader, { head: b }: TraceReader): ReadonlySet<string> {
  const isReal = a.simulated === null || b.simulated === null;
  const [one, other] = [a.agents, b.agents];
  const isOneEach = one.length === 1 && other.length === 1 && one[0]!.name !== other[0]!.name;
  return new Set([...(isReal ? ["t", "step"] : []), ...(isOneEach ? ["agent"] : [])]);
}

function differing(a: TraceLine, b: TraceLine, except: ReadonlySet<string>): string[] {
  const of = (entry: TraceLine): Record<string, unknown> => ({ ...entry });
  const [left, right] = [of(a), of(b)];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((name) => !except.has(name));
  return names.filter((name) => JSON.stringify(left[name]) !== JSON.stringify(right[name]));
}

const placed = ({ entry, line, unit, head }: TraceReader): PlacedEntry | null =>
  entry === null ? null : { line, unit, atMs: entry.t - head.startedAt, entry };

export async function compareTraces(a: TraceReader, b: TraceReader, options: CompareOptions): Promise<Parting> {
  const { only, context } = options;
  const except = ignored(a, b);
  // Frames are in a trace if they were asked for: of two, both or none must have been.
  const hasFrames = a.head.simulated?.messages === b.head.simulated?.messages;
  const counts: Counts = ({ kind }) => (only === undefined ? kind !== "sent" || hasFrames : only.has(kind));
  const before: PlacedEntry[] = [];
  await settle(a, counts);
  await settle(b, counts);
  for (let equal = 0; ; equal++) {
    const [one, other] = [placed(a), placed(b)];
    if (one === null || other === null) return { equal, a: one, b: other, fields: [], before };
    const fields = differing(one.entry, other.entry, except);
    if (fields.length > 0) return { equal, a: one, b: other, fields, before };
    before.push(one);
    if (before.length > context) before.shift();
    await next(a, counts);
    await next(b, counts);
  }
}
