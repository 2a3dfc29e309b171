/**
 * A scenario as the simulator runs it: agents, network, workload, faults and expectations. It holds what a scenario file
 * says, with defaults filled in and with one unit for each quantity: times in ms, shares in [0, 1], money in micro-credits.
 *
 * Leaves to parse-scenario.ts how a file becomes one. Source: the format of docs/scenarios.md.
 */

import type { Comparator, Flags, Hedge, Rule } from "../../protocol/wire/genesis.ts";
import type { Value } from "../../protocol/wire/value.ts";
import type { DistributionSpec } from "../world/distribution.ts";
import type { Overlay } from "../world/overlay.ts";
import type { LoadModel } from "./skill-state.ts";

export interface Scenario {
  readonly name: string;
  /** What it shows; its first sentence stands in lists. */
  readonly description: string;
  /** The mechanism that it exercises, and what switches that off: then its verdict must be `fail`. */
  readonly mechanism: { readonly name: string; readonly off: ReadonlyMap<string, Value> } | null;
  readonly seed: number;
  /** The run ends when all jobs have ended and no fault is to come, at the latest then. */
  readonly maxMs: number;
  readonly agents: readonly AgentGroup[];
  readonly network: NetworkSpec;
  readonly workload: Workload;
  readonly faults: readonly ScheduledFault[];
  /** When everything heals, and by when jobs must end then; null if nothing heals. */
  readonly heal: Healing | null;
  /** Faults that hit fewer than they ask for, and jobs that get less than they ask for, do not fail it. */
  readonly mayFallShort: boolean;
  readonly expect: readonly Expectation[];
  /** Modules that register behaviours, faults, workloads, checkers, metrics and selectors; paths from the file's folder. */
  readonly plugins: readonly string[];
  /** Kinds of messages that no agent sends, and mechanisms that are off: what a mesh is without them. */
  readonly ablate: readonly string[];
}

/** From a moment on nothing breaks any more, only liars continue, and jobs must end. */
export interface Healing {
  readonly atMs: number;
  /** How long after that each job must have ended at every honest agent that hosts it: liveness. */
  readonly withinMs: number;
}

// --- agents -------------------------------------------------------------------------------------------

export interface AgentGroup {
  /** Its agents are `<name>1`, `<name>2`, …; default `a`. */
  readonly name: string;
  readonly count: number;
  readonly skills: readonly string[];
  /** What skills say of themselves, by name; the others say nothing. */
  readonly descriptions: ReadonlyMap<string, string>;
  readonly labels: readonly string[];
  /** Serve on committees. */
  readonly hosts: boolean;
  /** What each client's earlier jobs taught it of each of them as a host; null: nothing. */
  readonly hosted: HostedBefore | null;
  /** The network that they connect from (capability/addresses.ts); "": a private one. */
  readonly origin: string;
  readonly profile: AgentProfile;
  /** Behaviours by name, with their options: liars, free riders, equivocating members, … */
  readonly behave: ReadonlyMap<string, BehaviourOptions>;
  /** Each agent's clock is wrong by an even draw between minus and plus these. */
  readonly clock: { readonly skewMs: number; readonly driftPpm: number };
  /** What a crash takes of unforced writes. */
  readonly crashLoss: "random" | "all" | "none";
  /** They start from then on, one after the other within this time. */
  readonly startMs: number;
  readonly startWithinMs: number;
}

export type BehaviourOptions = { readonly [name: string]: Value };

/** Recorded answers (answers.jsonl): those of one of the agents that the file names, or all; null. */
export interface Replay {
  readonly file: string;
  readonly agent: string | null;
}

/** Stands in for an agent that works with a language model; drawn anew for each award. */
export interface AgentProfile {
  /** Chance of a right answer at difficulty 0.5, for all kinds of tasks or by kind. */
  readonly accuracy: number | ReadonlyMap<string, number>;
  readonly latencyMs: DistributionSpec;
  readonly price: number;
  /** The time that it states in its offers; null: the median of its latency. */
  readonly expectedMs: number | null;
  readonly slots: number;
  /** How its work loads it, and how load affects it; null: not at all. */
  readonly load: LoadModel | null;
  /** How its stated confidence goes with its chance of being right. */
  readonly calibration: "honest" | "overconfident" | "underconfident" | "random";
  /** With probability `rho` all agents of `group` share a draw: they are right or wrong together, in the same way. */
  readonly correlation: { readonly group: string; readonly rho: number } | null;
  /** Number of different wrong answers to a task. */
  readonly wrongAnswers: number;
  /** Recorded answers of a real model instead of draws; null: drawn. */
  readonly replay: Replay | null;
  /** How often its skill gives no answer, and says why; null: never. */
  readonly errors: SkillErrors | null;
  /** What it says that each result used; null: it says nothing. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number; readonly usd: number } | null;
}

/** Turns as a proposer that a host kept and lost, and whether it is a known host by now. */
interface HostedBefore {
  readonly kept: number;
  readonly lost: number;
  readonly isKnown: boolean;
  readonly equivocated: boolean;
}

/** Chances of each kind of error, at most 1 together. */
export interface SkillErrors {
  readonly busy: number;
  /** After this a busy skill can work again, by its word. */
  readonly retryMs: number;
  readonly unavailable: number;
  readonly invalidInput: number;
  readonly error: number;
}

// --- network ------------------------------------------------------------------------------------------

export interface NetworkSpec {
  readonly overlay: Overlay;
  /** One way, of a frame. */
  readonly latencyMs: DistributionSpec;
  /** Each pair and direction is slower than that by an even draw up to this, ms. */
  readonly spreadMs: number;
  /** Shares of frames, and of gossip messages. */
  readonly loss: number;
  readonly gossipLoss: number;
  readonly duplication: number;
  readonly reorder: boolean;
  /** Bytes a millisecond and direction; null: no limit. */
  readonly bandwidth: number | null;
  /** What may wait to be sent in one direction, bytes. */
  readonly queueBytes: number;
  /** How long an agent waits before it closes the connection of a silent peer, and before it dials a lost one again, ms. */
  readonly detectMs: number;
  readonly redialMs: number;
  /** How long an agent waits for a holder of a blob that sends nothing, ms. */
  readonly blobIdleMs: number;
  /** Gossip message by message along the mesh, instead of one event a receiver at its computed first arrival. */
  readonly fullGossip: boolean;
  /** Agents that a shard of the mesh has at most. */
  readonly shardAgents: number;
  /** Real Ed25519 instead of the world's table of signatures. */
  readonly realSignatures: boolean;
  /** What an input costs its agent; null: nothing. */
  readonly service: ServiceCosts | null;
}

export interface ServiceCosts {
  /** Where the figures come from: a preset, a file, or `own`. */
  readonly preset: string;
  /** Time that an input takes on its agent's core, ms: a base, and a part for each KiB of the input. */
  readonly baseMs: number;
  readonly perKibMs: number;
  /** Nothing of a step leaves before a forced write of this length, ms; 0: disks take no time. */
  readonly forcedWriteMs: number;
  /** Cores that all agents share; null: one for each agent. */
  readonly sharedCores: number | null;
}

// --- workload -----------------------------------------------------------------------------------------

export interface Workload {
  /** Whom the jobs belong to: agents, or clients beside them, which no fault touches unless it names them. */
  readonly clients: readonly string[];
  readonly count: number;
  /** As many as come before the run ends are enough. */
  readonly upTo: boolean;
  readonly arrival: Arrival;
  readonly shape: JobShape;
  readonly policy: PolicySpec;
  readonly selector: string;
  /** Clients carry what their jobs taught to the next. */
  readonly knowledge: boolean;
  readonly budget: number;
  readonly deadlineMs: number;
  readonly windowMs: number;
  /** Outputs stay out of explanations, traces and pages. */
  readonly redact: boolean;
  /** Members of each job's committee: how many, or who with which power; null: as nodes choose. */
  readonly committee: number | ReadonlyMap<string, number> | null;
  /** Standbys of each committee: how many, or who with which power, in their order; null: as nodes choose. */
  readonly standbys: number | ReadonlyMap<string, number> | null;
  /** The client cancels each job this long after it submitted it; null if it does not. */
  readonly cancelAfterMs: number | null;
  /** Outputs are padded to this many bytes: large ones travel as blobs. 0: no padding. */
  readonly outputBytes: number;
}

export type Arrival =
  | { readonly kind: "poisson"; readonly perSecond: number }
  | { readonly kind: "every"; readonly everyMs: number }
  | { readonly kind: "at-once"; readonly atMs: number }
  /** Times of submissions, ms, one a line. */
  | { readonly kind: "trace"; readonly file: string };

export type JobShape =
  /** Independent tasks. */
  | { readonly kind: "bag"; readonly width: number; readonly tasks: TaskMix }
  /** `width` tasks, and one over their outputs. */
  | { readonly kind: "map-reduce"; readonly width: number; readonly tasks: TaskMix }
  | { readonly kind: "chain"; readonly steps: number; readonly tasks: TaskMix }
  | { readonly kind: "single"; readonly tasks: TaskMix }
  /** One after the other. */
  | { readonly kind: "stages"; readonly stages: readonly Stage[]; readonly tasks: TaskMix }
  /** A job file. */
  | { readonly kind: "file"; readonly file: string }
  /** A plugin's shape; `tasks`: how many a job has. */
  | { readonly kind: "plugin"; readonly name: string; readonly options: BehaviourOptions; readonly tasks: number };

/** Tasks that wait for those of the stage before. */
export interface Stage {
  /** One task, tasks each of which gets the output of the one before, or tasks apart from each other. */
  readonly kind: "single" | "chain" | "map";
  /** How many tasks: 1 of a single one. */
  readonly tasks: number;
  /** In a map: how many tasks a worker is given together. */
  readonly batch: number;
  /** Its input is the output of the stage before; else it has one of its own, and only waits. */
  readonly takesOutput: boolean;
}

/** What tasks are like; each is drawn. */
export interface TaskMix {
  readonly skill: string;
  /** Words that ask for the skill instead of its name; null: the name. */
  readonly like: string | null;
  /** Kinds with their shares. */
  readonly kinds: ReadonlyMap<string, number>;
  /** In [0, 1]. */
  readonly difficulty: DistributionSpec;
}

export interface PolicySpec {
  readonly redundancy: number;
  readonly redundancyMax: number;
  readonly accept: Rule;
  readonly compare: Comparator;
  readonly flags: Flags;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly priceMax: number;
  readonly hedge: Hedge;
}

// --- faults -------------------------------------------------------------------------------------------

/** Whom a fault hits: drawn among these when it begins, or named. */
export type Which = "any" | "members" | "non-members" | "workers" | readonly string[];

export interface Target {
  readonly which: Which;
  /** How many: a share of those, or a count. */
  readonly share: number | null;
  readonly count: number | null;
}

export interface ScheduledFault {
  /** Its place in the file, from 0. */
  readonly place: number;
  readonly atMs: number;
  /** End of what lasts; null: at once, or to the end of the run. */
  readonly untilMs: number | null;
  /** A kind of the catalogue (sim/parts/faults/catalog.ts), or of a plugin. */
  readonly kind: string;
  readonly options: BehaviourOptions;
  readonly target: Target | null;
  /** As many as there are is enough, if it is one. */
  readonly upTo: boolean;
  /** As it stands in the file, for reports. */
  readonly text: string;
}

// --- what is expected ---------------------------------------------------------------------------------

export type Relation = ">=" | "<=" | ">" | "<" | "==";

export interface Expectation {
  /** As it stands in the file. */
  readonly expression: string;
  readonly metric: string;
  readonly relation: Relation;
  readonly bound: number;
}

/** Whether a value fulfils an expectation; one that there is no value for does not. */
export function fulfils({ relation, bound }: Pick<Expectation, "relation" | "bound">, value: number | null): boolean {
  if (value === null) return false;
  switch (relation) {
    case ">=":
      return value >= bound;
    case "<=":
      return value <= bound;
    case ">":
      return value > bound;
    case "<":
      return value < bound;
    case "==":
      return value === bound;
  }
}
