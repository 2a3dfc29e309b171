/**
 * Runs many seeds of scenarios, as many at a time as cores and memory allow. The commands and the library (sim/simulator.ts)
 * share it; callers decide how to show progress.
 */

import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import type { SimHost } from "../model/host.ts";
import type { Scenario } from "../model/scenario.ts";
import { planMemory } from "./memory.ts";
import { type PoolOutcome, type PoolProgress, type Runner, runTasks, type SeedTask } from "./seed-pool.ts";
import { SeedRunner, type SeedSource } from "./seed-runner.ts";
import { createWorkerRunner } from "./worker-runner.ts";

interface SeedRuns {
  readonly host: SimHost;
  readonly sources: readonly SeedSource[];
  readonly tasks: readonly SeedTask[];
  /** The scenario that takes the most memory. */
  readonly largest: Scenario;
  /** Runs at the same time. Default: one a core. */
  readonly workers?: number | undefined;
  /** Start even if the memory seems too small. */
  readonly force?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onInterrupt?: () => void;
  /** Told before the first run begins what memory the runs want. */
  readonly onPlan?: (words: string) => void;
  readonly onProgress?: (progress: PoolProgress) => void;
}

/** Functions stay in their thread. */
const isPlain = ({ plugins = [] }: SeedSource): boolean => plugins.every((plugin) => typeof plugin === "string");

/** A runner in this thread: between two runs the thread's other work has its turn. */
function createLocalRunner(inner: SeedRunner): Runner {
  return {
    async run(task, onProgress) {
      await setImmediate();
      return inner.run(task, onProgress);
    },
    close: () => inner.close(),
  };
}

/** The signal ends the runs under way as they are, and begins no others. Throws `usage` where not even one run fits. */
export async function runSeeds(runs: SeedRuns): Promise<PoolOutcome> {
  const { host, sources, tasks, signal, onInterrupt, onProgress } = runs;
  const isLocal = !sources.every(isPlain);
  const wanted = isLocal ? 1 : (runs.workers ?? availableParallelism());
  const { workers, limitMiB, words } = planMemory(runs.largest, Math.min(wanted, tasks.length), { force: runs.force });
  runs.onPlan?.(words);
  const stop = new SharedArrayBuffer(4);
  const onAbort = (): void => {
    Atomics.store(new Int32Array(stop), 0, 1);
    onInterrupt?.();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  const setup = { hostUrl: host.url, sources, stop };
  const createRunner = (): Runner =>
    isLocal ? createLocalRunner(new SeedRunner(sources, host, stop)) : createWorkerRunner(setup, limitMiB);
  try {
    return await runTasks(tasks, {
      createRunner,
      workers,
      signal,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
