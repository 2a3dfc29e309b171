/**
 * The selector's regret: how much better the best agent that was free would have done, by its true chance of a right
 * answer. Only simulations know that chance.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { EventOf } from "../../protocol/job/event.ts";
import type { World } from "../world/world.ts";
import type { JobFacts, TaskFacts } from "./job-facts.ts";
import type { JobMonitor } from "./job-monitor.ts";
import type { Inhabitant } from "./population.ts";
import type { TrueChances } from "./true-chances.ts";

/** What is known of the run's agents and tasks. */
interface Truths {
  readonly inhabitants: ReadonlyMap<string, Inhabitant>;
  readonly chances: TrueChances;
  readonly facts: JobFacts;
}

export class Regret {
  readonly #world: World;
  readonly #truths: Truths;
  readonly #live = new Map<string, number>();
  /** Agents by skill and kind of task, the best first: while nobody changes. */
  readonly #ranked = new Map<string, { readonly size: number; readonly names: readonly string[] }>();
  #sum = 0;
  #awards = 0;

  constructor(world: World, truths: Truths) {
    this.#world = world;
    this.#truths = truths;
  }

  get mean(): number | null {
    return this.#awards === 0 ? null : this.#sum / this.#awards;
  }

  onAward({ submitted }: JobMonitor, { task, worker }: EventOf<"award">): void {
    const { inhabitants, chances, facts } = this.#truths;
    if (!inhabitants.has(worker)) return;
    const asked = facts.of(submitted.job, task);
    const best = chances.areFixed ? this.#bestOfRanking(asked) : this.#bestNow(asked);
    this.#sum += Math.max(0, best - chances.of(worker, asked));
    this.#awards++;
    this.#live.set(worker, (this.#live.get(worker) ?? 0) + 1);
  }

  onEnd(worker: AgentId): void {
    this.#live.set(worker, Math.max(0, (this.#live.get(worker) ?? 0) - 1));
  }

  /** Up, and with a slot. */
  #isFree(name: string): boolean {
    const { slots } = this.#truths.inhabitants.get(name)!.profile;
    return this.#world.agent(name).state === "up" && (this.#live.get(name) ?? 0) < slots;
  }

  /** The chance of the best that is free; 0: nobody is. */
  #bestNow(facts: TaskFacts): number {
    let best = 0;
    for (const name of this.#truths.inhabitants.keys())
      if (this.#isFree(name)) best = Math.max(best, this.#truths.chances.of(name, facts));
    return best;
  }

  /** The same without asking for everybody's chance each time. */
  #bestOfRanking(facts: TaskFacts): number {
    const { inhabitants, chances } = this.#truths;
    const key = `${facts.skill} ${facts.kind}`;
    let ranked = this.#ranked.get(key);
    if (ranked === undefined || ranked.size !== inhabitants.size) {
      const usual = { ...facts, difficulty: 0.5 };
      const names = [...inhabitants.keys()].sort(
        (a, b) => chances.of(b, usual) - chances.of(a, usual) || (a < b ? -1 : 1),
      );
      ranked = { size: inhabitants.size, names };
      this.#ranked.set(key, ranked);
    }
    const best = ranked.names.find((name) => this.#isFree(name));
    return best === undefined ? 0 : chances.of(best, facts);
  }
}
