/**
 * Writes trace files (protocol/core/trace.ts): of one agent, which its driver adds to; joined ones and those of simulations by
 * the entry. It writes synchronously: a simulation never waits, and what a process has written stands there when it is killed.
 *
 * Leaves to trace-encoding.ts the form of the file, to trace-reader.ts reading, and to the checkers what the events mean.
 */

import { closeSync, openSync, writeFileSync } from "node:fs";
import { type RecordedEvent, TRACE_FORMAT, type TraceEvent } from "../../../protocol/core/trace.ts";
import { PRIVATE_FILE } from "../files/private-files.ts";
import { storageError } from "../files/storage-error.ts";
import { type EncodeTrace, encoderFor } from "./trace-encoding.ts";

const BUFFER_BYTES = 256 * 1024;

/** A new trace: a msgpack stream if its name ends with `.msgpack`, else JSON lines. A file that is there is replaced. */
export class TraceFile {
  readonly #path: string;
  readonly #file: number;
  readonly #encode: EncodeTrace;
  readonly #bufferBytes: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  /** Throws `storage` if it cannot be written. `bufferBytes`: entries of this size together are written at once; 0: each at its time. */
  constructor(path: string, bufferBytes = BUFFER_BYTES) {
    this.#path = path;
    this.#encode = encoderFor(path);
    this.#bufferBytes = bufferBytes;
    this.#file = this.#try(() => openSync(path, "w", PRIVATE_FILE));
  }

  #try<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw storageError(`the trace ${this.#path} cannot be written`, error);
    }
  }

  write(value: object): void {
    const bytes = this.#encode(value);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= this.#bufferBytes) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#try(() => writeFileSync(this.#file, bytes));
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
  }
}

/** The first entry of one agent's trace. */
interface AgentTraceHead {
  readonly meshId: string;
  readonly agent: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The version of Meshwork. */
  readonly version: string;
}

/** What one agent records about itself. */
export class AgentTraceWriter {
  readonly #file: TraceFile;
  readonly #agent: string;
  /** Told at `close`: a trace that cannot be written must not end a node. */
  #error: unknown = null;

  /** Throws `storage` at once if it cannot be written, before anything else begins. */
  constructor(path: string, head: AgentTraceHead) {
    this.#agent = head.name;
    this.#file = new TraceFile(path, 0);
    this.#entry({ format: TRACE_FORMAT, ...head });
  }

  #entry(value: object): void {
    if (this.#error !== null) return;
    try {
      this.#file.write(value);
    } catch (error) {
      this.#error = error;
    }
  }

  write(wallMs: number, event: TraceEvent | RecordedEvent): void {
    this.#entry({ t: wallMs, agent: this.#agent, ...event });
  }

  /** Throws `storage` if anything could not be written. */
  close(): void {
    this.#file.close();
    if (this.#error !== null) throw this.#error;
  }
}
