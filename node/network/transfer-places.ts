/**
 * Bounded places for transfers, in total and with each agent. A transfer may be slow for a quarter of an hour, so one of a
 * guest gives its place up to somebody who shares a job with this node, or whose source has fewer; it continues later where it
 * stopped. Private networks are exempt: no stranger gets there.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { SharedPlaces } from "../../protocol/core/shared-places.ts";

/** With whom a transfer is. */
export interface Partner {
  readonly agent: AgentId;
  /** The network from which it is connected, or, in a private one, the agent itself. */
  readonly source: string;
  /** It shares no job with this node, and is in no private network. */
  readonly isGuest: boolean;
}

interface Place extends Partner {
  /** Ends the transfer. */
  readonly giveUp: () => void;
}

interface Waiter extends Place {
  readonly enter: () => void;
  readonly refuse: (error: Error) => void;
}

export class TransferPlaces {
  readonly #total: number;
  readonly #perAgent: number;
  /** The oldest first. */
  readonly #taken = new Set<Place>();
  readonly #waiting: SharedPlaces<Waiter, Waiter>;

  constructor(total: number, perAgent: number, waitersMax: number) {
    this.#total = total;
    this.#perAgent = perAgent;
    this.#waiting = new SharedPlaces(waitersMax);
  }

  /** Places taken for `agent`. */
  takenBy(agent: AgentId): number {
    return this.#count((place) => place.agent === agent);
  }

  #count(isCounted: (place: Place) => boolean): number {
    return [...this.#taken].filter(isCounted).length;
  }

  #ofSource({ source }: Partner): number {
    return this.#count((place) => place.source === source);
  }

  /**
   * Resolves with the function that gives the place back; rejects when too many wait, or on `clear`. `giveUp` is called if
   * somebody else is to have the place.
   */
  async enter(partner: Partner, giveUp: () => void): Promise<() => void> {
    let place: Place = { ...partner, giveUp };
    if (this.takenBy(partner.agent) < this.#perAgent && this.#makeRoom(partner)) this.#taken.add(place);
    else
      place = await new Promise<Place>((enter, refuse) => {
        const waiter: Waiter = { ...partner, giveUp, refuse, enter: () => enter(waiter) };
        const displaced = this.#waiting.set(waiter, partner.source, waiter);
        displaced?.[1].refuse(new Error("too many transfers wait"));
      });
    return () => {
      if (this.#taken.delete(place)) this.#admit();
    };
  }

  #makeRoom(partner: Partner): boolean {
    if (this.#taken.size < this.#total) return true;
    const guests = [...this.#taken].filter(({ isGuest }) => isGuest);
    const [most] = guests.toSorted((a, b) => this.#ofSource(b) - this.#ofSource(a));
    if (most === undefined || (partner.isGuest && this.#ofSource(most) < this.#ofSource(partner) + 2)) return false;
    this.#taken.delete(most);
    most.giveUp();
    return true;
  }

  /** The place goes to who shares a job, then to the source that has fewest, then to who has waited for longest. */
  #admit(): void {
    if (this.#taken.size >= this.#total) return;
    const bySource = Map.groupBy(this.#taken, ({ source }) => source);
    const byAgent = Map.groupBy(this.#taken, ({ agent }) => agent);
    let next: Waiter | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [waiter] of this.#waiting.entries()) {
      if ((byAgent.get(waiter.agent)?.length ?? 0) >= this.#perAgent) continue;
      const rank = (bySource.get(waiter.source)?.length ?? 0) + (waiter.isGuest ? this.#total : 0);
      if (rank >= least) continue;
      [next, least] = [waiter, rank];
    }
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#taken.add(next);
    next.enter();
  }

  /** Refuses everybody who waits. */
  clear(): void {
    for (const [waiter] of [...this.#waiting.entries()]) {
      this.#waiting.delete(waiter);
      waiter.refuse(new Error("the node stops"));
    }
  }
}
