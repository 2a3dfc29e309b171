/**
 * A seeded generator for simulations and tests (sfc32, Chris Doty-Humphrey's small fast counter, public
 * domain): 32-bit integer arithmetic only, so the same seed gives the same numbers on every machine.
 * The protocol itself never draws from it: a policy that needs randomness takes it from a hash of the job's log.
 */

export interface Prng {
  /** Uniform in [0, 2^32). */
  uint32(): number;
  /** Uniform integer in [0, bound), bound in 1..2^32, without modulo bias. */
  below(bound: number): number;
  /** Uniform in [0, 1) with 53 bits. */
  unit(): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** A generator of its own, so that one part's draws do not shift another's. */
  fork(label: string): Prng;
}

/** 32-bit FNV-1a over the UTF-16 units of `label`, to spread a text over seeds. */
function hashLabel(label: string, seed: number): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

export function createPrng(seed: number | string): Prng {
  const text = String(seed);
  let a = hashLabel(text, 0x9e3779b9);
  let b = hashLabel(text, 0x85ebca6b);
  let c = hashLabel(text, 0xc2b2ae35);
  let counter = 1;

  function uint32(): number {
    const t = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + t) >>> 0;
    return t;
  }
  for (let i = 0; i < 15; i++) uint32(); // the mixing rounds that the author of sfc32 prescribes

  function below(bound: number): number {
    const limit = 0x100000000 - (0x100000000 % bound);
    let draw = uint32();
    while (draw >= limit) draw = uint32();
    return draw % bound;
  }
  const unit = (): number => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;

  return {
    uint32,
    below,
    unit,
    chance: (p) => unit() < p,
    pick: (items) => items[below(items.length)]!,
    shuffle<T>(items: readonly T[]): T[] {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
    fork: (label) => createPrng(`${text}/${label}`),
  };
}
