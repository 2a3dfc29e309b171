/** Bounded places for transfers: so many over all, so many a peer; who comes first is served first. */

import type { AgentId } from "../../protocol/core/ids.ts";

interface Waiter {
  readonly agent: AgentId;
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
}

export class TransferPlaces {
  readonly #total: number;
  readonly #perAgent: number;
  readonly #waitersMax: number;
  readonly #taken = new Map<AgentId, number>();
  #takenTotal = 0;
  #waiters: Waiter[] = [];

  constructor(total: number, perAgent: number, waitersMax: number) {
    this.#total = total;
    this.#perAgent = perAgent;
    this.#waitersMax = waitersMax;
  }

  /** Places taken for `agent`. */
  takenBy(agent: AgentId): number {
    return this.#taken.get(agent) ?? 0;
  }

  #hasRoom(agent: AgentId): boolean {
    return this.#takenTotal < this.#total && this.takenBy(agent) < this.#perAgent;
  }

  #take(agent: AgentId): void {
    this.#takenTotal++;
    this.#taken.set(agent, this.takenBy(agent) + 1);
  }

  /** Resolves with the function that gives the place back; rejects when too many wait, or on `clear`. */
  async enter(agent: AgentId): Promise<() => void> {
    if (this.#hasRoom(agent)) this.#take(agent);
    else if (this.#waiters.length >= this.#waitersMax) throw new Error("too many transfers wait");
    else await new Promise<void>((enter, refuse) => this.#waiters.push({ agent, enter, refuse }));
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#leave(agent);
    };
  }

  #leave(agent: AgentId): void {
    this.#takenTotal--;
    const left = this.takenBy(agent) - 1;
    if (left === 0) this.#taken.delete(agent);
    else this.#taken.set(agent, left);
    const index = this.#waiters.findIndex((waiter) => this.#hasRoom(waiter.agent));
    if (index < 0) return;
    const [next] = this.#waiters.splice(index, 1);
    this.#take(next!.agent);
    next!.enter();
  }

  /** Refuses everybody who waits. */
  clear(): void {
    for (const waiter of this.#waiters) waiter.refuse(new Error("the node stops"));
    this.#waiters = [];
  }
}
