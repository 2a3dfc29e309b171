/** What neighbours and strangers can do to an agent of a mesh that is split into shards. */

import { describe, expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { Directory } from "../../protocol/capability/directory.ts";
import { EMBEDDER_NAME } from "../../protocol/capability/embedding.ts";
import { shardOf } from "../../protocol/capability/shards.ts";
import { statementMessage } from "../../protocol/core/crypto.ts";
import { RULES_VERSION } from "../../protocol/core/limits.ts";
import { type Vcv, vcvHash } from "../../protocol/wire/capability.ts";
import { encodeVcv } from "../../protocol/wire/message.ts";
import { crypto, DrivenAgent, id, jobOf, MEMBERS, MESH, signerOf } from "../support/driven-agent.ts";

const NOW = 1_000_000;

interface Said {
  readonly depth?: number;
  readonly version?: number;
  readonly expiresMs?: number;
  readonly addresses?: readonly string[];
}

function vcvOf(name: string, { depth = 0, version = 1, expiresMs = NOW + 60_000, addresses = [] }: Said = {}): Vcv {
  const content = {
    ...{ agent: id(name), incarnation: 1, version, name, embedder: EMBEDDER_NAME, skills: [], slots: 1, labels: [] },
    ...{ addresses: [...addresses], hosts: true, rulesVersion: RULES_VERSION, depth, expiresMs },
  };
  const message = statementMessage(MESH, "vcv", vcvHash(hasher, content));
  return { ...content, signature: signerOf(name).sign(message) };
}

const shardOfName = (name: string): number => shardOf(hasher, id(name));
const namesOf = (count: number, prefix = "w"): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** An agent of a mesh of 2,000 that is split at depth 4; all that there are were told to it. */
function splitAgent(name: string): DrivenAgent {
  const agent = new DrivenAgent(name, { shardAgents: 128 });
  agent.input({ kind: "connected", agent: id("w0"), origin: "" });
  const vcvs = namesOf(2_000).map((other) => vcvOf(other, { depth: 4 }));
  for (let i = 0; i < vcvs.length; i += 500)
    agent.frame("w0", { kind: "vcvs", vcvs: vcvs.slice(i, i + 500), metS: [] });
  return agent;
}

test("gossip that comes before its forwarder's connection is told does not stop an agent's clock", () => {
  const agent = new DrivenAgent("a", { shardAgents: 2 });
  agent.input({ kind: "gossip", from: id("b"), topic: "caps", bytes: encodeVcv(vcvOf("b")), ticket: 1 });
  for (const { atMonoMs } of agent.of("wake")) expect(atMonoMs).not.toBeNaN();
  agent.input({ kind: "connected", agent: id("b"), origin: "" });
  agent.pass(2_000);
  expect(agent.of("publish").length).toBeGreaterThan(0);
});

describe("members of a job", () => {
  test("whose shards an agent knows enough of are named to those who ask for the genesis", () => {
    const host = splitAgent("m0");
    const job = jobOf("owner");
    const vcvs = MEMBERS.map((name) => vcvOf(name, { depth: 4, addresses: [`/ip4/192.0.2.1/tcp/${name.length}`] }));
    host.frame("owner", { kind: "invite", genesis: job.signed, vcvs });
    host.frame("owner", { kind: "start", job: job.job });
    const answer = host.sent(host.frame("worker", { kind: "fetchGenesis", job: job.job }));
    const [genesis] = answer.flatMap(({ message }) => (message.kind === "genesis" ? [message] : []));
    expect(genesis!.vcvs.map((vcv) => vcv.agent).sort()).toEqual(MEMBERS);
  });

  test("tell each other where they are, for as long as the job lasts", () => {
    const host = splitAgent("m0");
    host.host(jobOf("owner"));
    host.effects = [];
    host.pass(310_000, 1_000);
    const told = host.sent().filter(({ message }) => message.kind === "vcvs" && message.vcvs[0]!.agent === "m0");
    expect(new Set(told.map(({ to }) => to))).toEqual(new Set(["m1", "m2", "m3"]));
    // And whoever is told remembers it, though it knows enough of that shard.
    const news = vcvOf("m1", {
      depth: 4,
      version: 2,
      expiresMs: host.nowMs + 60_000,
      addresses: ["/ip4/192.0.2.1/tcp/2"],
    });
    expect(host.of("address", host.frame("m1", { kind: "vcvs", vcvs: [news], metS: [] }))).toHaveLength(1);
  });

  test("who refuses a job learns nothing from its invitation", () => {
    const host = splitAgent("nobody");
    const vcvs = MEMBERS.map((name) => vcvOf(name, { depth: 4, addresses: ["/ip4/192.0.2.1/tcp/1"] }));
    const effects = host.frame("owner", { kind: "invite", genesis: jobOf("owner").signed, vcvs });
    expect(host.of("address", effects)).toEqual([]);
  });
});

describe("ways to other shards", () => {
  test("are not taken by agents that say that they hear everybody", () => {
    const directory = new Directory(MESH, crypto, id("a"), { shardAgents: 128 });
    const liars = namesOf(32, "liar").map((name) => vcvOf(name, { depth: 0, expiresMs: NOW + 800_000 }));
    for (const vcv of liars) directory.take(NOW, vcv);
    for (const name of namesOf(2_000)) directory.take(NOW, vcvOf(name, { depth: 4 }));
    expect(directory.place.depth).toBe(4);
    const honest = directory.contacts().filter(({ name }) => name.startsWith("w"));
    const covered = new Set(honest.map(({ name }) => shardOfName(name) >> 2));
    expect(covered.size).toBeGreaterThan(10);
  });
});

describe("strangers' vectors", () => {
  test("that are not kept are not where agents are dialled", () => {
    const agent = splitAgent("a");
    agent.effects = [];
    const strangers = namesOf(500, "s").map((name) => vcvOf(name, { depth: 4, addresses: ["/ip4/192.0.2.1/tcp/1"] }));
    agent.frame("w0", { kind: "vcvs", vcvs: strangers, metS: [] });
    const kept = agent.of("event").filter(({ event }) => event.kind === "directory").length;
    expect(agent.of("address").length).toBe(kept);
    expect(kept).toBeLessThan(100);
  });
});
