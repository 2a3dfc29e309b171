/** What waits in the world's queue. One class for all kinds, so that the queue's items have one shape. */

import type { Input } from "../../protocol/input.ts";
import type { AgentProcess } from "./agent-process.ts";
import type { Link } from "./network.ts";

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
  readonly kind: WorldEventKind;
  readonly process: AgentProcess | null;
  readonly token: number;
  readonly input: Input | null;
  readonly link: Link | null;
  readonly call: (() => void) | null;

  constructor(
    kind: WorldEventKind,
    process: AgentProcess | null,
    token: number,
    input: Input | null,
    link: Link | null,
    call: (() => void) | null,
  ) {
    this.kind = kind;
    this.process = process;
    this.token = token;
    this.input = input;
    this.link = link;
    this.call = call;
  }
}

/** What the parts of a world need of it. */
export interface Schedule {
  /** Virtual time, ms. */
  readonly nowMs: number;
  push(atMs: number, event: WorldEvent): void;
  /** Calls back at a virtual time. */
  at(atMs: number, call: () => void): void;
}
