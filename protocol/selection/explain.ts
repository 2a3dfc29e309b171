/**
 * Why an award went where it went, as plain data: everybody that was eligible, what was known of them, what the selector
 * made of it, and the choice. For traces and for `meshwork explain`.
 */

import type { Value } from "../wire/value.ts";
import { contextOf, FEATURES } from "./context.ts";
import type { Candidate, ChoiceRequest, Picked, Scored } from "./selector.ts";

/** A choice of workers for seats of one task. */
export interface Choice {
  /** All that were eligible; `ranked` are those of them that passed the screening, best first. */
  readonly request: Omit<ChoiceRequest, "draw">;
  readonly ranked: readonly Scored[];
  readonly picked: readonly Picked[];
}

/** Infinities have no place in values: null. */
const finite = (number: number): number | null => (Number.isFinite(number) ? number : null);

const known = ({ agent: _, ...facts }: Candidate): { [name: string]: Value } =>
  Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, typeof fact === "number" ? finite(fact) : (fact as Value)]),
  );

export function explainChoice({ request, ranked, picked }: Choice): Value {
  const { skill, targetMs, typicalPrice } = request;
  const scores = new Map(ranked.map((scored, index) => [scored.agent, { ...scored, place: index + 1 }]));
  const picks = new Map(picked.map((pick) => [pick.agent, pick]));
  const candidates = request.candidates.map((candidate) => {
    const scored = scores.get(candidate.agent);
    return {
      agent: candidate.agent,
      /** Its place in the ranking; null if the screening left it out. */
      place: scored?.place ?? null,
      score: finite(scored?.score ?? Number.NaN),
      mean: finite(scored?.mean ?? Number.NaN),
      bonus: finite(scored?.bonus ?? Number.NaN),
      picked: picks.get(candidate.agent)?.why ?? null,
      known: known(candidate),
      context: [...contextOf(candidate, request)],
    };
  });
  candidates.sort((a, b) => (a.place ?? candidates.length + 1) - (b.place ?? candidates.length + 1));
  return { skill, targetMs, typicalPrice, features: [...FEATURES], candidates };
}
