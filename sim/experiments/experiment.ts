/**
 * What an experiment is: a question about the mesh with its parameters, asked at several points and under several seeds,
 * with the means and their intervals as the answer. `meshwork experiment` runs it (sim/cli/experiment.ts).
 *
 * Two kinds. One is a set of scenarios: each point is a scenario with changes, run under every seed, and its figures are
 * metrics of runs. The other computes its rows itself: of parts of runs, or of what needs no mesh at all.
 */

import type { Value } from "../../protocol/wire/value.ts";
import type { ScenarioInput } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import type { Estimate, MetricType } from "../model/result.ts";

/** Where a row stands: parameter → value. The first label is drawn across, the others make the lines. */
export type Labels = { readonly [label: string]: string | number };

/** Figures of one row under one seed; null if there was nothing to measure. */
export type Figures = { readonly [metric: string]: number | null };

/** One row over all seeds. */
export interface Measured {
  readonly labels: Labels;
  /** Those that were measured. */
  readonly metrics: { readonly [metric: string]: Estimate };
}

/** What the rows say: a paragraph, or one that ends with a colon and its list. */
export type Finding = string | { readonly text: string; readonly items: readonly string[] };

interface ExperimentBase<P> {
  /** As the command calls it: kebab-case. */
  readonly name: string;
  /** One line, for lists. */
  readonly summary: string;
  /** What a reader of the figures must know: what is varied, what is expected and why. Paragraphs. */
  readonly description: readonly string[];
  /** Stand in the document as they are. */
  readonly params: P;
  /**
   * Parameters that the command line may set (`--disks 12`), with the values that each may have. Threads compute cases by their
   * labels, so each case says them there.
   */
  readonly settings?: { readonly [parameter: string]: readonly (string | number)[] };
  /** How many seeds without `--seeds`: intervals that say something, in minutes; the summary says where it takes longer. */
  readonly seeds: number;
  /** The first of them. Default: 1. Another keeps them apart from those under which things were tuned. */
  readonly firstSeed?: number;
  /** About the measured rows, computed from them: what they say, and plainly where Meshwork is behind. */
  verdict?(rows: readonly Measured[]): readonly Finding[];
}

/** A scenario under some changes. */
interface ScenarioPoint {
  /** The same names at every point. */
  readonly labels: Labels;
  /** An object, or the bare name of a scenario of the library. */
  readonly scenario: ScenarioInput | string;
  /** Changes by path: `{ "faults[0].kill.share": 0.3 }`. Default: none. */
  readonly set?: { readonly [path: string]: Value };
}

export interface ScenarioExperiment<P = unknown> extends ExperimentBase<P> {
  readonly kind: "scenarios";
  points(params: P): readonly ScenarioPoint[];
  /** Names of metrics (`meshwork sim metrics`): those of the document, and of the plots. */
  readonly metrics: readonly string[];
}

export interface ExperimentRow {
  readonly labels: Labels;
  readonly figures: Figures;
}

export interface ComputedExperiment<P = unknown> extends ExperimentBase<P> {
  readonly kind: "computed";
  /** What is computed apart from each other, on all cores: at least one. */
  cases(params: P): readonly Labels[];
  /**
   * The rows of one case under one seed: a function of its arguments, with no clock and no randomness but a prng of the
   * seed's. Labels may be more than the case's (a row for every few rounds, for example). `host`: for what is simulated on the
   * way (run-scenario.ts).
   */
  compute(
    of: Labels,
    seed: number,
    params: P,
    host: SimHost,
  ): readonly ExperimentRow[] | Promise<readonly ExperimentRow[]>;
  readonly metrics: readonly MetricType[];
}

export type Experiment = ScenarioExperiment | ComputedExperiment;

/** Give an experiment the types of its own parameters. */
export const scenarioExperiment = <P>(experiment: Omit<ScenarioExperiment<P>, "kind">): Experiment => ({
  ...(experiment as Omit<ScenarioExperiment, "kind">),
  kind: "scenarios",
});
export const computedExperiment = <P>(experiment: Omit<ComputedExperiment<P>, "kind">): Experiment => ({
  ...(experiment as Omit<ComputedExperiment, "kind">),
  kind: "computed",
});
