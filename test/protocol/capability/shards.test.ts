/** Large meshes are split: who hears whom, how large each takes the mesh to be, and who answers beacons there. */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { Directory } from "../../../protocol/capability/directory.ts";
import { SelfScreening } from "../../../protocol/capability/self-screening.ts";
import { isNear, outsidersOf, type Place, SHARD_AGENTS, shardOf } from "../../../protocol/capability/shards.ts";
import type { JobId } from "../../../protocol/core/ids.ts";
import { limits } from "../../../protocol/core/limits.ts";
import type { Vcv } from "../../../protocol/wire/capability.ts";
import { encodeVcv } from "../../../protocol/wire/message.ts";
import { capsTopic, GOSSIP_TOPICS } from "../../../protocol/wire/topics.ts";
import { signedVcv } from "../../support/capability-vectors.ts";
import { crypto, DrivenAgent, id, MESH } from "../../support/driven-agent.ts";

const NOW = 1_000_000;

const vcvOf = (name: string, depth: number, version = 1, nowMs = NOW): Vcv =>
  signedVcv(name, nowMs, { depth, version, expiresMs: nowMs + 60_000 });

const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `w${i}`);
const shards = new Map<string, number>();
function placeOf(name: string, depth: number): Place {
  const shard = shards.get(name) ?? shardOf(hasher, id(name));
  shards.set(name, shard);
  return { shard, depth };
}

/** What agent `self` holds of a mesh in which everybody is split at a depth: what it hears, once it has settled. */
function settled(self: string, vcvs: readonly Vcv[], shardAgents = SHARD_AGENTS): Directory {
  const directory = new Directory(MESH, crypto, id(self), { shardAgents });
  for (let seen = -1; seen !== directory.version; ) {
    seen = directory.version;
    for (const vcv of vcvs)
      if (vcv.agent === self || isNear(directory.place, placeOf(vcv.agent, vcv.depth))) directory.take(NOW, vcv);
  }
  return directory;
}

describe("topics", () => {
  test("there is one a shard of each depth, and the first bits of a shard name it", () => {
    expect(GOSSIP_TOPICS).toHaveLength(2 ** (limits.shardBits + 1) - 1 + 1);
    expect(new Set(GOSSIP_TOPICS).size).toBe(GOSSIP_TOPICS.length);
    expect(capsTopic(0b101100, 0)).toBe("caps");
    expect(capsTopic(0b101100, 2)).toBe("caps/10");
    expect(capsTopic(0b101100, 6)).toBe("caps/101100");
    expect(capsTopic(0b000001, 3)).toBe("caps/000");
  });

  test("agents are spread evenly over shards", () => {
    const agents = new Array<number>(2 ** limits.shardBits).fill(0);
    for (const name of namesOf(6_400)) agents[shardOf(hasher, id(name))]!++;
    expect(Math.min(...agents)).toBeGreaterThan(60);
    expect(Math.max(...agents)).toBeLessThan(140);
  });
});

describe("a directory", () => {
  test.each([
    [500, 0],
    [1_000, 0],
    [1_500, 1],
    [3_000, 2],
    [6_000, 3],
  ])("of a mesh of %i agents is split at depth %i, and knows how large the mesh is", (count, depth) => {
    const vcvs = namesOf(count).map((name) => vcvOf(name, depth));
    for (const self of ["w0", "w7", "w99"]) {
      const directory = settled(self, vcvs);
      expect(directory.place.depth).toBe(depth);
      expect(directory.meshAgents).toBeGreaterThan(0.85 * count);
      expect(directory.meshAgents).toBeLessThan(1.15 * count);
      expect(directory.size).toBeLessThan(SHARD_AGENTS * 1.1);
    }
  });

  test("in a mesh in which some are split deeper than others counts right", () => {
    const vcvs = namesOf(1_600).map((name, i) => vcvOf(name, i % 3 === 0 ? 2 : 1));
    const directory = settled("w1", vcvs);
    expect(directory.place.depth).toBe(1);
    expect(directory.meshAgents).toBeGreaterThan(1_400);
    expect(directory.meshAgents).toBeLessThan(1_800);
  });

  test("of one that comes to a large mesh goes as deep as the others are, from what one neighbour tells", () => {
    const vcvs = namesOf(10_000).map((name) => vcvOf(name, 4));
    const neighbour = settled("w3", vcvs);
    for (const vcv of vcvs.slice(0, 2_000)) neighbour.take(NOW, vcv);
    const newcomer = new Directory(MESH, crypto, id("newcomer"));
    for (const vcv of neighbour.newerThan(NOW, id("newcomer"), 0, [])) newcomer.take(NOW, vcv);
    newcomer.adoptUsualDepth();
    expect(newcomer.place.depth).toBe(4);
  });

  test("keeps few of other shards, and names two of each to ask", () => {
    const vcvs = namesOf(10_000).map((name) => vcvOf(name, 4));
    const directory = settled("w0", vcvs);
    for (const vcv of vcvs) directory.take(NOW, vcv);
    const outsiders = [...directory.entries()].filter((vcv) => directory.weightOf(vcv) === 0);
    expect(outsiders).toHaveLength(15 * outsidersOf(SHARD_AGENTS));
    const contacts = directory.contacts().map(({ agent }) => placeOf(agent, 4).shard >> 2);
    expect(new Set(contacts).size).toBe(15);
    expect(contacts).not.toContain(placeOf("w0", 4).shard >> 2);
    expect(contacts).toHaveLength(30);
  });

  test("becomes less deep when most of the mesh is gone", () => {
    const vcvs = namesOf(3_000).map((name) => vcvOf(name, 2, 1, name.length < 4 ? NOW + 60_000 : NOW));
    const directory = settled("w0", vcvs);
    directory.mergeShards();
    expect(directory.place.depth).toBe(2);
    directory.expire(NOW + 60_001); // a hundred are left
    directory.mergeShards();
    expect(directory.place.depth).toBe(0);
  });

  test("tells a neighbour of its shard all of it, and of other shards what it lacks there", () => {
    const vcvs = namesOf(10_000).map((name) => vcvOf(name, 4));
    const directory = settled("w0", vcvs);
    for (const vcv of vcvs) directory.take(NOW, vcv);
    const mate = namesOf(10_000).find((name) => name !== "w0" && isNear(placeOf(name, 4), directory.place))!;
    const told = directory.newerThan(NOW, id(mate), 4, []);
    const near = told.filter(({ agent }) => isNear(directory.place, placeOf(agent, 4)));
    expect(near.length).toBe(vcvs.filter(({ agent }) => isNear(directory.place, placeOf(agent, 4))).length);
    expect(told.length - near.length).toBe(15 * outsidersOf(SHARD_AGENTS));
    expect(directory.newerThan(NOW, id(mate), 4, told)).toEqual([]);
    const stranger = namesOf(10_000).find((name) => !isNear(placeOf(name, 4), directory.place))!;
    expect(directory.newerThan(NOW, id(stranger), 4, []).length).toBeLessThanOrEqual(16 * outsidersOf(SHARD_AGENTS));
  });

  test("is not flooded by agents that say they are split deeper, or not at all", () => {
    const honest = namesOf(3_000).map((name) => vcvOf(name, 2));
    const directory = settled("w0", honest);
    const size = directory.size;
    const before = directory.meshAgents;
    for (let i = 0; i < 2_000; i++) directory.take(NOW, vcvOf(`low${i}`, 0));
    expect(directory.size - size).toBeLessThanOrEqual(16 * outsidersOf(SHARD_AGENTS));
    expect(directory.meshAgents).toBe(before);
    for (let i = 0; i < 64; i++) directory.take(NOW, vcvOf(`deep${i}`, 6));
    // As many as they are, to those that hear them: an eighth, each for eight.
    expect(directory.meshAgents - before).toBeLessThan(64 * 4);
  });

  test("of a small mesh is not split by agents that say they are", () => {
    const directory = settled(
      "w0",
      namesOf(12).map((name) => vcvOf(name, 0)),
    );
    for (let i = 0; i < 400; i++) directory.take(NOW, vcvOf(`deep${i}`, 6));
    expect(directory.place.depth).toBe(0);
    for (const name of namesOf(12)) expect(directory.get(id(name))).toBeDefined();
  });

  test("knows agents that keep jobs in other shards before others, however late it hears of them, and hands them on", () => {
    const workers = namesOf(10_000).map((name) => signedVcv(name, NOW, { depth: 4, hosts: false }));
    const directory = settled("w0", workers);
    for (const vcv of workers) directory.take(NOW, vcv);
    const hosts = namesOf(40).map((name) => signedVcv(`k${name}`, NOW, { depth: 4 }));
    for (const vcv of hosts) directory.take(NOW, vcv);
    for (const { agent } of hosts) expect(directory.get(agent), agent).toBeDefined();
    const told = directory.newerThan(NOW, id("elsewhere"), 4, []).map(({ agent }) => agent);
    for (const { agent } of hosts) expect(told).toContain(agent);
  });

  test("is not made to forget those of other shards that it knows", () => {
    const vcvs = namesOf(10_000).map((name) => vcvOf(name, 4));
    const directory = settled("w0", vcvs);
    for (const vcv of vcvs) directory.take(NOW, vcv);
    const contacts = directory.contacts();
    for (let i = 0; i < 2_000; i++) directory.take(NOW, vcvOf(`many${i}`, 4, 1, NOW + 1_000));
    expect(directory.contacts()).toEqual(contacts);
  });
});

describe("beacons", () => {
  test.each([
    [500, 0, 5_000],
    [500, 2, 256],
    [500, 3, 100],
  ])("in a mesh of %i that is split at depth %i about as many answer as are called", (count, depth, shardAgents) => {
    const names = namesOf(count);
    const vcvs = names.map((name) => vcvOf(name, depth));
    const screenings = names.map((name) => {
      const directory = new Directory(MESH, crypto, id(name), { shardAgents });
      if (depth === 0) return { name, directory: null };
      for (const vcv of vcvs) if (isNear(placeOf(name, depth), placeOf(vcv.agent, depth))) directory.take(NOW, vcv);
      directory.adoptUsualDepth();
      expect(directory.place.depth).toBe(depth);
      return { name, directory };
    });
    const whole = settled("w0", vcvs, shardAgents);
    const called = screenings.map(({ name, directory }) => ({
      name,
      screening: new SelfScreening(directory ?? whole, hasher),
    }));
    let answers = 0;
    for (let job = 0; job < 5; job++) {
      const beacon = {
        ...{ job: hasher(new TextEncoder().encode(`job ${job}`)) as JobId, author: id("m0"), addresses: [] },
        ...{ skill: "work", like: null, labels: [], calls: 16, endsMs: NOW + 1_000 },
      };
      const first = called.filter(({ name, screening }) => screening.isCalled(id(name), beacon));
      const wider = called.filter(({ name, screening }) => screening.isCalled(id(name), { ...beacon, calls: 64 }));
      expect(wider).toEqual(expect.arrayContaining(first));
      answers += first.length;
    }
    expect(answers / 5).toBeGreaterThan(10);
    expect(answers / 5).toBeLessThan(22);
  });
});

describe("gossip", () => {
  test("of an agent in another shard's topic is refused: nobody makes itself heard everywhere", () => {
    const agent = new DrivenAgent("a");
    const vcv = vcvOf("b", 2, 1, agent.nowMs);
    const { shard } = placeOf("b", 2);
    const verdictOn = (topic: ReturnType<typeof capsTopic>): unknown =>
      agent
        .input({ kind: "gossip", from: id("b"), topic, bytes: encodeVcv(vcv), ticket: 1 })
        .find((effect) => effect.kind === "verdict");
    expect(verdictOn("caps")).toMatchObject({ verdict: { verdict: "reject", code: "wrong-shard" } });
    expect(verdictOn(capsTopic(shard ^ 0b100000, 2))).toMatchObject({ verdict: { verdict: "reject" } });
    expect(verdictOn(capsTopic(shard, 3))).toMatchObject({ verdict: { verdict: "reject" } });
    expect(verdictOn(capsTopic(shard, 2))).toMatchObject({ verdict: { verdict: "accept" } });
  });
});
