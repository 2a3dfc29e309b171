/** The thread of a runner: runs the seeds that it receives, and reports its progress. */

import { parentPort, workerData } from "node:worker_threads";
import type { SimHost } from "../model/host.ts";
import type { SeedTask } from "./seed-pool.ts";
import { SeedRunner } from "./seed-runner.ts";
import { serveTasks, type WorkerSetup } from "./worker-runner.ts";

const { hostUrl, sources, stop } = workerData as WorkerSetup;
const { simHost } = (await import(hostUrl)) as { readonly simHost: SimHost };
const runner = new SeedRunner(sources, simHost, stop);
serveTasks(parentPort!, (task: SeedTask, onProgress) => runner.run(task, onProgress));
