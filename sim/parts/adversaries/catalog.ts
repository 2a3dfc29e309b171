/**
 * The strategies of Byzantine members by name: what searches draw from, and what reports count.
 */

import type { AgentId } from "../../../protocol/core/ids.ts";
import { forges, garbles, replays } from "./frames.ts";
import { liesInProposals, proposesAgainstLocks } from "./proposals.ts";
import { altersBodies, hidesCommands, liesAboutPosition, liesToWorkers, withholds } from "./service.ts";
import { noted, type Strategy, sometimes, together } from "./strategy.ts";
import { equivocatesVotes, prevotesToOne, silent, votesForAll, votesNil } from "./votes.ts";

export const STRATEGIES = [
  "silent",
  "nil",
  "equivocate-prevotes",
  "equivocate-precommits",
  "equivocate",
  "prevote-to-one",
  "votes-for-all",
  "double-proposal",
  "double-empty",
  "stale",
  "future",
  "invalid",
  "empty",
  "to-half",
  "against-locks",
  "against-locks-deaf",
  "withhold",
  "alter-bodies",
  "hide-commands",
  "lie-to-workers",
  "lie-about-position",
  "garble",
  "replay",
  "forge",
] as const;
export type StrategyName = (typeof STRATEGIES)[number];

interface StrategyOptions {
  /** Divides the others into halves, and chooses the favourite. */
  readonly salt: number;
  /** Names of the committee's members. */
  readonly members: readonly string[];
}

function strategyOf(name: StrategyName, { salt, members }: StrategyOptions): Strategy {
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
      return prevotesToOne(() => members[salt % members.length]! as AgentId);
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
    case "alter-bodies":
      return altersBodies();
    case "hide-commands":
      return hidesCommands();
    case "lie-to-workers":
      return liesToWorkers();
    case "lie-about-position":
      return liesAboutPosition();
    case "garble":
      return garbles();
    case "replay":
      return replays();
    case "forge":
      return forges();
    default:
      return liesInProposals(name, salt);
  }
}

/** Follows all of `names` at once; honest every other period of `periodMs`, unless that is 0. Tells `note` of each deed. */
export function createStrategy(
  names: readonly StrategyName[],
  periodMs: number,
  options: StrategyOptions,
  note: (name: StrategyName) => void,
): Strategy {
  const strategy = together(names.map((name) => noted(strategyOf(name, options), () => note(name))));
  return periodMs === 0 ? strategy : sometimes(strategy, periodMs);
}
