/**
 * Screening: which of the eligible offers the selector sees at all. The best L by
 * `0.50 similarity + 0.35 prior success + 0.15 stability`; newcomers, whom making up costs nothing, get at most
 * ceil(L / 3) of the places and one live award each. These limits hold only while enough offers with a record stand to
 * fill the seats, whether free or at work (job/eligible.ts counts them): a fresh mesh starts with newcomers.
 *
 * Source: protocol.md 6.3; Symphony-Coord, stage 1.
 */

import { loadOf, reliabilityOf, slowness, successOf, unit } from "./context.ts";
import { NEWCOMER_SHARE, RANDOM_TOP, SCREEN_PLACES, SCREEN_WEIGHTS, STABILITY_WEIGHTS } from "./parameters.ts";
import { createScoring, firstOf, orderBy, orderByLot, picksAt } from "./rank.ts";
import type { Candidate, ChoiceRequest, Selector } from "./selector.ts";

/** 0..1: free, fast by its own word (against the task's target), and in time so far. */
const stabilityOf = (candidate: Candidate, targetMs: number): number =>
  STABILITY_WEIGHTS.idle * (1 - loadOf(candidate)) +
  STABILITY_WEIGHTS.fast * (1 - slowness(candidate.expectedMs, targetMs)) +
  STABILITY_WEIGHTS.reliable * reliabilityOf(candidate);

/** 0..1. */
export const screeningScore = (candidate: Candidate, targetMs: number): number =>
  SCREEN_WEIGHTS.similarity * unit(candidate.similarity) +
  SCREEN_WEIGHTS.success * successOf(candidate) +
  SCREEN_WEIGHTS.stability * stabilityOf(candidate, targetMs);

/** Places of the candidates, the best by screening first. */
function screeningOrder(request: ChoiceRequest): { readonly scores: Float64Array; readonly order: number[] } {
  const scores = Float64Array.from(request.candidates, (candidate) => screeningScore(candidate, request.targetMs));
  return { scores, order: orderBy(scores, request) };
}

/** Places that newcomers get where they are limited, for a task with `seats` free seats. */
export const newcomerPlaces = (seats: number, places: number = SCREEN_PLACES): number =>
  Math.ceil(Math.max(places, seats) / NEWCOMER_SHARE);

/** A newcomer that holds an award already gets no other where newcomers are limited. */
export const isBarred = (live: number): boolean => live > 0;

/**
 * Those whom the selector sees, best first, for a task with `seats` free seats; `isLimited`: newcomers are held back.
 * Without that at least one a seat, if so many stand.
 */
export function screen(
  request: ChoiceRequest,
  seats: number,
  isLimited: boolean,
  places: number = SCREEN_PLACES,
): readonly Candidate[] {
  const { candidates } = request;
  const width = Math.max(places, seats);
  const newcomersMax = isLimited ? newcomerPlaces(seats, places) : width;
  const seen: Candidate[] = [];
  let newcomers = 0;
  for (const at of screeningOrder(request).order) {
    const candidate = candidates[at]!;
    if (seen.length >= width) break;
    if (candidate.isNewcomer && (newcomers >= newcomersMax || (isLimited && isBarred(candidate.live)))) continue;
    if (candidate.isNewcomer) newcomers++;
    seen.push(candidate);
  }
  return seen;
}

/** Random among the best: what a selector must beat to be worth its arithmetic. */
export const RANDOM_OF_BEST: Selector<null> = {
  name: "random-top",
  summary: `one drawn at random among the best ${RANDOM_TOP} by similarity, record and stability`,
  start: () => null,
  choose(_, request, count) {
    const { scores, order } = screeningOrder(request);
    const best = new Set(order.slice(0, Math.max(RANDOM_TOP, count)));
    const chosen = firstOf(
      orderByLot(request).filter((at) => best.has(at)),
      request,
      count,
    );
    const scoring = { ...createScoring(scores.length), means: scores, scores, plain: scores };
    return picksAt(request, scoring, order, chosen, () => "draw");
  },
  isState: (value): value is null => value === null,
};
