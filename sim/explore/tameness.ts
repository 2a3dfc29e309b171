/**
 * Whether a search was worth its name: each fault, each adversary and each rare branch of the protocol must have
 * occurred in at least one seed of a hundred, or the search says nothing about it.
 */

import { type Coverage, OCCURRENCES, type Occurrence } from "./coverage.ts";

/** Share of the seeds in which each must occur. */
export const SHARE_MIN = 0.01;
/** Below this many seeds a share of one in a hundred is chance. */
export const SEEDS_MIN = 500;

/** What few schedules reach at all: reported, and not asked for. */
const RARE: ReadonlySet<Occurrence> = new Set(["round above 5", "late result"]);

export class Tameness {
  readonly #seedsWith = new Map<Occurrence, number>();
  #seeds = 0;

  note(coverage: Coverage): void {
    this.#seeds++;
    for (const [occurrence, times] of coverage)
      if (times > 0) this.#seedsWith.set(occurrence, (this.#seedsWith.get(occurrence) ?? 0) + 1);
  }

  /** Share of the seeds in which each occurred, in the order of reports. */
  shares(): readonly (readonly [Occurrence, number])[] {
    return OCCURRENCES.map(
      (one) => [one, this.#seeds === 0 ? 0 : (this.#seedsWith.get(one) ?? 0) / this.#seeds] as const,
    );
  }

  /** What occurred too seldom; nothing while there are too few seeds to say. */
  tooTame(): Occurrence[] {
    if (this.#seeds < SEEDS_MIN) return [];
    return this.shares()
      .filter(([occurrence, share]) => share < SHARE_MIN && !RARE.has(occurrence))
      .map(([occurrence]) => occurrence);
  }
}
