/**
 * Makes whole selectors of what plugins bring: of a function that scores, and of a selector that may throw or pick who
 * was not there. A committee must not end by it; all members compute it, and all come to the same.
 */

import { createScoring, firstOf, orderByLot, pickBest, picksAt } from "./rank.ts";
import type { Candidate, ChoiceRequest, Lesson, Picks, ScoreSelector, Selector } from "./selector.ts";

/** Scores each candidate by itself; has no state. One that throws scores worst of all. */
export const fromScores = (selector: ScoreSelector): Selector<null> => ({
  name: selector.name,
  summary: selector.summary,
  start: () => null,
  choose(_, request, count) {
    const scoring = createScoring(request.candidates.length);
    for (const [i, candidate] of request.candidates.entries()) {
      const score = scoreOf(selector, candidate);
      scoring.means[i] = score;
      scoring.scores[i] = score;
      scoring.plain[i] = score;
    }
    return pickBest(request, scoring, count);
  },
  isState: (value): value is null => value === null,
});

function scoreOf(selector: ScoreSelector, candidate: Candidate): number {
  try {
    const score = selector.score(candidate);
    return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
}

/** As `selector`, but a choice that throws, or is none among the candidates, is drawn by lot, and a lesson that throws is none. */
export function guarded<S>(selector: Selector<S>): Selector<S> {
  const { name, summary } = selector;
  return {
    name,
    summary,
    start: () => selector.start(),
    choose(state, request, count) {
      try {
        const picks = selector.choose(state, request, count);
        return isSound(picks, request, count) ? picks : byLot(request, count);
      } catch {
        return byLot(request, count);
      }
    },
    learn(state, lesson: Lesson) {
      try {
        return selector.learn === undefined ? state : selector.learn(state, lesson);
      } catch {
        return state;
      }
    },
    isState(value): value is S {
      try {
        return selector.isState?.(value) === true;
      } catch {
        return false;
      }
    },
  };
}

function isSound({ picked }: Picks, { candidates }: ChoiceRequest, count: number): boolean {
  const there = new Set<string>(candidates.map(({ agent }) => agent));
  const chosen = new Set<string>(picked.map(({ agent }) => agent));
  const isComplete = picked.length === Math.min(count, there.size) && chosen.size === picked.length;
  return isComplete && picked.every(({ agent, context }) => there.has(agent) && Array.isArray(context));
}

function byLot(request: ChoiceRequest, count: number): Picks {
  const order = orderByLot(request);
  return picksAt(request, createScoring(order.length), order, firstOf(order, request, count), () => "draw");
}
