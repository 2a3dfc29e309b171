/**
 * The simulator as a library: a scenario and seeds in, the document of `meshwork sim run --json` out, with the figures
 * of each seed beside it. Published as `meshwork/sim` by scripts/sim-library.ts, which gives it its host.
 */

import { fileURLToPath } from "node:url";
import { readTextFile } from "../node/platform/files/file-error.ts";
import { MeshworkError } from "../protocol/core/errors.ts";
import type { Value } from "../protocol/wire/value.ts";
import { findScenario } from "./batch/library.ts";
import { runSeeds } from "./batch/run-seeds.ts";
import type { PoolProgress } from "./batch/seed-pool.ts";
import { loadScenario } from "./load/load-scenario.ts";
import { openSource, type ScenarioInput, type ScenarioSource } from "./load/scenario-source.ts";
import type { PluginModule } from "./load/tools.ts";
import type { SimHost } from "./model/host.ts";
import type { RunResult, Summary } from "./model/result.ts";
import { type SeedRow, type SeriesRow, seedRows, seriesRows } from "./run/csv.ts";
import { judge } from "./run/judge.ts";

export interface SimulateOptions {
  /** One run each; whole numbers of 32 bits, none twice. Default: the scenario's own seed. */
  readonly seeds?: readonly number[];
  /**
   * Beside those that the scenario names. Modules by their paths (text: from the working folder) run on all cores;
   * plugins that are objects or functions run in the caller's thread, one seed at a time.
   */
  readonly plugins?: readonly (string | URL | PluginModule)[];
  /** Changes of the scenario before it is checked, by their paths: `{ "faults[0].kill.share": 0.3 }`. */
  readonly set?: { readonly [path: string]: Value };
  /** With what the scenario's `mechanism.off` says. Default false. */
  readonly mechanismOff?: boolean;
  /** Runs at the same time. Default: one a core, as far as they fit the memory. */
  readonly workers?: number;
  /** Start even if the memory seems too small. Default false. */
  readonly force?: boolean;
  /** Told some times a second how far all runs are together: shares in [0, 1], real time in ms. */
  readonly onProgress?: (progress: PoolProgress) => void;
  /** Ends the runs in progress; their results then say that they are partial. */
  readonly signal?: AbortSignal;
}

/** What `meshwork sim run --json` prints, and the figures of each seed. Plain data, in the order of the seeds. */
export interface SimulationResult extends Summary {
  /** As in `rows.csv`: an object a seed, with all metrics by name; null if there was nothing to measure. */
  readonly rows: readonly SeedRow[];
  /** As in `series.csv`: an object for each point of each time series. */
  readonly series: readonly SeriesRow[];
  /** Everything else of each run: faults as they took effect, agents, messages around a broken invariant. */
  readonly runs: readonly RunResult[];
}

interface Simulator {
  readScenario(file: string | URL): Promise<ScenarioSource>;
  parseScenario(scenario: string | ScenarioInput, options?: { readonly file?: string }): ScenarioSource;
  simulate(scenario: ScenarioSource | ScenarioInput, options?: SimulateOptions): Promise<SimulationResult>;
}

const pathOf = (file: string | URL): string => (file instanceof URL ? fileURLToPath(file) : file);

const SEED_MAX = 0xffffffff;

function checkSeeds(seeds: readonly number[]): void {
  const wrong = seeds.find((seed) => !Number.isInteger(seed) || seed < 0 || seed > SEED_MAX);
  if (wrong !== undefined) throw new MeshworkError("usage", `seeds: ${wrong} is no whole number from 0 to ${SEED_MAX}`);
  const twice = seeds.find((seed, place) => seeds.indexOf(seed) !== place);
  if (twice !== undefined) throw new MeshworkError("usage", `seeds: ${twice} is there twice`, "keep one");
  if (seeds.length === 0) throw new MeshworkError("usage", "seeds: there are none", "name one, or leave seeds out");
}

/** The scenario as plain data: nothing that its owner does to it later reaches a run. */
const objectScenario = (object: ScenarioInput, file = "the scenario"): ScenarioSource => ({
  file,
  content: { object: JSON.parse(JSON.stringify(object)) },
});

export function createSimulator(host: SimHost): Simulator {
  return {
    async readScenario(given) {
      const file = findScenario(pathOf(given));
      return this.parseScenario(await readTextFile(file), { file });
    },
    parseScenario(scenario, { file } = {}) {
      if (typeof scenario !== "string") return objectScenario(scenario, file);
      const source = { file: file ?? "scenario", content: { yaml: scenario } };
      openSource(source);
      return source;
    },
    async simulate(scenario, options = {}) {
      const source = "content" in scenario ? scenario : objectScenario(scenario as ScenarioInput);
      const overrides = Object.entries(options.set ?? {}).map(([path, value]) => ({ path, value }));
      const plugins = (options.plugins ?? []).map((one) => (one instanceof URL ? fileURLToPath(one) : one));
      const given = { source, plugins, mechanismOff: options.mechanismOff };
      const loaded = await loadScenario(source, host, { ...given, overrides });
      const seeds = options.seeds ?? [loaded.scenario.seed];
      checkSeeds(seeds);
      const { results, crash } = await runSeeds({
        host,
        sources: [given],
        tasks: seeds.map((seed) => ({ overrides, seed })),
        largest: loaded.scenario,
        workers: options.workers,
        force: options.force,
        signal: options.signal ?? new AbortController().signal,
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      });
      if (crash !== null) throw crash;
      const runs = results.filter((result) => result !== null).sort((a, b) => a.seed - b.seed);
      const summary = judge(loaded.scenario, runs, { partial: runs.length < seeds.length });
      return { ...summary, rows: seedRows(runs), series: seriesRows(runs), runs };
    },
  };
}
