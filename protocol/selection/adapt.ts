/**
 * Makes whole selectors of what plugins bring: of a function that scores, and of a selector that may throw or pick who
 * was not there. A committee must not end by it; all members compute it, and all come to the same.
 */

import { assert } from "../core/assert.ts";
import { decodeValue, encodeValue, type Value } from "../wire/value.ts";
import { contextOf } from "./context.ts";
import { createScoring, firstOf, orderByLot, pickBest, picksAt } from "./rank.ts";
import type {
  Candidate,
  ChoiceRequest,
  Lesson,
  Picked,
  Picks,
  Reason,
  Scored,
  ScoreSelector,
  Selector,
} from "./selector.ts";

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

/**
 * As `selector`, but a choice that throws, or names somebody else than a candidate, is replaced by a random draw, and a lesson that throws, or
 * leaves no plain data, is none. Contexts are those of context.ts, whatever it gives. States cannot be changed in place:
 * that would survive blocks that are taken back. Throws where it starts with no plain data.
 */
export function guarded<S>(selector: Selector<S>): Selector<S> {
  const { name, summary, seesAll = false } = selector;
  const first = plain(selector.start());
  return {
    name,
    summary,
    seesAll,
    start: () => first,
    choose(state, request, count) {
      try {
        const picks = selector.choose(frozen(state), request, count);
        if (!isSound(picks, request, count)) return drawAtRandom(request, count);
        return { ...picks, picked: picks.picked.map((pick) => withContext(pick, request)) };
      } catch {
        return drawAtRandom(request, count);
      }
    },
    learn(state, lesson: Lesson) {
      try {
        return selector.learn === undefined ? state : plain(selector.learn(frozen(state), lesson));
      } catch {
        return state;
      }
    },
    shorten(state, bytesMax) {
      try {
        return selector.shorten === undefined ? state : plain(selector.shorten(frozen(state), bytesMax));
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

/** A copy in the one form that canonical bytes have: what the ledger's digest and a genesis can hold. Throws. */
function plain<S>(state: S): S {
  const decoded = decodeValue(encodeValue(state as Value));
  assert(decoded.ok, "what was written can be read");
  return frozen(decoded.value as S);
}

function frozen<S>(state: S): S {
  if (typeof state !== "object" || state === null || Object.isFrozen(state)) return state;
  for (const part of Object.values(state)) frozen(part);
  return Object.freeze(state);
}

const REASONS: { readonly [why in Reason]: true } = {
  best: true,
  explore: true,
  newcomer: true,
  draw: true,
  cheapest: true,
};

function isSound({ ranked, picked }: Picks, { candidates }: ChoiceRequest, count: number): boolean {
  const there = new Set<string>(candidates.map(({ agent }) => agent));
  const chosen = new Set<string>(picked.map(({ agent }) => agent));
  const isComplete = picked.length === Math.min(count, there.size) && chosen.size === picked.length;
  const areRanked = Array.isArray(ranked) && ranked.length <= candidates.length && ranked.every(isScored);
  return (
    isComplete &&
    areRanked &&
    picked.every((pick) => there.has(pick.agent) && isScored(pick) && Object.hasOwn(REASONS, pick.why))
  );
}

const isScored = ({ agent, score, mean, bonus }: Scored): boolean =>
  typeof agent === "string" && [score, mean, bonus].every((number) => typeof number === "number");

/** Contexts go into the books, and rewards are read from them: they are never a plugin's own. */
const withContext = (pick: Picked, request: ChoiceRequest): Picked => ({
  ...pick,
  context: contextOf(request.candidates.find(({ agent }) => agent === pick.agent)!, request),
});

function drawAtRandom(request: ChoiceRequest, count: number): Picks {
  const order = orderByLot(request);
  return picksAt(request, createScoring(order.length), order, firstOf(order, request, count), () => "draw");
}
