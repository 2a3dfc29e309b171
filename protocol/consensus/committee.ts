/**
 * A committee: who votes on a job's next block, with what power, and who proposes when.
 *
 * Source: arXiv 1807.04938, section II (voting power) and `proposer(h, r)`; protocol.md 4, 5.
 */

import { assert } from "../core/assert.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId, Hash } from "../core/ids.ts";
import { type CommitteeMembers, committeeHash } from "../wire/consensus.ts";

export interface Committee {
  readonly members: CommitteeMembers;
  readonly total: number;
  readonly hash: Hash;
  /** 0 for agents that are not members. */
  power(agent: AgentId): number;
  powerOf(agents: Iterable<AgentId>): number;
  /** More than 2/3: any two quorums share an honest member while less than 1/3 is Byzantine. */
  isQuorum(power: number): boolean;
  /** More than 1/3: at least one of them is honest. */
  hasHonest(power: number): boolean;
  proposer(height: number, round: number): AgentId;
  /** The members but this agent. */
  others(agent: AgentId): readonly AgentId[];
}

/**
 * Smooth weighted round robin over one period of `total` turns: each member has `power` of them, spread out,
 * and nobody can choose when its turn comes.
 */
function rotationOf(members: CommitteeMembers, total: number): AgentId[] {
  const credit = members.map(() => 0);
  const rotation: AgentId[] = [];
  for (let turn = 0; turn < total; turn++) {
    let best = 0;
    for (let i = 0; i < members.length; i++) {
      credit[i]! += members[i]!.power;
      if (credit[i]! > credit[best]!) best = i;
    }
    credit[best]! -= total;
    rotation.push(members[best]!.agent);
  }
  return rotation;
}

export function createCommittee(hasher: Hasher, members: CommitteeMembers): Committee {
  const powers = new Map<AgentId, number>();
  let total = 0;
  for (const member of members) {
    assert(!powers.has(member.agent), "a committee names each member once");
    powers.set(member.agent, member.power);
    total += member.power;
  }
  assert(total > 0, "a committee has power");
  const rotation = rotationOf(members, total);
  const othersOf = new Map<AgentId, readonly AgentId[]>();
  const power = (agent: AgentId): number => powers.get(agent) ?? 0;
  return {
    members,
    total,
    hash: committeeHash(hasher, members),
    power,
    powerOf(agents) {
      let sum = 0;
      for (const agent of agents) sum += power(agent);
      return sum;
    },
    isQuorum: (sum) => 3 * sum > 2 * total,
    hasHonest: (sum) => 3 * sum > total,
    proposer: (height, round) => rotation[(height + round) % total]!,
    others(self) {
      let others = othersOf.get(self);
      if (others === undefined) {
        others = members.map(({ agent }) => agent).filter((agent) => agent !== self);
        othersOf.set(self, others);
      }
      return others;
    },
  };
}

/**
 * Why these members cannot be a committee, or null: sizes 1, or 4 and more; each member once, with power 1..4,
 * and in committees of 4 and more each below 1/3 of the total, or one failure alone would stop it.
 */
export function explainNotCommittee(members: CommitteeMembers): string | null {
  if (members.length === 0) return "committee-empty";
  if (members.length === 2 || members.length === 3) return "committee-of-two-or-three";
  const seen = new Set<AgentId>();
  let total = 0;
  for (const { agent, power } of members) {
    if (seen.has(agent)) return "committee-member-twice";
    seen.add(agent);
    if (power < 1) return "committee-member-without-power";
    total += power;
  }
  if (members.length > 1 && members.some(({ power }) => 3 * power >= total)) return "committee-member-too-powerful";
  return null;
}
