/** Floods of beacons, invitations, capability vectors and geneses: counted by where they come from (protocol.md 9). */

import { describe, expect, test } from "vitest";
import { signBeacon } from "../../protocol/agent/beacons.ts";
import { Directory } from "../../protocol/capability/directory.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { AgentConfig } from "../../protocol/machine.ts";
import { encodeBeacon, encodeMessage, encodeVcv } from "../../protocol/wire/message.ts";
import { signedVcv } from "../support/capability-vectors.ts";
import { configOf, crypto, DrivenAgent, hashOf, id, jobOf, MEMBERS, MESH, signerOf } from "../support/driven-agent.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Counts signature checks. */
function counting(): { readonly crypto: AgentConfig["crypto"]; verified: number } {
  const counted = {
    verified: 0,
    crypto: {
      ...crypto,
      verify: (...args: Parameters<typeof crypto.verify>) => {
        counted.verified++;
        return crypto.verify(...args);
      },
    },
  };
  return counted;
}

const offences = (agent: DrivenAgent): string[] => agent.of("misbehaved").map(({ code }) => code);
const known = (agent: DrivenAgent): number => {
  const told = agent.of("event").flatMap(({ event }) => (event.kind === "directory" ? [event.agents] : []));
  return told.at(-1) ?? 0;
};

describe("capability vectors", () => {
  const madeUp = (agent: DrivenAgent, count: number, prefix = "made-up") =>
    range(count).map((i) => signedVcv(`${prefix}${i}`, agent.nowMs));

  test("that nobody asked for are not read, and cost their sender its connection", () => {
    const agent = new DrivenAgent("a");
    const vcvs = madeUp(agent, 2_000);
    for (const _ of range(60)) agent.frame("mallory", { kind: "vcvs", vcvs, metS: [] });
    expect(known(agent)).toBe(0);
    expect(offences(agent).length).toBeGreaterThan(20);
  });

  test("that a neighbour makes up when it is asked do not drive out those of others", () => {
    const directory = new Directory(MESH, crypto, id("a"), { shardAgents: 100_000 });
    const nowMs = 1_000_000;
    const take = (name: string, source: string): void => void directory.take(nowMs, signedVcv(name, nowMs), source);
    for (const i of range(200)) take(`honest${i}`, "b");
    take("connected", "");
    for (const i of range(2 * limits.directoryPerSource)) take(`made-up${i}`, "mallory");
    const names = [...directory.entries()].map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("made-up"))).toHaveLength(limits.directoryPerSource);
    expect(names.filter((name) => name.startsWith("honest"))).toHaveLength(200);
    expect(names).toContain("connected");
  });

  test("of one source make nobody split its shard", () => {
    const directory = new Directory(MESH, crypto, id("a"));
    const nowMs = 1_000_000;
    for (const i of range(4_000)) directory.take(nowMs, signedVcv(`made-up${i}`, nowMs), "mallory");
    expect(directory.place.depth).toBe(0);
    expect(directory.size).toBe(limits.directoryPerSource);
  });

  test("of one answer, or by gossip of one neighbour, are as many as one source may bring; known agents stay", () => {
    const agent = new DrivenAgent("a");
    for (const name of ["mallory", "met", "b"]) agent.input({ kind: "connected", agent: id(name), origin: "" });
    agent.frame("met", { kind: "vcvs", vcvs: [signedVcv("met", agent.nowMs)], metS: [] });
    agent.input({ kind: "disconnected", agent: id("met") });
    agent.frame("mallory", { kind: "vcvs", vcvs: [signedVcv("met", agent.nowMs, { version: 2 })], metS: [] });
    const vcvs = madeUp(agent, 2_000);
    for (const i of range(20))
      agent.frame("mallory", { kind: "vcvs", vcvs: vcvs.slice(100 * i, 100 * (i + 1)), metS: [] });
    expect(known(agent)).toBeLessThanOrEqual(limits.directoryPerSource + 2);
    for (const [ticket, vcv] of madeUp(agent, 2_000, "gossip").entries())
      agent.input({ kind: "gossip", from: id("mallory"), topic: "caps", bytes: encodeVcv(vcv), ticket });
    expect(known(agent)).toBeLessThanOrEqual(limits.directoryPerSource + 2);
    const honest = encodeVcv(signedVcv("honest", agent.nowMs));
    agent.input({ kind: "gossip", from: id("b"), topic: "caps", bytes: honest, ticket: 5_000 });
    expect(agent.of("verdict").at(-1)!.verdict.verdict).toBe("accept");
  });

  test("that come with an invitation are taken when the job begins, and count for the rate of their sender", () => {
    const agent = new DrivenAgent("m0", { skills: [] });
    const made = jobOf("owner");
    const vcvs = ["m1", "m2"].map((name) => signedVcv(name, agent.nowMs));
    agent.frame("owner", { kind: "invite", genesis: made.signed, vcvs });
    expect(known(agent)).toBe(0);
    agent.frame("owner", { kind: "start", job: made.job });
    expect(known(agent)).toBe(3);
    const forged = { ...made.signed, signature: new Uint8Array(64) };
    const addresses = range(16).map(() => "x".repeat(1_000));
    const large = (count: number) => range(count).map((i) => signedVcv(`large${i}`, agent.nowMs, { addresses }));
    const bytes = encodeMessage({ kind: "invite", genesis: forged, vcvs: large(60) });
    const most = (64 * limits.genesisBytes) / bytes.length;
    agent.effects = [];
    for (const _ of range(Math.ceil(most) + 10)) agent.input({ kind: "frame", from: id("mallory"), bytes });
    expect(offences(agent).length).toBeLessThan(most + 2);
    agent.frame("m3", { kind: "invite", genesis: forged, vcvs: large(80) });
    expect(offences(agent).at(-1)).toBe("too-many-vectors");
  });

  test("that others brought do not go with those of a neighbour that hands them on in newer versions", () => {
    const directory = new Directory(MESH, crypto, id("a"), { shardAgents: 100_000 });
    const nowMs = 1_000_000;
    for (const i of range(10)) directory.take(nowMs, signedVcv(`honest${i}`, nowMs), "b");
    for (const i of range(limits.directoryPerSource)) directory.take(nowMs, signedVcv(`made-up${i}`, nowMs), "mallory");
    for (const i of range(10)) directory.take(nowMs, signedVcv(`honest${i}`, nowMs, { version: 2 }), "mallory");
    for (const i of range(limits.directoryPerSource)) directory.take(nowMs, signedVcv(`more${i}`, nowMs), "mallory");
    expect([...directory.entries()].filter(({ name }) => name.startsWith("honest"))).toHaveLength(10);
  });

  test("of one author are carried by gossip as often as an honest one speaks", () => {
    const counted = counting();
    const agent = new DrivenAgent("a", { crypto: counted.crypto });
    const before = counted.verified;
    for (const version of range(100))
      agent.input({
        kind: "gossip",
        from: id("b"),
        topic: "caps",
        bytes: encodeVcv(signedVcv("mallory", agent.nowMs, { version: version + 1 })),
        ticket: version,
      });
    const accepted = agent.of("verdict").filter(({ verdict }) => verdict.verdict === "accept").length;
    expect(accepted).toBeLessThan(10);
    expect(counted.verified - before).toBe(accepted);
    agent.nowMs += 60_000;
    agent.input({
      kind: "gossip",
      from: id("b"),
      topic: "caps",
      bytes: encodeVcv(signedVcv("mallory", agent.nowMs, { version: 1_000 })),
      ticket: 1_000,
    });
    expect(agent.of("verdict").at(-1)!.verdict.verdict).toBe("accept");
  });
});

describe("capability vectors of agents never met, by gossip", () => {
  const hear = (agent: DrivenAgent, from: string, n: number): boolean => {
    const bytes = encodeVcv(signedVcv(`${from}'s ${n}`, agent.nowMs));
    agent.input({ kind: "gossip", from: id(from), topic: "caps", bytes, ticket: n });
    return agent.of("verdict").at(-1)!.verdict.verdict === "accept";
  };

  test("are few of those that one source hands on, whatever its keys", () => {
    const agent = new DrivenAgent("a");
    for (const name of ["x", "y"]) agent.input({ kind: "connected", agent: id(name), origin: "192.0.2" });
    const taken = range(400).filter((n) => hear(agent, n % 2 === 0 ? "x" : "y", n)).length;
    expect(taken).toBeGreaterThan(20);
    expect(taken).toBeLessThan(100);
    agent.nowMs += 10_000;
    expect(hear(agent, "x", 1_000)).toBe(true);
  });

  test("are as many of those that another host of a job hands on as gossip brings", () => {
    const agent = new DrivenAgent("m0");
    agent.host(jobOf("owner", { committee: MEMBERS }));
    expect(range(400).filter((n) => hear(agent, "m1", n))).toHaveLength(400);
  });

  test("are few of those that the owner of a job hands on, who follows it: anybody may own one", () => {
    const agent = new DrivenAgent("m0");
    const made = jobOf("owner", { committee: MEMBERS });
    agent.host(made);
    agent.frame("owner", { kind: "follow", job: made.job, from: { height: 1, blocks: false } });
    expect(range(400).filter((n) => hear(agent, "owner", n)).length).toBeLessThan(100);
  });
});

describe("beacons", () => {
  const beacon = (author: string, n: number, endsMs: number): Uint8Array => {
    const content = { author: id(author), addresses: [], skill: "work", like: null, labels: [], calls: 16, endsMs };
    return encodeBeacon(signBeacon(configOf(author), signerOf(author), { ...content, job: hashOf(n) as JobId }));
  };

  test("560 a second of one author cost a few signature checks, and are offences if it sends them itself", () => {
    const counted = counting();
    const agent = new DrivenAgent("a", { crypto: counted.crypto });
    const before = counted.verified;
    for (const n of range(10 * 560)) {
      agent.nowMs += 1_000 / 560;
      const bytes = beacon("mallory", n % 8, Math.ceil(agent.nowMs) + 1_000);
      agent.input({ kind: "gossip", from: id("mallory"), topic: "beacons", bytes, ticket: n });
    }
    expect(counted.verified - before).toBeLessThan(10 * 4 + 30);
    const refused = agent.of("verdict").filter(({ verdict }) => verdict.verdict === "reject").length;
    expect(refused).toBeGreaterThan(20);
  });

  test("of one network's strangers are handed on as often as few agents speak; those of a partner are not among them", () => {
    const agent = new DrivenAgent("m0");
    agent.host(jobOf("owner", { committee: MEMBERS }));
    for (const name of ["m1", "m2"]) agent.input({ kind: "connected", agent: id(name), origin: "192.0.2" });
    let handedOn = 0;
    const hear = (from: string, author: string, n: number): boolean => {
      const bytes = beacon(author, n, agent.nowMs + 10_000);
      agent.input({ kind: "gossip", from: id(from), topic: "beacons", bytes, ticket: n });
      return agent.of("verdict").at(-1)!.verdict.verdict === "accept";
    };
    for (const n of range(400)) {
      const name = `mallory${n}`;
      agent.input({ kind: "connected", agent: id(name), origin: "192.0.2" });
      if (hear(n % 2 === 0 ? name : "m2", name, n)) handedOn++;
    }
    expect(handedOn).toBeGreaterThan(10);
    expect(handedOn).toBeLessThan(30);
    for (const n of range(40)) expect(hear("m2", "m1", n + 1_000)).toBe(true);
  });

  test("of made-up authors do not drive out those that wait for a job of a neighbour", () => {
    const agent = new DrivenAgent("a");
    agent.input({ kind: "connected", agent: id("m1"), origin: "" });
    const hear = (from: string, author: string, n: number): void => {
      const bytes = beacon(author, n, agent.nowMs + 10_000);
      agent.input({ kind: "gossip", from: id(from), topic: "beacons", bytes, ticket: n });
    };
    const asked = (of: string): number =>
      agent.sent().filter(({ to, message }) => to.startsWith(of) && message.kind === "fetchGenesis").length;
    hear("m2", "m1", 1);
    expect(asked("m1")).toBe(1);
    for (const n of range(1_500)) hear("m2", `made-up${n}`, n + 2);
    expect(asked("made-up")).toBe(2 * limits.knownJobs);
    agent.pass(3_000);
    expect(asked("m1")).toBeGreaterThan(1);
  });

  test("that others forge do not use up an author's rate", () => {
    const agent = new DrivenAgent("a");
    const forged = { ...configOf("m0"), signer: signerOf("mallory") };
    for (const n of range(1_000)) {
      const content = { author: id("m0"), addresses: [], skill: "work", like: null, labels: [], calls: 16 };
      const said = { ...content, endsMs: agent.nowMs + 1_000, job: hashOf(n) as JobId };
      const bytes = encodeBeacon(signBeacon(forged, forged.signer, said));
      agent.input({ kind: "gossip", from: id("mallory"), topic: "beacons", bytes, ticket: n });
    }
    const bytes = beacon("m0", 1, agent.nowMs + 1_000);
    agent.input({ kind: "gossip", from: id("m1"), topic: "beacons", bytes, ticket: 9_999 });
    expect(agent.of("verdict").at(-1)!.verdict.verdict).toBe("accept");
  });
});

describe("invitations", () => {
  test("with a wrong signature are offences, and are not read", () => {
    const agent = new DrivenAgent("m0", { skills: [] });
    const { signed } = jobOf("owner");
    const unreadable = { ...signed, bytes: new Uint8Array(limits.genesisBytes) };
    for (const genesis of [signed, unreadable]) {
      agent.effects = [];
      for (const _ of range(20)) agent.frame("mallory", { kind: "invite", genesis, vcvs: [] });
      expect(offences(agent)).toEqual(range(20).map(() => "bad-signature"));
    }
  });

  test("of a source beyond what it may send are not even hashed", () => {
    let hashed = 0;
    const hash = (bytes: Uint8Array): ReturnType<typeof crypto.hash> => {
      hashed += bytes.length;
      return crypto.hash(bytes);
    };
    const agent = new DrivenAgent("m0", { skills: [], crypto: { ...crypto, hash } });
    for (const i of range(8)) agent.input({ kind: "connected", agent: id(`s${i}`), origin: "192.0.2.0/24" });
    const signed = { bytes: new Uint8Array(limits.genesisBytes), signature: new Uint8Array(64) };
    for (const i of range(120)) agent.frame(`s${i % 8}`, { kind: "invite", genesis: signed, vcvs: [] });
    expect(hashed).toBeLessThan(70 * limits.genesisBytes);
  });
});

test("a genesis that nobody asked for is not hashed, and many of them are an offence", () => {
  let hashed = 0;
  const hash = (bytes: Uint8Array): ReturnType<typeof crypto.hash> => {
    hashed += bytes.length;
    return crypto.hash(bytes);
  };
  const agent = new DrivenAgent("a", { crypto: { ...crypto, hash } });
  hashed = 0;
  const genesis = { bytes: new Uint8Array(limits.genesisBytes), signature: new Uint8Array(64) };
  for (const _ of range(60)) agent.frame("mallory", { kind: "genesis", genesis, vcvs: [] });
  expect(hashed).toBe(0);
  expect(offences(agent).length).toBeGreaterThan(20);
});
