/**
 * What happened in a virtual world: a running digest over all of it (the same seed gives the same digest), the newest
 * entries for reports, and listeners that check properties while the run goes on.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import type { Effect } from "../../../protocol/effect.ts";
import type { TraceEvent } from "../../../protocol/trace.ts";

export interface TraceEntry {
  /** Virtual time, ms. */
  readonly atMs: number;
  /** Number of the machine step in which it was said. */
  readonly step: number;
  readonly agent: AgentId;
  readonly event: TraceEvent;
}

export interface TraceListener {
  onTrace?(entry: TraceEntry): void;
  /** Every effect of every machine, before it is carried out. */
  onEffect?(agent: AgentId, effect: Effect, atMs: number, step: number): void;
}

/** Entries that are kept for reports. */
const KEPT = 400;

export class WorldTrace {
  readonly #listeners: TraceListener[] = [];
  readonly #entries: TraceEntry[] = [];
  #a = 0x811c9dc5;
  #b = 0x01000193;
  #folded = 0;

  listen(listener: TraceListener): void {
    this.#listeners.push(listener);
  }

  /** FNV-1a twice with different offsets, over UTF-16 units: a check against drift, not against an adversary. */
  fold(text: string): void {
    let a = this.#a;
    let b = this.#b;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b ^ unit, 0x85ebca6b) + 1;
    }
    this.#a = a;
    this.#b = b;
    this.#folded++;
  }

  add(entry: TraceEntry): void {
    this.fold(`${entry.atMs} ${entry.agent} ${JSON.stringify(entry.event)}`);
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * KEPT) this.#entries.splice(0, KEPT);
    for (const listener of this.#listeners) listener.onTrace?.(entry);
  }

  effect(agent: AgentId, effect: Effect, atMs: number, step: number): void {
    for (const listener of this.#listeners) listener.onEffect?.(agent, effect, atMs, step);
  }

  /** The newest entries, oldest first. */
  get recent(): readonly TraceEntry[] {
    return this.#entries.slice(-KEPT);
  }

  get digest(): string {
    const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, "0");
    return `${hex(this.#a)}${hex(this.#b)}-${this.#folded}`;
  }
}
