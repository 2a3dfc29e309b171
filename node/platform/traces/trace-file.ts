/**
 * Writes trace files (protocol/core/trace.ts): of one agent, which its driver adds to; joined ones and those of simulations by
 * the entry. It writes synchronously, many entries at a time, because a simulation never waits.
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
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  /** Throws `storage` if it cannot be written, as all of its methods do. */
  constructor(path: string) {
    this.#path = path;
    this.#encode = encoderFor(path);
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
    if (this.#waitingBytes >= BUFFER_BYTES) this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#try(() => writeFileSync(this.#file, bytes));
  }

  close(): void {
    try {
      this.flush();
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

/** What one agent records about itself. A process that is killed has written all but what its last turn recorded. */
export class AgentTraceWriter {
  readonly #file: TraceFile;
  readonly #agent: string;
  /** The write at the end of this turn of the event loop; null if nothing waits. */
  #turnEnd: NodeJS.Immediate | null = null;
  /** Told at `close`: a trace that cannot be written must not end a node. */
  #error: unknown = null;

  /** Throws `storage` at once if it cannot be made, before anything else begins. */
  constructor(path: string, head: AgentTraceHead) {
    this.#agent = head.name;
    this.#file = new TraceFile(path);
    this.#entry({ format: TRACE_FORMAT, ...head });
  }

  #try(act: () => void): void {
    if (this.#error !== null) return;
    try {
      act();
    } catch (error) {
      this.#error = error;
    }
  }

  write(wallMs: number, event: TraceEvent | RecordedEvent): void {
    this.#entry({ t: wallMs, agent: this.#agent, ...event });
  }

  #entry(value: object): void {
    this.#try(() => this.#file.write(value));
    this.#turnEnd ??= setImmediate(() => {
      this.#turnEnd = null;
      this.#try(() => this.#file.flush());
    });
  }

  /** Throws `storage` if anything could not be written. */
  close(): void {
    if (this.#turnEnd !== null) clearImmediate(this.#turnEnd);
    this.#file.close();
    if (this.#error !== null) throw this.#error;
  }
}
