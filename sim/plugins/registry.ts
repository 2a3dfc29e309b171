/**
 * What scenarios can name: behaviours, faults, job shapes, checkers and metrics, the built-in ones and those of
 * plugins. The parser asks it what there is and which options each takes; the simulator, what each does.
 */

import type { z } from "zod";
import type { Prng } from "../../protocol/core/prng.ts";
import type { NodeSpec } from "../../protocol/wire/genesis.ts";
import type { Checker } from "../checkers/checker.ts";
import type { AgentProfile, BehaviourOptions, ScheduledFault, Workload } from "../scenario/scenario.ts";
import type { AgentSpec } from "../virtual/options.ts";
import type { SimulatedSkill } from "../virtual/skill.ts";
import type { World } from "../virtual/world.ts";

/** Options are checked by their schema before anything else sees them. */
type Options = BehaviourOptions;

/** An adversary or an oddity: changes what an agent of a group is, before the world begins. */
export interface Behaviour {
  readonly name: string;
  /** One line, for lists and the schema. */
  readonly summary: string;
  readonly options: z.ZodObject;
  /** Whether results of such an agent are held against the honest ones' record (reports mark it). */
  apply(agent: BehavedAgent, options: Options): BehavedAgent;
}

/** What a behaviour may change. */
export interface BehavedAgent {
  readonly spec: AgentSpec;
  readonly profile: AgentProfile;
  readonly skill: SimulatedSkill;
  /** Agents of the same behaviour: who may collude, by name. */
  readonly coalition: readonly string[];
  readonly prng: Prng;
}

/** What a fault may use. */
export interface FaultContext {
  readonly world: World;
  readonly prng: Prng;
  /** Names of the scenario's agents that exist now; clients are not among them. */
  agents(): readonly string[];
  /** Agents that are in the committee of a job that is under way. */
  members(): readonly string[];
  /** Adds an agent like those of the first group, or stops one for good. */
  join(): string;
  leave(name: string): void;
  /** The fault did something: once is enough. */
  tookEffect(agents: readonly string[], text?: string): void;
}

export interface FaultType {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodObject;
  /** Whether it hits agents (`which`, `share`, `count`). */
  readonly isTargeted: boolean;
  /** Whether it lasts (`for`, `between`). */
  readonly lasts: boolean;
  /** Begins it; what it returns ends it again. `agents`: those drawn. */
  begin(context: FaultContext, fault: ScheduledFault, agents: readonly string[]): (() => void) | null;
}

/** How jobs look. */
export interface ShapeType {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodObject;
  nodes(workload: Workload, options: Options, index: number, prng: Prng): readonly NodeSpec[];
}

export interface MetricType {
  readonly name: string;
  readonly unit: string;
  readonly summary: string;
}

/** A metric of a plugin: computed at the end of a run. */
export interface ComputedMetric extends MetricType {
  compute(world: World): number | null;
}

export interface Registry {
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  readonly faults: ReadonlyMap<string, FaultType>;
  readonly shapes: ReadonlyMap<string, ShapeType>;
  readonly checkers: readonly (() => Checker)[];
  readonly metrics: ReadonlyMap<string, MetricType>;
  readonly computed: readonly ComputedMetric[];
}

/** What a plugin module exports as its default. */
export interface Plugin {
  readonly behaviours?: readonly Behaviour[];
  readonly faults?: readonly FaultType[];
  readonly shapes?: readonly ShapeType[];
  readonly checkers?: readonly (() => Checker)[];
  readonly metrics?: readonly ComputedMetric[];
}
