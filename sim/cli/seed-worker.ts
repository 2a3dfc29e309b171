/** The thread of a runner: loads the scenario, runs the seeds that it is told to, and tells how far it is. */

import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "../run/simulate.ts";
import { type LoadedScenario, loadScenarioText } from "../scenario/load-scenario.ts";
import { describeOverride } from "../scenario/overrides.ts";
import type { SimPlatform } from "./context.ts";
import type { SeedTask } from "./seed-pool.ts";
import type { WorkerNews, WorkerSetup } from "./worker-runner.ts";

/** Real time between two messages about one run, ms. */
const PROGRESS_MS = 200;

const setup = workerData as WorkerSetup;
const { simPlatform } = (await import(setup.hostUrl)) as { readonly simPlatform: SimPlatform };
const { host } = simPlatform;
const stop = new Int32Array(setup.stop);
const say = (news: WorkerNews): void => parentPort!.postMessage(news);

/** Of the points of a sweep the last: a worker's tasks come point by point. */
let loaded: { readonly key: string; readonly scenario: LoadedScenario } | null = null;

async function load({ overrides }: SeedTask): Promise<LoadedScenario> {
  const key = overrides.map(describeOverride).join(" ");
  if (loaded?.key !== key) {
    const { file, text, mechanismOff } = setup;
    loaded = { key, scenario: await loadScenarioText(file, text, host, { overrides, mechanismOff }) };
  }
  return loaded.scenario;
}

async function run(task: SeedTask): Promise<void> {
  const { scenario, registry, files } = await load(task);
  let toldMs = performance.now();
  const result = simulate(scenario, {
    seed: task.seed,
    host,
    registry,
    files,
    messagesAroundMs: setup.messagesAroundMs,
    wallClock: () => performance.now(),
    shouldStop: () => Atomics.load(stop, 0) !== 0,
    onProgress(share) {
      if (performance.now() - toldMs < PROGRESS_MS) return;
      toldMs = performance.now();
      say({ kind: "progress", share });
    },
  });
  say({ kind: "done", result });
}

parentPort!.on("message", (task: SeedTask) => {
  run(task).catch((error: unknown) => {
    say({ kind: "failed", error: error instanceof Error ? error : new Error(String(error)) });
  });
});
