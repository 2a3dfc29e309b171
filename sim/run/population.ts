/**
 * Turns the groups of a scenario into agents of the world: names, skills and clocks, with their behaviours; and the clients that
 * own the jobs.
 */

import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { OwnSkill } from "../../protocol/machine.ts";
import type { Selectors } from "../../protocol/selection/selector.ts";
import { SELF_SCREENING } from "../model/message-kinds.ts";
import type { BehavedAgent, Registry } from "../model/registry.ts";
import type { AgentGroup, AgentProfile, Scenario } from "../model/scenario.ts";
import { SkillState } from "../model/skill-state.ts";
import { mutes } from "../parts/adversaries/behaviours.ts";
import { createProfileSkill, medianOf, type SkillWorld } from "../parts/workloads/profile-skill.ts";
import type { AgentSpec, WrapMachine } from "../world/options.ts";

/** An agent of the scenario. */
export interface Inhabitant {
  readonly spec: AgentSpec;
  readonly group: string;
  readonly profile: AgentProfile;
  /** Share of its results that are what its profile gives. */
  readonly honesty: number;
  /** What of its skill changes during the run. */
  readonly state: SkillState;
  /** Behaviours other than honest, or "". */
  readonly behaviour: string;
  /** Lies in the protocol: checkers do not believe its statements. */
  readonly isByzantine: boolean;
}

export const namesOf = ({ name, count }: Pick<AgentGroup, "name" | "count">): string[] =>
  Array.from({ length: count }, (_, i) => `${name}${i + 1}`);

/** What clients are called that have no names. */
export const clientNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `client${i + 1}`);

function adsOf({ skills, descriptions, profile }: AgentGroup): OwnSkill[] {
  const expectedMs = Math.max(1, Math.round(profile.expectedMs ?? medianOf(profile.latencyMs)));
  const { price } = profile;
  const descriptionOf = (name: string): string => descriptions.get(name) ?? "";
  return skills.map((name) => ({ name, description: descriptionOf(name), price, expectedMs, schemas: null }));
}

function both(inner: WrapMachine | undefined, outer: WrapMachine): WrapMachine {
  return inner === undefined ? outer : (create, tools) => outer(inner(create, tools), tools);
}

/** Nothing goes wrong on purpose. */
export const isCalm = ({ agents, faults, network }: Scenario, { behaviours }: Registry): boolean =>
  faults.length === 0 &&
  agents.every(
    ({ behave, clock }) =>
      clock.skewMs + clock.driftPpm === 0 &&
      [...behave.keys()].every((name) => behaviours.get(name)!.isByzantine !== true),
  ) &&
  network.loss + network.gossipLoss === 0 &&
  network.service === null &&
  !network.reorder &&
  network.bandwidth === null;

export class Population {
  readonly inhabitants = new Map<string, Inhabitant>();
  readonly #scenario: Scenario;
  readonly #registry: Registry;
  readonly #skillWorld: SkillWorld;
  readonly #selectors: Selectors;
  readonly #prng: Prng;
  readonly #hosts: readonly string[];
  readonly #onDeed: (deed: string) => void;
  #joined = 0;

  /** `onDeed`: told whenever a behaviour did something. */
  constructor(
    scenario: Scenario,
    registry: Registry,
    skillWorld: SkillWorld,
    selectors: Selectors,
    onDeed: (deed: string) => void,
  ) {
    const { committee } = scenario.workload;
    const hosting = scenario.agents.filter(({ hosts }) => hosts).flatMap(namesOf);
    this.#hosts = typeof committee === "object" && committee !== null ? [...committee.keys()] : hosting;
    this.#onDeed = onDeed;
    this.#scenario = scenario;
    this.#registry = registry;
    this.#skillWorld = skillWorld;
    this.#selectors = selectors;
    this.#prng = createPrng(`${skillWorld.seed}/population`);
    for (const group of scenario.agents)
      for (const [place, name] of namesOf(group).entries())
        this.#settle(group, name, group.startMs + Math.round((place / group.count) * group.startWithinMs));
  }

  /** A newcomer like those of the first group, honest. */
  join(): Inhabitant {
    const [first] = this.#scenario.agents;
    return this.#settle({ ...first!, name: "new", behave: new Map() }, `new${++this.#joined}`, null);
  }

  /** Clients that are no agents. */
  get clientNames(): string[] {
    return this.#scenario.workload.clients.filter((name) => !this.inhabitants.has(name));
  }

  clients(): AgentSpec[] {
    return this.clientNames.map((name) => ({
      name,
      config: {
        ...{ hosts: false, skills: [], slots: 1, traceState: false, explainedTasks: 0, selectors: this.#selectors },
        shardAgents: this.#scenario.network.shardAgents,
      },
      ...this.#ablation(undefined),
    }));
  }

  #ablation(wrap: WrapMachine | undefined): Pick<AgentSpec, "wrap"> {
    const { ablate } = this.#scenario;
    if (ablate.length === 0) return wrap === undefined ? {} : { wrap };
    return { wrap: both(wrap, mutes(new Set(ablate))) };
  }

  #settle(group: AgentGroup, name: string, startMs: number | null): Inhabitant {
    const prng = this.#prng.fork(name);
    const { profile, behave } = group;
    const state = new SkillState(profile.load);
    const plain: BehavedAgent = {
      spec: {
        name,
        startMs,
        config: {
          hosts: group.hosts,
          skills: adsOf(group),
          slots: profile.slots,
          labels: group.labels,
          explainedTasks: 0, // nobody asks; traces say it
          selectors: this.#selectors,
          screensBeacons: !this.#scenario.ablate.includes(SELF_SCREENING),
          shardAgents: this.#scenario.network.shardAgents,
        },
        clock: {
          skewMs: (2 * prng.unit() - 1) * group.clock.skewMs,
          driftPpm: (2 * prng.unit() - 1) * group.clock.driftPpm,
        },
        crashLoss: group.crashLoss,
      },
      profile,
      skill: createProfileSkill(profile, state, this.#skillWorld),
      honesty: 1,
      coalition: namesOf(group),
      hosts: this.#hosts,
      prng: prng.fork("behaviour"),
      did: (deed) => this.#onDeed(deed),
    };
    let behaved = plain;
    for (const [behaviour, options] of behave)
      behaved = this.#registry.behaviours.get(behaviour)!.apply(behaved, options);
    const spec = { ...behaved.spec, skill: behaved.skill, ...this.#ablation(behaved.spec.wrap) };
    const behaviour = [...behave.keys()].join("+");
    const isByzantine = [...behave.keys()].some((one) => this.#registry.behaviours.get(one)!.isByzantine === true);
    const { profile: shown, honesty } = behaved;
    const inhabitant = { spec, group: group.name, profile: shown, honesty, state, behaviour, isByzantine };
    this.inhabitants.set(name, inhabitant);
    return inhabitant;
  }
}
