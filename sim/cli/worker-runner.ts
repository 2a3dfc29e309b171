/**
 * A runner in a worker thread (seed-worker.ts): runs are one long computation, and beside one the main thread can
 * listen to Ctrl-C, and a second core can do another.
 */

import { Worker } from "node:worker_threads";
import type { RunResult } from "../run/result.ts";
import type { Runner, SeedTask } from "./seed-pool.ts";

/** What a worker is started with. */
export interface WorkerSetup {
  readonly hostUrl: string;
  readonly file: string;
  /** The file as it was when the command began. */
  readonly text: string;
  readonly mechanismOff: boolean;
  /** Messages around this moment of each run are kept for the page; null: around what breaks. */
  readonly messagesAroundMs: number | null;
  /** One word: not 0 when runs are to end. */
  readonly stop: SharedArrayBuffer;
}

export type WorkerNews =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "done"; readonly result: RunResult }
  | { readonly kind: "failed"; readonly error: Error };

/** From a checkout, or from what was built of it. */
const WORKER = new URL(`./seed-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);

const explained = (error: Error): Error =>
  "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY"
    ? new Error("it needs more memory than there is: take fewer agents, or --workers 1", { cause: error })
    : error;

/** `memoryMiB`: what the run may take at most. */
export function createWorkerRunner(setup: WorkerSetup, memoryMiB: number): Runner {
  const worker = new Worker(WORKER, {
    workerData: setup,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(memoryMiB) },
  });
  let settle: { resolve(result: RunResult): void; reject(error: Error): void; onProgress(share: number): void } | null =
    null;
  worker.on("message", (news: WorkerNews) => {
    if (news.kind === "progress") settle?.onProgress(news.share);
    else if (news.kind === "done") settle?.resolve(news.result);
    else settle?.reject(news.error);
  });
  worker.on("error", (error: Error) => settle?.reject(explained(error)));
  worker.on("exit", (code) => settle?.reject(new Error(`its thread ended with ${code}`)));
  return {
    run(task: SeedTask, onProgress) {
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
