/**
 * Lets the faults of a scenario happen when it says, to whom it says, and notes for each whether it took effect.
 */

import type { Prng } from "../../protocol/core/prng.ts";
import type { FaultContext, Registry } from "../plugins/registry.ts";
import { writeMs } from "../scenario/duration.ts";
import type { ScheduledFault, Target } from "../scenario/scenario.ts";
import type { World } from "../virtual/world.ts";
import type { SkillState } from "../workloads/skill-state.ts";
import type { TimelineEntry } from "./result.ts";

export interface Surroundings {
  /** Names of the scenario's agents that exist now. */
  agents(): readonly string[];
  members(): readonly string[];
  /** Agents that hold awards. */
  workers(): readonly string[];
  join(): string;
  skillOf(name: string): SkillState | undefined;
  /** When the first job is submitted, ms; null: never. */
  readonly firstJobMs: number | null;
  onEffect(fault: ScheduledFault, agents: readonly string[]): void;
  onEnd(fault: ScheduledFault): void;
}

export class FaultSchedule {
  readonly #world: World;
  readonly #surroundings: Surroundings;
  readonly #effective = new Map<ScheduledFault, TimelineEntry>();
  readonly #faults: readonly ScheduledFault[];
  /** What was found of each when it began. */
  readonly #nobody = new Map<ScheduledFault, string>();

  constructor(
    world: World,
    faults: readonly ScheduledFault[],
    registry: Registry,
    surroundings: Surroundings,
    prng: Prng,
  ) {
    this.#world = world;
    this.#faults = faults;
    this.#surroundings = surroundings;
    for (const [index, fault] of faults.entries()) {
      const own = prng.fork(`fault ${index}`);
      world.at(fault.atMs, () => this.#begin(fault, registry, own));
    }
  }

  /** When the last of them is over, ms. */
  get endMs(): number {
    return this.#faults.reduce((end, fault) => Math.max(end, fault.untilMs ?? fault.atMs), 0);
  }

  /** Those that did nothing. */
  get idle(): string[] {
    return this.#faults.filter((fault) => !this.#effective.has(fault)).map((fault) => fault.text);
  }

  /** Why those did nothing, by their texts. */
  get idleReasons(): { readonly [fault: string]: string } {
    const idle = this.#faults.filter((fault) => !this.#effective.has(fault));
    return Object.fromEntries(idle.map((fault) => [fault.text, this.#why(fault)]));
  }

  #why(fault: ScheduledFault): string {
    const begin = writeMs(fault.atMs);
    const now = this.#world.now;
    if (now < fault.atMs) return `the run had ended at ${writeMs(Math.round(now))}, before it began`;
    const nobody = this.#nobody.get(fault);
    if (nobody !== undefined) return nobody;
    if (fault.target !== null) return `whom it would have hit at ${begin} was not up any more`;
    if (fault.kind === "partition") return `all agents that were there at ${begin} fell into one of its groups`;
    return "nothing that it does came to pass while it lasted";
  }

  /** Why nobody was drawn. */
  #nobodyThere({ atMs, target }: ScheduledFault): string {
    const { firstJobMs } = this.#surroundings;
    const begin = writeMs(atMs);
    const early =
      firstJobMs === null || firstJobMs < atMs
        ? ""
        : `: the first job was submitted at ${writeMs(Math.round(firstJobMs))}`;
    if (target?.which === "workers") return `no agent was working for a job at ${begin}${early}`;
    if (target?.which === "members") return `no agent was a member of a job's committee at ${begin}${early}`;
    return `there was no agent that it could have hit at ${begin}`;
  }

  get timeline(): TimelineEntry[] {
    return [...this.#effective.values()];
  }

  #begin(fault: ScheduledFault, registry: Registry, prng: Prng): void {
    const world = this.#world;
    const surroundings = this.#surroundings;
    const context: FaultContext = {
      world,
      prng,
      agents: () => surroundings.agents(),
      members: () => surroundings.members(),
      join: () => surroundings.join(),
      leave: (name) => world.stop(name),
      skillOf: (name) => surroundings.skillOf(name),
      tookEffect: (agents) => this.#note(fault, agents),
    };
    const agents = fault.target === null ? [] : this.#draw(fault.target, prng);
    if (fault.target !== null && agents.length === 0) this.#nobody.set(fault, this.#nobodyThere(fault));
    const end = registry.faults.get(fault.kind)!.begin(context, fault, agents);
    const over = (): void => {
      end?.();
      surroundings.onEnd(fault);
    };
    if (fault.untilMs === null) surroundings.onEnd(fault);
    else world.at(fault.untilMs, over);
  }

  #note(fault: ScheduledFault, agents: readonly string[]): void {
    const known = this.#effective.get(fault);
    const all = [...(known?.agents ?? []), ...agents];
    const { atMs, untilMs, text } = fault;
    this.#effective.set(fault, { atMs, untilMs, kind: "fault", text, agents: all });
    this.#surroundings.onEffect(fault, agents);
  }

  /** Whom it hits, drawn among those that are there now. */
  #draw({ which, share, count }: Target, prng: Prng): readonly string[] {
    const { agents, members, workers } = this.#surroundings;
    const everybody = agents();
    const isMember = new Set(members());
    const isWorker = new Set(workers());
    const those =
      typeof which === "object"
        ? which
        : which === "members"
          ? everybody.filter((name) => isMember.has(name))
          : which === "non-members"
            ? everybody.filter((name) => !isMember.has(name))
            : which === "workers"
              ? everybody.filter((name) => isWorker.has(name))
              : everybody;
    if (typeof which === "object" && share === null && count === null) return those;
    // A share is of all agents, as readers of "kill half" expect.
    const wanted = count ?? Math.round((share ?? 1) * (typeof which === "object" ? which.length : everybody.length));
    return prng.shuffle(those).slice(0, wanted);
  }
}
