/**
 * A bounded map whose places its sources share (agent/admission.ts). If it is full, the source that holds most places gives up its oldest entry, so
 * a source that floods it displaces only itself.
 */

interface Entry<V> {
  readonly source: string;
  readonly value: V;
}

export class SharedPlaces<K, V> {
  readonly #most: number;
  /** The oldest first. */
  readonly #entries = new Map<K, Entry<V>>();
  readonly #bySource = new Map<string, Set<K>>();

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  *entries(): IterableIterator<[K, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }

  /** Which source holds the entry; null: there is none. */
  sourceOf(key: K): string | null {
    return this.#entries.get(key)?.source ?? null;
  }

  countOf(source: string): number {
    return this.#bySource.get(source)?.size ?? 0;
  }

  /** The entry is the newest from now on. Returns the entry that had to go for it, if one had to. */
  set(key: K, source: string, value: V): readonly [K, V] | null {
    this.delete(key);
    const displaced = this.#displaced(source);
    if (displaced !== null) this.delete(displaced[0]);
    this.#entries.set(key, { source, value });
    const held = this.#bySource.get(source);
    if (held === undefined) this.#bySource.set(source, new Set([key]));
    else held.add(key);
    return displaced;
  }

  delete(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const held = this.#bySource.get(entry.source)!;
    held.delete(key);
    if (held.size === 0) this.#bySource.delete(entry.source);
    return entry.value;
  }

  /** What goes if `source` wants one more place. */
  #displaced(source: string): readonly [K, V] | null {
    if (this.#entries.size < this.#most) return null;
    const key = this.oldestOfLargest(source)!;
    return [key, this.#entries.get(key)!.value];
  }

  /** The oldest entry of the source that holds most; of `source`, if no other holds more. Null: there are none. */
  oldestOfLargest(source = ""): K | null {
    let largest: ReadonlySet<K> = this.#bySource.get(source) ?? new Set();
    for (const held of this.#bySource.values()) if (held.size > largest.size) largest = held;
    return largest.values().next().value ?? null;
  }
}
