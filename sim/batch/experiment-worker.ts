/** The thread of a computed experiment: computes the cases that it receives. */

import { parentPort, workerData } from "node:worker_threads";
import type { Experiment } from "../experiments/experiment.ts";
import type { SimHost } from "../model/host.ts";
import type { CaseTask, ExperimentSetup } from "./experiment-run.ts";
import { serveTasks } from "./worker-runner.ts";

const { hostUrl, catalogUrl, name } = workerData as ExperimentSetup;
const { simHost } = (await import(hostUrl)) as { readonly simHost: SimHost };
const { EXPERIMENTS } = (await import(catalogUrl)) as { readonly EXPERIMENTS: readonly Experiment[] };
const experiment = EXPERIMENTS.find((one) => one.name === name);

serveTasks(parentPort!, async ({ of, seed }: CaseTask) => {
  if (experiment?.kind !== "computed") throw new Error(`${name} computes nothing`);
  return experiment.compute(of, seed, experiment.params, simHost);
});
