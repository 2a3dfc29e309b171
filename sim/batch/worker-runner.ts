/**
 * A runner in a worker thread: runs are one long computation, and beside one the main thread can listen to Ctrl-C, and a
 * second core can do another. Both ends of it; what a worker does with a task is its own file (seed-worker.ts).
 */

import { type MessagePort, Worker } from "node:worker_threads";
import type { RunResult } from "../model/result.ts";
import type { OnRunProgress, Runner, SeedTask } from "./seed-pool.ts";
import type { SeedSource } from "./seed-runner.ts";

/** What a worker of seeds is started with. */
export interface WorkerSetup {
  readonly hostUrl: string;
  readonly sources: readonly SeedSource[];
  /** One word: not 0 when runs are to end. */
  readonly stop: SharedArrayBuffer;
}

type WorkerNews<R> =
  | { readonly kind: "progress"; readonly share: number; readonly nowMs: number }
  | { readonly kind: "done"; readonly result: R }
  | { readonly kind: "failed"; readonly error: Error };

/** A module of this folder as a worker's, from a checkout or from what was built of it. */
const workerFile = (name: string): URL =>
  new URL(`./${name}.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

const explained = (error: Error): Error =>
  "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY"
    ? new Error("it needs more memory than there is: take fewer agents, or fewer runs at a time", { cause: error })
    : error;

/** The worker's end: answers tasks, one at a time. */
export function serveTasks<T, R>(port: MessagePort, run: (task: T, onProgress: OnRunProgress) => Promise<R>): void {
  const say = (news: WorkerNews<R>): void => port.postMessage(news);
  port.on("message", (task: T) => {
    run(task, (share, nowMs) => say({ kind: "progress", share, nowMs })).then(
      (result) => say({ kind: "done", result }),
      (error: unknown) => say({ kind: "failed", error: error instanceof Error ? error : new Error(String(error)) }),
    );
  });
}

/** `memoryMiB`: what the run may take at most. */
export const createWorkerRunner = (setup: WorkerSetup, memoryMiB: number): Runner =>
  startWorker<SeedTask, RunResult>("seed-worker", setup, memoryMiB);

/** The other end: a runner that hands its tasks to a worker. `name`: its module in this folder. */
export function startWorker<T, R>(name: string, setup: object, memoryMiB: number): Runner<T, R> {
  const worker = new Worker(workerFile(name), {
    workerData: setup,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(memoryMiB) },
  });
  let settle: { resolve(result: R): void; reject(error: Error): void; onProgress: OnRunProgress } | null = null;
  worker.on("message", (news: WorkerNews<R>) => {
    if (news.kind === "progress") settle?.onProgress(news.share, news.nowMs);
    else if (news.kind === "done") settle?.resolve(news.result);
    else settle?.reject(news.error);
  });
  worker.on("error", (error: Error) => settle?.reject(explained(error)));
  worker.on("exit", (code) => settle?.reject(new Error(`its thread ended with ${code}`)));
  return {
    run(task, onProgress) {
      return new Promise((resolve, reject) => {
        settle = { resolve, reject, onProgress };
        worker.postMessage(task);
      });
    },
    async close() {
      settle = null;
      await worker.terminate();
    },
  };
}
