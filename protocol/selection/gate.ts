/**
 * The gate of liveness, the same for all policies that learn: the worth of an agent's results is weighted by how often it
 * delivers any. Timeouts never reach the estimate of quality (an agent that was cut off is not a bad one), so that
 * estimate cannot know about leases that brought no result.
 */

import { recentOf, unit } from "./context.ts";
import type { GateParameters } from "./parameters.ts";
import type { Candidate } from "./selector.ts";

/** Chance of a result in time. Unlike the feature of that name it begins at 1: nobody pays for what others failed. */
export const timely = (candidate: Candidate, { timelyBefore }: GateParameters): number => {
  const { kept, lost } = recentOf(candidate);
  return unit((Math.max(0, kept) + timelyBefore) / (kept + lost + timelyBefore));
};

/** What to expect of an award: `value` of a result, or the cost of a timeout. */
export const gated = (value: number, chance: number, { timeoutCost }: GateParameters): number =>
  chance * value - (1 - chance) * timeoutCost;
