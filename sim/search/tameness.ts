/**
 * Decides whether a search was too tame: each fault, each adversary and each rare branch of the protocol must have occurred in
 * at least one seed of a hundred, or the search says nothing about it.
 */

import type { Coverage } from "./coverage.ts";

/** Share of the seeds in which each must occur. */
export const SHARE_MIN = 0.01;
/** Below this many seeds a share of one in a hundred is chance. */
export const SEEDS_MIN = 1_000;

/** What a search may come through, in the order of reports. */
export interface Occurrences {
  readonly all: readonly string[];
  /** Those that it need not come through. */
  readonly rare: ReadonlySet<string>;
}

export class Tameness {
  readonly #occurrences: Occurrences;
  readonly #seedsWith = new Map<string, number>();
  #seeds = 0;

  constructor(occurrences: Occurrences) {
    this.#occurrences = occurrences;
  }

  note(coverage: Coverage): void {
    this.#seeds++;
    for (const [occurrence, times] of coverage)
      if (times > 0) this.#seedsWith.set(occurrence, (this.#seedsWith.get(occurrence) ?? 0) + 1);
  }

  /** Share of the seeds in which each occurred, in the order of reports. */
  shares(): readonly (readonly [string, number])[] {
    return this.#occurrences.all.map(
      (one) => [one, this.#seeds === 0 ? 0 : (this.#seedsWith.get(one) ?? 0) / this.#seeds] as const,
    );
  }

  /** What occurred too seldom; nothing while there are too few seeds to say. */
  tooTame(): string[] {
    if (this.#seeds < SEEDS_MIN) return [];
    return this.shares()
      .filter(([occurrence, share]) => share < SHARE_MIN && !this.#occurrences.rare.has(occurrence))
      .map(([occurrence]) => occurrence);
  }
}
