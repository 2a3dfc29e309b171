/** Keys of the ledger's tables. Neither names (graph.ts) nor ids of agents contain line breaks. */

import { compareUnits } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";

/** An agent's record for a skill. */
export const skillKey = (agent: AgentId, skill: string): string => `${agent}\n${skill}`;
export function ofSkillKey(key: string): { readonly agent: AgentId; readonly skill: string } {
  const at = key.indexOf("\n");
  return { agent: key.slice(0, at) as AgentId, skill: key.slice(at + 1) };
}

/** Wrong answers for a skill that two agents shared, in whatever order they are named. */
export const sharedErrorsKey = (skill: string, one: AgentId, other: AgentId): string =>
  [...[one, other].sort(compareUnits), skill].join("\n");

/** A need: a skill with labels. */
export const needKey = (skill: string, labels: readonly string[]): string => [skill, ...labels].join("\n");

/** A member's word about an agent. */
export const suspicionKey = (by: AgentId, target: AgentId): string => `${by}\n${target}`;
