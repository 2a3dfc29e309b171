/**
 * Who hosts a job: the owner's node proposes the committee by highest random weight over (mesh, owner, counter,
 * tasks) and agent, so that nobody who joins chooses its job, and nobody but the owner chooses its committee.
 *
 * Source: protocol.md 4; Thaler and Ravishankar, "Using name-based mappings to increase hit rates" (1998) for the
 * weights. The draw's safety is the hypergeometric tail, by the project's own arithmetic.
 */

import { compareText } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId, Hash, MeshId } from "../core/ids.ts";
import { type Codec, hash, hashOf, struct, text, uint } from "../wire/codec.ts";
import { agentId, type Member } from "../wire/consensus.ts";

const weightCodec = struct({
  meshId: text<MeshId>(64),
  owner: agentId,
  counter: uint(),
  tasks: hash as Codec<Hash>,
  agent: agentId,
});

interface DrawSeed {
  readonly meshId: MeshId;
  readonly owner: AgentId;
  readonly counter: number;
  /** Hash of the job's tasks. */
  readonly tasks: Hash;
}

/** Committee of a mesh with this many hosts, where the owner names no size: the next 3f+1 that leaves room for standbys. */
export function defaultCommitteeSize(hosts: number): number {
  if (hosts < 4) return 1;
  return hosts >= 10 ? 7 : 4;
}

/** Standbys that are drawn with a committee: one for every member that may fail, where there are enough hosts. */
const standbysFor = (size: number): number => (size === 1 ? 0 : size);

/** The `size` hosts with the highest weights, with power 1 each, and those after them as standbys. */
export function drawCommittee(
  hasher: Hasher,
  seed: DrawSeed,
  hosts: readonly AgentId[],
  size: number,
): { committee: Member[]; standbys: AgentId[] } {
  const ranked = hosts
    .map((agent) => ({ agent, weight: hashOf(hasher, weightCodec, { ...seed, agent }) }))
    .sort((a, b) => compareText(b.weight, a.weight) || compareText(a.agent, b.agent))
    .map(({ agent }) => agent);
  return {
    committee: ranked.slice(0, size).map((agent) => ({ agent, power: 1 })),
    standbys: ranked.slice(size, size + standbysFor(size)),
  };
}

/** Members of a committee with these powers that may be Byzantine, whichever they are. */
export function toleratedMembers(powers: readonly number[]): number {
  const total = powers.reduce((sum, power) => sum + power, 0);
  let held = 0;
  let count = 0;
  for (const power of [...powers].sort((a, b) => b - a)) {
    held += power;
    if (3 * held >= total) break;
    count++;
  }
  return count;
}

/**
 * Chance that a committee of `size` drawn from `agents`, of which `byzantine` are, holds more than `tolerated` of them.
 * Exact up to rounding: products of ratios, no factorials.
 */
function unsafeDrawProbability(agents: number, byzantine: number, size: number, tolerated: number): number {
  let safe = 0;
  for (let bad = 0; bad <= Math.min(tolerated, byzantine, size); bad++) {
    if (size - bad > agents - byzantine) continue;
    let probability = 1;
    // C(byzantine, bad) · C(agents - byzantine, size - bad) / C(agents, size), factor by factor.
    for (let i = 0; i < bad; i++) probability *= (byzantine - i) / (bad - i);
    for (let i = 0; i < size - bad; i++) probability *= (agents - byzantine - i) / (size - bad - i);
    for (let i = 0; i < size; i++) probability *= (size - i) / (agents - i);
    safe += probability;
  }
  return Math.max(0, 1 - safe);
}

/** What the submitter is told about its committee, in words. */
export function describeSafety(powers: readonly number[], agents: number): string {
  const size = powers.length;
  if (size === 1)
    return "committee of 1: the job rests on that one agent (4 hosts make a committee that tolerates a fault)";
  const tolerated = toleratedMembers(powers);
  const byzantine = Math.max(1, Math.round(agents * 0.05));
  const chance = unsafeDrawProbability(agents, byzantine, size, tolerated) * 100;
  const risk =
    chance === 0 ? "cannot be unsafe" : `is unsafe in ${chance < 0.1 ? "less than 0.1" : chance.toFixed(1)} % of cases`;
  return `committee of ${size}: safe with any ${tolerated} Byzantine; if ${byzantine} of the ${agents} agents were, a draw ${risk}`;
}
