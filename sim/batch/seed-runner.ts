/**
 * Runs seeds of scenarios one after the other in the thread where it is: a worker's (seed-worker.ts), or the caller's
 * where plugins are objects, which cannot go to another thread.
 */

import { type LoadedScenario, loadScenario } from "../load/load-scenario.ts";
import { describeOverride } from "../load/overrides.ts";
import type { ScenarioSource } from "../load/scenario-source.ts";
import type { PluginModule } from "../load/tools.ts";
import type { SimHost } from "../model/host.ts";
import type { RunResult } from "../model/result.ts";
import { simulate } from "../run/simulate.ts";
import type { OnRunProgress, Runner, SeedTask } from "./seed-pool.ts";

/** A scenario that tasks name by its place. Without plugins that are objects it is plain data. */
export interface SeedSource {
  /** The file as it was when the command began. */
  readonly source: ScenarioSource;
  readonly mechanismOff?: boolean | undefined;
  readonly plugins?: readonly (string | PluginModule)[];
  /** Messages around this moment of each run are kept for the page. Default: around what breaks. */
  readonly messagesAroundMs?: number | undefined;
}

/** Real time between two messages about one run, ms. */
const PROGRESS_MS = 200;

export class SeedRunner implements Runner {
  readonly #sources: readonly SeedSource[];
  readonly #host: SimHost;
  readonly #stop: Int32Array;
  /** The last point of the sweep: a runner's tasks come point by point. */
  #loaded: { readonly key: string; readonly scenario: LoadedScenario } | null = null;

  /** `stop`: one word, not 0 when runs are to end as they are. */
  constructor(sources: readonly SeedSource[], host: SimHost, stop: SharedArrayBuffer) {
    this.#sources = sources;
    this.#host = host;
    this.#stop = new Int32Array(stop);
  }

  async #load({ source: place = 0, overrides }: SeedTask): Promise<LoadedScenario> {
    const key = `${place} ${overrides.map(describeOverride).join(" ")}`;
    if (this.#loaded?.key !== key) {
      const { source, messagesAroundMs: _, ...options } = this.#sources[place]!;
      this.#loaded = { key, scenario: await loadScenario(source, this.#host, { overrides, ...options }) };
    }
    return this.#loaded.scenario;
  }

  async run(task: SeedTask, onProgress: OnRunProgress): Promise<RunResult> {
    const { scenario, registry, files } = await this.#load(task);
    let toldMs = performance.now();
    return simulate(scenario, {
      seed: task.seed,
      host: this.#host,
      registry,
      files,
      messagesAroundMs: this.#sources[task.source ?? 0]!.messagesAroundMs ?? null,
      wallClock: () => performance.now(),
      shouldStop: () => Atomics.load(this.#stop, 0) !== 0,
      onProgress(share, nowMs) {
        if (performance.now() - toldMs < PROGRESS_MS) return;
        toldMs = performance.now();
        onProgress(share, nowMs);
      },
    });
  }

  async close(): Promise<void> {
    this.#loaded = null;
  }
}
