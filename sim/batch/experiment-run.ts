/** Runs an experiment of either kind on all cores, and says whether its samples are complete. */

import { availableParallelism } from "node:os";
import { readTextFile } from "../../node/platform/files/file-error.ts";
import type {
  ComputedExperiment,
  Experiment,
  ExperimentRow,
  Labels,
  ScenarioExperiment,
} from "../experiments/experiment.ts";
import type { Sample } from "../experiments/results.ts";
import { loadScenario } from "../load/load-scenario.ts";
import type { Override } from "../load/overrides.ts";
import type { ScenarioSource } from "../load/scenario-source.ts";
import type { SimHost } from "../model/host.ts";
import { findScenario } from "./library.ts";
import { availableMiB, estimateMiB } from "./memory.ts";
import { runSeeds } from "./run-seeds.ts";
import { type PoolProgress, runTasks, type SeedCrash, type Task } from "./seed-pool.ts";
import { startWorker } from "./worker-runner.ts";

interface RunExperiment {
  readonly host: SimHost;
  /** The module that exports the experiment among its `EXPERIMENTS`: worker threads load it. */
  readonly catalogUrl: string;
  readonly seeds: readonly number[];
  readonly signal: AbortSignal;
  onInterrupt(): void;
  onProgress(progress: PoolProgress): void;
}

export interface ExperimentOutcome {
  /** From the runs that came to their end. */
  readonly samples: readonly Sample[];
  readonly isPartial: boolean;
  /** The first broken invariant, in words. */
  readonly broken: string | null;
  readonly crash: SeedCrash<Task> | null;
}

export const runExperiment = (experiment: Experiment, options: RunExperiment): Promise<ExperimentOutcome> =>
  experiment.kind === "scenarios" ? runScenarios(experiment, options) : runCases(experiment, options);

// --- scenarios ----------------------------------------------------------------------------------------

interface Point {
  readonly labels: Labels;
  readonly source: ScenarioSource;
  readonly overrides: readonly Override[];
}

async function pointsOf(experiment: ScenarioExperiment): Promise<Point[]> {
  const points: Point[] = [];
  for (const { labels, scenario, set = {} } of experiment.points(experiment.params)) {
    const overrides = Object.entries(set).map(([path, value]) => ({ path, value }));
    if (typeof scenario === "string") {
      const file = findScenario(scenario);
      points.push({ labels, source: { file, content: { yaml: await readTextFile(file) } }, overrides });
    } else {
      points.push({
        labels,
        source: { file: `a scenario of ${experiment.name}`, content: { object: scenario } },
        overrides,
      });
    }
  }
  return points;
}

async function runScenarios(experiment: ScenarioExperiment, options: RunExperiment): Promise<ExperimentOutcome> {
  const { host, seeds } = options;
  const points = await pointsOf(experiment);
  // Every point is checked before the first one runs.
  const loaded = [];
  for (const { source, overrides } of points) loaded.push(await loadScenario(source, host, { overrides }));
  const scenarios = loaded.map(({ scenario }) => scenario);
  const largest = scenarios.reduce((best, one) => (estimateMiB(one) > estimateMiB(best) ? one : best));
  const tasks = points.flatMap(({ overrides }, source) => seeds.map((seed) => ({ source, overrides, seed })));
  const { results, crash } = await runSeeds({
    host,
    sources: points.map(({ source }) => ({ source })),
    tasks,
    largest,
    signal: options.signal,
    onInterrupt: () => options.onInterrupt(),
    onProgress: (progress) => options.onProgress(progress),
  });
  const violations = results.flatMap((result) => result?.invariants.flatMap(({ first }) => first ?? []) ?? []);
  const samples = results.flatMap((result, index): Sample[] => {
    if (result === null || result.partial) return [];
    return [{ labels: points[tasks[index]!.source]!.labels, seed: result.seed, figures: result.metrics }];
  });
  return { samples, isPartial: samples.length < tasks.length, broken: violations[0]?.message ?? null, crash };
}

// --- computed -----------------------------------------------------------------------------------------

/** What a worker is started with. */
export interface ExperimentSetup {
  readonly hostUrl: string;
  readonly catalogUrl: string;
  readonly name: string;
}

export interface CaseTask extends Task {
  readonly of: Labels;
}

async function runCases(experiment: ComputedExperiment, options: RunExperiment): Promise<ExperimentOutcome> {
  const { seeds, signal, catalogUrl, host } = options;
  const tasks = experiment.cases(experiment.params).flatMap((of) => seeds.map((seed): CaseTask => ({ of, seed })));
  const workers = Math.min(availableParallelism(), tasks.length);
  const setup: ExperimentSetup = { hostUrl: host.url, catalogUrl, name: experiment.name };
  const onAbort = (): void => options.onInterrupt();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { results, crash } = await runTasks<CaseTask, readonly ExperimentRow[]>(tasks, {
      createRunner: () => startWorker("experiment-worker", setup, availableMiB() / workers),
      workers,
      signal,
      onProgress: (progress) => options.onProgress(progress),
    });
    const samples = results.flatMap((rows, index) => (rows ?? []).map((row) => ({ ...row, seed: tasks[index]!.seed })));
    return { samples, isPartial: results.includes(null), broken: null, crash };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
