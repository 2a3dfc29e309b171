/** Faults that aim at a job's committee: between a vote and what others hear of it, and a job that its own committee forges. */

import { z } from "zod";
import { limits } from "../../../protocol/core/limits.ts";
import { defineFault } from "../../model/define.ts";
import { buildJob, map, submissionOf } from "../workloads/job-builder.ts";
import { start, up } from "./processes.ts";

const ms = z.number().min(0);

/** How long the others of a lone decider continue, and how long they are down: it must decide in between, ms. */
const LONE_MS = 100;
const LONE_DOWN_MS = 50;

export const crashAtWrite = defineFault({
  name: "crashAtWrite",
  summary: "agents die at their next forced write, before anything of that step leaves, and come back after `downMs`",
  options: z.strictObject({ downMs: ms.default(2_000) }),
  isTargeted: true,
  lasts: false,
  needsRunning: true,
  waitsFor: "wrote nothing that had to be on its disk",
  begin(context, { downMs }, agents) {
    const { world } = context;
    for (const name of up(context, agents)) {
      world.crashAtForcedWrite(name);
      context.at(world.now + downMs, () => {
        if (!world.agent(name).crashesAtForcedWrite) context.tookEffect([name]);
        world.crashAtForcedWrite(name, false);
        start(world, name);
      });
    }
    return null;
  },
});

export const loneDecider = defineFault({
  name: "loneDecider",
  summary: "a member is not heard for `muteMs` from its next precommit on: it may decide alone, on the others' locks",
  options: z.strictObject({
    muteMs: ms.default(3_000),
    restart: z.array(z.string().min(1)).default([]).describe("Agents that restart meanwhile."),
  }),
  isTargeted: true,
  lasts: false,
  waitsFor: "precommitted no block",
  begin(context, { muteMs, restart }, agents) {
    const { world } = context;
    const unknown = restart.filter((name) => !world.has(name));
    if (unknown.length > 0) context.fellShort(`there is no agent ${unknown.join(", ")} to restart`);
    for (const name of agents) {
      context.onPrecommit(name, () => {
        const others = world.agents.map((agent) => agent.name).filter((other) => other !== name);
        const end = world.block([name], others);
        context.tookEffect([name]);
        for (const other of restart) {
          if (!world.has(other)) continue;
          context.at(world.now + LONE_MS, () => {
            if (world.agent(other).isUp) world.crash(other);
          });
          context.at(world.now + LONE_MS + LONE_DOWN_MS, () => start(world, other));
        }
        context.at(world.now + muteMs, end);
      });
    }
    return null;
  },
});

export const rogueJob = defineFault({
  name: "rogueJob",
  summary: "agents come with a job that each keeps alone, with other agents as standbys: see behaviour lyingCommittee",
  options: z.strictObject({ tasks: z.number().int().min(1).max(1_000).default(8) }),
  isTargeted: true,
  lasts: false,
  needsRunning: true,
  begin(context, { tasks }, agents) {
    const { world } = context;
    for (const owner of agents) {
      const standbys = context.hosts().filter((name) => name !== owner && world.has(name));
      const nodes = [
        map(
          "rogue",
          Array.from({ length: tasks }, (_, index) => index),
        ),
      ];
      const job = { owner, nodes, committee: [owner], standbys: standbys.slice(0, limits.standbys) };
      world.inject(owner, submissionOf(buildJob(world, job).genesis));
    }
    if (agents.length > 0) context.tookEffect(agents);
    return null;
  },
});
