/**
 * What happened in a world: the agents' own trace events with their virtual time, and one running digest over every
 * input that any agent was given and every trace event but explanations. Same seed, same digest, on every machine.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { TraceEvent } from "../../protocol/core/trace.ts";
import type { Effect } from "../../protocol/effect.ts";
import type { Input } from "../../protocol/input.ts";
import { Mixer } from "./mix.ts";

export interface TraceEntry {
  /** Virtual time, ms. */
  readonly atMs: number;
  /** Number of the step, over all agents, in which it was said: from 1. */
  readonly step: number;
  readonly agent: AgentId;
  readonly event: TraceEvent;
}

/** An event in one short line: hashes by their first digits. */
const shorten = (event: unknown): string =>
  JSON.stringify(event)
    .replace(/"job":"[0-9a-f]+",/g, "")
    .replace(/([0-9a-f]{6})[0-9a-f]{58}/g, "$1")
    .slice(0, 400);

/** An entry in one line. */
export const describeEntry = ({ atMs, step, agent, event }: TraceEntry): string =>
  `${atMs} #${step} ${agent} ${shorten(event)}`;

export type PersistEffect = Extract<Effect, { readonly kind: "persist" }>;

export interface TraceOptions {
  /** Which entries stay in `entries`; the digest and the listener see all. Default: all. */
  readonly keep?: (entry: TraceEntry) => boolean;
  /** How many of the newest entries stay at least; older ones go. Default: all. */
  readonly keepNewest?: number;
  /** Told at once: checkers. */
  readonly onEntry?: (entry: TraceEntry) => void;
  /** Told of each record that an agent wrote, when it is written and before anything of that step leaves. */
  readonly onPersist?: (agent: AgentId, record: PersistEffect, atMs: number, step: number) => void;
}

/** They follow from what was decided, and are only said where somebody writes a trace: no other run for that. */
const EXPLANATIONS: ReadonlySet<TraceEvent["kind"]> = new Set(["chosen", "tallied", "lost"]);

export class WorldTrace {
  readonly entries: TraceEntry[] = [];
  /** Steps of machines so far. */
  steps = 0;
  readonly #mixer: Mixer;
  readonly #options: TraceOptions;
  readonly #newest: number;

  constructor(seed: number | string, options: TraceOptions) {
    this.#mixer = new Mixer(`trace ${seed}`);
    this.#options = options;
    this.#newest = options.keepNewest ?? Number.POSITIVE_INFINITY;
  }

  /** An agent is about to be given an input. */
  onInput(atMs: number, agent: number, input: Input): void {
    const mixer = this.#mixer;
    this.steps++;
    mixer.u32(agent);
    mixer.number(atMs);
    if (input.kind === "tick") mixer.u32(1);
    else if (input.kind === "frame") {
      mixer.text(input.from);
      mixer.bytes(input.bytes);
    } else if (input.kind === "gossip") mixer.u32(input.ticket);
    else mixer.plain(input);
  }

  /** A gossip message leaves; its deliveries name its ticket. */
  onPublish(agent: number, ticket: number, bytes: Uint8Array): void {
    this.#mixer.u32(agent);
    this.#mixer.u32(ticket);
    this.#mixer.bytes(bytes);
  }

  onPersist(atMs: number, agent: AgentId, record: PersistEffect): void {
    this.#options.onPersist?.(agent, record, atMs, this.steps);
  }

  /** `index`: the agent's number. */
  add(atMs: number, agent: AgentId, index: number, event: TraceEvent): void {
    const entry: TraceEntry = { atMs, step: this.steps, agent, event };
    if (!EXPLANATIONS.has(event.kind)) {
      this.#mixer.number(atMs);
      this.#mixer.u32(index);
      this.#mixer.plain(event);
    }
    this.#options.onEntry?.(entry);
    if (!(this.#options.keep?.(entry) ?? true)) return;
    this.entries.push(entry);
    // Half of them at a time: each entry is moved once at most.
    if (this.entries.length >= 2 * this.#newest) this.entries.splice(0, this.#newest);
  }

  /** Digest of everything so far, 32 hexadecimal digits. */
  digest(): string {
    return this.#mixer.digest();
  }
}
