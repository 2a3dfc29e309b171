/**
 * Writes what happens in a simulation into a trace file (protocol/core/trace.ts): decisions of agents and what they store,
 * and on request every frame. At once and in one thread, because a run leaves no time to wait in.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { isRecorded, TRACE_FORMAT, type TraceHead, type TraceLine } from "../../protocol/core/trace.ts";
import { describeFrame } from "../run/message-log.ts";
import type { RunTap } from "../virtual/options.ts";

const BUFFER_CHARS = 256 * 1024;

export class SimTraceWriter {
  readonly #path: string;
  readonly #file: number;
  #waiting = "";
  /** Lines after the first. */
  lines = 0;

  /** Throws `storage` if the file cannot be written; one that is there is replaced. */
  constructor(path: string) {
    this.#path = path;
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

  #write(value: object): void {
    this.#waiting += `${JSON.stringify(value)}\n`;
    if (this.#waiting.length >= BUFFER_CHARS) this.#flush();
  }

  #flush(): void {
    try {
      writeSync(this.#file, this.#waiting);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#waiting = "";
  }

  #line(line: TraceLine): void {
    this.lines++;
    this.#write(line);
  }

  #head({ simulated, ...head }: TraceHead, messages: boolean): void {
    this.#write({
      format: TRACE_FORMAT,
      ...head,
      ...(simulated !== null && { simulated: { ...simulated, messages } }),
    });
  }

  /** What a run calls. `messages`: frames, too. */
  tap({ messages }: { readonly messages: boolean }): RunTap {
    return {
      onStart: (head) => this.#head(head, messages),
      onEntry: ({ atMs, step, agent, event }) => this.#line({ t: atMs, step, agent, ...event }),
      onPersist: (agent, { job, slot, bytes }, atMs, step) => {
        if (bytes === null || !isRecorded(slot)) return;
        const text = Buffer.from(bytes).toString("base64");
        this.#line({ t: atMs, step, agent, kind: "stored", job, slot, bytes: text });
      },
      ...(messages && {
        onFrame: (sentMs, arrives, agent, to, bytes) => {
          const { kind, text } = describeFrame(bytes);
          this.#line({ t: sentMs, agent, kind: "sent", to, arrives, message: kind, about: text });
        },
      }),
    };
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }
}
