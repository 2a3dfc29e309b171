/**
 * The results of a scenario: of one seed, and of several seeds together. Plain data, which commands write as JSON and CSV and
 * the report draws.
 */

import type { AnsweredTask } from "../../protocol/job/answer-log.ts";
import type { Reliability } from "../../protocol/selection/reliability.ts";
import type { Expectation, Scenario, ServiceCosts } from "./scenario.ts";

export interface MetricType {
  readonly name: string;
  readonly unit: string;
  readonly summary: string;
  /** The least and the greatest possible value. Default: 0 to 1 for a `share`, otherwise 0 and more. */
  readonly range?: readonly [least: number, most: number];
}

/** A metric's value in one run; null if there was nothing to measure. */
export type Metrics = { readonly [name: string]: number | null };

/** Something that happened, for the timeline. */
export interface TimelineEntry {
  readonly atMs: number;
  /** End of what lasted; null: a moment. */
  readonly untilMs: number | null;
  readonly kind: "fault" | "job" | "violation" | "note";
  readonly text: string;
  /** Names of the agents concerned. */
  readonly agents: readonly string[];
}

/** One point of a time series. */
export interface Sample {
  readonly tMs: number;
  readonly metric: string;
  readonly value: number;
}

/** What one agent did in a run. */
export interface AgentRow {
  readonly agent: string;
  readonly group: string;
  /** Behaviours other than honest, or "". */
  readonly behaviour: string;
  readonly awards: number;
  readonly results: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly timeouts: number;
  readonly earned: number;
  readonly crashes: number;
  readonly state: "up" | "down" | "paused";
}

/** What an agent stated of its answers for a skill, beside what came out, as far as jobs' owners know it at the end. */
export interface StatedRow {
  readonly agent: string;
  readonly skill: string;
  readonly reliability: Reliability;
}

/** How a task of a job (numbered from 1) came to its answer, or to none. */
export type AnswerRow = AnsweredTask & { readonly job: number };

/** One frame or gossip message around a moment, for message diagrams. */
export interface MessageRow {
  readonly sentMs: number;
  /** null: lost. */
  readonly arrivedMs: number | null;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  /** What it is about: height, round, value. */
  readonly text: string;
}

export interface Violation {
  /** The invariant: "1 agreement", … */
  readonly property: string;
  readonly message: string;
  readonly atMs: number;
}

/** A fault of the scenario, and what it did. */
export interface FaultOutcome {
  /** Its place in the file, from 0. */
  readonly place: number;
  readonly kind: string;
  /** As it stands in the file. */
  readonly text: string;
  readonly atMs: number;
  readonly untilMs: number | null;
  /** Agents that it was to hit; null if it is about no number of them (a partition, loss). */
  readonly asked: number | null;
  /** Agents that it hit, each counted once. */
  readonly hit: number;
  readonly tookEffect: boolean;
  /** As many as there are is enough for it. */
  readonly upTo: boolean;
  /** Why it did less than was asked for; null if it did not. */
  readonly shortBecause: string | null;
}

/** Something that was asked for and not done in full: figures of such a run are not of what the file says. */
export interface Shortfall {
  /** As it stands in the file: a fault, or a setting. */
  readonly what: string;
  readonly why: string;
  /** Nothing of it was done at all. */
  readonly isNothing: boolean;
}

export interface RunResult {
  readonly scenario: string;
  readonly seed: number;
  readonly driver: "virtual" | "lab" | "libp2p";
  /** The run was ended before its time. */
  readonly partial: boolean;
  /** Virtual time at the end, ms, and real time that it took. */
  readonly endedMs: number;
  readonly wallMs: number;
  /** Events of the world. */
  readonly events: number;
  readonly digest: string;
  readonly metrics: Metrics;
  readonly series: readonly Sample[];
  readonly timeline: readonly TimelineEntry[];
  readonly agents: readonly AgentRow[];
  readonly stated: readonly StatedRow[];
  /** Who said what in the first tasks. */
  readonly answers: readonly AnswerRow[];
  /** Around the moment asked for, or the first violation. */
  readonly messages: readonly MessageRow[];
  /** The moment asked for, ms; null if none was. */
  readonly messagesAroundMs: number | null;
  /** Invariants that were watched, each with the first violation or null. */
  readonly invariants: readonly { readonly id: string; readonly first: Violation | null }[];
  /** All faults of the scenario, in its order. */
  readonly faults: readonly FaultOutcome[];
  /** Each fails the scenario. */
  readonly shortfalls: readonly Shortfall[];
  /** Metrics of plugins, with their units and ranges. */
  readonly addedMetrics: readonly MetricType[];
}

export interface Estimate {
  readonly mean: number;
  /** 95 % confidence interval of the mean (Student's t), within what the metric can be; null with fewer than 3 seeds. */
  readonly ci95: readonly [number, number] | null;
}

/** The estimate of one metric over several runs. */
export interface MetricEstimate extends Estimate {
  readonly unit: string;
}

export interface JudgedExpectation {
  readonly expression: string;
  /** The worst seed's value; null where a seed had nothing to measure. */
  readonly value: number | null;
  readonly pass: boolean;
  readonly failedSeeds: readonly number[];
}

/** What `meshwork sim run --json` prints. */
export interface Summary {
  readonly scenario: string;
  readonly driver: RunResult["driver"];
  readonly seeds: readonly number[];
  /** Agents' answers are simulated, not a model's: said wherever figures appear. */
  readonly simulated: true;
  readonly partial: boolean;
  /** What inputs cost agents; null: nothing. */
  readonly costs: ServiceCosts | null;
  readonly verdict: "pass" | "fail";
  readonly expectations: readonly JudgedExpectation[];
  readonly invariants: readonly { readonly id: string; readonly pass: boolean; readonly first?: string }[];
  /** Agents that each fault was to hit (null: no number of them) and hit, in the order of `seeds`. */
  readonly faults: readonly {
    readonly fault: string;
    readonly upTo: boolean;
    readonly asked: readonly (number | null)[];
    readonly hit: readonly number[];
  }[];
  /** What was asked for and not done in full, on which seeds; why, on the first of them. */
  readonly shortfalls: readonly (Shortfall & { readonly seeds: readonly number[] })[];
  readonly metrics: { readonly [name: string]: MetricEstimate };
  readonly traceDigests: readonly string[];
}

export type { Expectation, Scenario };
