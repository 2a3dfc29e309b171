/** Faults of disks and clocks. */

import { z } from "zod";
import { defineFault } from "../../model/define.ts";
import { start } from "./processes.ts";

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
