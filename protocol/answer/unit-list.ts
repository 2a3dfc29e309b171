/**
 * UTF-16 units of a text that is being made: a list of integers in one piece, which is several times cheaper than an array for
 * texts of the greatest length.
 */

/** As many units as `String.fromCharCode` takes at once on every engine. */
const CHUNK = 4_096;

export class UnitList {
  #units: Int32Array;
  #length = 0;

  constructor(capacity: number) {
    this.#units = new Int32Array(Math.max(16, capacity));
  }

  get length(): number {
    return this.#length;
  }

  /** NaN beyond the end, like `charCodeAt`. */
  at(index: number): number {
    return index >= 0 && index < this.#length ? this.#units[index]! : Number.NaN;
  }

  set(index: number, unit: number): void {
    this.#units[index] = unit;
  }

  push(unit: number): void {
    if (this.#length === this.#units.length) {
      const longer = new Int32Array(2 * this.#length);
      longer.set(this.#units);
      this.#units = longer;
    }
    this.#units[this.#length++] = unit;
  }

  /** Units below zero stand for nothing. */
  text(): string {
    let end = 0;
    for (let i = 0; i < this.#length; i++) if (this.#units[i]! >= 0) this.#units[end++] = this.#units[i]!;
    this.#length = end;
    let text = "";
    for (let i = 0; i < end; i += CHUNK)
      text += String.fromCharCode(...this.#units.subarray(i, Math.min(end, i + CHUNK)));
    return text;
  }
}
