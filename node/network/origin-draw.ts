/** Whom a node dials next. What a stranger can have for nothing, many agents, must not make it likelier to be dialled. */

import type { AgentId } from "../../protocol/core/ids.ts";

/**
 * Draws one of the candidates: among networks in which nobody is connected yet, each alike; without any, among all. Private
 * networks ("") are as good as new ones.
 */
export function drawByOrigin<T extends { readonly agent: AgentId; readonly origin: string }>(
  candidates: readonly T[],
  met: ReadonlySet<string>,
  random: () => number,
): AgentId | undefined {
  const oneOf = <V>(values: readonly V[]): V | undefined => values[Math.floor(random() * values.length)];
  const isNew = ({ origin }: T): boolean => origin === "" || !met.has(origin);
  // Each agent of a private network counts as a network of its own.
  const groups = [...Map.groupBy(candidates.filter(isNew), ({ origin, agent }) => origin || agent).values()];
  return oneOf(oneOf(groups) ?? candidates)?.agent;
}
