/**
 * Trace files: what an agent wrote down about itself, one JSON object a line (protocol/trace.ts). The first
 * line says whose trace it is; each other line is one event with its time `t` and the `agent`'s name.
 *
 * Responsible for writing them in order and reading them back. What the events mean is the checkers'.
 */

import { createReadStream, createWriteStream, openSync, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { z } from "zod";
import { MeshworkError } from "../protocol/core/errors.ts";
import { TRACE_FORMAT, type TraceEvent } from "../protocol/trace.ts";
import { isFileMissing, storageError } from "./store/files.ts";

const headSchema = z.object({
  format: z.literal(TRACE_FORMAT),
  meshId: z.string(),
  agent: z.string(),
  name: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  /** Of Meshwork. */
  version: z.string(),
});
export type TraceHead = z.infer<typeof headSchema>;

/** `t`: milliseconds since the epoch. `agent`: the name of the agent whose trace it is. */
export type TraceLine = TraceEvent & { readonly t: number; readonly agent: string };

/** Only what the reader itself relies on: the checkers look at the fields of the kinds that they know. */
const lineSchema = z.looseObject({ kind: z.string(), t: z.number(), agent: z.string() });

export interface TraceWriter {
  write(wallMs: number, event: TraceEvent): void;
  /** Rejects with `storage` if anything could not be written. */
  close(): Promise<void>;
}

/** At once, so that a path that cannot be written is told before anything else begins. */
function openTrace(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw storageError(`the trace ${path} cannot be written`, error);
  }
}

class FileTraceWriter implements TraceWriter {
  readonly #stream: WriteStream;
  readonly #path: string;
  readonly #agent: string;
  #error: Error | null = null;

  constructor(path: string, head: Omit<TraceHead, "format">) {
    this.#path = path;
    this.#agent = head.name;
    this.#stream = createWriteStream(path, { fd: openTrace(path), highWaterMark: 256 * 1024 });
    this.#stream.on("error", (error) => {
      this.#error ??= error; // told at `close`: a trace that cannot be written must not end a node
    });
    this.#line({ format: TRACE_FORMAT, ...head });
  }

  #line(value: object): void {
    if (this.#error === null) this.#stream.write(`${JSON.stringify(value)}\n`);
  }

  write(wallMs: number, event: TraceEvent): void {
    this.#line({ t: wallMs, agent: this.#agent, ...event });
  }

  async close(): Promise<void> {
    this.#stream.end();
    try {
      await finished(this.#stream);
    } catch (error) {
      this.#error ??= error instanceof Error ? error : new Error(String(error));
    }
    if (this.#error !== null) throw storageError(`the trace ${this.#path} cannot be written`, this.#error);
  }
}

/** Begins a new trace; a file that is there is replaced. Throws `storage` if it cannot be. */
export function createTraceWriter(path: string, head: Omit<TraceHead, "format">): TraceWriter {
  return new FileTraceWriter(path, head);
}

function parseLine<T>(text: string, schema: z.ZodType<T>, path: string, number: number): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new MeshworkError("invalid-file", `${path}, line ${number}: not JSON`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const where = issue.path.length === 0 ? "" : `"${issue.path.join(".")}": `;
  throw new MeshworkError("invalid-file", `${path}, line ${number}: ${where}${issue.message}`);
}

/**
 * Calls `onLine` for each event in order and resolves with the head. Rejects with `invalid-file`, naming the
 * line, or `storage`. Memory does not grow with the file.
 */
export async function readTrace(path: string, onLine: (line: TraceLine, number: number) => void): Promise<TraceHead> {
  const stream = createReadStream(path, "utf8");
  let head: TraceHead | null = null;
  let number = 0;
  try {
    for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (head === null) head = parseLine(text, headSchema, path, number);
      else if (text !== "") onLine(parseLine(text, lineSchema, path, number) as unknown as TraceLine, number);
    }
  } catch (error) {
    if (isFileMissing(error)) throw new MeshworkError("invalid-file", `there is no trace ${path}`);
    throw storageError(`the trace ${path} cannot be read`, error);
  } finally {
    stream.destroy();
  }
  if (head === null) throw new MeshworkError("invalid-file", `${path} is empty: a trace has at least its first line`);
  return head;
}
