/**
 * How the simulator's time and memory grow with the mesh, as a page: the same plots as experiments have. Unlike an
 * experiment's, these figures are of one machine and one run.
 */

import { computedExperiment } from "../../sim/experiments/experiment.ts";
import { renderExperiment } from "../../sim/report/experiment-page.ts";
import type { Growth } from "./simulated.ts";

const exactly = (mean: number) => ({ mean, ci95: null });

/** A whole HTML page. */
export function growthPage(grown: readonly Growth[], machine: string, version: string): string {
  const experiment = computedExperiment({
    name: "sim-growth",
    summary: "How the time and the memory of a simulation grow with its agents",
    description: [
      "The example scenario for ten virtual minutes, with the same load an agent at every size: one job of 40 tasks for two agents, three workers a task, half of the mesh killed after 20 s. One run at each size, on one core.",
      "The load grows with the agents, and each capability vector and beacon reaches every agent: the first grows linearly, the second with the square.",
    ],
    params: { machine },
    seeds: 1,
    cases: () => [],
    compute: () => [],
    metrics: [
      { name: "seconds", unit: "s", summary: "time of the whole run, on one core" },
      { name: "heap", unit: "MiB", summary: "the heap at its largest, as far as it was looked at" },
      { name: "events", unit: "events", summary: "events of the virtual world" },
      { name: "microsecondsPerEvent", unit: "\u00b5s", summary: "time an event" },
      { name: "completion", unit: "share", summary: "certified jobs / submitted jobs" },
    ],
  });
  const rows = grown.map(({ agents, seconds, heapMib, run }) => ({
    labels: { agents },
    metrics: {
      seconds: exactly(seconds),
      heap: exactly(heapMib),
      events: exactly(run.events),
      microsecondsPerEvent: exactly((1e6 * seconds) / run.events),
      completion: exactly(run.metrics.completion ?? 0),
    },
  }));
  const command = "npm run -s bench -- sim-growth --page growth.html";
  return renderExperiment(experiment, rows, { seeds: [1], isPartial: false, command, version });
}
