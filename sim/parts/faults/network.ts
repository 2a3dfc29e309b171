/** Faults of the network: partitions, loss, and connections that end. */

import { z } from "zod";
import { defineFault } from "../../model/define.ts";
import type { FaultType } from "../../model/registry.ts";
import type { NetworkConditions } from "../../world/options.ts";

const share = z.number().min(0).max(1);
const none = z.strictObject({});

export const partition = defineFault({
  name: "partition",
  summary: "the mesh falls into groups of these shares, which do not reach each other; clients stay with the first",
  options: z.strictObject({ groups: z.array(share).min(2) }),
  isTargeted: false,
  lasts: true,
  begin(context, { groups }) {
    const { world, prng } = context;
    const names = prng.shuffle(context.agents());
    const total = groups.reduce((shares, part) => shares + part, 0);
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
    const end = world.partition(parts.map((members, index) => (index === 0 ? [...members, ...clients] : members)));
    const empty = groups.filter((_, index) => parts[index]!.length === 0);
    if (parts.length - empty.length > 1) context.tookEffect(parts.slice(1).flat());
    if (empty.length > 0)
      context.fellShort(`of ${names.length} agents a group of ${empty.join(" and one of ")} has none`);
    return end;
  },
});

export const oneWay = defineFault({
  name: "oneWay",
  summary: "agents are heard by all others and hear nobody, or (`deaf: false`) hear all and are not heard",
  options: z.strictObject({ deaf: z.boolean().default(true) }),
  isTargeted: true,
  lasts: true,
  begin(context, { deaf }, agents) {
    const { world } = context;
    const group = new Set(agents);
    const others = world.agents.map((agent) => agent.name).filter((name) => !group.has(name));
    const end = deaf ? world.block(others, agents) : world.block(agents, others);
    if (agents.length > 0) context.tookEffect(agents);
    return end;
  },
});

/** Conditions of the network while a fault lasts. */
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
      const end = context.world.imposeOnNetwork(conditionsOf(given as z.output<S>));
      context.tookEffect([]);
      return end;
    },
  });

export const loss = condition(
  "loss",
  "a share of frames and gossip messages vanishes",
  z.strictObject({ frames: share.default(0.1), gossip: share.default(0.1) }),
  ({ frames, gossip }) => ({ loss: frames, gossipLoss: gossip }),
);
export const duplicate = condition(
  "duplicate",
  "a share of frames arrives twice",
  z.strictObject({ frames: share.default(0.1) }),
  ({ frames }) => ({ duplication: frames }),
);
export const reorder = condition("reorder", "frames overtake each other", none, () => ({ reorder: true }));
export const bandwidth = condition(
  "bandwidth",
  "what one direction of a pair carries, bytes a millisecond",
  z.strictObject({ bytesPerMs: z.number().positive() }),
  ({ bytesPerMs }) => ({ bandwidth: bytesPerMs }),
);
export const latency = condition(
  "latency",
  "frames and gossip take this many times as long",
  z.strictObject({ factor: z.number().positive().default(5) }),
  ({ factor }) => ({ latencyFactor: factor }),
);

export const dropConnections = defineFault({
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
