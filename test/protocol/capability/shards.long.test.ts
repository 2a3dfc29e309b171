/** Large meshes that are split into shards, in worlds: who comes to hear of whom, where much is lost, and where most are gone. */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { createAgent } from "../../../protocol/agent/agent.ts";
import { isNear, type Place, shardOf } from "../../../protocol/capability/shards.ts";
import { decodeValue } from "../../../protocol/wire/value.ts";
import { createWorld, type World } from "../../../sim/world/world.ts";
import { id } from "../../support/driven-agent.ts";

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `w${i}`);
const placeOf = (name: string, depth: number): Place => ({ shard: shardOf(hasher, id(name)), depth });

interface Known {
  readonly meshAgents: number;
  readonly agents: readonly { readonly name: string }[];
}

function ask(world: World, name: string, nowMs: number): Known {
  world.inject(name, { kind: "ask", id: 1, to: world.agent(name).id, query: { kind: "status", job: null } });
  world.run(nowMs);
  const reply = world.events(name).findLast(({ event }) => event.kind === "reply")!.event;
  const decoded = decodeValue((reply as Extract<typeof reply, { kind: "reply" }>).bytes);
  return (decoded as unknown as { value: Known }).value;
}

test("in a world, everybody comes to hear of its shard, newcomers too, and of a few others", () => {
  const names = namesOf(240);
  const world = createWorld({
    ...{ seed: 1, hasher, create: createAgent },
    agents: names.map((name) => ({ name, config: { shardAgents: 32 } })),
    network: { overlay: { kind: "random", degree: 6 }, gossip: "mesh" },
    keepEvent: (_, event) => event.kind === "reply",
  });
  world.run(60_000);
  for (let i = 0; i < 5; i++) world.add({ name: `late${i}`, config: { shardAgents: 32 } }, ["w1", "w2", "w3"]);
  world.run(120_000);
  const all = [...names, ...Array.from({ length: 5 }, (_, i) => `late${i}`)];
  let missing = 0;
  for (const name of all) {
    const { agents, meshAgents } = ask(world, name, 120_000);
    expect(meshAgents, name).toBeGreaterThan(120);
    expect(meshAgents, name).toBeLessThan(480);
    const known = new Set(agents.map((agent) => agent.name));
    // Deeper than any of them is split.
    const mates = all.filter((mate) => isNear(placeOf(name, 5), placeOf(mate, 5)));
    missing += mates.filter((mate) => !known.has(mate)).length;
  }
  expect(missing).toBe(0);
});

test("in a world that loses much, no newcomer stays alone that has one neighbour", () => {
  const names = namesOf(120);
  const world = createWorld({
    ...{ seed: 1, hasher, create: createAgent },
    agents: names.map((name) => ({ name, config: { shardAgents: 16 } })),
    network: { overlay: { kind: "random", degree: 6 }, gossip: "mesh", loss: 0.2, gossipLoss: 0.2 },
    keepEvent: (_, event) => event.kind === "reply",
  });
  world.run(120_000);
  const late = Array.from({ length: 40 }, (_, i) => `late${i}`);
  for (const [i, name] of late.entries()) world.add({ name, config: { shardAgents: 16 } }, [`w${i}`]);
  world.run(22 * 60_000);
  const alone = late.filter((name) => ask(world, name, 22 * 60_000).meshAgents < 40);
  expect(alone).toEqual([]);
});

test("in a world of which a sixth is left, those who are left find each other, and half of them know how many they are", () => {
  const names = namesOf(300);
  const world = createWorld({
    ...{ seed: 2, hasher, create: createAgent },
    agents: names.map((name) => ({ name, config: { shardAgents: 32 } })),
    network: { overlay: { kind: "random", degree: 6 }, gossip: "mesh", loss: 0.2, gossipLoss: 0.2 },
    keepEvent: (_, event) => event.kind === "reply",
  });
  world.run(10 * 60_000);
  const left = names.slice(0, 50);
  for (const name of names.slice(50)) world.crash(name);
  world.run(50 * 60_000);
  const counted = left.map((name) => ask(world, name, 50 * 60_000).meshAgents).sort((a, b) => a - b);
  expect(counted[0]).toBeGreaterThan(12);
  expect(counted.at(-1)).toBeLessThan(200);
  expect(counted[25]).toBeGreaterThan(30);
  expect(counted[25]).toBeLessThan(75);
});
