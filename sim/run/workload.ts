/**
 * The jobs of a scenario, drawn before the run: when each is submitted, and what its tasks are.
 */

import { ln } from "../../protocol/core/math.ts";
import { createPrng, type Prng } from "../../protocol/core/prng.ts";
import type { Genesis, NodeSpec } from "../../protocol/wire/genesis.ts";
import type { JobTemplate } from "../model/host.ts";
import type { Registry } from "../model/registry.ts";
import type { Arrival, Workload } from "../model/scenario.ts";
import { nodesOf, policyOf } from "../parts/workloads/shapes.ts";

/** The parts of a genesis that do not depend on who is there. */
type JobParts = Pick<Genesis, "name" | "nodes" | "output" | "budget" | "deadlineMs" | "windowMs" | "selector"> & {
  readonly redact?: boolean;
};

export interface PlannedJob {
  readonly index: number;
  readonly atMs: number;
  readonly parts: JobParts;
}

/** Jobs come after this, ms: agents have found each other by then. */
export const WARM_UP_MS = 5_000;

export interface WorkloadFiles {
  readonly jobs: ReadonlyMap<string, JobTemplate>;
  /** Times of arrivals by file, ms. */
  readonly arrivals: ReadonlyMap<string, readonly number[]>;
}

export function planJobs(workload: Workload, registry: Registry, files: WorkloadFiles, seed: number): PlannedJob[] {
  const prng = createPrng(`${seed}/workload`);
  const arrivals = arrivalsOf(workload.arrival, workload.count, files, prng.fork("arrivals"));
  return arrivals.map((atMs, index) => ({
    index,
    atMs: WARM_UP_MS + atMs,
    parts: partsOf(workload, registry, files, index, prng.fork(`job ${index}`)),
  }));
}

function arrivalsOf(arrival: Arrival, count: number, files: WorkloadFiles, prng: Prng): number[] {
  if (arrival.kind === "trace") return (files.arrivals.get(arrival.file) ?? []).slice(0, count);
  let atMs = arrival.kind === "at-once" ? arrival.atMs : 0;
  return Array.from({ length: count }, () => {
    const now = atMs;
    if (arrival.kind === "poisson") atMs += (-ln(1 - prng.unit()) * 1_000) / arrival.perSecond;
    else if (arrival.kind === "every") atMs += arrival.everyMs;
    return now;
  });
}

function partsOf(workload: Workload, registry: Registry, files: WorkloadFiles, index: number, prng: Prng): JobParts {
  const { shape, budget, deadlineMs, windowMs, selector, redact } = workload;
  if (shape.kind === "file") {
    const { blobs: _, ...parts } = files.jobs.get(shape.file)!;
    return parts;
  }
  const nodes: readonly NodeSpec[] =
    shape.kind === "plugin"
      ? registry.shapes.get(shape.name)!.nodes(workload, shape.options, index, prng)
      : nodesOf(shape, policyOf(workload), prng);
  const output = nodes[nodes.length - 1]!.id;
  return { name: `job ${index + 1}`, nodes, output, budget, deadlineMs, windowMs, selector, ...(redact && { redact }) };
}
