/**
 * Writes trace files: what an agent wrote down about itself and what its driver adds (protocol/core/trace.ts). The first entry says
 * whose trace it is.
 *
 * Leaves to trace-encoding.ts in which form, and to trace-reader.ts to read them. What the events mean is the checkers'.
 */

import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { type RecordedEvent, TRACE_FORMAT, type TraceEvent } from "../../../protocol/core/trace.ts";
import { PRIVATE_FILE } from "../files/private-files.ts";
import { storageError } from "../files/storage-error.ts";
import { type EncodeTrace, encoderFor } from "./trace-encoding.ts";

/** The first line of one agent's trace. */
interface AgentTraceHead {
  readonly meshId: string;
  readonly agent: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The version of Meshwork. */
  readonly version: string;
}

export interface TraceWriter {
  write(wallMs: number, event: TraceEvent | RecordedEvent): void;
  /** Rejects with `storage` if anything could not be written. */
  close(): Promise<void>;
}

/** At once, so that a path that cannot be written is told before anything else begins. */
function openTrace(path: string): number {
  try {
    return openSync(path, "w", PRIVATE_FILE);
  } catch (error) {
    throw storageError(`the trace ${path} cannot be written`, error);
  }
}

class FileTraceWriter implements TraceWriter {
  readonly #stream: WriteStream;
  readonly #path: string;
  readonly #agent: string;
  readonly #encode: EncodeTrace;
  #error: Error | null = null;

  constructor(path: string, head: AgentTraceHead) {
    this.#path = path;
    this.#agent = head.name;
    this.#encode = encoderFor(path);
    this.#stream = createWriteStream(path, { fd: openTrace(path), highWaterMark: 256 * 1024 });
    this.#stream.on("error", (error) => {
      this.#error ??= error; // told at `close`: a trace that cannot be written must not end a node
    });
    this.#entry({ format: TRACE_FORMAT, ...head });
  }

  #entry(value: object): void {
    if (this.#error === null) this.#stream.write(this.#encode(value));
  }

  write(wallMs: number, event: TraceEvent | RecordedEvent): void {
    this.#entry({ t: wallMs, agent: this.#agent, ...event });
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

/**
 * Begins a new trace, a msgpack stream if `path` ends with `.msgpack` and else JSON lines; a file that is there is replaced.
 * Throws `storage` if it cannot be.
 */
export function createTraceWriter(path: string, head: AgentTraceHead): TraceWriter {
  return new FileTraceWriter(path, head);
}
