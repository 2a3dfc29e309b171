/** The thread of a runner: runs the seeds that it receives, and reports its progress. */

import { parentPort, workerData } from "node:worker_threads";
import type { SimPlatform } from "./platform.ts";
import type { SeedTask } from "./seed-pool.ts";
import { SeedRunner } from "./seed-runner.ts";
import { serveTasks, type WorkerSetup } from "./worker-runner.ts";

const { hostUrl, sources, stop } = workerData as WorkerSetup;
const { simPlatform } = (await import(hostUrl)) as { readonly simPlatform: SimPlatform };
const runner = new SeedRunner(sources, simPlatform.host, stop);
serveTasks(parentPort!, (task: SeedTask, onProgress) => runner.run(task, onProgress));
