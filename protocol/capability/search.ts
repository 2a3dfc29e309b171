/**
 * Who can do something that a user describes in words: skills near a vector, with hard filters, and cheap ones ranked a
 * little above expensive ones. The index comes from outside (exact, or approximate for large directories), and catches up
 * with the directory on each query.
 *
 * Source: protocol.md 3; Federation of Agents, section on semantic routing (similarity, hard policy filter, cost bias).
 */

import type { AgentId } from "../core/ids.ts";
import { priceShare, typicalPrice } from "../selection/context.ts";
import type { SkillAd, Vcv } from "../wire/capability.ts";
import { EMBEDDING_BYTES } from "../wire/genesis.ts";
import type { Directory } from "./directory.ts";
import { vectorOf } from "./embedding.ts";
import { ExactIndex, type VectorIndex } from "./vector-index.ts";
import type { Neighbour } from "./vector-rows.ts";

/** How much of its similarity the most expensive offer loses, 0..1. Higher: cheap strangers before expensive specialists. */
const COST_BIAS = 0.1;
/** Neighbours that are looked at for each that is wanted: some are filtered out, and some agents have several. */
const BREADTH = 4;
/** The factor by which it asks for more when these were too few: an agent with the same text for all its skills would hide others. */
const WIDER = 4;
/** The most skills that are looked at: about as many as seventy agents have. */
const NEIGHBOURS_MAX = 16_384;

interface FoundSkill {
  readonly vcv: Vcv;
  readonly skill: SkillAd;
  /** 0..1. */
  readonly similarity: number;
}

interface SearchFilter {
  readonly labels?: readonly string[];
  /** Micro-credits. */
  readonly priceMax?: number;
}

const idOf = (agent: AgentId, skill: number): string => `${agent}\n${skill}`;

/** The most similar first, cheap ones a little before expensive ones. */
export function bestFirst<T>(
  found: readonly T[],
  factsOf: (found: T) => { readonly agent: string; readonly price: number; readonly similarity: number },
): T[] {
  const facts = found.map((one) => ({ one, ...factsOf(one) }));
  const typical = typicalPrice(facts);
  const worth = ({ price, similarity }: (typeof facts)[number]): number =>
    similarity * (1 - COST_BIAS * priceShare(price, typical));
  return facts.sort((a, b) => worth(b) - worth(a) || (a.agent < b.agent ? -1 : 1)).map(({ one }) => one);
}

export class SkillSearch {
  readonly #directory: Directory;
  readonly #index: VectorIndex;
  /** What stands in the index. */
  readonly #indexed = new Map<AgentId, Vcv>();
  #version = -1;

  constructor(directory: Directory, index: VectorIndex = new ExactIndex()) {
    this.#directory = directory;
    this.#index = index;
  }

  /** At most `most` skills near `vector`, the best of each agent, best first. */
  find(wallMs: number, vector: Int8Array, most: number, filter: SearchFilter = {}): FoundSkill[] {
    this.#follow();
    let found: FoundSkill[] = [];
    for (let wanted = Math.max(most * BREADTH, 64); ; wanted *= WIDER) {
      const near = this.#index.nearest(vector, wanted);
      found = this.#passing(near, wallMs, filter);
      const isAll = near.length < wanted || near[near.length - 1]!.similarity <= 0;
      if (found.length >= most || isAll || wanted >= NEIGHBOURS_MAX) break;
    }
    return bestFirst(found, ({ vcv, skill, similarity }) => ({
      agent: vcv.agent,
      price: skill.price,
      similarity,
    })).slice(0, most);
  }

  /** The nearest skill of each agent, of those that pass. */
  #passing(near: readonly Neighbour[], wallMs: number, filter: SearchFilter): FoundSkill[] {
    const found: FoundSkill[] = [];
    const seen = new Set<AgentId>();
    for (const { id, similarity } of near) {
      const at = id.indexOf("\n");
      const vcv = this.#indexed.get(id.slice(0, at) as AgentId)!;
      const skill = vcv.skills[Number(id.slice(at + 1))]!;
      if (similarity <= 0 || seen.has(vcv.agent) || !passes(vcv, skill, wallMs, filter)) continue;
      seen.add(vcv.agent);
      found.push({ vcv, skill, similarity });
    }
    return found;
  }

  /** Puts into the index what changed in the directory. Cost: a walk over it, and each changed skill. */
  #follow(): void {
    if (this.#version === this.#directory.version) return;
    this.#version = this.#directory.version;
    for (const [agent, vcv] of this.#indexed) if (this.#directory.get(agent) !== vcv) this.#remove(vcv);
    for (const vcv of this.#directory.entries()) {
      if (this.#indexed.has(vcv.agent)) continue;
      this.#indexed.set(vcv.agent, vcv);
      for (const [place, { vector }] of vcv.skills.entries())
        if (vector.length === EMBEDDING_BYTES) this.#index.set(idOf(vcv.agent, place), vectorOf(vector));
    }
  }

  #remove(vcv: Vcv): void {
    this.#indexed.delete(vcv.agent);
    for (const place of vcv.skills.keys()) this.#index.delete(idOf(vcv.agent, place));
  }
}

const passes = (vcv: Vcv, skill: SkillAd, wallMs: number, { labels = [], priceMax }: SearchFilter): boolean =>
  vcv.expiresMs > wallMs &&
  labels.every((label) => vcv.labels.includes(label)) &&
  (priceMax === undefined || skill.price <= priceMax);
