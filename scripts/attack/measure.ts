/** One attack on a mesh of its own, measured, and what it must not do. */

import { DEFAULT_NODE_LIMITS } from "../../node/limits/node-limits.ts";
import { clip } from "../../protocol/core/bytes.ts";
import type { Attack } from "./attack.ts";
import { AttackedMesh, NODES, type Vitals } from "./attacked-mesh.ts";
import type { HonestJob } from "./order.ts";

export interface Measured extends Vitals {
  /** The attack's name; null: a spinner in its place. */
  readonly attack: string | null;
  readonly jobs: number;
  readonly certified: number;
  /** How long certified jobs took, ms. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** The first thing that went wrong with a job, or why the attack could not begin; empty: nothing. */
  readonly problem: string;
  /** What `p95Ms` was with a spinner in the attack's place, in the same session, ms. */
  readonly usualP95Ms: number;
}

const MIB = 1024 * 1024;
const { memory, disk } = DEFAULT_NODE_LIMITS;
/** What a node takes that is neither frames nor blobs: code, heap, its own jobs; and the records of jobs. */
const OWN_MEMORY_MIB = 256;
const RECORDS_MIB = 512;

/** What a node may hold at most at any time, by its limits (docs/limits.md), MiB. */
export const BOUNDS = {
  peakMib: OWN_MEMORY_MIB + (memory.inboundBytes + memory.outboundBytes) / MIB,
  diskMib: RECORDS_MIB + disk.guestBlobBytes / MIB,
};
/** How many times the baseline's p95 is held. */
const SLOWER = 2;
const CERTIFIED = 0.99;
/** Memory and disk are looked at this often, ms. */
const LOOK_MS = 500;

/** A problem may list many agents; its beginning says what went wrong. */
const PROBLEM_BYTES = 160;

/** The nearest rank; 0 of none. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** The worst of both. */
const worst = (a: Vitals, b: Vitals): Vitals => ({
  nodesUp: Math.min(a.nodesUp, b.nodesUp),
  peakMib: Math.max(a.peakMib, b.peakMib),
  diskMib: Math.max(a.diskMib, b.diskMib),
});

/** While `act` runs, and when it has ended. */
async function watching(mesh: AttackedMesh, act: () => Promise<void>): Promise<Vitals> {
  let vitals = mesh.vitals();
  const timer = setInterval(() => (vitals = worst(vitals, mesh.vitals())), LOOK_MS);
  try {
    await act();
    return worst(vitals, mesh.vitals());
  } finally {
    clearInterval(timer);
  }
}

/**
 * `usualP95Ms`: of the baseline; null where this is the baseline. Null: `signal` ended it, and nothing of it is left.
 */
export async function measure(
  attack: Attack | null,
  seconds: number,
  usualP95Ms: number | null,
  signal: AbortSignal,
): Promise<Measured | null> {
  const jobs: HonestJob[] = [];
  let problem = "";
  const mesh = new AttackedMesh();
  // Whatever it waits for ends with the mesh.
  const stop = (): void => mesh.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) return null;
    await mesh.start();
    await mesh.runHonestJobs(1, () => undefined); // the nodes have met, and their code is warm
    const vitals = await watching(mesh, async () => {
      if (attack === null) mesh.spin();
      else await mesh.attack(attack, seconds).catch((error: unknown) => (problem = String(error)));
      if (problem === "") await mesh.runHonestJobs(seconds, (job) => jobs.push(job));
    });
    if (signal.aborted) return null;
    const certified = jobs.filter((job) => job.problem === "");
    const times = certified.map(({ ms }) => ms).sort((a, b) => a - b);
    const p95Ms = percentile(times, 0.95);
    return {
      ...{ attack: attack?.name ?? null, jobs: jobs.length, certified: certified.length },
      ...{ p50Ms: percentile(times, 0.5), p95Ms },
      problem: clip(problem || (jobs.find((job) => job.problem !== "")?.problem ?? ""), PROBLEM_BYTES),
      usualP95Ms: usualP95Ms ?? p95Ms,
      ...vitals,
    };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}

/** What an attack did that it must not; empty: it was held. */
export function failures(measured: Measured): readonly string[] {
  const { jobs, certified, p95Ms, usualP95Ms, nodesUp, peakMib, diskMib, problem } = measured;
  const said: string[] = [];
  if (jobs === 0) said.push(problem === "" ? "no honest job ended" : problem);
  else if (certified < CERTIFIED * jobs)
    said.push(`${jobs - certified} of ${jobs} jobs were not certified (${problem})`);
  if (p95Ms > SLOWER * usualP95Ms) said.push(`jobs took ${(p95Ms / usualP95Ms).toFixed(1)} times as long`);
  if (nodesUp < NODES) said.push(`${NODES - nodesUp} nodes ended`);
  if (peakMib > BOUNDS.peakMib) said.push(`a node held ${peakMib} MiB of memory`);
  if (diskMib > BOUNDS.diskMib) said.push(`a node wrote ${diskMib} MiB`);
  return said;
}
