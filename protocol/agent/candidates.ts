/**
 * The agents that an owner may draw, as it knows them: what its jobs taught of each as a host, and from which network it is
 * connected. Also says in words why no committee can be made of them.
 *
 * Leaves to drawable.ts who may be drawn at all, to job/committee-draw.ts the draw.
 */

import type { AgentId } from "../core/ids.ts";
import type { Candidate } from "../job/committee-draw.ts";
import { committeeSize, type JobDraft } from "../job/draft.ts";
import { knownHosts, standingsOf } from "../selection/hosts.ts";
import type { KnownWorld } from "../selection/knowledge.ts";

/** Without those that this owner never draws again. `originOf`: where this agent saw each last; "" says nothing. */
export function candidatesOf(
  agents: readonly AgentId[],
  { hosts }: KnownWorld,
  originOf: (agent: AgentId) => string,
): Candidate[] {
  const standings = standingsOf(hosts);
  return agents.flatMap((agent): Candidate[] => {
    const standing = standings.get(agent);
    if (standing?.equivocated === true) return [];
    const origin = originOf(agent) || (standing?.origin ?? "");
    return [{ agent, power: standing?.power ?? 1, isKnown: standing?.isKnown === true, origin }];
  });
}

/** `full (3), it is old (1)`: what those that refused said, the most frequent first. */
function refusalsIn(declined: ReadonlyMap<AgentId, string>): string {
  const counts = new Map<string, number>();
  for (const reason of declined.values()) if (reason !== "") counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const said = [...counts].sort(([, a], [, b]) => b - a).map(([reason, count]) => `${reason} (${count})`);
  const silent = [...declined.values()].filter((reason) => reason === "").length;
  if (silent > 0) said.push(`no answer (${silent})`);
  return said.slice(0, 5).join(", ");
}

/** Why none of the draws came to a committee. `declined`: who refused, with its words, or was silent (""). */
export function describeShortage(
  problem: "few-hosts" | "few-known",
  { committee }: Pick<JobDraft, "committee">,
  { hosts }: KnownWorld,
  candidates: readonly Candidate[],
  declined: ReadonlyMap<AgentId, string>,
): string {
  const left = candidates.length;
  const all = left + declined.size;
  const refusals = declined.size === 0 ? "" : `: ${refusalsIn(declined)}`;
  const silent = [...declined.values()].filter((reason) => reason === "").length;
  if (left === 0 && declined.size > 0)
    return silent === 0
      ? `all ${all} agents that were asked to host it refuse${refusals}`
      : `none of the ${all} agents that were asked to host it says yes${refusals}`;
  const asked = `a committee of ${committeeSize(committee, left)} was asked for`;
  if (problem === "few-hosts")
    return declined.size === 0
      ? `${asked}, and this mesh has ${left} agents that host jobs`
      : `${asked}, and ${left} of ${all} agents would host it${refusals}`;
  const there = candidates.filter(({ isKnown }) => isKnown).length;
  const known = `${there} of the ${knownHosts(hosts).size} hosts that its owner knows would host it${refusals}`;
  return `${known}; with newcomers in their place, newcomers could hold a third of the power`;
}
