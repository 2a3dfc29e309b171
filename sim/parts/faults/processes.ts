/** Faults of processes: agents die, stand still, become slow, come and go. */

import { z } from "zod";
import { ln } from "../../../protocol/core/math.ts";
import { defineFault } from "../../model/define.ts";
import type { FaultContext } from "../../model/registry.ts";
import type { World } from "../../world/world.ts";

const ms = z.number().min(0);
const none = z.strictObject({});

/** Those of `names` that are up. */
export const up = ({ world }: FaultContext, names: readonly string[]): string[] =>
  names.filter((name) => world.agent(name).state === "up");

/** Whoever is up already stays so. */
export function start(world: World, name: string): void {
  if (!world.agent(name).isUp) world.start(name);
}

export const kill = defineFault({
  name: "kill",
  summary: "agents die and do not come back; `silent`: their machines too, so that no connection closes",
  options: z.strictObject({ silent: z.boolean().default(false) }),
  isTargeted: true,
  lasts: false,
  needsRunning: true,
  begin(context, { silent }, agents) {
    const hit = up(context, agents);
    for (const name of hit) context.world.crash(name, { silent });
    if (hit.length > 0) context.tookEffect(hit);
    return null;
  },
});

export const restart = defineFault({
  name: "restart",
  summary: "agents die, lose unforced writes, and come back after `downMs`; `orderly`: they end well and lose nothing",
  options: z.strictObject({
    downMs: ms.default(2_000),
    staggerMs: ms.default(0).describe("One after the other."),
    silent: z.boolean().default(false).describe("Their machines die too, so that no connection closes."),
    orderly: z.boolean().default(false).describe("They stop in good order, and lose no write."),
  }),
  isTargeted: true,
  lasts: false,
  needsRunning: true,
  begin(context, { downMs, staggerMs, silent, orderly }, agents) {
    const { world } = context;
    for (const [index, name] of agents.entries()) {
      context.at(world.now + index * staggerMs, () => {
        if (world.agent(name).state !== "up") return;
        if (orderly) world.stop(name);
        else world.crash(name, { silent });
        context.tookEffect([name]);
        world.at(world.now + downMs, () => start(world, name));
      });
    }
    return null;
  },
});

export const pause = defineFault({
  name: "pause",
  summary: "agents stand still and continue afterwards, as with SIGSTOP and SIGCONT",
  options: none,
  isTargeted: true,
  lasts: true,
  needsRunning: true,
  begin(context, _, agents) {
    const hit = up(context, agents);
    for (const name of hit) context.world.pause(name);
    if (hit.length > 0) context.tookEffect(hit);
    return () => {
      for (const name of hit) if (context.world.agent(name).state === "paused") context.world.resume(name);
    };
  },
});

export const slow = defineFault({
  name: "slow",
  summary: "each input takes agents this long",
  options: z.strictObject({ serviceMs: ms.default(50) }),
  isTargeted: true,
  lasts: true,
  begin(context, { serviceMs }, agents) {
    for (const name of agents) context.world.setService(name, () => serviceMs);
    if (agents.length > 0) context.tookEffect(agents);
    return () => {
      for (const name of agents) context.world.setService(name, "own");
    };
  },
});

export const leave = defineFault({
  name: "leave",
  summary: "agents stop in good order and do not come back",
  options: none,
  isTargeted: true,
  lasts: false,
  needsRunning: true,
  begin(context, _, agents) {
    const hit = up(context, agents);
    for (const name of hit) context.leave(name);
    if (hit.length > 0) context.tookEffect(hit);
    return null;
  },
});

export const join = defineFault({
  name: "join",
  summary: "new agents come, like those of the first group",
  options: z.strictObject({ count: z.number().int().min(1) }),
  isTargeted: false,
  lasts: false,
  begin(context, { count }) {
    context.tookEffect(Array.from({ length: count }, () => context.join()));
    return null;
  },
});

/** A Poisson process of `perMinute` events while it lasts. */
function often(context: FaultContext, perMinute: number, untilMs: number, happen: () => void): void {
  const { world, prng } = context;
  if (perMinute <= 0) return;
  const step = (atMs: number): void => {
    const waitMs = (-ln(1 - prng.unit()) * 60_000) / perMinute;
    const nextMs = atMs + waitMs;
    if (nextMs >= untilMs) return;
    world.at(nextMs, () => {
      happen();
      step(nextMs);
    });
  };
  step(world.now);
}

export const churn = defineFault({
  name: "churn",
  summary: "agents leave (die, if `sudden`) and others join, at rates a minute, or as a trace of ups and downs says",
  options: z.strictObject({
    leavePerMinute: z.number().min(0).default(0),
    joinPerMinute: z.number().min(0).default(0),
    sudden: z.boolean().default(true),
    spareMembers: z.boolean().default(false),
    /** CSV: agent, up ms, down ms; read before the run (`rows`). */
    trace: z.string().optional(),
    rows: z.array(z.tuple([z.number(), z.number(), z.enum(["up", "down"])])).optional(),
  }),
  isTargeted: false,
  lasts: true,
  begin(context, { leavePerMinute, joinPerMinute, sudden, spareMembers, rows }, _, fault) {
    const { world, prng } = context;
    const untilMs = fault.untilMs ?? Number.POSITIVE_INFINITY;
    often(context, leavePerMinute, untilMs, () => {
      const spared = new Set(spareMembers ? context.members() : []);
      const there = up(context, context.agents()).filter((agent) => !spared.has(agent));
      if (there.length <= 1) return;
      const name = prng.pick(there);
      if (sudden) world.crash(name);
      else context.leave(name);
      context.tookEffect([name]);
    });
    often(context, joinPerMinute, untilMs, () => context.tookEffect([context.join()]));
    const names = context.agents();
    for (const [index, atMs, state] of rows ?? []) {
      const name = names[index % names.length]!;
      context.at(Math.max(world.now, fault.atMs + atMs), () => {
        const { isUp } = world.agent(name);
        if (state === "down" && isUp) world.crash(name);
        else if (state === "up" && !isUp) world.start(name);
        else return;
        context.tookEffect([name]);
      });
    }
    return null;
  },
});
