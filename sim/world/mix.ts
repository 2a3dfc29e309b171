/**
 * A fast 128-bit mixer for digests and simulated signatures: 32-bit integer arithmetic only, so the same bits on
 * every machine. Not a cryptographic hash: nobody inside a simulation attacks it.
 *
 * Source: the shape of MurmurHash3 (Austin Appleby, public domain): multiply, rotate, and a final avalanche a lane.
 */

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const C3 = 0x85ebca6b;
const C4 = 0xc2b2ae35;

const numberView = new DataView(new ArrayBuffer(8));

const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

function avalanche(lane: number): number {
  let h = lane ^ (lane >>> 16);
  h = Math.imul(h, C3);
  h ^= h >>> 13;
  h = Math.imul(h, C4);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Kinds of plain data, so that `"1"`, `1` and `[1]` differ. */
const TAG = { nothing: 0x6e, no: 0x66, yes: 0x74, number: 0x64, text: 0x73, bytes: 0x62, list: 0x6c, record: 0x72 };

export class Mixer {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: string) {
    this.#a = 0x9e3779b9 | 0;
    this.#b = 0x243f6a88 | 0;
    this.#c = 0xb7e15162 | 0;
    this.#d = 0x6a09e667 | 0;
    this.text(seed);
  }

  /** Goes on from where `other` is, which stays there. */
  continue(other: Mixer): void {
    this.#a = other.#a;
    this.#b = other.#b;
    this.#c = other.#c;
    this.#d = other.#d;
  }

  u32(word: number): void {
    let a = Math.imul(this.#a ^ word, C1);
    a = (((a << 15) | (a >>> 17)) + this.#b) | 0;
    let b = Math.imul(this.#b ^ a, C2);
    b = (((b << 13) | (b >>> 19)) + this.#c) | 0;
    let c = Math.imul(this.#c ^ b, C3);
    c = (((c << 17) | (c >>> 15)) + this.#d) | 0;
    let d = Math.imul(this.#d ^ c, C4);
    d = (((d << 11) | (d >>> 21)) + a) | 0;
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** By its bits: every double counts as what it is. */
  number(value: number): void {
    numberView.setFloat64(0, value);
    this.u32(numberView.getInt32(0));
    this.u32(numberView.getInt32(4));
  }

  text(value: string): void {
    const { length } = value;
    this.u32(length);
    let i = 0;
    for (; i + 1 < length; i += 2) this.u32((value.charCodeAt(i) << 16) ^ value.charCodeAt(i + 1));
    if (i < length) this.u32(value.charCodeAt(i));
  }

  /** Sixteen bytes a round, a word a lane: long frames are most of what there is to mix. */
  bytes(value: Uint8Array): void {
    const { length } = value;
    this.u32(length);
    let i = 0;
    for (; i + 15 < length; i += 16) {
      let a = Math.imul(this.#a ^ wordAt(value, i), C1);
      a = (((a << 15) | (a >>> 17)) + this.#b) | 0;
      let b = Math.imul(this.#b ^ wordAt(value, i + 4), C2);
      b = (((b << 13) | (b >>> 19)) + this.#c) | 0;
      let c = Math.imul(this.#c ^ wordAt(value, i + 8), C3);
      c = (((c << 17) | (c >>> 15)) + this.#d) | 0;
      let d = Math.imul(this.#d ^ wordAt(value, i + 12), C4);
      d = (((d << 11) | (d >>> 21)) + a) | 0;
      this.#a = a;
      this.#b = b;
      this.#c = c;
      this.#d = d;
    }
    for (; i + 3 < length; i += 4) this.u32(wordAt(value, i));
    for (; i < length; i++) this.u32(value[i]!);
  }

  /** Plain data: what inputs and trace events are made of. Records count in the order of their keys. */
  plain(value: unknown): void {
    if (value === null || value === undefined) this.u32(TAG.nothing);
    else if (typeof value === "boolean") this.u32(value ? TAG.yes : TAG.no);
    else if (typeof value === "number") {
      this.u32(TAG.number);
      this.number(value);
    } else if (typeof value === "string") {
      this.u32(TAG.text);
      this.text(value);
    } else if (value instanceof Uint8Array) {
      this.u32(TAG.bytes);
      this.bytes(value);
    } else if (Array.isArray(value)) {
      this.u32(TAG.list);
      this.u32(value.length);
      for (const item of value) this.plain(item);
    } else if (typeof value === "object") this.#record(value);
    else this.text(String(value));
  }

  #record(value: object): void {
    this.u32(TAG.record);
    for (const [key, item] of Object.entries(value)) {
      this.text(key);
      this.plain(item);
    }
  }

  /** Fills `out` with words that depend on everything so far, and moves on. */
  squeeze(out: Uint32Array): void {
    for (let i = 0; i < out.length; i++) {
      this.u32(i);
      out[i] = avalanche(this.#a ^ this.#b ^ this.#c ^ this.#d);
    }
  }

  /** 128 bits in hexadecimal; the mixer does not move. */
  digest(): string {
    const copy = new Mixer("");
    copy.continue(this);
    const words = new Uint32Array(4);
    copy.squeeze(words);
    return [...words].map((word) => word.toString(16).padStart(8, "0")).join("");
  }
}
