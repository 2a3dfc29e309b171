/**
 * Who hosts a job: the owner's node proposes the committee by highest random weight over (mesh, owner, counter,
 * tasks) and agent, so that nobody who joins chooses its job, and nobody but the owner chooses its committee. Weights alone
 * would give every identity the same chance, and identities cost nothing: who hosted well before has more power, an owner that
 * knows hosts lets newcomers have less than a third of it, and each network has one member.
 *
 * Source: protocol.md 4; Thaler and Ravishankar, "Using name-based mappings to increase hit rates" (1998) for the
 * weights. The draw's safety is the hypergeometric tail, by the project's own arithmetic.
 */

import { compareText } from "../core/bytes.ts";
import type { Hasher } from "../core/crypto.ts";
import type { AgentId, Hash, MeshId } from "../core/ids.ts";
import { limits } from "../core/limits.ts";
import { type Codec, hash, hashOf, struct, text, uint } from "../wire/codec.ts";
import { agentId, type Member } from "../wire/consensus.ts";

const weightCodec = struct({
  meshId: text<MeshId>(64),
  owner: agentId,
  counter: uint(),
  tasks: hash as Codec<Hash>,
  agent: agentId,
});

export interface DrawSeed {
  readonly meshId: MeshId;
  readonly owner: AgentId;
  readonly counter: number;
  /** Hash of the job's tasks. */
  readonly tasks: Hash;
}

/** An agent that may be drawn, as the owner knows it. */
export interface Candidate {
  readonly agent: AgentId;
  readonly power: number;
  /** The owner's jobs met it for long enough (selection/hosts.ts); else it is a newcomer. */
  readonly isKnown: boolean;
  /** The network that it is connected from (capability/addresses.ts); "" is exempt from the bound. */
  readonly origin: string;
}

interface DrawRules {
  /** How many members; null: as suits the number of candidates. */
  readonly size: number | null;
  /** Null: as many as members. */
  readonly standbysMax: number | null;
  /** How many hosts answered, those that refuse too. Default: as many as there are candidates. */
  readonly answered?: number | undefined;
  /** Newcomers together hold less than a third of the power, whoever takes whose seat. */
  readonly boundsNewcomers: boolean;
}

interface DrawnCommittee {
  readonly committee: readonly Member[];
  /** Each with the most power that it may come to hold. */
  readonly standbys: readonly Member[];
}

/** Hosts that an owner must know before newcomers are bounded. */
const KNOWN_HOSTS = 3;

/** Whether an owner that knows so many hosts bounds newcomers: in a fresh mesh everybody is new. */
export const boundsNewcomers = (knownHosts: number): boolean => knownHosts >= KNOWN_HOSTS;

/** Sizes of drawn committees, with the hosts from which on each leaves room for standbys or has no smaller remedy. */
const SIZES = [
  { size: 7, hosts: 10 },
  { size: 4, hosts: 4 },
  { size: 1, hosts: 0 },
] as const;

/** Committee of a mesh with this many hosts, where the owner names no size: the next 3f+1 that leaves room for standbys. */
export const defaultCommitteeSize = (hosts: number): number => SIZES.find((step) => hosts >= step.hosts)!.size;

/** The same where only so many of the hosts are willing: the others may be so again when members are replaced. */
const sizeAmong = (answered: number, willing: number): number =>
  SIZES.find((step) => Math.max(answered, willing) >= step.hosts && willing >= step.size)?.size ?? 0;

/** Standbys that are drawn with a committee: one for every member that may fail, where there are enough hosts. */
export const standbysFor = (size: number): number => (size === 1 ? 0 : size);

/** Nobody holds a third, or one failure alone would stop the job: the greatest loses 1 until it is so, or all have 1. */
function withoutThirds(members: readonly Member[]): Member[] {
  const powers = members.map(({ power }) => power);
  const sum = (): number => powers.reduce((total, power) => total + power, 0);
  for (let greatest = Math.max(...powers); greatest > 1 && 3 * greatest >= sum(); greatest = Math.max(...powers))
    powers[powers.lastIndexOf(greatest)] = greatest - 1;
  return members.map(({ agent }, i) => ({ agent, power: powers[i]! }));
}

/** Takes candidates in their order, with newcomers for `budget` power together. */
class Seating {
  readonly #ranked: readonly Candidate[];
  readonly #budget: number;
  readonly #seated = new Set<Candidate>();
  readonly #origins = new Set<string>();
  #newcomers = 0;
  /** Two of those who sit are of one network. */
  repeatsOrigins = false;

  constructor(ranked: readonly Candidate[], budget: number) {
    this.#ranked = ranked;
    this.#budget = budget;
  }

  /** Up to so many. `repeats`: even where somebody of the same network sits. */
  take(seats: number, repeats: boolean): Candidate[] {
    const taken: Candidate[] = [];
    for (const candidate of this.#ranked) {
      if (taken.length === seats) break;
      const { origin, power, isKnown } = candidate;
      const isRepeated = origin !== "" && this.#origins.has(origin);
      if (this.#seated.has(candidate) || (isRepeated && !repeats)) continue;
      if (!isKnown && this.#newcomers + power > this.#budget) continue;
      if (!isKnown) this.#newcomers += power;
      this.repeatsOrigins ||= isRepeated;
      this.#origins.add(origin);
      this.#seated.add(candidate);
      taken.push(candidate);
    }
    return taken;
  }
}

const memberOf = ({ agent, power }: Candidate): Member => ({ agent, power });

/** The highest weight first. */
export const inOrderOfWeight = (hasher: Hasher, seed: DrawSeed, candidates: readonly Candidate[]): Candidate[] =>
  candidates
    .map((candidate) => ({ candidate, weight: hashOf(hasher, weightCodec, { ...seed, agent: candidate.agent }) }))
    .sort((a, b) => compareText(b.weight, a.weight) || compareText(a.candidate.agent, b.candidate.agent))
    .map(({ candidate }) => candidate);

/** Null if the size cannot be had. */
function drawWithin(
  ranked: readonly Candidate[],
  size: number,
  standbys: number,
  budget: number,
): DrawnCommittee | null {
  const seating = new Seating(ranked, budget);
  const apart = seating.take(size, false);
  const members = [...apart, ...seating.take(size - apart.length, true)];
  if (members.length < size) return null;
  return {
    committee: withoutThirds(members.map(memberOf)),
    standbys: seating.take(standbys, seating.repeatsOrigins).map(memberOf),
  };
}

/** Members and standbys count together, each with the most that it may hold: so the bound holds after any succession. */
function boundHolds({ committee, standbys }: DrawnCommittee, newcomers: ReadonlySet<AgentId>): boolean {
  const total = committee.reduce((sum, { power }) => sum + power, 0);
  const held = [...committee, ...standbys].filter(({ agent }) => newcomers.has(agent));
  return 3 * held.reduce((sum, { power }) => sum + power, 0) < total;
}

/**
 * The candidates with the highest weights, as far as the rules let them in. At most one member comes from a network while
 * others stand. `few-hosts`: there are not enough; `few-known`: not enough are known, and newcomers would hold a third. Where
 * the owner names no size, a smaller committee is drawn before it comes to that.
 */
export function drawCommittee(
  hasher: Hasher,
  seed: DrawSeed,
  candidates: readonly Candidate[],
  rules: DrawRules,
): DrawnCommittee | "few-hosts" | "few-known" {
  const ranked = inOrderOfWeight(hasher, seed, candidates);
  const newcomers = new Set(candidates.filter(({ isKnown }) => !isKnown).map(({ agent }) => agent));
  const most = rules.size ?? sizeAmong(rules.answered ?? 0, candidates.length);
  const smaller = rules.size === null && rules.boundsNewcomers ? SIZES.map(({ size }) => size) : [];
  if (candidates.length < most || most === 0) return "few-hosts";
  for (const size of [most, ...smaller.filter((one) => one < most)]) {
    const standbys = Math.min(standbysFor(size), rules.standbysMax ?? Number.POSITIVE_INFINITY);
    if (!rules.boundsNewcomers) return drawWithin(ranked, size, standbys, Number.POSITIVE_INFINITY) ?? "few-hosts";
    // The more power the newcomers are let have, the more of them sit: the first draw that keeps the bound has most of them.
    for (let budget = Math.floor((limits.power * size - 1) / 3); budget >= 0; budget--) {
      const drawn = drawWithin(ranked, size, standbys, budget);
      if (drawn === null) break;
      if (boundHolds(drawn, newcomers)) return drawn;
    }
  }
  return "few-known";
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
export function unsafeDrawProbability(agents: number, byzantine: number, size: number, tolerated: number): number {
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

interface SafetyFacts {
  /** Agents of the mesh that host jobs. */
  readonly agents: number;
  /** Hosts that the owner knows, of all meshes. */
  readonly known: ReadonlySet<AgentId>;
  /** Whether the draw bounded newcomers. */
  readonly isBounded: boolean;
}

/** What the submitter is told about its committee, in words: lines. */
export function describeSafety(members: readonly Member[], { agents, known, isBounded }: SafetyFacts): string[] {
  const size = members.length;
  if (size === 1)
    return ["committee of 1: the job rests on that one agent (4 hosts make a committee that tolerates a fault)"];
  const powers = members.map(({ power }) => power);
  const total = powers.reduce((sum, power) => sum + power, 0);
  const isEven = powers.every((power) => power === powers[0]);
  const tolerated = toleratedMembers(powers);
  const shares = isEven ? "" : ` with power ${powers.join(" + ")}`;
  const safe = `committee of ${size}${shares}: safe with any ${tolerated} Byzantine`;
  const newcomers = members.filter(({ agent }) => !known.has(agent));
  const held = newcomers.reduce((sum, { power }) => sum + power, 0);
  if (isBounded)
    return [
      `${safe}; newcomers hold ${held} of ${total} power, and never a third, whoever is replaced and however many there are`,
    ];
  const harmful = tolerated + 1;
  const fresh =
    newcomers.length === size
      ? `all ${size} members are new to you: no job of yours met them on several days in more than a week`
      : `${newcomers.length} of ${size} members are new to you, and nothing bounds what newcomers hold`;
  if (!isEven || agents < size) return [safe, fresh];
  const chance = unsafeDrawProbability(agents, Math.min(harmful, agents), size, tolerated) * 100;
  const odds = chance < 0.1 ? "less than 0.1" : chance.toFixed(1);
  return [
    safe,
    `${fresh}; if one person ran ${harmful} of the ${agents} agents that host jobs, a draw would be unsafe in ${odds} % of cases`,
  ];
}
