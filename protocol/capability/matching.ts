/**
 * Which skill of an agent answers what a task asks for, and how near it is: the skill of that very name, or, if the task
 * asks in words, the one whose vector is nearest.
 *
 * Source: protocol.md 3 (by exact name, or by nearest vectors), 6.2.
 */

import type { SkillAd } from "../wire/capability.ts";
import type { Genesis, Like } from "../wire/genesis.ts";
import { EMBEDDING_BYTES } from "../wire/genesis.ts";
import { similarity, vectorOf } from "./embedding.ts";

/** The similarity of a skill with the very name that was asked for, parts per million. */
export const SAME_SKILL = 1_000_000;

/** What a task asks for. */
export interface Asked {
  readonly skill: string;
  /** null: only the name counts. */
  readonly like: Like | null;
}

export interface Match {
  readonly ad: SkillAd;
  /** Parts per million. */
  readonly similarity: number;
}

/** The skill of `skills` that is nearest to what is asked for; null if none is near enough. `embedder`: of their vectors. */
export function matchOf({ skill, like }: Asked, skills: readonly SkillAd[], embedder: string): Match | null {
  if (like === null) {
    const ad = skills.find(({ name }) => name === skill);
    return ad === undefined ? null : { ad, similarity: SAME_SKILL };
  }
  if (like.embedder !== embedder) return null;
  const wanted = vectorOf(like.vector);
  let best: Match | null = null;
  for (const ad of skills) {
    if (ad.vector.length !== EMBEDDING_BYTES) continue;
    const near = Math.floor(Math.max(0, similarity(wanted, vectorOf(ad.vector))) * SAME_SKILL);
    if (near >= like.least && (best === null || near > best.similarity)) best = { ad, similarity: near };
  }
  return best;
}

/** What the tasks of a job that go by `skill` ask for. */
export const askedOf = ({ nodes }: Genesis, skill: string): Asked => ({
  skill,
  like: nodes.find((spec) => spec.skill === skill)?.like ?? null,
});
