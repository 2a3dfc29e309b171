/**
 * From the outcome of an award to what a selector learns from it:
 * `r = correct - c * price - l * sqrt(min(1, latency / target))`, with the price as the context had it at the time of the choice.
 *
 * The margin of the tally is the weight of the lesson, so it scales both sides of the regression. Scaling r alone would
 * teach that results of narrow tallies are bad, right ones too.
 *
 * Source: protocol.md 6 (reward); Symphony-Coord, delayed reward.
 */

import { priceShareIn, slowness, slownessIn, successIn, unit } from "./context.ts";
import { REWARD, type RewardParameters } from "./parameters.ts";
import type { Lesson, Picked } from "./selector.ts";

export interface Outcome {
  /** 1 or 0 by the tally; between them where the owner scores. */
  readonly correct: number;
  readonly tookMs: number;
  readonly targetMs: number;
  /** How clear the tally was, 0..1: (the winner's weight - the next one's) / all weight. */
  readonly margin: number;
}

export function rewardOf(
  context: readonly number[],
  { correct, tookMs, targetMs }: Omit<Outcome, "margin">,
  { priceWeight, latencyWeight }: RewardParameters = REWARD,
): number {
  return unit(correct) - priceWeight * priceShareIn(context) - latencyWeight * slowness(tookMs, targetMs);
}

/** A reward between -1 and 1, whoever gave it; what is no number stays so. */
export const boundedReward = (reward: number): number => (reward > 1 ? 1 : reward < -1 ? -1 : reward);

/**
 * What the definition says of a context before anything was learned: the chance of being right by the record, less the
 * price asked for and the latency that the agent itself expects.
 */
export const expectedReward = (
  context: ArrayLike<number>,
  { priceWeight, latencyWeight }: RewardParameters = REWARD,
): number => successIn(context) - priceWeight * priceShareIn(context) - latencyWeight * slownessIn(context);

/** What is learned of a result once it is accepted, rejected, or scored by the owner. */
export const lessonOf = (
  award: Pick<Picked, "agent" | "context">,
  skill: string,
  outcome: Outcome,
  parameters: RewardParameters = REWARD,
): Lesson => ({
  kind: "reward",
  agent: award.agent,
  skill,
  context: award.context,
  reward: rewardOf(award.context, outcome, parameters),
  weight: unit(outcome.margin),
});
