/**
 * Which agents an owner may draw into a committee, as far as its own agent knows: those that host jobs, have its rules and
 * do not seem away. At most one of them may be undialable, and only if it is connected to this agent.
 *
 * An agent behind a firewall dials the other members itself, so one is harmless; two such members would never meet.
 */

import type { AgentId } from "../core/ids.ts";
import { RULES_VERSION } from "../core/limits.ts";
import { defaultCommitteeSize } from "../job/committee-draw.ts";
import type { Vcv } from "../wire/capability.ts";

export interface Seen {
  /** It is this agent, or connected to it. */
  isHere(agent: AgentId): boolean;
  /** It did not answer, or could not be dialled, and has not been heard of since. */
  isAway(agent: AgentId): boolean;
}

/** In the order of `agents`. */
export function drawable(agents: readonly Vcv[], seen: Seen): AgentId[] {
  const all = withoutHidden(
    agents.filter((vcv) => vcv.hosts && vcv.rulesVersion === RULES_VERSION),
    seen,
  );
  const present = all.filter((vcv) => !seen.isAway(vcv.agent));
  // Agents that seem away are left out unless that makes the committee smaller, and with it the faults that it tolerates.
  const isEnough = defaultCommitteeSize(present.length) === defaultCommitteeSize(all.length);
  return (isEnough ? present : all).map((vcv) => vcv.agent);
}

/** An agent without addresses found out that nobody can dial it. If no agent has any, their drivers do not report them. */
const isHidden = (vcv: Vcv): boolean => vcv.addresses.length === 0;

function withoutHidden(hosts: readonly Vcv[], seen: Seen): readonly Vcv[] {
  if (hosts.every(isHidden)) return hosts;
  const spared = hosts.find((vcv) => isHidden(vcv) && seen.isHere(vcv.agent));
  return hosts.filter((vcv) => !isHidden(vcv) || vcv === spared);
}
