/**
 * Draws the job of a seed's scenario: its tasks, their policy, its budget and deadlines. Some are too poor, too short or
 * too hurried to succeed: such a job fails, and must do so everywhere alike.
 */

import { limits } from "../../protocol/core/limits.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import { SELECTORS } from "../../protocol/selection/catalog.ts";
import type { Comparator, Hedge, Rule } from "../../protocol/wire/genesis.ts";
import type { JobShape, NetworkSpec, PolicySpec, Stage, Workload } from "../model/scenario.ts";
import { firstPolicy, sealedPolicy } from "../parts/workloads/job-builder.ts";
import { slowestMs } from "./draw-network.ts";

/** Micro-credits. */
export const CREDIT = 1_000_000;

export const PRICE_MAX = 1_000 * CREDIT;

const stage = (kind: Stage["kind"], changes: Partial<Stage> = {}): Stage => ({
  ...{ kind, tasks: 1, batch: 1, takesOutput: false },
  ...changes,
});

/** Steps that each get the output of the one before. */
export const chainOf = (steps: number): JobShape => ({
  kind: "chain",
  steps,
  tasks: { skill: "work", like: null, kinds: new Map(), difficulty: 0.5 },
});

function drawShape(prng: Prng): JobShape {
  // Some ask for the workers' skill in words.
  const like = prng.fork("words").chance(0.15) ? "do some work" : null;
  const tasks = { skill: "work", like, kinds: new Map(), difficulty: 0.5 };
  const steps = 1 + prng.below(10);
  const width = 1 + prng.below(12);
  switch (prng.below(4)) {
    case 0:
      return { kind: "chain", steps, tasks };
    case 1: {
      const stages = [stage("map", { tasks: width, batch: 1 + prng.below(3) }), stage("single", { takesOutput: true })];
      return { kind: "stages", stages, tasks };
    }
    case 2: {
      const stages = [stage("map", { tasks: width }), stage("chain", { tasks: steps, takesOutput: true })];
      return { kind: "stages", stages, tasks };
    }
    default:
      return { kind: "stages", stages: [stage("single"), stage("single"), stage("map", { tasks: width })], tasks };
  }
}

/** Mostly as jobs have it. */
function drawHedge(prng: Prng, timeoutMs: number): Hedge {
  if (prng.chance(0.6)) return { kind: "auto" };
  return prng.chance(0.4) ? { kind: "off" } : { kind: "after", afterMs: 1 + prng.below(timeoutMs - 1) };
}

function drawPolicy(prng: Prng, workers: number): PolicySpec {
  const timeoutMs = 1_000 + prng.below(prng.chance(0.3) ? 20_000 : 4_000);
  const retries = 5 + prng.below(20);
  const hedge = drawHedge(prng.fork("hedge"), timeoutMs);
  if (workers < 3 || !prng.chance(0.65)) return firstPolicy({ timeoutMs, retries, priceMax: PRICE_MAX, hedge });
  const redundancyMax = 3 + prng.below(5);
  return sealedPolicy({ timeoutMs, retries, redundancyMax, ...drawAcceptance(prng), priceMax: PRICE_MAX, hedge });
}

/** Every rule; mostly the one that most jobs have. Liars differ from the right numbers by more than the tolerance. */
function drawAcceptance(prng: Prng): Pick<PolicySpec, "accept" | "compare"> {
  const compare: Comparator = prng.chance(0.2) ? { kind: "number", absolute: 0.25, relativePpm: 0 } : { kind: "exact" };
  const rules: readonly Rule[] = [
    { kind: "quorum", q: 2 },
    { kind: "ahead-by", k: 1 + prng.below(2) },
    { kind: "confidence-weighted", leastPpm: 600_000 + prng.below(350_000) },
    { kind: "cp-wbft" },
    ...(compare.kind === "number" ? [{ kind: "median" as const }] : []),
  ];
  return { accept: prng.chance(0.5) ? { kind: "majority" } : prng.pick(rules), compare };
}

/** Outputs that travel as blobs. */
const LARGE_BYTES = limits.inlineBytes + 1_000;

export function drawWorkload(
  prng: Prng,
  workers: number,
  network: NetworkSpec,
  seats: Pick<Workload, "clients" | "committee" | "standbys">,
): Workload {
  // A block's time must be within 1/5 of a window of its validators' clocks, so a job whose windows are shorter than
  // five times the way of a message decides only in late rounds: that is its owner's mistake, not a stall.
  const windowMinMs = Math.ceil(6 * slowestMs(network));
  return {
    ...seats,
    count: 1,
    upTo: false,
    arrival: { kind: "at-once", atMs: 0 },
    shape: drawShape(prng),
    policy: drawPolicy(prng, workers),
    selector: prng.pick(SELECTORS).name,
    knowledge: true,
    budget: (prng.chance(0.3) ? 20 + prng.below(300) : 100_000) * CREDIT,
    deadlineMs: prng.chance(0.1) ? 5_000 + prng.below(20_000) : 3_600_000,
    windowMs: Math.max(windowMinMs, prng.chance(0.3) ? 100 + prng.below(200) : 500 + prng.below(1_500)),
    cancelAfterMs: null,
    outputBytes: prng.chance(0.4) ? LARGE_BYTES : 0,
  };
}
