/**
 * One budget of bytes over all peers, and a smaller one for guests: peers that share no job with this node. Whoever has held
 * its bytes for longest gives them up first, guests before the others, because an honest peer is done soon.
 */

export interface MemoryHolder {
  /** Whether its peer shares no job with this node. */
  isGuest(): boolean;
  /** Lets go of what it holds at once; it then holds 0. */
  giveUp(reason: string): void;
}

export class MemoryBudget {
  readonly #what: string;
  readonly #bytesMax: number;
  readonly #guestBytesMax: number;
  /** Those that hold anything, in the order in which they began. */
  readonly #held = new Map<MemoryHolder, number>();
  #bytes = 0;

  /** `what`: whose memory it is, for messages. */
  constructor(what: string, bytesMax: number, guestBytesMax: number) {
    this.#what = what;
    this.#bytesMax = bytesMax;
    this.#guestBytesMax = guestBytesMax;
  }

  /** All that is held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What `holder` holds now. `hasMoved`: it got on, so that it begins anew. Others, or itself, may have to give up theirs. */
  set(holder: MemoryHolder, bytes: number, hasMoved: boolean): void {
    const before = this.#held.get(holder) ?? 0;
    this.#bytes += bytes - before;
    if (bytes === 0 || hasMoved) this.#held.delete(holder);
    if (bytes > 0) this.#held.set(holder, bytes);
    if (bytes > before) this.#enforce();
  }

  #enforce(): void {
    if (this.#bytes <= Math.min(this.#bytesMax, this.#guestBytesMax)) return;
    const guests = [...this.#held.keys()].filter((holder) => holder.isGuest());
    let guestBytes = guests.reduce((sum, holder) => sum + this.#held.get(holder)!, 0);
    for (const holder of guests) {
      if (guestBytes <= this.#guestBytesMax && this.#bytes <= this.#bytesMax) return;
      guestBytes -= this.#held.get(holder)!;
      this.#takeFrom(holder);
    }
    for (const holder of [...this.#held.keys()]) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#takeFrom(holder);
    }
  }

  #takeFrom(holder: MemoryHolder): void {
    this.set(holder, 0, true);
    holder.giveUp(`the memory for ${this.#what} is used up`);
  }
}
