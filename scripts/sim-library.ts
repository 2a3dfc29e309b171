/**
 * The simulator as a library: `import { simulate } from "meshwork/sim"`. Gives sim/simulator.ts what it needs of node/.
 *
 * A published entry; what is not exported here may change without notice.
 */

import type { ScenarioInput, ScenarioSource } from "../sim/load/scenario-source.ts";
import { createSimulator, type SimulateOptions, type SimulationResult } from "../sim/simulator.ts";
import { simHost } from "./sim-host.ts";

export { MeshworkError, type MeshworkErrorCode } from "../protocol/core/errors.ts";
export type { Value } from "../protocol/wire/value.ts";
export { type PoolProgress as Progress, SeedCrash } from "../sim/batch/seed-pool.ts";
export type { PluginModule, PluginTools } from "../sim/load/tools.ts";
export type {
  BehavedAgent,
  Behaviour,
  CheckerContext,
  CheckerType,
  ComputedMetric,
  EndedRun,
  FaultContext,
  FaultType,
  Gauge,
  Plugin,
  ShapeType,
} from "../sim/model/registry.ts";
export type {
  Estimate,
  FaultOutcome,
  JudgedExpectation,
  MetricEstimate,
  RunResult,
  Shortfall,
  Summary,
} from "../sim/model/result.ts";
export type { Checker, DecidedBlock } from "../sim/parts/checkers/checker.ts";
export type { SeedRow, SeriesRow } from "../sim/run/csv.ts";
export type { ScenarioInput, ScenarioSource, SimulateOptions, SimulationResult };

const simulator = createSimulator(simHost);

/**
 * A scenario file, by its path, or by the bare name of one of the library (`meshwork sim list`). Its YAML is read here;
 * what it says is checked by `simulate`, which knows all plugins.
 *
 * Throws a MeshworkError: `usage` where there is no such scenario, `invalid-file` where it cannot be read as YAML.
 */
export const readScenario = (file: string | URL): Promise<ScenarioSource> => simulator.readScenario(file);

/**
 * A scenario from a text as it stands in a file, or from an object with the same keys. `file`: what messages call it, and
 * what the paths in it start from; default: the working folder.
 *
 * Throws a MeshworkError `invalid-file` where the text is no YAML.
 */
export const parseScenario = (
  scenario: string | ScenarioInput,
  options: { readonly file?: string } = {},
): ScenarioSource => simulator.parseScenario(scenario, options);

/**
 * Runs a scenario in virtual time, once for each seed, on all cores: the same scenario, seed and version give the same
 * run on every machine. What agents answer is drawn from their profiles, not a model's.
 *
 * Gives the document that `meshwork sim run --json` prints, with a row and the time series of each seed. A verdict of
 * `fail` and a broken invariant are results, not errors. Aborted, it gives what was done until then, with `partial` true.
 *
 * Throws a MeshworkError about a scenario, a plugin or an option that is wrong (`usage`, `invalid-file`) before anything
 * runs, and a SeedCrash where a run itself came to no result: a bug, of ours or of a plugin.
 */
export const simulate = (
  scenario: ScenarioSource | ScenarioInput,
  options: SimulateOptions = {},
): Promise<SimulationResult> => simulator.simulate(scenario, options);
