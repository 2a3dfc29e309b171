/** One attack on a mesh of its own, measured, and what it must not do. */

import { AttackedMesh, type Vitals } from "./attacked-mesh.ts";
import type { HonestJob } from "./order.ts";

export interface Measured extends Vitals {
  /** The attack's name; null: a spinner in its place. */
  readonly attack: string | null;
  readonly jobs: number;
  readonly certified: number;
  /** How long certified jobs took, ms. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** The first thing that went wrong with a job; empty: nothing. */
  readonly problem: string;
}

/** Bounds, for a node. */
const PEAK_MIB = 640;
const DISK_MIB = 1_536;
const NODES = 5;
/** How many times the baseline's p95 is held. */
const SLOWER = 2;
const CERTIFIED = 0.99;

/** The nearest rank; 0 of none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** `signal`: ends it early; what was measured until then is returned. */
export async function measure(attack: string | null, seconds: number, signal: AbortSignal): Promise<Measured> {
  const mesh = await AttackedMesh.start();
  const jobs: HonestJob[] = [];
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  try {
    await mesh.runHonestJobs(1, () => undefined); // the nodes have met, and their code is warm
    if (attack === null) mesh.spin();
    else await mesh.attack(attack, seconds);
    await Promise.race([mesh.runHonestJobs(seconds, (job) => jobs.push(job)), aborted]);
    const certified = jobs.filter(({ problem }) => problem === "");
    const times = certified.map(({ ms }) => ms).sort((a, b) => a - b);
    return {
      attack,
      jobs: jobs.length,
      certified: certified.length,
      p50Ms: percentile(times, 0.5),
      p95Ms: percentile(times, 0.95),
      problem: jobs.find(({ problem }) => problem !== "")?.problem ?? "",
      ...mesh.vitals(),
    };
  } finally {
    mesh.stop();
  }
}

/** What an attack did that it must not; empty: it was held. */
export function failures(measured: Measured, baseline: Measured): readonly string[] {
  const { jobs, certified, p95Ms, nodesUp, peakMib, diskMib, problem } = measured;
  const said: string[] = [];
  if (jobs === 0) said.push("no honest job ended");
  else if (certified < CERTIFIED * jobs)
    said.push(`${jobs - certified} of ${jobs} jobs were not certified (${problem})`);
  if (p95Ms > SLOWER * baseline.p95Ms) said.push(`jobs took ${(p95Ms / baseline.p95Ms).toFixed(1)} times as long`);
  if (nodesUp < NODES) said.push(`${NODES - nodesUp} nodes ended`);
  if (peakMib > PEAK_MIB) said.push(`a node held ${peakMib} MiB of memory`);
  if (diskMib > DISK_MIB) said.push(`a node wrote ${diskMib} MiB`);
  return said;
}
