/**
 * What happened in a world: the agents' own trace events with their virtual time, and one running digest over every
 * input that any agent was given and every trace event. Same seed, same digest, on every machine.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { Input } from "../../protocol/input.ts";
import type { TraceEvent } from "../../protocol/trace.ts";
import { Mixer } from "./mix.ts";

export interface TraceEntry {
  /** Virtual time, ms. */
  readonly atMs: number;
  readonly agent: AgentId;
  readonly event: TraceEvent;
}

export interface TraceOptions {
  /** Which entries stay in `entries`; the digest and the listener see all. Default: all. */
  readonly keep?: (entry: TraceEntry) => boolean;
  /** Told at once: checkers. */
  readonly onEntry?: (entry: TraceEntry) => void;
}

export class WorldTrace {
  readonly entries: TraceEntry[] = [];
  readonly #mixer: Mixer;
  readonly #options: TraceOptions;

  constructor(seed: number | string, options: TraceOptions) {
    this.#mixer = new Mixer(`trace ${seed}`);
    this.#options = options;
  }

  /** An agent is about to be given an input. */
  onInput(atMs: number, agent: number, input: Input): void {
    const mixer = this.#mixer;
    mixer.u32(agent);
    mixer.number(atMs);
    if (input.kind === "tick") mixer.u32(1);
    else if (input.kind === "frame") {
      mixer.text(input.from);
      mixer.bytes(input.bytes);
    } else mixer.plain(input);
  }

  add(atMs: number, agent: AgentId, event: TraceEvent): void {
    const entry: TraceEntry = { atMs, agent, event };
    this.#mixer.number(atMs);
    this.#mixer.text(agent);
    this.#mixer.plain(event);
    this.#options.onEntry?.(entry);
    if (this.#options.keep?.(entry) ?? true) this.entries.push(entry);
  }

  /** Of everything so far, 32 hexadecimal digits. */
  digest(): string {
    return this.#mixer.digest();
  }
}
