/**
 * What a seed stands for: who there is, who lies, which job runs, on which network, and which faults come when. All of
 * it is drawn before the run (draw-plan.ts), so that a failure's report can show it.
 */

import { SHARD_AGENTS } from "../../protocol/capability/shards.ts";
import type { Genesis, NodeSpec } from "../../protocol/wire/genesis.ts";
import { QUEUE_POLICIES } from "../../protocol/wire/queue.ts";
import type { StrategyName } from "../adversaries/catalog.ts";
import type { WorkerLie } from "../adversaries/workers.ts";
import type { PlannedFault } from "../faults/fault.ts";
import type { DistributionSpec } from "../virtual/distribution.ts";
import type { WorkerHabits } from "../workloads/worker.ts";
import type { LostJob } from "./lost-job.ts";

/** The job is submitted at this virtual time, ms: agents have found each other by then. */
export const SUBMIT_MS = 3_000;

/** A member or a standby that lies, or whose blobs cannot be had. */
export interface ByzantineMember {
  readonly name: string;
  readonly strategies: readonly StrategyName[];
  /** Honest every other period of this length, ms; 0: never. */
  readonly periodMs: number;
  readonly withholdsBlobs: boolean;
}

export interface PlannedWorker extends WorkerHabits {
  readonly lie: { readonly kind: WorkerLie; readonly odds: number } | null;
  readonly withholdsBlobs: boolean;
  /** When it joins, ms. */
  readonly startMs: number;
}

/** Odds are probabilities in [0, 1]; times are ms. */
export interface NetworkPlan {
  /** One way, of a frame. */
  readonly latencyMs: DistributionSpec;
  /** How much slower a pair of agents may be than the others, where the latency is even between two bounds. */
  readonly spreadMs: number;
  readonly loss: number;
  readonly gossipLoss: number;
  readonly duplication: number;
  readonly reorder: boolean;
  /** Bytes a millisecond; null: no limit. */
  readonly bandwidth: number | null;
  /** What may wait for it in one direction, bytes. */
  readonly queueBytes: number;
  /** About how many connections an agent has from the start; null: to everybody. */
  readonly degree: number | null;
  readonly detectMs: number;
  readonly redialMs: number;
  /** Until a holder of a blob that gives nothing is given up. */
  readonly blobIdleMs: number;
  /** What an input costs each agent. */
  readonly serviceMs: number;
  /** Agents that a shard has at most: with more the mesh is split, and not everybody hears of everybody. */
  readonly shardAgents: number;
}

export interface SeedPlan {
  readonly seed: number;
  readonly members: readonly { readonly agent: string; readonly power: number }[];
  readonly standbys: readonly string[];
  readonly workers: readonly PlannedWorker[];
  /** Together they have less than 1/3 of the power, whoever's seat a standby among them takes. */
  readonly byzantine: readonly ByzantineMember[];
  readonly owner: string;
  readonly network: NetworkPlan;
  readonly faults: readonly PlannedFault[];
  /** The owner ends the job; null: it does not. */
  readonly cancelAtMs: number | null;
  /** From then on there are no faults but the lies of Byzantine agents. */
  readonly healAtMs: number;
  readonly job: Pick<Genesis, "budget" | "windowMs" | "selector" | "deadlineMs"> & {
    readonly nodes: readonly NodeSpec[];
  };
  /** Another job, of a committee that lies with a quorum; null: there is none. */
  readonly lostJob: LostJob | null;
  /** Outputs are padded so that they travel as blobs. */
  readonly blobs: boolean;
}

/** Nothing goes wrong, and everything is near. */
export const CALM_NETWORK: NetworkPlan = {
  latencyMs: { min: 5, max: 7 },
  spreadMs: 0,
  loss: 0,
  gossipLoss: 0,
  duplication: 0,
  reorder: false,
  bandwidth: null,
  queueBytes: QUEUE_POLICIES.main.bytes,
  degree: null,
  detectMs: 10_000,
  redialMs: 50,
  blobIdleMs: 500,
  serviceMs: 0,
  shardAgents: SHARD_AGENTS,
};
