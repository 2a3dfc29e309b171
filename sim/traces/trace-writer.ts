/**
 * Writes what happens in a simulation into a trace file (protocol/core/trace.ts): decisions of agents and what they store,
 * and on request every frame. It writes synchronously, because a run never waits.
 */

import { closeSync, openSync, writeFileSync } from "node:fs";
import { type EncodeTrace, encoderFor } from "../../node/platform/traces/trace-encoding.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { isRecorded, TRACE_FORMAT, type TraceHead, type TraceLine } from "../../protocol/core/trace.ts";
import { describeFrame } from "../run/message-log.ts";
import type { RunTap } from "../world/options.ts";

const BUFFER_BYTES = 256 * 1024;

/** A new trace file. Its name decides its form (node/platform/traces/trace-encoding.ts). */
export class EntryFile {
  readonly #path: string;
  readonly #file: number;
  readonly #encode: EncodeTrace;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  /** Throws `storage` if it cannot be written; one that is there is replaced. */
  constructor(path: string) {
    this.#path = path;
    this.#encode = encoderFor(path);
    try {
      this.#file = openSync(path, "w");
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): MeshworkError {
    const why = error instanceof Error ? error.message : String(error);
    return new MeshworkError("storage", `the trace ${this.#path} cannot be written: ${why}`);
  }

  write(value: object): void {
    const bytes = this.#encode(value);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= BUFFER_BYTES) this.#flush();
  }

  #flush(): void {
    try {
      writeFileSync(this.#file, Buffer.concat(this.#waiting));
    } catch (error) {
      throw this.#failed(error);
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }
}

export class SimTraceWriter {
  readonly #file: EntryFile;
  /** After the head. */
  entries = 0;

  constructor(path: string) {
    this.#file = new EntryFile(path);
  }

  #entry(entry: TraceLine): void {
    this.entries++;
    this.#file.write(entry);
  }

  #head({ simulated, ...head }: TraceHead, messages: boolean): void {
    this.#file.write({
      format: TRACE_FORMAT,
      ...head,
      ...(simulated !== null && { simulated: { ...simulated, messages } }),
    });
  }

  /** What a run calls. `messages`: frames, too. */
  tap({ messages }: { readonly messages: boolean }): RunTap {
    return {
      onStart: (head) => this.#head(head, messages),
      onEntry: ({ atMs, step, agent, event }) => this.#entry({ t: atMs, step, agent, ...event }),
      onPersist: (agent, { job, slot, bytes }, atMs, step) => {
        if (bytes === null || !isRecorded(slot)) return;
        const text = Buffer.from(bytes).toString("base64");
        this.#entry({ t: atMs, step, agent, kind: "stored", job, slot, bytes: text });
      },
      ...(messages && {
        onFrame: (sentMs, arrives, agent, to, bytes) => {
          const { kind, text } = describeFrame(bytes);
          this.#entry({ t: sentMs, agent, kind: "sent", to, arrives, message: kind, about: text });
        },
      }),
    };
  }

  close(): void {
    this.#file.close();
  }
}
