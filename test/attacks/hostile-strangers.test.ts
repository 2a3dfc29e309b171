/**
 * Agents that a job does not know, and members that flood: how much their commands, blobs and beacons can make a member store
 * or do.
 */

import { describe, expect, test } from "vitest";
import { signBeacon } from "../../protocol/agent/beacons.ts";
import { bytesOf, EMBEDDER_NAME, embed } from "../../protocol/capability/embedding.ts";
import type { Hash, JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { DEFAULT_QUOTAS } from "../../protocol/core/quotas.ts";
import { Pool, type PoolQuestions, type Sender } from "../../protocol/job/pool.ts";
import { Replica } from "../../protocol/job/replica.ts";
import type { CommandBody } from "../../protocol/wire/command.ts";
import type { Data, Like } from "../../protocol/wire/genesis.ts";
import { encodeBeacon, encodeMessage, type Message, type Query } from "../../protocol/wire/message.ts";
import { decodeValue } from "../../protocol/wire/value.ts";
import { single } from "../../sim/parts/workloads/job-builder.ts";
import {
  configOf,
  countCalls,
  crypto,
  DrivenAgent,
  envelope,
  hashOf,
  id,
  jobOf,
  MESH,
  offerBody,
  resultBody,
  senderOf,
  signerOf,
} from "../support/driven-agent.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const blob = (n: number): Data => ({ kind: "blob", hash: hashOf(n), bytes: limits.blobBytes });

describe("pools", () => {
  const { job } = jobOf("owner");
  const kept = new Set<Hash>();
  const questions: PoolQuestions = {
    isDone: () => false,
    isWanted: () => false,
    isInvolved: (author) => author.startsWith("worker"),
    isKept: (hash) => kept.has(hash),
    isOfUse: ({ body }) => body.kind === "offer",
  };
  const say = (pool: Pool, from: string, bodies: readonly CommandBody[], sender?: Partial<Sender>): string => {
    const said = envelope(from, job, bodies);
    return pool.add(0, said, questions, { ...senderOf(said), ...sender }).verdict.verdict;
  };

  test("commands of strangers that change nothing are not pooled", () => {
    const pool = new Pool(MESH, job, crypto);
    for (const i of range(64))
      say(
        pool,
        `s${i}`,
        Array.from({ length: 64 }, () => resultBody("nobody")),
      );
    expect(pool.size).toBe(0);
    expect(say(pool, "worker", [resultBody("a")])).toBe("accept");
  });

  test("all strangers together get a share of a job's pool, and each source a small one, whatever names it makes up", () => {
    const pool = new Pool(MESH, job, crypto);
    for (const i of range(2 * limits.poolStrangers)) say(pool, `s${i}`, [offerBody()], { source: `from ${i % 100}` });
    expect(pool.size).toBe(limits.poolStrangers);
    const alone = new Pool(MESH, job, crypto);
    for (const i of range(1_000)) say(alone, `s${i}`, [offerBody()], { source: "one network" });
    expect(alone.size).toBe(limits.poolPerSource);
  });

  test("a stranger finds a place in a pool that others filled with offers that are of use, and blocks keep theirs", () => {
    const pool = new Pool(MESH, job, crypto);
    for (const i of range(limits.poolStrangers)) say(pool, `s${i}`, [offerBody()], { source: `from ${i % 16}` });
    const [first] = pool.entries();
    kept.add(first!.hash);
    expect(say(pool, "honest", [offerBody()])).toBe("accept");
    expect([...pool.entries()].filter(({ command }) => command.author === id("honest"))).toHaveLength(1);
    expect(pool.has(first!.hash)).toBe(true);
    kept.clear();
  });

  test("what is no longer of use goes first", () => {
    const pool = new Pool(MESH, job, crypto);
    for (const i of range(limits.poolStrangers)) say(pool, `s${i}`, [offerBody()], { source: `from ${i % 16}` });
    const last = [...pool.entries()].at(-1)!;
    last.applicable = false;
    say(pool, "honest", [offerBody()]);
    expect(pool.has(last.hash)).toBe(false);
    expect(pool.size).toBe(limits.poolStrangers);
  });

  test("a pool full of a member's offers makes further commands no more expensive", () => {
    const { genesis } = jobOf("owner");
    const replica = new Replica({ genesis, job }, id("m0"), crypto, { onDecided: () => undefined });
    const now = { monoMs: 1_000, wallMs: 1_000_000 };
    const offers = (from: number) =>
      range(limits.envelopeCommands).map((i) => offerBody({ expectedMs: from + i, validUntilMs: 1_500_000 }));
    for (const author of ["m1", "m2", "m3"])
      for (let k = 0; k < 25; k++) {
        const said = envelope(author, job, offers(k * limits.envelopeCommands));
        replica.learn(now, said, senderOf(said));
      }
    replica.applicable(now);
    expect(replica.pool.size).toBe(3 * 25 * limits.envelopeCommands);
    const { state } = replica.decided;
    const judged = countCalls(state.status, "get");
    const walks = countCalls(state.ready, "list");
    for (const i of range(5)) {
      const said = envelope(`w${i}`, job, [offerBody()]);
      replica.learn(now, said, senderOf(said));
    }
    expect(judged.count).toBe(5);
    expect(walks.count).toBe(5); // over the tasks that wait, once a skill
  });
});

describe("commands at a member", () => {
  test("thousands of offers of one member, each in an envelope of its own, can be forwarded", () => {
    const m0 = new DrivenAgent("m0", { skills: [] });
    const made = jobOf("owner");
    m0.host(made);
    for (const i of range(3_000)) m0.commands("m1", made.job, [offerBody({ expectedMs: i })]);
    m0.effects = [];
    m0.pass(300);
    const frames = m0.sent().filter(({ to, message }) => to === "m2" && message.kind === "haveCommands");
    expect(frames.length).toBe(2); // a frame names at most 2,048
  });

  test("no blob is fetched for the results of a stranger who holds no award", () => {
    const m0 = new DrivenAgent("m0", { skills: [] });
    const made = jobOf("owner");
    m0.host(made);
    const results = range(60).map((i) => resultBody("nobody", { data: blob(i + 1) })); // 3.75 GiB
    expect(m0.of("fetchBlob", m0.commands("mallory", made.job, results))).toEqual([]);
  });

  test("a blob is no longer asked for when the command that rested on it is gone", () => {
    const m0 = new DrivenAgent("m0", { skills: [] });
    const made = jobOf("owner", { committee: ["m0"] });
    m0.host(made);
    m0.commands("w", made.job, [offerBody({ validUntilMs: m0.nowMs + 60_000 })]);
    m0.pass(500);
    const data = blob(1);
    m0.commands("w", made.job, [resultBody("a", { data })]);
    m0.pass(100);
    m0.input({ kind: "blobFailed", job: made.job, hash: hashOf(1) });
    m0.pass(1_100);
    expect(m0.of("fetchBlob").length).toBe(2); // and again after a second
    m0.commands("owner", made.job, [{ kind: "cancel" }]);
    m0.pass(200);
    m0.input({ kind: "blobFailed", job: made.job, hash: hashOf(1) });
    m0.effects = [];
    m0.pass(5_000);
    expect(m0.of("fetchBlob")).toEqual([]);
  });

  test("a stranger cannot make a member forget who holds which blob", () => {
    const { genesis, job } = jobOf("owner");
    const replica = new Replica({ genesis, job }, id("m0"), crypto, { onDecided: () => undefined });
    const held = "f".repeat(64) as Hash;
    replica.noteHolder(held, id("m0"));
    for (const i of range(limits.poolCommands)) replica.noteHolder(hashOf(i), id("mallory"));
    expect(replica.isHolder(held, id("m0"))).toBe(true);
  });
});

describe("beacons", () => {
  const beacon = (
    agent: DrivenAgent,
    author: string,
    job: JobId,
    endsMs = agent.nowMs + 1_000,
    like: Like | null = null,
  ) => {
    const content = {
      job,
      author: id(author),
      addresses: [],
      skill: "work",
      like,
      labels: [],
      calls: 16,
      endsMs,
    };
    const bytes = encodeBeacon(signBeacon(configOf(author), signerOf(author), content));
    return agent.input({ kind: "gossip", from: id("x"), topic: "beacons", bytes, ticket: 1 });
  };
  const asked = (agent: DrivenAgent, of: string): number =>
    agent.sent().filter(({ to, message }) => to === of && message.kind === "fetchGenesis").length;

  test("one whose window ends in a year, of a job that nobody tells of, is given up", () => {
    const worker = new DrivenAgent("worker");
    beacon(worker, "mallory", hashOf(1), worker.nowMs + 365 * 24 * 3_600_000);
    for (let second = 0; second < 120; second++) worker.pass(1_000);
    expect(asked(worker, "mallory")).toBeGreaterThan(10);
    expect(asked(worker, "mallory")).toBeLessThan(30);
  });

  test("those that ask for something else each time are left to others after some", () => {
    const worker = new DrivenAgent("worker");
    const say = (from: number): void => {
      for (let i = from; i < from + 100; i++) {
        const like = { embedder: EMBEDDER_NAME, vector: bytesOf(embed(`work ${i}`)), least: 1 };
        beacon(worker, `m${i}`, hashOf(i), worker.nowMs + 1_000, like);
      }
    };
    const heard = (): number =>
      new Set(worker.sent().flatMap(({ to, message }) => (message.kind === "fetchGenesis" ? [to] : []))).size;
    say(0);
    expect(heard()).toBe(20);
    worker.pass(1_000);
    say(100);
    expect(heard()).toBe(40);
  });

  const offered = (agent: DrivenAgent, to: string): number =>
    agent.sent().reduce((sum, sent) => {
      const { message } = sent;
      return sum + (sent.to === to && message.kind === "envelopes" ? message.envelopes.length : 0);
    }, 0);

  test.each([
    ["a stranger", "mallory", 0],
    ["a member", "m1", 11],
  ])("a hundred of %s within a second (%s) make a worker offer %i times at most", (_, author, most) => {
    const worker = new DrivenAgent("worker");
    const made = jobOf("owner");
    worker.learn("m0", made);
    for (const i of range(100)) {
      beacon(worker, author, made.job, worker.nowMs + 1_000 + i);
      worker.nowMs += 10;
    }
    worker.pass(100);
    expect(offered(worker, "m0")).toBeLessThanOrEqual(most);
  });

  test.each([0, limits.knownJobs])("%i that come to nothing do not deafen an agent for good", (count) => {
    const worker = new DrivenAgent("worker");
    for (const i of range(count)) beacon(worker, "mallory", hashOf(i) as JobId);
    worker.pass(3_600_000, 60_000);
    worker.effects = [];
    const made = jobOf("owner", { committee: ["m0"] });
    beacon(worker, "m0", made.job);
    worker.frame("m0", { kind: "genesis", genesis: made.signed, vcvs: [] });
    worker.pass(100);
    expect(offered(worker, "m0")).toBe(1);
  });
});

test("strangers that say they are ahead do not keep a member from asking those who are", () => {
  const member = new DrivenAgent("m0", { skills: [] });
  const made = jobOf("owner");
  member.host(made);
  const pulse = (from: string, height: number): void =>
    void member.frame(from, {
      kind: "pulse",
      load: 0,
      positions: [{ job: made.job, height, round: 0, step: 0, awards: 0 }],
    });
  for (let i = 0; i < 500; i++) pulse(`stranger${i}`, 1_000_000 + i);
  pulse("m1", 5);
  member.effects = [];
  member.pass(6_000);
  const asked = member.sent().filter(({ message }) => message.kind === "fetchBlocks");
  const ofMember = asked.filter(({ to }) => to === "m1");
  expect(ofMember.length).toBeGreaterThan(asked.length / 3);
  // The agent knows nobody in a committee that was replaced while it was away, so it asks strangers, too.
  expect(asked.length).toBeGreaterThan(ofMember.length);
});

test("who asks for more than it can need is not answered for a while; a member is", () => {
  const member = new DrivenAgent("m0", { skills: [] });
  const nodes = Array.from({ length: 4_000 }, (_, i) => single(`n${i}`, "x".repeat(120)));
  const made = jobOf("owner", { nodes });
  member.host(made);
  const ask = (from: string, count: number): number => {
    let bytes = 0;
    for (let i = 0; i < count; i++)
      for (const sent of member.sent(member.frame(from, { kind: "fetchGenesis", job: made.job }))) bytes += sent.bytes;
    return bytes;
  };
  const share = limits.answeredBytes + made.signed.bytes.length + 1_024;
  expect(ask("stranger", 100)).toBeLessThan(share);
  expect(ask("stranger", 1)).toBe(0);
  expect(ask("other", 1)).toBeGreaterThan(made.signed.bytes.length);
  expect(ask("m1", 100)).toBeGreaterThan(3 * share);
  member.pass(1_000);
  expect(ask("stranger", 100)).toBeGreaterThan(made.signed.bytes.length);
});

test("a guest and the hosts that it names are not answered for a while, either, after far more; a known owner always is", () => {
  const answered = (owner: string): number => {
    const quotas = { ...DEFAULT_QUOTAS, owners: { known: [id("ada")], allow: null } };
    const member = new DrivenAgent("m0", { skills: [], quotas });
    const made = jobOf(owner, { nodes: range(4_000).map((i) => single(`n${i}`, "x".repeat(120))) });
    member.host(made);
    const most = Math.ceil((16 * limits.answeredBytes) / made.signed.bytes.length);
    let count = 0;
    for (const i of range(most + 50)) {
      const from = i % 2 === 0 ? "m1" : owner;
      member.input({ kind: "connected", agent: id(from), origin: "192.0.2.0/24" });
      count += member.sent(member.frame(from, { kind: "fetchGenesis", job: made.job })).length;
      member.effects = [];
    }
    return count - most;
  };
  expect(answered("mallory")).toBeLessThan(5);
  expect(answered("ada")).toBe(50);
});

test("questions are answered within the same share; who got too much is told no, in fewer bytes than it asked with", () => {
  const member = new DrivenAgent("m0", { skills: [] });
  const nodes = range(1_000).map((i) => single(`n${i}`.padEnd(60, "x"), 1));
  const made = jobOf("owner", { nodes });
  member.host(made);
  const ask = (from: string, query: Query): { readonly ok: boolean; readonly bytes: number } => {
    const [sent] = member.sent(member.frame(from, { kind: "query", id: 1, query }));
    return { ok: sent!.message.kind === "reply" && sent!.message.ok, bytes: sent!.bytes };
  };
  for (const [asker, job] of [
    ["stranger", made.job],
    ["another", null],
  ] as const) {
    const query: Query = { kind: "status", job };
    const replies = range(400).map(() => ask(asker, query));
    expect(replies[0]).toMatchObject({ ok: true });
    expect(replies.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(
      limits.answeredBytes + 2 * replies[0]!.bytes,
    );
    const last = replies.at(-1)!;
    expect(last.ok).toBe(false);
    expect(last.bytes).toBeLessThan(encodeMessage({ kind: "query", id: 1, query }).length);
  }
  expect(range(400).every(() => ask("owner", { kind: "status", job: made.job }).ok)).toBe(true);
});

test("a status that does not fit a frame is told with fewer details, and says how many are left out", () => {
  const member = new DrivenAgent("m0", { skills: [] });
  const nodes = range(1_500).map((i) => single(`n${i}`.padEnd(60, "x"), 1, { skill: "s".repeat(60) }));
  for (let counter = 1; counter <= 16; counter++) member.host(jobOf("owner", { nodes, counter }));
  const [sent] = member.sent(member.frame("stranger", { kind: "query", id: 1, query: { kind: "status", job: null } }));
  expect(sent!.message).toMatchObject({ kind: "reply", ok: true });
  const decoded = decodeValue((sent!.message as Extract<Message, { kind: "reply" }>).bytes);
  const { jobs } = (decoded as { value: unknown }).value as {
    readonly jobs: readonly { readonly nodes: readonly unknown[]; readonly leftOut: { readonly nodes: number } }[];
  };
  expect(jobs).toHaveLength(16);
  for (const { nodes: shown, leftOut } of jobs) {
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(1_000);
    expect(shown.length + leftOut.nodes).toBe(1_500);
  }
});
