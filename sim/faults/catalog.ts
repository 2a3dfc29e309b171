/**
 * The faults that a scenario can name: of processes, of the network, of disks and clocks, of the workload. Each says
 * what it takes, begins, and gives back how it ends.
 *
 * The agent faults of MAS-FIRE (prompts, responses, routing) will stand beside these.
 */

import { z } from "zod";
import { limits } from "../../protocol/core/limits.ts";
import { ln } from "../../protocol/core/math.ts";
import { defineFault } from "../plugins/define.ts";
import type { FaultContext, FaultType } from "../plugins/registry.ts";
import type { NetworkConditions } from "../virtual/options.ts";
import type { World } from "../virtual/world.ts";
import { buildJob, map } from "../workloads/job-builder.ts";
import { skillChange } from "./skill-change.ts";

const share = z.number().min(0).max(1);
const ms = z.number().min(0);

const none = z.strictObject({});

/** How long the others of a lone decider go on, and how long they are down: it must decide in between, ms. */
const LONE_MS = 100;
const LONE_DOWN_MS = 50;

/** Those of `names` that are up. */
const up = ({ world }: FaultContext, names: readonly string[]): string[] =>
  names.filter((name) => world.agent(name).state === "up");

function start(world: World, name: string): void {
  if (!world.agent(name).isUp) world.start(name);
}

// --- processes ----------------------------------------------------------------------------------------

const kill = defineFault({
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

const restart = defineFault({
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

const crashAtWrite = defineFault({
  name: "crashAtWrite",
  summary: "agents die at their next forced write, before anything of that step leaves, and come back after `downMs`",
  options: z.strictObject({ downMs: ms.default(2_000) }),
  isTargeted: true,
  lasts: false,
  needsRunning: true,
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

const loneDecider = defineFault({
  name: "loneDecider",
  summary: "a member is not heard for `muteMs` from its next precommit on: it may decide alone, on the others' locks",
  options: z.strictObject({
    muteMs: ms.default(3_000),
    restart: z.array(z.string().min(1)).default([]).describe("Agents that restart meanwhile."),
  }),
  isTargeted: true,
  lasts: false,
  begin(context, { muteMs, restart }, agents) {
    const { world } = context;
    const unknown = restart.filter((name) => !world.has(name));
    if (unknown.length > 0) context.fellShort(`there is no agent ${unknown.join(", ")} to restart`);
    for (const name of agents) {
      context.onPrecommit(name, () => {
        const others = world.agents.map((agent) => agent.name).filter((other) => other !== name);
        world.block([name], others);
        context.tookEffect([name]);
        for (const other of restart) {
          if (!world.has(other)) continue;
          context.at(world.now + LONE_MS, () => {
            if (world.agent(other).isUp) world.crash(other);
          });
          context.at(world.now + LONE_MS + LONE_DOWN_MS, () => start(world, other));
        }
        context.at(world.now + muteMs, () => world.heal());
      });
    }
    return null;
  },
});

const rogueJob = defineFault({
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
      world.submit(owner, buildJob(world, job).signed);
    }
    if (agents.length > 0) context.tookEffect(agents);
    return null;
  },
});

const pause = defineFault({
  name: "pause",
  summary: "agents stand still and go on afterwards, as with SIGSTOP and SIGCONT",
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

const slow = defineFault({
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

const leave = defineFault({
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

const join = defineFault({
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

const churn = defineFault({
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
      const there = up(context, context.agents()).filter((name) => !spared.has(name));
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

// --- network ------------------------------------------------------------------------------------------

const partition = defineFault({
  name: "partition",
  summary: "the mesh falls into groups of these shares, which do not reach each other; clients stay with the first",
  options: z.strictObject({ groups: z.array(share).min(2) }),
  isTargeted: false,
  lasts: true,
  begin(context, { groups }) {
    const { world, prng } = context;
    const names = prng.shuffle(context.agents());
    const total = groups.reduce((sum, part) => sum + part, 0);
    let from = 0;
    let sum = 0;
    const parts = groups.map((part) => {
      sum += part;
      const to = Math.round((names.length * sum) / total);
      const members = names.slice(from, to);
      from = to;
      return members;
    });
    const known = new Set(names);
    const clients = world.agents.map((agent) => agent.name).filter((name) => !known.has(name));
    world.partition(parts.map((members, index) => (index === 0 ? [...members, ...clients] : members)));
    const empty = groups.filter((_, index) => parts[index]!.length === 0);
    if (parts.length - empty.length > 1) context.tookEffect(parts.slice(1).flat());
    if (empty.length > 0)
      context.fellShort(`of ${names.length} agents a group of ${empty.join(" and one of ")} has none`);
    return () => world.heal();
  },
});

const oneWay = defineFault({
  name: "oneWay",
  summary: "agents are heard by all others and hear nobody, or (`deaf: false`) hear all and are not heard",
  options: z.strictObject({ deaf: z.boolean().default(true) }),
  isTargeted: true,
  lasts: true,
  begin(context, { deaf }, agents) {
    const { world } = context;
    const group = new Set(agents);
    const others = world.agents.map((agent) => agent.name).filter((name) => !group.has(name));
    if (deaf) world.block(others, agents);
    else world.block(agents, others);
    if (agents.length > 0) context.tookEffect(agents);
    return () => world.heal();
  },
});

/** The network's conditions while a fault lasts; afterwards what they were. */
const condition = <S extends z.ZodObject>(
  name: string,
  summary: string,
  options: S,
  conditionsOf: (options: z.output<S>) => NetworkConditions,
): FaultType =>
  defineFault({
    name,
    summary,
    options,
    isTargeted: false,
    lasts: true,
    begin(context, given) {
      const before = context.world.conditions;
      context.world.setNetwork(conditionsOf(given as z.output<S>));
      context.tookEffect([]);
      return () => context.world.setNetwork(before);
    },
  });

const loss = condition(
  "loss",
  "a share of frames and gossip messages vanishes",
  z.strictObject({ frames: share.default(0.1), gossip: share.default(0.1) }),
  ({ frames, gossip }) => ({ loss: frames, gossipLoss: gossip }),
);
const duplicate = condition(
  "duplicate",
  "a share of frames arrives twice",
  z.strictObject({ frames: share.default(0.1) }),
  ({ frames }) => ({ duplication: frames }),
);
const reorder = condition("reorder", "frames overtake each other", none, () => ({ reorder: true }));
const bandwidth = condition(
  "bandwidth",
  "what one direction of a pair carries, bytes a millisecond",
  z.strictObject({ bytesPerMs: z.number().positive() }),
  ({ bytesPerMs }) => ({ bandwidth: bytesPerMs }),
);
const latency = condition(
  "latency",
  "frames and gossip take this many times as long",
  z.strictObject({ factor: z.number().positive().default(5) }),
  ({ factor }) => ({ latencyFactor: factor }),
);

const dropConnections = defineFault({
  name: "dropConnections",
  summary: "all connections of agents are lost at once and made again",
  options: none,
  isTargeted: true,
  lasts: false,
  needsRunning: true,
  begin(context, _, agents) {
    const { world } = context;
    for (const name of agents)
      for (const other of world.agents) if (other.name !== name) world.dropConnection(name, other.name);
    if (agents.length > 0) context.tookEffect(agents);
    return null;
  },
});

// --- disks and clocks -----------------------------------------------------------------------------------

const fullDisk = defineFault({
  name: "fullDisk",
  summary: "writes of agents fail: each ends at its first, and comes back when there is room again",
  options: none,
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

const clock = defineFault({
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

const clockJump = defineFault({
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

export const FAULTS: readonly FaultType[] = [
  kill,
  restart,
  crashAtWrite,
  loneDecider,
  rogueJob,
  pause,
  slow,
  leave,
  join,
  churn,
  partition,
  oneWay,
  loss,
  duplicate,
  reorder,
  bandwidth,
  latency,
  dropConnections,
  fullDisk,
  clock,
  clockJump,
  skillChange,
];
