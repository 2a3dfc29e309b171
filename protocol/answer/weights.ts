/**
 * Weights of results: they depend on whether the worker has a record for the skill. Newcomers cost nothing to make up, so in
 * a tally with any result of an agent with a record, all newcomers together weigh less than half. Otherwise all results
 * weigh the same, as in a fresh mesh.
 *
 * Source: protocol.md 6.3.
 */

import type { Rule } from "../wire/genesis.ts";
import type { Group } from "./comparator.ts";

/** Integers: of one result of a newcomer, and of one of another, where `newcomers` and `known` results stand. */
export function weightsOf(newcomers: number, known: number): { readonly newcomer: number; readonly known: number } {
  if (newcomers < known || known === 0) return { newcomer: 1, known: 1 };
  // newcomers * (2 known - 1) < known * 2 newcomers
  return { newcomer: 2 * known - 1, known: 2 * newcomers };
}

/**
 * Whether the first of `groups`, which the rule accepts by number, falls short of it by weight. `newcomers`: of each
 * output, whether its worker is one.
 */
export function isOutweighed(rule: Rule, groups: readonly Group[], newcomers: readonly boolean[]): boolean {
  const fresh = newcomers.filter((isNew) => isNew).length;
  const weight = weightsOf(fresh, newcomers.length - fresh);
  const sums = groups.map(({ members }) =>
    members.reduce((sum, member) => sum + (newcomers[member]! ? weight.newcomer : weight.known), 0),
  );
  const [best = 0, ...others] = sums;
  if (rule.kind === "majority") return best <= others.reduce((sum, other) => sum + other, 0);
  return others.some((other) => other >= best);
}
