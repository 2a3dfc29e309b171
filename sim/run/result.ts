/**
 * What runs of a scenario give: of one seed, and of several together. Plain data: written as JSON and CSV, and drawn by
 * the report.
 */

import type { Expectation, Scenario } from "../scenario/scenario.ts";

/** A metric's value in one run; null: there was nothing to measure. */
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
  /** Around the moment asked for, or the first violation. */
  readonly messages: readonly MessageRow[];
  /** The moment asked for, ms; null: none was. */
  readonly messagesAroundMs: number | null;
  /** Invariants that were watched, each with the first violation or null. */
  readonly invariants: readonly { readonly id: string; readonly first: Violation | null }[];
  /** Faults that never took effect, as they stand in the file: a failure of the scenario. */
  readonly idleFaults: readonly string[];
  /** Why, by the same texts. */
  readonly idleReasons?: { readonly [fault: string]: string };
}

export interface Estimate {
  readonly mean: number;
  /** 95 % confidence interval of the mean (Student's t), within what the metric can be; null with fewer than 3 seeds. */
  readonly ci95: readonly [number, number] | null;
}

export interface JudgedExpectation {
  readonly expression: string;
  /** Of the worst seed; null where a seed had nothing to measure. */
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
  readonly verdict: "pass" | "fail";
  readonly expectations: readonly JudgedExpectation[];
  readonly invariants: readonly { readonly id: string; readonly pass: boolean; readonly first?: string }[];
  readonly idleFaults: readonly string[];
  /** Why, by the same texts. */
  readonly idleReasons?: { readonly [fault: string]: string };
  readonly metrics: { readonly [name: string]: Estimate };
  readonly traceDigests: readonly string[];
}

export type { Expectation, Scenario };
