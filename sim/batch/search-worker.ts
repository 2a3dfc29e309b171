/** The thread of a search: runs the seeds that it receives, and makes failures small. */

import { parentPort, workerData } from "node:worker_threads";
import type { CreateMachine } from "../../protocol/machine.ts";
import type { SimHost } from "../model/host.ts";
import { shrink } from "../search/shrink.ts";
import { smallerScenarios } from "../search/smaller-scenario.ts";
import { describeScenario, openSubject } from "../search/subject.ts";
import type { SearchNews, SearchSetup, SearchTask } from "./search.ts";
import { serveTasks } from "./worker-runner.ts";

const { hostUrl, machineUrl, scenario: base, events, stop } = workerData as SearchSetup;
const { simHost } = (await import(hostUrl)) as { readonly simHost: SimHost };
const machine = machineUrl === null ? null : ((await import(machineUrl)) as { readonly createAgent: CreateMachine });
const createMachine = machine?.createAgent ?? simHost.createMachine;
const subject = await openSubject(base, { ...simHost, createMachine });
const word = new Int32Array(stop);
const shouldStop = (): boolean => Atomics.load(word, 0) !== 0;

serveTasks(parentPort!, async (task: SearchTask): Promise<SearchNews> => {
  const { seed } = task;
  const scenario = subject.draw(seed);
  if (task.kind === "run") return { kind: "run", outcome: subject.run(seed, scenario, { events, shouldStop }) };
  const shrunk = shrink(scenario, {
    smaller: smallerScenarios,
    fails: (candidate) =>
      !shouldStop() && subject.run(seed, candidate, { events: 0, shouldStop })?.failure?.property === task.property,
    budget: task.runs,
  });
  return { kind: "shrink", shrunk, size: describeScenario(shrunk.scenario) };
});
