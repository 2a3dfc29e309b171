/**
 * The owner's feedback on a whole job, as a late lesson about every agent whose answers the result rests on, in proportion
 * to its part. It changes what the owner knows and nothing else: the job is over, and its certificate stands.
 *
 * Source: protocol.md 6 (feedback); Symphony-Coord, delayed reward (every step of a plan learns by the plan's outcome).
 */

import { decodeValue } from "../wire/value.ts";
import { carried, type KnownWorld, type UnscoredJob, withAnswers } from "./knowledge.ts";
import { lessonOf } from "./reward.ts";
import type { Selectors } from "./selector.ts";

/** `score`: 1 the result is right, 0 it is wrong, between them as good as that. Null if nothing is known of the job. */
export function scoreJob(world: KnownWorld, job: string, score: number, selectors: Selectors): KnownWorld | null {
  const scored = world.unscored.find((one) => one.job === job);
  if (scored === undefined) return null;
  let { records } = world;
  for (const { agent, skill, share } of scored.credits)
    records = withAnswers(records, { agent, skill, accepted: share * score, rejected: share * (1 - score) });
  return {
    ...world, // who the agents are stays known, too
    records,
    learned: { ...world.learned, ...learnedBy(world, scored, score, selectors) },
    unscored: world.unscored.filter((one) => one !== scored),
  };
}

function learnedBy(
  { learned }: KnownWorld,
  { selector: name, credits }: UnscoredJob,
  score: number,
  selectors: Selectors,
): KnownWorld["learned"] {
  const selector = selectors.get(name);
  const decoded = Object.hasOwn(learned, name) ? decodeValue(learned[name]!) : null;
  if (selector?.learn === undefined || decoded?.ok !== true || selector.isState?.(decoded.value) !== true) return {};
  let state: unknown = decoded.value;
  for (const { agent, skill, share, context, tookMs, targetMs } of credits) {
    const outcome = { correct: score, tookMs, targetMs, margin: share };
    state = selector.learn(state, lessonOf({ agent, context }, skill, outcome));
  }
  return { [name]: carried(selector, state) };
}
