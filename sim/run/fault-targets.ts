/**
 * Draws whom a fault hits when it begins, among the agents that it can hit then. If there are fewer than the scenario asks for,
 * it says so and why, instead of silently taking fewer.
 */

import { writeMs } from "../../node/platform/text/quantities.ts";
import type { Prng } from "../../protocol/core/prng.ts";
import type { FaultType } from "../model/registry.ts";
import type { ScheduledFault, Which } from "../model/scenario.ts";
import type { World } from "../world/world.ts";

/** The agents that faults can hit. */
export interface Population {
  /** Names of the scenario's agents that exist now. */
  agents(): readonly string[];
  members(): readonly string[];
  /** Agents that hold awards. */
  workers(): readonly string[];
  /** When the first job is submitted, ms; null: never. */
  readonly firstJobMs: number | null;
}

export interface Drawn {
  readonly asked: number;
  readonly agents: readonly string[];
  /** Why these are fewer than asked, or none at all; null if they are not. */
  readonly why: string | null;
}

interface Draw extends Population {
  readonly world: World;
  readonly prng: Prng;
}

export function drawTargets({ target, atMs }: ScheduledFault, type: FaultType, from: Draw): Drawn {
  const { which, share, count } = target!;
  const everybody = from.agents();
  const those = membersOf(which, everybody, from);
  const there = those.filter((name) => canBeHit(name, type, from.world));
  const isAll = share === null && count === null;
  const isNamed = typeof which === "object";
  // A share is of all agents, as readers of "kill half" expect; of a list, of those that it names.
  const whole = isNamed ? which.length : everybody.length;
  const asked = isAll ? (isNamed ? which.length : there.length) : (count ?? Math.round(share! * whole));
  const agents = isAll ? there : from.prng.shuffle(there).slice(0, asked);
  const isShort = agents.length < asked || agents.length === 0;
  return { asked, agents, why: isShort ? whyShort(which, atMs, those.length, there.length, from) : null };
}

function membersOf(which: Which, everybody: readonly string[], { members, workers }: Draw): readonly string[] {
  if (typeof which === "object") return which;
  if (which === "any") return everybody;
  const those = new Set(which === "workers" ? workers() : members());
  return everybody.filter((name) => those.has(name) !== (which === "non-members"));
}

/** The dead are not hit again; who has yet to start will have the fault when it does. */
function canBeHit(name: string, { needsRunning = false }: FaultType, world: World): boolean {
  if (!world.has(name)) return false;
  const { state, run } = world.agent(name);
  return needsRunning ? state === "up" : state !== "down" || run === 0;
}

function whyShort(which: Which, atMs: number, those: number, there: number, { firstJobMs }: Draw): string {
  const begin = writeMs(atMs);
  const down = those > there ? `, and ${those - there} of these were not running` : "";
  const agents = `${those === 0 ? "no" : `only ${those}`} ${those > 1 ? "agents were" : "agent was"}`;
  if (typeof which === "object") return `${there} of the ${those} that it names were running at ${begin}`;
  if (which === "any") return `only ${there} agents were running at ${begin}`;
  if (which === "non-members") return `${agents} in no committee at ${begin}${down}: members of committees are spared`;
  const early =
    those > 0 || firstJobMs === null || firstJobMs < atMs
      ? ""
      : `: the first job was submitted at ${writeMs(Math.round(firstJobMs))}`;
  if (which === "workers") return `${agents} working for a job at ${begin}${early}${down}`;
  return `${agents} ${those > 1 ? "members" : "a member"} of a job's committee at ${begin}${early}${down}`;
}
