/**
 * A second job beside the one that a seed is about: a stranger's, whose committee is the stranger alone and whose standbys
 * are the members of the other one. Its blocks lie from a height on. Nobody wants anything of it but that it harms nobody.
 */

import type { Prng } from "../../protocol/core/prng.ts";
import { BLOCK_LIES, type BlockLie, liesAsCommittee } from "../adversaries/lying-committee.ts";
import { withStrategy } from "../adversaries/strategy.ts";
import type { AgentSpec } from "../virtual/options.ts";
import type { World } from "../virtual/world.ts";
import { type BuiltJob, buildJob, firstPolicy, map } from "../workloads/job-builder.ts";

export interface LostJob {
  readonly lie: BlockLie;
  readonly fromHeight: number;
  readonly submitMs: number;
}

export const STRANGER = "stranger";
export const isStranger = (agent: string): boolean => agent === STRANGER;
const TASKS = [1, 2, 3, 4, 5, 6, 7, 8];

export function drawLostJob(lots: Prng, fromMs: number, toMs: number): LostJob | null {
  if (!lots.chance(0.2)) return null;
  return {
    lie: lots.pick(BLOCK_LIES),
    fromHeight: 1 + lots.below(4),
    submitMs: fromMs + lots.below(toMs - fromMs),
  };
}

export const strangerSpec = ({ lie, fromHeight }: LostJob): AgentSpec => ({
  name: STRANGER,
  wrap: withStrategy(() => liesAsCommittee(lie, fromHeight, () => true)),
});

export function submitLostJob(world: World, { submitMs }: LostJob, standbys: readonly string[]): BuiltJob {
  const nodes = [map("lost", TASKS, { policy: firstPolicy() })];
  const built = buildJob(world, { owner: STRANGER, nodes, committee: [STRANGER], standbys });
  world.at(submitMs, () => world.submit(STRANGER, built.signed));
  return built;
}
