/**
 * The selector's regret: how much better the best agent that was free would have done, by its true chance of a right
 * answer. Known in simulations only, where that chance is.
 */

import { type AgentId, taskParts } from "../../protocol/core/ids.ts";
import type { EventOf } from "../../protocol/job/event.ts";
import { decodeValue } from "../../protocol/wire/value.ts";
import type { World } from "../virtual/world.ts";
import { chanceOf } from "../workloads/profile-skill.ts";
import { factsOf, type SimulatedTask } from "../workloads/truth.ts";
import type { JobWatch } from "./job-watch.ts";
import type { Inhabitant } from "./population.ts";

type Facts = Pick<SimulatedTask, "kind" | "difficulty">;

export class Regret {
  readonly #world: World;
  readonly #inhabitants: ReadonlyMap<string, Inhabitant>;
  readonly #live = new Map<string, number>();
  /** Agents by kind of task, the best first. */
  readonly #ranked = new Map<string, { readonly size: number; readonly names: readonly string[] }>();
  #sum = 0;
  #awards = 0;

  constructor(world: World, inhabitants: ReadonlyMap<string, Inhabitant>) {
    this.#world = world;
    this.#inhabitants = inhabitants;
  }

  get mean(): number | null {
    return this.#awards === 0 ? null : this.#sum / this.#awards;
  }

  onAward(watch: JobWatch, { task, worker }: EventOf<"award">): void {
    const chosen = this.#inhabitants.get(worker);
    if (chosen === undefined) return;
    const facts = factsOfTask(watch, task);
    const best = this.#best(facts.kind);
    const chance = (name: string): number => this.#chance(name, facts.kind, facts.difficulty);
    this.#sum += Math.max(0, (best === undefined ? 0 : chance(best)) - chance(worker));
    this.#awards++;
    this.#live.set(worker, (this.#live.get(worker) ?? 0) + 1);
  }

  onEnd(worker: AgentId): void {
    this.#live.set(worker, Math.max(0, (this.#live.get(worker) ?? 0) - 1));
  }

  /** Of a right answer: what its profile says, as far as it does not lie. */
  #chance(name: string, kind: string, difficulty: number): number {
    const { profile, honesty } = this.#inhabitants.get(name)!;
    return honesty * chanceOf(profile, kind, difficulty);
  }

  /** The best that is up and has a slot. */
  #best(kind: string): string | undefined {
    let ranked = this.#ranked.get(kind);
    if (ranked === undefined || ranked.size !== this.#inhabitants.size) {
      const chance = (name: string): number => this.#chance(name, kind, 0.5);
      const names = [...this.#inhabitants.keys()].sort((a, b) => chance(b) - chance(a) || (a < b ? -1 : 1));
      ranked = { size: this.#inhabitants.size, names };
      this.#ranked.set(kind, ranked);
    }
    return ranked.names.find((name) => {
      const { profile } = this.#inhabitants.get(name)!;
      return this.#world.agent(name).state === "up" && (this.#live.get(name) ?? 0) < profile.slots;
    });
  }
}

/** Kind and difficulty of a task, as its job's genesis says. */
function factsOfTask(watch: JobWatch, task: string): Facts {
  const { node, index } = taskParts(task);
  const spec = watch.log.ledger.genesis.nodes.find((one) => one.id === node);
  const { input, generator } = spec!;
  const data =
    generator.kind === "map" && generator.items.kind === "list" && index !== null
      ? generator.items.items[index]
      : input.kind === "value"
        ? input.data
        : undefined;
  const decoded = data?.kind === "inline" ? decodeValue(data.bytes) : null;
  return factsOf(decoded?.ok === true ? decoded.value : undefined);
}
