/** Whoever waits for a job is told how it stands, follows it through restarts, and draws again where it never began. */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { createAgent } from "../../../protocol/agent/agent.ts";
import { signCommands } from "../../../protocol/agent/context.ts";
import { OVERDUE_MS, standingOf } from "../../../protocol/agent/standing.ts";
import { createCommittee } from "../../../protocol/consensus/committee.ts";
import { statementMessage } from "../../../protocol/core/crypto.ts";
import { GOING, type LocalEvent } from "../../../protocol/effect.ts";
import { encodeMessage } from "../../../protocol/wire/message.ts";
import {
  buildJob,
  firstPolicy,
  type JobOptions,
  single,
  submissionOf,
} from "../../../sim/parts/workloads/job-builder.ts";
import { createWorld, type World } from "../../../sim/world/world.ts";
import { configOf, DrivenAgent, id, jobOf, MEMBERS, MESH, signerOf } from "../../support/driven-agent.ts";

const MINUTE_MS = 60_000;

/** Four members, a worker whose tasks take `workMs`, an owner that keeps nothing, and whoever else is named. */
function mesh(seed: number, workMs: number, others: readonly string[] = []): World {
  const skills = [{ name: "work", description: "", price: 1, expectedMs: 100, schemas: null }];
  const world = createWorld({
    ...{ seed, hasher, create: createAgent },
    agents: [
      ...[...MEMBERS, ...others].map((name) => ({ name })),
      { name: "worker", config: { skills, hosts: false }, skill: () => ({ afterMs: workMs, output: 7 }) },
      { name: "owner", config: { hosts: false } },
    ],
  });
  world.run(10_000);
  return world;
}

const long = (changes: Partial<JobOptions> = {}): JobOptions => ({
  owner: "owner",
  nodes: [single("a", 1, { policy: firstPolicy({ timeoutMs: 5 * MINUTE_MS }) })],
  committee: MEMBERS,
  deadlineMs: 20 * MINUTE_MS,
  ...changes,
});

const eventsOf = <K extends LocalEvent["kind"]>(world: World, kind: K): Extract<LocalEvent, { kind: K }>[] =>
  world
    .events("owner")
    .map(({ event }) => event)
    .filter((event): event is Extract<LocalEvent, { kind: K }> => event.kind === kind);

const lastStatus = (world: World): string | undefined => {
  const last = eventsOf(world, "block").at(-1)?.events.at(-1) as { kind: string; status: string } | undefined;
  return last?.kind === "completed" ? last.status : undefined;
};

test("a job that waits for a long task continues", () => {
  const world = mesh(1, 4 * MINUTE_MS);
  const job = buildJob(world, long());
  world.inject("owner", submissionOf(job.genesis));
  world.run(world.now + 3 * MINUTE_MS);
  expect(eventsOf(world, "submitted")).toMatchObject([{ problem: null }]);
  expect(eventsOf(world, "standing")).toEqual([]);
  world.run(world.now + 2 * MINUTE_MS);
  expect(lastStatus(world)).toBe("certified");
});

test.each([1, 2, 3])("all members die and come back: the owner is told, and has the end (seed %i)", (seed) => {
  const world = mesh(seed, 90_000);
  const job = buildJob(world, long());
  world.inject("owner", submissionOf(job.genesis));
  world.run(world.now + 20_000);
  for (const member of MEMBERS) world.crash(member);
  world.run(world.now + 20_000);
  expect(eventsOf(world, "standing").at(-1)?.standing).toMatchObject({ kind: "unreachable", silent: MEMBERS });
  for (const member of MEMBERS) {
    world.restart(member);
    world.run(world.now + 3_000);
  }
  world.run(world.now + 20_000);
  expect(eventsOf(world, "standing").at(-1)?.standing).toEqual(GOING);
  world.run(world.now + 2 * MINUTE_MS);
  expect(lastStatus(world)).toBe("certified");
});

test("two of four members gone: the job stands, and the owner knows which two", () => {
  const world = mesh(4, 10_000);
  const job = buildJob(world, long());
  world.inject("owner", submissionOf(job.genesis));
  world.run(world.now + 3_000);
  world.crash("m0");
  world.crash("m2");
  world.run(world.now + 40_000);
  expect(eventsOf(world, "standing").at(-1)?.standing).toMatchObject({ kind: "no-quorum", silent: ["m0", "m2"] });
  expect(lastStatus(world)).toBeUndefined();
});

test("a follower has its blocks from another member when the one that sends them is gone", () => {
  const world = mesh(5, 30_000);
  const job = buildJob(world, long());
  world.inject("owner", submissionOf(job.genesis));
  world.run(world.now + 5_000);
  const feed = MEMBERS[Number.parseInt(job.job.slice(0, 8), 16) % MEMBERS.length]!;
  world.crash(feed);
  world.run(world.now + MINUTE_MS);
  expect(lastStatus(world)).toBe("certified");
});

test("a cancel is repeated until the members that were away have it", () => {
  const world = mesh(6, 5 * MINUTE_MS);
  const job = buildJob(world, long());
  world.inject("owner", submissionOf(job.genesis));
  world.run(world.now + 5_000);
  for (const member of MEMBERS) world.crash(member);
  world.inject("owner", { kind: "cancel", job: job.job, via: null });
  world.run(world.now + 30_000);
  for (const member of MEMBERS) world.restart(member);
  world.run(world.now + MINUTE_MS);
  expect(lastStatus(world)).toBe("cancelled");
});

test("a cancel that reaches only a standby ends the job", () => {
  const world = mesh(8, 5 * MINUTE_MS, ["standby"]);
  const job = buildJob(world, { ...long(), standbys: ["standby"] });
  world.inject("owner", submissionOf(job.genesis));
  world.run(world.now + 5_000);
  const command = { job: job.job, author: id("owner"), counter: 1_000_000, body: { kind: "cancel" } } as const;
  const { meshId, crypto } = world;
  const envelope = signCommands(configOf("owner", { meshId, crypto }), world.signer("owner"), job.job, [command]);
  const message = { kind: "envelopes", job: job.job, envelopes: [envelope] } as const;
  world.inject("standby", { kind: "frame", from: id("client"), bytes: encodeMessage(message) });
  world.run(world.now + 5_000);
  expect(lastStatus(world)).toBe("cancelled");
});

test("members that say yes and vanish: withdrawn, with those that are silent, and the others are free again", () => {
  const world = mesh(7, 1_000);
  const job = buildJob(world, long());
  // They go the moment they said yes: with the start message on its way.
  world.inject("owner", submissionOf(job.genesis));
  world.run(() => world.events("m3").length >= 0 && hosting(world, "m3", job.job), { withinMs: 5_000 });
  world.crash("m0");
  world.crash("m1");
  world.run(world.now + 30_000);
  expect(eventsOf(world, "submitted")).toMatchObject([
    {
      problem: "not-taken",
      declined: new Map([
        ["m0", ""],
        ["m1", ""],
      ]),
    },
  ]);
  for (const member of ["m2", "m3"]) expect(hosting(world, member, job.job), member).toBe(false);
  world.restart("m0");
  world.restart("m1");
  world.run(world.now + 30_000);
  for (const member of MEMBERS) expect(hosting(world, member, job.job), member).toBe(false);
  expect(eventsOf(world, "block")).toEqual([]);
});

/** Whether an agent keeps a job. */
function hosting(world: World, name: string, job: string): boolean {
  const before = world.events(name).length;
  world.inject(name, {
    kind: "ask",
    id: 1_000_000 + before,
    to: id(name),
    query: { kind: "status", job: job as never },
  });
  return world
    .events(name)
    .slice(before)
    .some(({ event }) => event.kind === "reply" && event.ok);
}

test("only the owner withdraws a job, and only before its first block; a member that gave it up does not begin it again", () => {
  const made = jobOf("owner");
  const signature = (by: string): Uint8Array => signerOf(by).sign(statementMessage(MESH, "withdraw", made.job));
  const member = new DrivenAgent("m0", { skills: [] });
  member.host(made);
  member.pass(5_000); // it votes
  member.frame("m1", { kind: "withdraw", job: made.job, signature: signature("m1") });
  expect(member.of("forget")).toEqual([]);
  member.frame("m1", { kind: "withdraw", job: made.job, signature: signature("owner") });
  expect(member.of("forget")).toMatchObject([{ job: made.job }]);
  const before = member.of("persist").filter(({ slot }) => slot === "vote").length;
  const out = member.frame("owner", { kind: "invite", genesis: made.signed, vcvs: [] });
  expect(member.sent(out).map(({ message }) => message)).toMatchObject([{ kind: "inviteReply", yes: false }]);
  member.frame("owner", { kind: "start", job: made.job });
  member.frame("m1", { kind: "genesis", genesis: made.signed, vcvs: [] });
  member.pass(5_000);
  expect(member.of("persist").filter(({ slot }) => slot === "vote").length).toBe(before);

  // After a restart neither: only that it was given up is on the disk.
  const again = new DrivenAgent("m0", { skills: [] }, member.records());
  const refused = again.frame("owner", { kind: "invite", genesis: made.signed, vcvs: [] });
  expect(again.sent(refused).map(({ message }) => message)).toMatchObject([{ kind: "inviteReply", yes: false }]);
  // Whoever missed it hears it from those who know.
  const position = { job: made.job, height: 1, round: 3, step: 1, awards: 0 };
  const told = again.frame("m2", { kind: "pulse", load: 0, positions: [position] });
  expect(again.sent(told)).toMatchObject([{ to: "m2", message: { kind: "withdraw", job: made.job } }]);
});

test("a job whose deadline passed keeps no place", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  for (let i = 0; i < 16; i++) m0.host(jobOf("busy", { counter: i, committee: ["m0", "x", "y", "z"] }));
  const next = jobOf("busy", { counter: 99, committee: ["m0"] });
  const ask = () => m0.sent(m0.frame("busy", { kind: "invite", genesis: next.signed, vcvs: [] }));
  expect(ask().map(({ message }) => message)).toMatchObject([{ kind: "inviteReply", yes: false }]);
  m0.nowMs += 3 * MINUTE_MS;
  expect(ask().map(({ message }) => message)).toContainEqual(
    expect.objectContaining({ kind: "inviteReply", yes: true }),
  );
});

test("how a job stands, by power and time", () => {
  const committee = createCommittee(
    hasher,
    MEMBERS.map((agent) => ({ agent: id(agent), power: 1 })),
  );
  const now = { monoMs: 100_000, wallMs: 1_000_000 };
  const of = (silent: { readonly [agent: string]: number }, overdueMs = Number.NEGATIVE_INFINITY) =>
    standingOf({ committee, self: id("owner"), silentSinceMs: (agent) => silent[agent] ?? null, overdueMs, now });
  expect(of({})).toEqual(GOING);
  expect(of({ m1: 50_000 })).toEqual({ ...GOING, silent: ["m1"] });
  expect(of({ m1: 50_000, m2: 60_000 })).toEqual({ kind: "no-quorum", sinceMs: 960_000, silent: ["m1", "m2"] });
  expect(of({ m0: 90_000, m1: 50_000, m2: 60_000, m3: 70_000 })).toMatchObject({
    kind: "unreachable",
    sinceMs: 990_000,
  });
  expect(of({}, OVERDUE_MS)).toEqual(GOING);
  expect(of({}, OVERDUE_MS + 1)).toMatchObject({ kind: "overdue", sinceMs: 1_000_000 - OVERDUE_MS - 1 });
});
