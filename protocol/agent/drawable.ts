/**
 * Whom an owner may draw into a committee, as far as its agent knows: agents that keep jobs, without those that seem away,
 * and of those that nobody can dial one, if it is connected to this agent.
 *
 * An agent behind a firewall dials the other members itself, so one of them does no harm; two of them never meet.
 */

import type { AgentId } from "../core/ids.ts";
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
    agents.filter((vcv) => vcv.hosts),
    seen,
  );
  const present = all.filter((vcv) => !seen.isAway(vcv.agent));
  // Who seems away is left out, but not so that a committee becomes smaller, and with it what it tolerates.
  const isEnough = defaultCommitteeSize(present.length) === defaultCommitteeSize(all.length);
  return (isEnough ? present : all).map((vcv) => vcv.agent);
}

/** An agent without addresses found out that nobody can dial it. Where nobody has any, none was told by its driver. */
const isHidden = (vcv: Vcv): boolean => vcv.addresses.length === 0;

function withoutHidden(hosts: readonly Vcv[], seen: Seen): readonly Vcv[] {
  if (hosts.every(isHidden)) return hosts;
  const spared = hosts.find((vcv) => isHidden(vcv) && seen.isHere(vcv.agent));
  return hosts.filter((vcv) => !isHidden(vcv) || vcv === spared);
}
