/**
 * When a gossip message reaches whom: along the connections, from one to the next, each hop with a latency of its own.
 * Only first arrivals become events; the copies that come later are counted. What the model leaves out: that a
 * receiver forwards nothing that it refuses (the full simulation does that), and gossipsub's own control messages.
 */

/** Who a process passes messages on to, and how long each takes; asked once a message and process. */
export interface Hops {
  readonly count: number;
  /** Calls back for each neighbour of `index`, with the time of the hop, ms. */
  each(index: number, found: (neighbour: number, hopMs: number) => void): void;
}

/** First arrivals of one message: Dijkstra's algorithm, with buffers that are used again. */
export class GossipMesh {
  #arrivals = new Float64Array(0);
  #degrees = new Int32Array(0);
  /** A heap of (time, index). */
  readonly #times: number[] = [];
  readonly #indexes: number[] = [];

  /** Calls back for each process that a message of `source` reaches, in the order of arrival; returns the copies beside. */
  spread(source: number, hops: Hops, reached: (index: number, afterMs: number) => void): number {
    if (this.#arrivals.length < hops.count) {
      this.#arrivals = new Float64Array(hops.count);
      this.#degrees = new Int32Array(hops.count);
    }
    const arrivals = this.#arrivals.fill(Number.POSITIVE_INFINITY);
    const degrees = this.#degrees.fill(0);
    let copies = 0;
    let count = 0;
    arrivals[source] = 0;
    this.#push(0, source);
    while (this.#times.length > 0) {
      const atMs = this.#times[0]!;
      const index = this.#pop();
      if (atMs > arrivals[index]!) continue; // a shorter way was found
      if (index !== source) {
        reached(index, atMs);
        count++;
      }
      hops.each(index, (neighbour, hopMs) => {
        degrees[index]!++;
        if (atMs + hopMs < arrivals[neighbour]!) {
          arrivals[neighbour] = atMs + hopMs;
          this.#push(atMs + hopMs, neighbour);
        }
      });
      // To all but the one that it came from.
      copies += degrees[index]! - (index === source ? 0 : 1);
    }
    return Math.max(0, copies - count);
  }

  #push(time: number, index: number): void {
    const times = this.#times;
    const indexes = this.#indexes;
    let at = times.length;
    times.push(time);
    indexes.push(index);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! <= time) break;
      times[at] = times[parent]!;
      indexes[at] = indexes[parent]!;
      at = parent;
    }
    times[at] = time;
    indexes[at] = index;
  }

  #pop(): number {
    const times = this.#times;
    const indexes = this.#indexes;
    const first = indexes[0]!;
    const time = times.pop()!;
    const index = indexes.pop()!;
    const size = times.length;
    if (size === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= time) break;
      times[at] = times[child]!;
      indexes[at] = indexes[child]!;
      at = child;
    }
    times[at] = time;
    indexes[at] = index;
    return first;
  }
}
