/**
 * Policies without a state of their own. Each is what a learning one is to be compared with.
 */

import { reliabilityOf, successOf } from "./context.ts";
import type { ScoreSelector } from "./selector.ts";

export const SIMPLE: readonly ScoreSelector[] = [
  {
    name: "greedy",
    summary: "who was right and on time most often in this job",
    score: (candidate) => candidate.similarity * (successOf(candidate) * reliabilityOf(candidate)),
  },
  {
    name: "least-loaded",
    summary: "who has most slots free",
    score: ({ live, slots, load }) => -(live / slots + load / 1_000_000),
  },
  { name: "round-robin", summary: "who had fewest awards in this job", score: ({ awards }) => -awards },
  { name: "random", summary: "one drawn at random", score: () => 0 },
];
