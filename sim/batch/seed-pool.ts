/**
 * Runs of many seeds, several at a time: which runner takes which, how far all of them are and how long they will take,
 * and how they end when somebody interrupts. worker-runner.ts is such a runner, in a worker thread.
 */

import type { Override } from "../load/overrides.ts";
import type { RunResult } from "../model/result.ts";

/** What every task has. */
export interface Task {
  readonly seed: number;
}

/** One run to be done. */
export interface SeedTask extends Task {
  /** Place of its scenario among those of the runner. Default 0. */
  readonly source?: number;
  readonly overrides: readonly Override[];
}

export type OnRunProgress = (share: number, nowMs: number) => void;

/** Does one run at a time. */
export interface Runner<T = SeedTask, R = RunResult> {
  /** `onProgress`: the share of the run that is over, and its virtual time, ms. */
  run(task: T, onProgress: OnRunProgress): Promise<R>;
  close(): Promise<void>;
}

/** What is to be done: an array, or a rule where there would be too many to list. */
interface Tasks<T> {
  /** Infinity: until the signal. */
  readonly length: number;
  /** undefined: there are no more. */
  at(index: number): T | undefined;
}

export interface PoolProgress {
  readonly done: number;
  /** Infinity: until something else ends it. */
  readonly total: number;
  /** In [0, 1]. */
  readonly share: number;
  /** Virtual time that was simulated so far, of all runs together, ms; 0: runs do not say. */
  readonly simulatedMs: number;
  /** Real time to go, ms; null as long as nothing tells. */
  readonly leftMs: number | null;
}

interface PoolOptions<T = SeedTask, R = RunResult> {
  readonly createRunner: () => Runner<T, R>;
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: PoolProgress) => void;
  /** Real time, ms. */
  readonly now?: () => number;
}

/** Told of each result when it is there; `index`: the place of its task. */
type OnResult<R> = (result: R, index: number) => void;

/** A run without a result: a fault of this program, of a plugin, or of the machine. */
export class SeedCrash<T extends Task = SeedTask> extends Error {
  override readonly name = "SeedCrash";
  readonly task: T;

  constructor(task: T, cause: unknown) {
    super(`seed ${task.seed}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.task = task;
  }
}

export interface PoolOutcome<T extends Task = SeedTask, R = RunResult> {
  /** By the place of their task; null if not done. */
  readonly results: readonly (R | null)[];
  /** The first crash; the runs after it were not begun. */
  readonly crash: SeedCrash<T> | null;
}

interface Running {
  readonly startedMs: number;
  share: number;
  /** Virtual time. */
  nowMs: number;
}

/** A smaller share of a run does not predict the rest of it. */
const SHARE_MIN = 0.02;

class Pool<T extends Task, R> {
  crash: SeedCrash<T> | null = null;
  readonly #tasks: Tasks<T>;
  readonly #options: PoolOptions<T, R>;
  readonly #onResult: OnResult<R>;
  readonly #now: () => number;
  readonly #running = new Map<number, Running>();
  #next = 0;
  /** Runs that have ended, and their real time together, ms. */
  #done = 0;
  #tookMs = 0;
  #simulatedMs = 0;

  constructor(tasks: Tasks<T>, options: PoolOptions<T, R>, onResult: OnResult<R>) {
    this.#tasks = tasks;
    this.#options = options;
    this.#onResult = onResult;
    this.#now = options.now ?? (() => performance.now());
  }

  /** One runner's life. */
  async work(): Promise<void> {
    const runner = this.#options.createRunner();
    try {
      while (this.crash === null && !this.#options.signal.aborted) {
        const index = this.#next++;
        const task = this.#tasks.at(index);
        if (task === undefined) return;
        await this.#runOne(runner, task, index);
      }
    } finally {
      await runner.close();
    }
  }

  async #runOne(runner: Runner<T, R>, task: T, index: number): Promise<void> {
    const running: Running = { startedMs: this.#now(), share: 0, nowMs: 0 };
    this.#running.set(index, running);
    this.#tell();
    try {
      const result = await runner.run(task, (share, nowMs) => {
        running.share = share;
        running.nowMs = nowMs;
        this.#tell();
      });
      this.#done++;
      this.#tookMs += this.#now() - running.startedMs;
      this.#simulatedMs += running.nowMs;
      this.#onResult(result, index);
    } catch (error) {
      this.crash ??= new SeedCrash(task, error);
    } finally {
      this.#running.delete(index);
      this.#tell();
    }
  }

  #tell(): void {
    this.#options.onProgress?.(this.#progress());
  }

  #progress(): PoolProgress {
    const total = this.#tasks.length;
    const done = this.#done;
    const running = [...this.#running.values()];
    const simulatedMs = this.#simulatedMs + running.reduce((sum, { nowMs }) => sum + nowMs, 0);
    const workers = Math.min(this.#options.workers, total);
    if (done === 0) {
      const share = running.reduce((sum, one) => sum + one.share, 0) / total;
      return { done, total, share, simulatedMs, leftMs: this.#leftOfFirst(running, total, workers) };
    }
    const meanMs = this.#tookMs / done;
    // A run that does not say how far it is counts by its time.
    const shareOf = ({ startedMs, share }: Running): number =>
      share > 0 ? share : Math.min(1, (this.#now() - startedMs) / meanMs);
    const begun = running.reduce((sum, one) => sum + shareOf(one), 0);
    return {
      ...{ done, total, simulatedMs, share: (done + begun) / total },
      leftMs: (meanMs * (total - done - begun)) / workers,
    };
  }

  /** Before any run has ended: by how fast those under way go. */
  #leftOfFirst(running: readonly Running[], total: number, workers: number): number | null {
    const known = running.filter(({ share }) => share >= SHARE_MIN);
    if (known.length === 0 || !Number.isFinite(total)) return null;
    const lengths = known.map(({ startedMs, share }) => (this.#now() - startedMs) / share);
    const meanMs = lengths.reduce((sum, ms) => sum + ms, 0) / lengths.length;
    const begun = running.reduce((sum, { share }) => sum + share, 0);
    return (meanMs * (total - begun)) / workers;
  }
}

/** Runs until there are no more, or until the signal; returns the first crash. Results come in the order of their ends. */
export async function runPool<T extends Task, R>(
  tasks: Tasks<T>,
  options: PoolOptions<T, R>,
  onResult: OnResult<R>,
): Promise<SeedCrash<T> | null> {
  const pool = new Pool(tasks, options, onResult);
  const workers = Math.max(1, Math.min(options.workers, tasks.length));
  await Promise.all(Array.from({ length: workers }, () => pool.work()));
  return pool.crash;
}

/** All runs, or those that were done before the signal. */
export async function runTasks<T extends Task = SeedTask, R = RunResult>(
  tasks: readonly T[],
  options: PoolOptions<T, R>,
): Promise<PoolOutcome<T, R>> {
  const results: (R | null)[] = tasks.map(() => null);
  const crash = await runPool(tasks, options, (result, index) => {
    results[index] = result;
  });
  return { results, crash };
}
