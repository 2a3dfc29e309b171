/**
 * What this agent itself has seen of others: which are connected, which it could not dial, and when it last heard each.
 * This agent shows it to operators, and avoids such agents when it draws a committee. It never bases a verdict on it or passes
 * it on.
 *
 * Leaves to liveness.ts who seems alive in a job. Bounded: the agent whose entry has not changed for longest is dropped first,
 * to the second.
 */

import type { AgentId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";

export interface Acquaintance {
  readonly isConnected: boolean;
  /** Whether it ever was: the agent exists. */
  readonly hasMet: boolean;
  /** Since when this agent, or a neighbour as it says, has known it by a connection, monotonic ms; null: nobody met it. */
  readonly metMs: number | null;
  /** The network from which it was last connected (capability/addresses.ts); "": a private one, or it never was. */
  readonly origin: string;
  /** Why the last attempt to dial it failed, "" if none did since it was last connected. */
  readonly unreachable: string;
  /** When something came from it, monotonic ms; null: never. */
  readonly heardMs: number | null;
}

/** Whether others can dial this agent. */
export interface OwnReachability {
  /** `works`: another agent did. `fails`: others tried and could not. `unknown`: nobody has tried. */
  readonly state: "works" | "fails" | "unknown";
  /** In words, for whoever asks for its status. */
  readonly detail: string;
}

interface OwnClock {
  /** In words. */
  readonly detail: string;
  /** It is so far off that others take no notice of this agent. */
  readonly isUnheard: boolean;
}

/** An entry, and when it was put at the end of the order in which they go. */
type Known = { -readonly [K in keyof Acquaintance]: Acquaintance[K] } & { readonly movedMs: number };

/** Something comes from each neighbour many times a second: its place in the order is renewed after this, ms. */
const MOVED_MS = 1_000;

const STRANGER: Acquaintance = {
  ...{ isConnected: false, hasMet: false, metMs: null },
  ...{ origin: "", unreachable: "", heardMs: null },
};

export class Acquaintances {
  /** Whether others can dial this agent, as its driver found out. */
  own: OwnReachability = { state: "unknown", detail: "" };
  /** How its machine's clock compares with those of others. */
  clock: OwnClock = { detail: "", isUnheard: false };
  /** The longest unchanged first. */
  readonly #known = new Map<AgentId, Known>();

  of(agent: AgentId): Acquaintance {
    return this.#known.get(agent) ?? STRANGER;
  }

  #set(agent: AgentId, change: Partial<Acquaintance>, movedMs = Number.NEGATIVE_INFINITY): void {
    const known = this.of(agent);
    this.#known.delete(agent);
    this.#known.set(agent, { ...known, ...change, movedMs });
    if (this.#known.size > limits.directoryAgents) this.#known.delete(this.#known.keys().next().value!);
  }

  onConnected(agent: AgentId, origin: string, nowMs: number): void {
    const metMs = this.of(agent).metMs ?? nowMs;
    this.#set(agent, { isConnected: true, hasMet: true, metMs, origin, unreachable: "", heardMs: nowMs });
  }

  /** A neighbour says since when it has known an agent. What was said or seen first stands. */
  onTold(agent: AgentId, metMs: number): void {
    if (this.of(agent).metMs === null) this.#set(agent, { metMs });
  }

  onDisconnected(agent: AgentId): void {
    this.#set(agent, { isConnected: false });
  }

  onHeard(agent: AgentId, nowMs: number): void {
    const known = this.#known.get(agent);
    if (known !== undefined && nowMs < known.movedMs + MOVED_MS) known.heardMs = nowMs;
    else this.#set(agent, { heardMs: nowMs }, nowMs);
  }

  /** A dial failed; `reason` is for people. */
  onUnreachable(agent: AgentId, reason: string): void {
    if (!this.of(agent).isConnected) this.#set(agent, { unreachable: reason });
  }

  /** Whether it could not be dialled and has not connected by itself since. */
  isUnreachable(agent: AgentId): boolean {
    return this.of(agent).unreachable !== "";
  }
}
