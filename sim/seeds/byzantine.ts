/**
 * From the names of a plan to the strategies and skills that it means.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { Byzantine, SeedPlan, StrategyName, WorkerHabits } from "./plan.ts";
import type { Strategy } from "./world/adversary.ts";
import {
  equivocatesVotes,
  hidesCommands,
  liesAboutPosition,
  liesInProposals,
  liesToWorkers,
  prevotesToOne,
  proposesAgainstLocks,
  silent,
  sometimes,
  together,
  votesForAll,
  votesNil,
  withholds,
} from "./world/strategies.ts";
import { type SimulatedSkill, sumPlusOne, type WorkOutcome } from "./world/work.ts";

function strategyOf(name: StrategyName, plan: SeedPlan): Strategy {
  const salt = plan.seed;
  switch (name) {
    case "silent":
      return silent();
    case "nil":
      return votesNil();
    case "equivocate-prevotes":
      return equivocatesVotes("prevote", salt);
    case "equivocate-precommits":
      return equivocatesVotes("precommit", salt);
    case "equivocate":
      return equivocatesVotes("both", salt);
    case "prevote-to-one":
      return prevotesToOne(() => plan.members[salt % plan.members.length]!.agent as AgentId);
    case "votes-for-all":
      return votesForAll();
    case "against-locks":
      return proposesAgainstLocks(false);
    case "against-locks-deaf":
      return proposesAgainstLocks(true);
    case "double-proposal":
      return liesInProposals("double", salt);
    case "withhold":
      return withholds();
    case "hide-commands":
      return hidesCommands();
    case "lie-to-workers":
      return liesToWorkers();
    case "lie-about-position":
      return liesAboutPosition();
    default:
      return liesInProposals(name, salt);
  }
}

export function createStrategy(byzantine: Byzantine, plan: SeedPlan): Strategy {
  const strategy = together(byzantine.strategies.map((name) => strategyOf(name, plan)));
  return byzantine.periodMs === 0 ? strategy : sometimes(strategy, byzantine.periodMs);
}

/** Characters that make an output too large for a command. */
const PADDING = "x".repeat(17_000);

/** A worker with these habits. */
export function createSkill(habits: WorkerHabits, timeoutMs: number, blobs: boolean, lots: Prng): SimulatedSkill {
  return ({ input, blob }): WorkOutcome | null => {
    const afterMs = habits.workMs + lots.below(20);
    if (lots.chance(habits.never)) return null;
    if (lots.chance(habits.fails)) return { afterMs, failure: lots.pick(["error", "busy", "refused"] as const) };
    const right = sumPlusOne(input, blob);
    const answer = lots.chance(habits.lies) ? right + 1_000 + lots.below(3) : right;
    const output = blobs ? `${answer} ${PADDING}` : answer;
    // Late enough for a hedge, or for the end of the lease.
    const lateMs = lots.chance(habits.slow) ? lots.below(2 * timeoutMs) : 0;
    return { afterMs: afterMs + lateMs, output, confidencePpm: lots.below(1_000_001), cost: lots.below(5) };
  };
}
