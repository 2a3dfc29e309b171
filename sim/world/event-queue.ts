/**
 * Events ordered by (time, sequence): among events of one time, the first that was pushed comes first. A binary heap over flat
 * arrays, so that ordering touches no objects.
 */

export class EventQueue<T> {
  #times = new Float64Array(1_024);
  #sequences = new Float64Array(1_024);
  #items: (T | null)[] = new Array<T | null>(1_024).fill(null);
  #size = 0;
  #sequence = 0;

  get size(): number {
    return this.#size;
  }

  /** When the next one happens; Infinity when there is none. */
  get nextMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  push(atMs: number, item: T): void {
    if (this.#size === this.#items.length) this.#grow();
    const times = this.#times;
    const sequences = this.#sequences;
    const items = this.#items;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! <= atMs) break; // the newcomer has the greatest sequence: it goes behind its equals
      times[at] = times[parent]!;
      sequences[at] = sequences[parent]!;
      items[at] = items[parent]!;
      at = parent;
    }
    times[at] = atMs;
    sequences[at] = this.#sequence++;
    items[at] = item;
  }

  /** The next one; null when there is none. */
  shift(): T | null {
    if (this.#size === 0) return null;
    const first = this.#items[0]!;
    const last = --this.#size;
    if (last > 0) this.#sink(this.#times[last]!, this.#sequences[last]!, this.#items[last]!, last);
    this.#items[last] = null;
    return first;
  }

  #sink(atMs: number, sequence: number, item: T, size: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.#isBefore(right, times[child]!, sequences[child]!)) child = right;
      if (!this.#isBefore(child, atMs, sequence)) break;
      times[at] = times[child]!;
      sequences[at] = sequences[child]!;
      items[at] = items[child]!;
      at = child;
    }
    times[at] = atMs;
    sequences[at] = sequence;
    items[at] = item;
  }

  #isBefore(index: number, atMs: number, sequence: number): boolean {
    const time = this.#times[index]!;
    return time < atMs || (time === atMs && this.#sequences[index]! < sequence);
  }

  #grow(): void {
    const size = 2 * this.#items.length;
    const times = new Float64Array(size);
    times.set(this.#times);
    this.#times = times;
    const sequences = new Float64Array(size);
    sequences.set(this.#sequences);
    this.#sequences = sequences;
    for (let i = this.#items.length; i < size; i++) this.#items.push(null);
  }
}
