/** Faults of disks and clocks. */

import { z } from "zod";
import { defineFault } from "../../model/define.ts";
import { start, up } from "./processes.ts";

export const fullDisk = defineFault({
  name: "fullDisk",
  summary: "writes of agents fail: each ends at its first, and comes back when there is room again",
  options: z.strictObject({}),
  isTargeted: true,
  lasts: true,
  begin(context, _, agents) {
    const { world } = context;
    for (const name of agents) world.setDisk(name, true);
    if (agents.length > 0) context.tookEffect(agents);
    return () => {
      for (const name of agents) {
        world.setDisk(name, false);
        start(world, name);
      }
    };
  },
});

export const storeLost = defineFault({
  name: "storeLost",
  summary: "agents die, lose their stores, and begin anew under their keys after `downMs`",
  options: z.strictObject({ downMs: z.number().min(0).default(2_000) }),
  isTargeted: true,
  lasts: false,
  needsRunning: true,
  begin(context, { downMs }, agents) {
    const { world } = context;
    const hit = up(context, agents);
    for (const name of hit) {
      world.crash(name);
      world.agent(name).loseStore();
      world.at(world.now + downMs, () => start(world, name));
    }
    if (hit.length > 0) context.tookEffect(hit);
    return null;
  },
});

export const clock = defineFault({
  name: "clock",
  summary: "wall clocks of agents are wrong by `skewMs` and gain `driftPpm`",
  options: z.strictObject({ skewMs: z.number().default(0), driftPpm: z.number().default(0) }),
  isTargeted: true,
  lasts: true,
  begin(context, setting, agents) {
    for (const name of agents) context.world.setClock(name, setting);
    if (agents.length > 0) context.tookEffect(agents);
    return () => {
      for (const name of agents) context.world.setClock(name, { skewMs: 0, driftPpm: 0 });
    };
  },
});

export const clockJump = defineFault({
  name: "clockJump",
  summary: "wall clocks of agents jump by `byMs`",
  options: z.strictObject({ byMs: z.number() }),
  isTargeted: true,
  lasts: false,
  begin(context, { byMs }, agents) {
    for (const name of agents) context.world.jumpClock(name, byMs);
    if (agents.length > 0) context.tookEffect(agents);
    return null;
  },
});
