/**
 * How much of a large mesh an agent hears of when capability vectors are split into shards: by the agents' ids, as they
 * are, beside by the skills' vectors (signs of random projections), where an agent hears every shard that one of its
 * skills is in. A model of who is in which shard; no messages.
 */

import { nodeCrypto } from "../../node/platform/crypto.ts";
import { embed } from "../../protocol/capability/embedding.ts";
import { SHARD_AGENTS, shardOf } from "../../protocol/capability/shards.ts";
import type { AgentId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { createPrng } from "../../protocol/core/prng.ts";
import { shardAt } from "../../protocol/wire/topics.ts";
import { type Row, row } from "./row.ts";
import { makeSkills } from "./skill-texts.ts";

const AGENTS = 10_000;
const SKILLS = [1, 4, 8];
const SEED = 1;
const BITS = limits.shardBits;

/** The cells of a space cut by as many planes as there are bits, and which of them each vector is in. */
function cellsOf(vectors: readonly Int8Array[]): number[] {
  const prng = createPrng(`planes/${SEED}`);
  const planes = Array.from({ length: BITS }, () =>
    Array.from({ length: vectors[0]!.length }, () => (prng.chance(0.5) ? 1 : -1)),
  );
  return vectors.map((vector) =>
    planes.reduce(
      (cell, plane) => 2 * cell + (plane.reduce((sum, sign, i) => sum + sign * vector[i]!, 0) > 0 ? 1 : 0),
      0,
    ),
  );
}

interface Heard {
  /** Mean share of the mesh that an agent hears of. */
  readonly share: number;
  /** Agents in the largest shard. */
  readonly largest: number;
}

/** `cells`: of each agent, at full depth. A shard is split in two until it has few enough agents, or cannot be split. */
function heard(cells: readonly (readonly number[])[]): Heard {
  const keyOf = (cell: number, depth: number): number => (1 << depth) | shardAt(cell, depth);
  const members = new Map<number, Set<number>>();
  for (let depth = 0; depth <= BITS; depth++)
    for (const [agent, own] of cells.entries())
      for (const cell of own) {
        const key = keyOf(cell, depth);
        members.set(key, (members.get(key) ?? new Set()).add(agent));
      }
  /** The leaf that each cell at full depth belongs to. */
  const leafOfCell = new Map<number, number>();
  const split = (key: number, depth: number): void => {
    const isLeaf = depth === BITS || (members.get(key)?.size ?? 0) <= SHARD_AGENTS;
    if (!isLeaf) for (const child of [2 * key, 2 * key + 1]) split(child, depth + 1);
    else for (let low = 0; low < 1 << (BITS - depth); low++) leafOfCell.set((key << (BITS - depth)) | low, key);
  };
  split(1, 0);
  const leafOf = (cell: number): number => leafOfCell.get(keyOf(cell, BITS))!;
  let total = 0;
  for (const own of cells) {
    const known = new Set<number>();
    for (const leaf of new Set(own.map(leafOf))) for (const agent of members.get(leaf)!) known.add(agent);
    total += known.size / cells.length;
  }
  const leaves = [...new Set(leafOfCell.values())];
  return { share: total / cells.length, largest: Math.max(...leaves.map((leaf) => members.get(leaf)?.size ?? 0)) };
}

export function shards(): Row[] {
  const ids = Array.from({ length: AGENTS }, (_, i) => [shardOf(nodeCrypto.hash, `agent${i}` as AgentId)]);
  const byId = heard(ids);
  const rows = [row("shards-largest", byId.largest, `agents of ${AGENTS}, by id`, null)];
  for (const count of SKILLS) {
    const cells = cellsOf(makeSkills(AGENTS * count, SEED).map((skill) => embed(skill)));
    // Every agent gets skills from all over the list: what one agent can do is not all alike.
    const bySkill = heard(ids.map((_, i) => Array.from({ length: count }, (__, n) => cells[i + n * AGENTS]!)));
    const what = `share of ${AGENTS} agents with ${count} skills that one hears of`;
    rows.push(row(`shards-heard-${count}`, byId.share, `${what}, by id; beside: by skill`, bySkill.share));
    rows.push(row(`shards-largest-${count}`, bySkill.largest, `agents in the largest shard, by skill`, byId.largest));
  }
  return rows;
}
