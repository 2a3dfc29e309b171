/**
 * What is to happen in a world and what time it is there: the queue of events, and the pool that used ones go back to.
 */

import type { Input } from "../../protocol/input.ts";
import type { Endpoint, Link } from "./endpoint.ts";
import { EventQueue } from "./event-queue.ts";
import { CALL, type Schedule, WorldEvent, type WorldEventKind } from "./world-event.ts";

/** Used events that are kept: more than this are left to the collector. */
const POOLED = 65_536;

export class Agenda implements Schedule {
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
