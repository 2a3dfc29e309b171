/**
 * What scenarios can name: behaviours, faults, job shapes, checkers and metrics, the built-in ones and those of
 * plugins. The parser asks it which ones exist and which options each takes; the simulator asks it what each does.
 */

import type { z } from "zod";
import type { Prng } from "../../protocol/core/prng.ts";
import type { AnySelector, Selectors } from "../../protocol/selection/selector.ts";
import type { NodeSpec } from "../../protocol/wire/genesis.ts";
import type { Checker, DecidedBlock } from "../parts/checkers/checker.ts";
import type { AgentSpec } from "../world/options.ts";
import type { SimulatedSkill } from "../world/skill.ts";
import type { TraceEntry } from "../world/trace.ts";
import type { World } from "../world/world.ts";
import type { AgentRow, MetricType } from "./result.ts";
import type { AgentProfile, BehaviourOptions, ScheduledFault, Workload } from "./scenario.ts";
import type { SkillState } from "./skill-state.ts";
import type { SubmittedJob } from "./submitted-job.ts";

/** A schema checks options before anything else sees them. */
type Options = BehaviourOptions;

/** An adversary or an oddity: changes what an agent of a group is, before the world begins. */
export interface Behaviour {
  readonly name: string;
  /** One line, for lists and the schema. */
  readonly summary: string;
  readonly options: z.ZodObject;
  /** Lies in the protocol: what such an agent says of it is not held to be true by the checkers. Default false. */
  readonly isByzantine?: boolean;
  apply(agent: BehavedAgent, options: Options): BehavedAgent;
}

/** What a behaviour may change. */
export interface BehavedAgent {
  readonly spec: AgentSpec;
  readonly profile: AgentProfile;
  readonly skill: SimulatedSkill;
  /** Share of its results that follow its profile, 0..1: behaviours that lie lower it. The regret uses it. */
  readonly honesty: number;
  /** Agents of the same behaviour: who may collude, by name. */
  readonly coalition: readonly string[];
  /** Agents that may be members of committees; where the scenario names these, they. */
  readonly hosts: readonly string[];
  readonly prng: Prng;
  /** To be told of each deed, by a short name: searches count them. */
  did(deed: string): void;
}

/** What a fault may use. */
export interface FaultContext {
  readonly world: World;
  readonly prng: Prng;
  /** Names of the scenario's agents that exist now; clients are not among them. */
  agents(): readonly string[];
  /** Agents that are in the committee of a job that is under way. */
  members(): readonly string[];
  /** Agents that serve on committees. */
  hosts(): readonly string[];
  /** Calls back the next time that an agent precommits a block, before anybody hears it. */
  onPrecommit(name: string, call: () => void): void;
  /** Adds an agent like those of the first group, or stops one for good. */
  join(): string;
  leave(name: string): void;
  /** What of an agent's skill changes during the run; clients have none. */
  skillOf(name: string): SkillState | undefined;
  /** The fault did something, to these; each agent counts once. */
  tookEffect(agents: readonly string[]): void;
  /** It cannot do all that was asked for, and why: fails the scenario unless the fault says `upTo`. */
  fellShort(why: string): void;
  /** A later step of the fault, without which it is not complete: the run waits for it. With the healing at the latest. */
  at(atMs: number, call: () => void): void;
}

export interface FaultType {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodObject;
  /** Whether it hits agents (`which`, `share`, `count`). */
  readonly isTargeted: boolean;
  /** Whether it lasts (`for`, `between`). */
  readonly lasts: boolean;
  /** Only agents that are running can be hit. Default false: paused ones as well, and those that have yet to start. */
  readonly needsRunning?: boolean;
  /** What agents must do before it takes effect, in words: `precommitted no block`. */
  readonly waitsFor?: string;
  /** Begins it; what it returns ends it again. `agents`: those drawn. */
  begin(context: FaultContext, fault: ScheduledFault, agents: readonly string[]): (() => void) | null;
}

/** How jobs look. */
export interface ShapeType {
  readonly name: string;
  readonly summary: string;
  readonly options: z.ZodObject;
  /** How many tasks such a job has: its default budget pays for that many. */
  tasks(options: Options): number;
  /** The graph of job number `index`, from 0. The last node's output is the job's. */
  nodes(workload: Workload, options: Options, index: number, prng: Prng): readonly NodeSpec[];
}

/** What a run was, at its end, for metrics of plugins. */
export interface EndedRun {
  readonly world: World;
  /** In the order of their submission. */
  readonly jobs: readonly SubmittedJob[];
  readonly agents: readonly AgentRow[];
}

/** Measures one run: sees what it asks for during the run, and gives a value at its end. */
export interface Gauge {
  /** After a block was decided; each height of a job once. */
  onDecided?(block: DecidedBlock): void;
  /** Called for agents that do not lie in the protocol. */
  onTrace?(entry: TraceEntry): void;
  /** `null`: there was nothing to measure. */
  value(run: EndedRun): number | null;
}

/** A metric of a plugin. */
export interface ComputedMetric extends MetricType {
  /** Called once a run. */
  create(): Gauge;
}

export interface CheckerContext {
  /** Ends the run: the property does not hold, and `message` says why, with the facts. */
  violated(message: string): never;
}

/** A property of a plugin: watched beside the protocol's invariants, and reported like them. */
export interface CheckerType {
  /** Stands among the invariants of results. */
  readonly name: string;
  readonly summary: string;
  /** Called once a job. */
  create(context: CheckerContext): Checker;
}

export interface Registry {
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  readonly faults: ReadonlyMap<string, FaultType>;
  readonly shapes: ReadonlyMap<string, ShapeType>;
  readonly checkers: readonly CheckerType[];
  readonly metrics: ReadonlyMap<string, MetricType>;
  readonly computed: readonly ComputedMetric[];
  readonly selectors: Selectors;
}

/** What a plugin adds. Names that are taken are refused (load-plugins.ts). */
export interface Plugin {
  readonly behaviours?: readonly Behaviour[];
  readonly faults?: readonly FaultType[];
  readonly shapes?: readonly ShapeType[];
  readonly checkers?: readonly CheckerType[];
  readonly metrics?: readonly ComputedMetric[];
  /** Every simulated agent has them; real ones are given them by `createNode`. */
  readonly selectors?: readonly AnySelector[];
}
