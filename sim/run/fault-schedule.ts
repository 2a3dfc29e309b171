/**
 * Begins the faults of a scenario at their times, hits their targets, and heals them; records what the scenario asked of each
 * fault, what it did, and why it did less.
 *
 * Leaves to fault-targets.ts who can be hit.
 */

import { writeMs } from "../../node/platform/text/quantities.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { FaultContext, FaultType, Registry } from "../model/registry.ts";
import type { FaultOutcome, Shortfall, TimelineEntry } from "../model/result.ts";
import type { Scenario, ScheduledFault } from "../model/scenario.ts";
import type { SkillState } from "../model/skill-state.ts";
import type { World } from "../world/world.ts";
import { type Drawn, drawTargets, type Population } from "./fault-targets.ts";
import type { Span } from "./job-phases.ts";

interface Surroundings extends Population {
  /** Names of agents that serve on committees. */
  hosts(): readonly string[];
  join(): string;
  skillOf(name: string): SkillState | undefined;
  onEnd(fault: ScheduledFault): void;
}

/** What became of one fault so far. */
interface Progress {
  readonly fault: ScheduledFault;
  readonly type: FaultType;
  /** Whom the fault hits, once it has begun; null for faults that hit no agents. */
  drawn: Drawn | null;
  /** Agents that it hit, in order. */
  readonly hit: Set<string>;
  tookEffect: boolean;
  shortBecause: string | null;
  /** Steps that are still to come. */
  pending: number;
}

export class FaultSchedule {
  readonly #world: World;
  readonly #surroundings: Surroundings;
  readonly #all: readonly Progress[];
  /** No fault lasts longer, ms. */
  readonly #healMs: number;
  /** What waits for the next precommit of an agent. */
  readonly #onPrecommit = new Map<string, (() => void)[]>();

  constructor(
    world: World,
    { faults, heal }: Pick<Scenario, "faults" | "heal">,
    registry: Registry,
    surroundings: Surroundings,
    prng: Prng,
  ) {
    this.#world = world;
    this.#surroundings = surroundings;
    const healMs = heal?.atMs ?? Number.POSITIVE_INFINITY;
    this.#healMs = healMs;
    this.#all = faults.map((fault) => ({
      fault: fault.untilMs !== null && fault.untilMs > healMs ? { ...fault, untilMs: healMs } : fault,
      type: registry.faults.get(fault.kind)!,
      drawn: null,
      hit: new Set(),
      tookEffect: false,
      shortBecause: null,
      pending: 0,
    }));
    for (const [index, progress] of this.#all.entries()) {
      const own = prng.fork(`fault ${index}`);
      world.at(progress.fault.atMs, () => this.#begin(progress, own));
    }
  }

  /** When the last of them is over as far as its times say, ms. */
  get endMs(): number {
    return this.#all.reduce((end, { fault }) => Math.max(end, fault.untilMs ?? fault.atMs), 0);
  }

  /** All times have come, and no step of a fault is still to come. */
  get isOver(): boolean {
    return this.#world.now >= this.endMs && this.#all.every(({ pending }) => pending === 0);
  }

  /** An agent precommits a block, which has not left yet. */
  onPrecommit(agent: string): void {
    const calls = this.#onPrecommit.get(agent);
    if (calls === undefined) return;
    this.#onPrecommit.delete(agent);
    for (const call of calls) call();
  }

  /** From now on nothing goes wrong any more but what liars do. */
  heal(): void {
    const world = this.#world;
    this.#onPrecommit.clear();
    world.heal();
    const ideal = { loss: 0, gossipLoss: 0, duplication: 0, reorder: false, bandwidth: null, latencyFactor: 1 };
    world.imposeOnNetwork(ideal);
    for (const { name } of world.agents) {
      world.setDisk(name, false);
      world.crashAtForcedWrite(name, false);
      world.setClock(name, { skewMs: 0, driftPpm: 0 });
      const { state } = world.agent(name);
      if (state === "paused") world.resume(name);
      else if (state === "down") world.start(name);
    }
  }

  get outcomes(): FaultOutcome[] {
    return this.#all.map((progress) => {
      const { fault, hit, tookEffect, drawn } = progress;
      const { place, kind, text, atMs, untilMs, upTo } = fault;
      const asked = fault.target === null ? null : (drawn?.asked ?? this.#askedInFile(fault));
      return {
        ...{ place, kind, text, atMs, untilMs, asked, hit: hit.size, tookEffect, upTo },
        shortBecause: this.#shortBecause(progress),
      };
    });
  }

  /** Faults that did less than was asked for, each of which fails the scenario. */
  get shortfalls(): Shortfall[] {
    return this.outcomes.flatMap(({ text, upTo, tookEffect, asked, hit, shortBecause }) => {
      if (shortBecause === null || (upTo && tookEffect)) return [];
      const figures = asked === null || !tookEffect ? "" : `asked for ${asked}, hit ${hit}: `;
      return [{ what: text, why: `${figures}${shortBecause}`, isNothing: !tookEffect }];
    });
  }

  /** When the faults that took effect began and ended. One that lasts without an end lasts to the end of the run. */
  get spans(): Span[] {
    return this.#all.flatMap(({ fault: { atMs, untilMs }, type, tookEffect }) =>
      tookEffect ? [{ atMs, endMs: untilMs ?? (type.lasts ? Number.POSITIVE_INFINITY : atMs) }] : [],
    );
  }

  get timeline(): TimelineEntry[] {
    return this.#all.flatMap(({ fault: { atMs, untilMs, text }, hit, tookEffect }) =>
      tookEffect ? [{ atMs, untilMs, kind: "fault", text, agents: [...hit] }] : [],
    );
  }

  /** How many agents a fault that never began was to hit. */
  #askedInFile({ target }: ScheduledFault): number {
    const { share, count, which } = target!;
    const there = typeof which === "object" ? which.length : this.#surroundings.agents().length;
    return count ?? Math.round((share ?? 1) * there);
  }

  #shortBecause({ fault, type, drawn, hit, tookEffect, shortBecause, pending }: Progress): string | null {
    const now = writeMs(Math.round(this.#world.now));
    const begin = writeMs(fault.atMs);
    if (this.#world.now < fault.atMs) return `the run had ended at ${now}, before it began`;
    if (shortBecause !== null) return shortBecause;
    if (drawn?.why != null) return drawn.why;
    if (type.waitsFor !== undefined && !tookEffect) return `whom it would have hit ${type.waitsFor} after ${begin}`;
    if (pending > 0) return `the run had ended at ${now}, before it was through`;
    if (drawn !== null && hit.size < drawn.agents.length)
      return tookEffect
        ? "the others were not running when their turn came"
        : `whom it would have hit at ${begin} was not up any more`;
    if (tookEffect) return null;
    if (fault.kind === "partition") return `all agents that were there at ${begin} fell into one of its groups`;
    return "nothing that it does came to pass while it lasted";
  }

  #begin(progress: Progress, prng: Prng): void {
    const { fault, type } = progress;
    const world = this.#world;
    const surroundings = this.#surroundings;
    const context: FaultContext = {
      world,
      prng,
      agents: () => surroundings.agents(),
      members: () => surroundings.members(),
      hosts: () => surroundings.hosts(),
      onPrecommit: (name, call) => {
        const calls = this.#onPrecommit.get(name) ?? [];
        this.#onPrecommit.set(name, [...calls, call]);
      },
      join: () => surroundings.join(),
      leave: (name) => world.stop(name),
      skillOf: (name) => surroundings.skillOf(name),
      tookEffect: (agents) => {
        progress.tookEffect = true;
        for (const name of agents) progress.hit.add(name);
      },
      fellShort: (why) => {
        progress.shortBecause ??= why;
      },
      at: (atMs, call) => {
        progress.pending++;
        world.at(Math.min(atMs, this.#healMs), () => {
          progress.pending--;
          call();
        });
      },
    };
    progress.drawn = fault.target === null ? null : drawTargets(fault, type, { world, prng, ...surroundings });
    const end = type.begin(context, fault, progress.drawn?.agents ?? []);
    const over = (): void => {
      end?.();
      surroundings.onEnd(fault);
    };
    if (fault.untilMs === null) surroundings.onEnd(fault);
    else world.at(fault.untilMs, over);
  }
}
