/**
 * What only a simulation knows: each agent's true chance of a right answer to a task, now. Regret is measured by it, and
 * the oracle chooses by it.
 */

import { chanceNow } from "../parts/workloads/profile-skill.ts";
import type { TaskFacts } from "./job-facts.ts";
import type { Inhabitant } from "./population.ts";

export class TrueChances {
  readonly #inhabitants: () => ReadonlyMap<string, Inhabitant>;
  readonly #nowMs: () => number;

  constructor(inhabitants: () => ReadonlyMap<string, Inhabitant>, nowMs: () => number) {
    this.#inhabitants = inhabitants;
    this.#nowMs = nowMs;
  }

  /** Who gets better or worse by time or load: the best of a kind is then another for each task. O(agents). */
  get areFixed(): boolean {
    for (const { state } of this.#inhabitants().values()) if (!state.isFixed) return false;
    return true;
  }

  /** What its profile says, with what changed since, as far as it does not lie; 0 of who has not the skill. */
  of(name: string, facts: TaskFacts): number {
    const inhabitant = this.#inhabitants().get(name);
    if (inhabitant === undefined) return 0;
    const { spec, profile, honesty, state } = inhabitant;
    if (spec.config?.skills?.some(({ name: skill }) => skill === facts.skill) !== true) return 0;
    return honesty * chanceNow(profile, state, facts, this.#nowMs());
  }
}
