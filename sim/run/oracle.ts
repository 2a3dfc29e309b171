/**
 * The oracle: gives each seat to the highest true chance of a right answer, now, among all that offer. Only a
 * simulation knows these chances; other selectors are compared with the oracle. It looks no further than the task at hand: a
 * selector that spared an agent for harder tasks could do even better.
 *
 * Members compute the same choice at different virtual moments. The truth may change in between, but they must come to the same
 * result. So the oracle remembers the first choice, by the task's attempt and by what the ledger says about the candidates.
 */

import type { AgentId } from "../../protocol/core/ids.ts";
import { createScoring, pickBest } from "../../protocol/selection/rank.ts";
import type { ChoiceRequest, Selector } from "../../protocol/selection/selector.ts";
import type { JobFacts } from "./job-facts.ts";
import type { TrueChances } from "./true-chances.ts";

/** As scenarios name it; real nodes have none. */
export const ORACLE = {
  name: "oracle",
  summary: "in simulations only: whoever has the highest true chance of a right answer now",
};

/** One choice, whoever computes it and when. Counts tell a second choice with the same candidates from the first. */
const keyOf = ({ of, candidates }: ChoiceRequest, count: number): string =>
  [
    `${of.job} ${of.task} ${of.attempt} ${count}`,
    ...candidates.map(({ agent, awards, live }) => `${agent} ${awards} ${live}`).sort((a, b) => (a < b ? -1 : 1)),
  ].join("\n");

/** Makes the oracle of one run: it remembers what was chosen. */
export function createOracle(chances: TrueChances, facts: JobFacts): Selector<null> {
  const known = new Map<string, ReadonlyMap<AgentId, number>>();
  return {
    ...ORACLE,
    seesAll: true,
    start: () => null,
    choose(_, request, count) {
      const key = keyOf(request, count);
      let scores = known.get(key);
      if (scores === undefined) {
        const task = facts.of(request.of.job, request.of.task);
        scores = new Map(request.candidates.map(({ agent }) => [agent, chances.of(agent, task)]));
        known.set(key, scores);
      }
      const scoring = createScoring(request.candidates.length);
      for (const [i, { agent }] of request.candidates.entries()) scoring.scores[i] = scores.get(agent)!;
      return pickBest(request, { ...scoring, means: scoring.scores, plain: scoring.scores }, count);
    },
    isState: (value): value is null => value === null,
  };
}
