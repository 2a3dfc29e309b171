/**
 * An event in the world's queue. All kinds share one class, so that the queue's items have one shape and can be used again: a
 * mesh of a thousand agents has hundreds of thousands of them in flight.
 */

import type { Input } from "../../protocol/input.ts";
import type { Endpoint, Link } from "./endpoint.ts";

/** Something is called. */
export const CALL = 0;
/** An input for the run of a process that `token` names. */
export const INPUT = 1;
/** A frame on a link, of the connection that `token` names. */
export const FRAME = 2;
/** A link comes up at both ends. */
export const CONNECT = 3;
/** The wake that `token` names. */
export const WAKE = 4;
/** A process has served the first of its inbox. */
export const SERVED = 5;

export type WorldEventKind = typeof CALL | typeof INPUT | typeof FRAME | typeof CONNECT | typeof WAKE | typeof SERVED;

export class WorldEvent {
  kind: WorldEventKind = CALL;
  process: Endpoint | null = null;
  token = 0;
  input: Input | null = null;
  link: Link | null = null;
  call: (() => void) | null = null;
}

/** What the parts of a world need of it. */
export interface Schedule {
  /** Virtual time, ms. */
  readonly nowMs: number;
  push(
    atMs: number,
    kind: Exclude<WorldEventKind, typeof CALL>,
    process: Endpoint | null,
    token: number,
    input: Input | null,
    link: Link | null,
  ): void;
  /** Calls back at a virtual time: for what is rare. */
  at(atMs: number, call: () => void): void;
}
