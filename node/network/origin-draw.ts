/**
 * Whom a node dials next. What a stranger can have for nothing, many agents, or claims that they are in many networks, must not
 * make it likelier to be dialled.
 */

import type { AgentId } from "../../protocol/core/ids.ts";

export interface Candidate {
  readonly agent: AgentId;
  /** The network of the address that it claims; "": a private one, or a name. */
  readonly origin: string;
  /** Where that claim comes from: a network, or a peer of a private one. */
  readonly source: string;
}

/**
 * Draws one of the candidates: among those in networks in which nobody is connected yet, each source of claims alike, and of one
 * source each network alike; without any, among all.
 */
export function drawByOrigin(
  candidates: readonly Candidate[],
  met: ReadonlySet<string>,
  random: () => number,
): AgentId | undefined {
  const oneOf = <V>(values: readonly V[]): V | undefined => values[Math.floor(random() * values.length)];
  const groupsBy = (ungrouped: readonly Candidate[], keyOf: (candidate: Candidate) => string): Candidate[][] => [
    ...Map.groupBy(ungrouped, keyOf).values(),
  ];
  const fresh = candidates.filter(({ origin }) => origin === "" || !met.has(origin));
  const told = oneOf(groupsBy(fresh, ({ source }) => source)) ?? candidates;
  // Who is in a private network knows others in it, each as good as a network of its own; elsewhere anybody can claim that.
  const isNear = (source: string): boolean => !source.includes("/");
  const group = oneOf(groupsBy(told, ({ origin, agent, source }) => origin || (isNear(source) ? agent : "")));
  return oneOf(group ?? [])?.agent;
}
