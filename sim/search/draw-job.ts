/**
 * Draws the job of a seed: its tasks, their policies, its budget and deadlines. Some are too poor, too short or too
 * hurried to succeed: such a job fails, and must do so everywhere alike.
 */

import type { Prng } from "../../protocol/core/prng.ts";
import { SELECTORS } from "../../protocol/selection/catalog.ts";
import type { NodeSpec, Policy } from "../../protocol/wire/genesis.ts";
import { chain, firstPolicy, map, sealedPolicy, single } from "../workloads/job-builder.ts";
import { slowestMs } from "./draw-faults.ts";
import type { NetworkPlan, SeedPlan } from "./plan.ts";

function drawNodes(lots: Prng, policyOf: () => Policy): NodeSpec[] {
  // Some ask for the workers' skill in words.
  const asked = lots.fork("words").chance(0.15) ? { like: "do some work" } : {};
  const policy = policyOf();
  const steps = 1 + lots.below(10);
  const items = Array.from({ length: 1 + lots.below(12) }, (_, index) => index);
  switch (lots.below(4)) {
    case 0:
      return [chain("c", steps, 5, { policy, ...asked })];
    case 1:
      return [
        map("m", items, { policy, batch: 1 + lots.below(3), ...asked }),
        single("r", { from: "m" }, { policy: policyOf() }),
      ];
    case 2:
      return [map("m", items, { policy, ...asked }), chain("c", steps, { from: "m" }, { policy: policyOf() })];
    default:
      return [
        single("a", 1, { policy, ...asked }),
        single("b", 2, { policy: policyOf(), needs: ["a"] }),
        map("m", items, { policy, needs: ["b"] }),
      ];
  }
}

export function drawJob(lots: Prng, workers: number, network: NetworkPlan): SeedPlan["job"] {
  const timeoutMs = 1_000 + lots.below(lots.chance(0.3) ? 20_000 : 4_000);
  const retries = 5 + lots.below(20);
  const isSealed = lots.chance(0.65) && workers >= 3;
  const policyOf = (): Policy => {
    if (!isSealed) return firstPolicy({ timeoutMs, retries });
    const redundancyMax = 3 + lots.below(5);
    const accept = lots.chance(0.3) ? { kind: "quorum" as const, q: 2 } : { kind: "majority" as const };
    return sealedPolicy({ timeoutMs, retries, redundancyMax, accept });
  };
  const nodes = drawNodes(lots, policyOf);
  const isTight = lots.chance(0.3);
  // A block's time must be within 1/5 of a window of its validators' clocks, so a job whose windows are shorter than
  // five times the way of a message decides only in late rounds: that is its owner's mistake, not a stall.
  const windowMinMs = Math.ceil(6 * slowestMs(network));
  return {
    nodes,
    budget: isTight ? 20 + lots.below(300) : 100_000,
    windowMs: Math.max(windowMinMs, lots.chance(0.3) ? 100 + lots.below(200) : 500 + lots.below(1_500)),
    selector: lots.pick(SELECTORS).name,
    deadlineMs: lots.chance(0.1) ? 5_000 + lots.below(20_000) : 3_600_000,
  };
}
