/**
 * Writes what happens in a simulation into a trace file (protocol/core/trace.ts): decisions of agents and what they store,
 * and on request every frame.
 */

import { TraceFile } from "../../node/platform/traces/trace-file.ts";
import { isRecorded, TRACE_FORMAT, type TraceHead, type TraceLine } from "../../protocol/core/trace.ts";
import { describeFrame } from "../run/message-log.ts";
import type { RunTap } from "../world/options.ts";

export class SimTraceWriter {
  readonly #file: TraceFile;
  /** After the head. */
  entries = 0;

  constructor(path: string) {
    this.#file = new TraceFile(path);
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
