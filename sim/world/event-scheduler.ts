/**
 * The virtual time of a world and the events that are still to come: their queue, and a pool from which events are used again.
 */

import type { Input } from "../../protocol/input.ts";
import type { Endpoint, Link } from "./endpoint.ts";
import { EventQueue } from "./event-queue.ts";
import { CALL, type Schedule, WorldEvent, type WorldEventKind } from "./world-event.ts";

/** The pool keeps at most this many used events; the rest is garbage. */
const POOLED = 65_536;

export class EventScheduler implements Schedule {
  /** Virtual time, ms. */
  nowMs = 0;
  readonly #queue = new EventQueue<WorldEvent>();
  readonly #free: WorldEvent[] = [];

  /** When the next event happens; Infinity when there is none. */
  get nextMs(): number {
    return this.#queue.nextMs;
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0;
  }

  push(
    atMs: number,
    kind: WorldEventKind,
    process: Endpoint | null,
    token: number,
    input: Input | null,
    link: Link | null,
  ): void {
    const event = this.#free.pop() ?? new WorldEvent();
    event.kind = kind;
    event.process = process;
    event.token = token;
    event.input = input;
    event.link = link;
    this.#queue.push(Math.max(atMs, this.nowMs), event);
  }

  at(atMs: number, call: () => void): void {
    const event = this.#free.pop() ?? new WorldEvent();
    event.kind = CALL;
    event.call = call;
    this.#queue.push(Math.max(atMs, this.nowMs), event);
  }

  /** The next event, which there must be: it is now its time. */
  take(): WorldEvent {
    this.nowMs = this.#queue.nextMs;
    return this.#queue.shift()!;
  }

  /** An event that is carried out: nobody may hold it any more. */
  give(event: WorldEvent): void {
    if (this.#free.length >= POOLED) return;
    event.process = null;
    event.input = null;
    event.link = null;
    event.call = null;
    this.#free.push(event);
  }
}
