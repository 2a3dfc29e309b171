/** Attacks on statements of owners that others pass on: delegations, withdrawals, and jobs that members gave up. */

import { expect, test } from "vitest";
import { delegate } from "../../protocol/agent/clients.ts";
import { Containment } from "../../protocol/agent/containment.ts";
import { StepContext } from "../../protocol/agent/context.ts";
import { Invitations } from "../../protocol/agent/invitations.ts";
import { encodeRetired, readRetired, SLOT } from "../../protocol/agent/job-records.ts";
import { CLOCK_SLACK_MS, Directory } from "../../protocol/capability/directory.ts";
import { statementMessage } from "../../protocol/core/crypto.ts";
import type { JobId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import type { StoredRecord } from "../../protocol/machine.ts";
import { Acquaintances } from "../../protocol/membership/acquaintances.ts";
import { bytes, encode, struct, uint } from "../../protocol/wire/codec.ts";
import { submissionOf } from "../../sim/parts/workloads/job-builder.ts";
import {
  configOf,
  crypto,
  DrivenAgent,
  hashOf,
  id,
  type Job,
  jobOf,
  MESH,
  type Sent,
  signerOf,
} from "../support/driven-agent.ts";

const DAY_MS = 24 * 3_600_000;
const NOW_MS = 100 * DAY_MS;

// --- clients ------------------------------------------------------------------------------------------

const clientOf = (name: string, owner: string): DrivenAgent =>
  new DrivenAgent(name, { owner: signerOf(owner), hosts: false, skills: [] });

/** What a client sends to an agent reaches it. */
function carry(sent: readonly Sent[], client: DrivenAgent, to: DrivenAgent): string[] {
  const replies: string[] = [];
  for (const { to: agent, message } of sent) {
    if (agent !== to.id) continue;
    for (const { message: reply } of to.sent(to.frame(client.id, message)))
      if (reply.kind === "inviteReply") replies.push(reply.yes ? "yes" : reply.reason);
  }
  return replies;
}

test("an agent that lost its stream to a client, or 1,024 other delegations since, still takes its owner's jobs", () => {
  const member = new DrivenAgent("m0", { skills: [] });
  const client = clientOf("client", "owner");
  client.input({ kind: "connected", agent: member.id, origin: "" });
  const submit = (counter: number): string[] => {
    const made = jobOf("owner", { counter, committee: ["m0"] });
    return carry(client.sent(client.input(submissionOf(made.genesis))), client, member);
  };
  expect(submit(1)).toEqual(["yes"]);
  // Only the way back broke, which the client does not see.
  member.input({ kind: "disconnected", agent: client.id });
  member.input({ kind: "connected", agent: client.id, origin: "" });
  expect(submit(2)).toEqual(["yes"]);
  for (let i = 0; i < limits.clients; i++) {
    const connectionKey = id(`sybil${i}`);
    const delegation = delegate(crypto, signerOf(`key${i}`), { mesh: MESH, connectionKey, wallMs: member.nowMs });
    member.frame(connectionKey, { kind: "delegation", ...delegation });
  }
  expect(submit(3)).toEqual(["yes"]);
});

test("a step that fails takes nothing of a client's standing with it", () => {
  const context = new StepContext(configOf("client", { owner: signerOf("owner") }));
  const containment = new Containment(context, { factsOf: () => null, envelopesOf: () => [], onDiverged: () => {} });
  const { job, signed } = jobOf("owner");
  containment.within(job, undefined, () => {
    context.send(id("m0"), { kind: "follow", job, from: { height: 1, blocks: true } });
    throw new Error("of our own");
  });
  context.takeEffects();
  context.send(id("m0"), { kind: "invite", genesis: signed, vcvs: [] });
  const member = new DrivenAgent("m0", { skills: [] });
  for (const effect of context.takeEffects())
    if (effect.kind === "send") member.input({ kind: "frame", from: id("client"), bytes: effect.bytes });
  expect(member.sent().map(({ message }) => message)).toContainEqual(
    expect.objectContaining({ kind: "inviteReply", yes: true }),
  );
});

test("a delegation speaks for nobody else's connection, mesh or time", () => {
  const member = new DrivenAgent("m0", { skills: [] }, [], NOW_MS);
  const made = jobOf("owner");
  const say = (from: string, changes: { mesh?: string; wallMs?: number; by?: string } = {}): boolean => {
    const content = { mesh: MESH, connectionKey: id("client"), wallMs: member.nowMs, ...changes } as never;
    const delegation = { ...delegate(crypto, signerOf(changes.by ?? "owner"), content), owner: id("owner") };
    member.frame(from, { kind: "delegation", ...delegation });
    const out = member.sent(member.frame(from, { kind: "invite", genesis: made.signed, vcvs: [] }));
    return out.some(({ message }) => message.kind === "inviteReply" && message.yes);
  };
  expect(say("thief")).toBe(false);
  expect(say("client", { by: "thief" })).toBe(false);
  expect(say("client", { mesh: "other" })).toBe(false);
  expect(say("client", { wallMs: member.nowMs - 2 * DAY_MS })).toBe(false);
  expect(say("client")).toBe(true);
  // It ends by itself, too, with the connection standing.
  member.nowMs += 2 * DAY_MS;
  const out = member.sent(member.frame("client", { kind: "invite", genesis: made.signed, vcvs: [] }));
  expect(out.map(({ message }) => message)).toMatchObject([{ kind: "inviteReply", yes: false }]);
});

// --- jobs that were given up --------------------------------------------------------------------------

const withdraw = (member: DrivenAgent, owner: string, { job }: Job): void => {
  const signature = signerOf(owner).sign(statementMessage(MESH, "withdraw", job));
  member.frame(owner, { kind: "withdraw", job, signature });
};

/** Whether it takes a job by any way that there is. */
function takes(member: DrivenAgent, made: Job): boolean {
  const before = member.effects.length;
  member.host(made);
  const position = { job: made.job, height: 1, round: 0, step: 0, awards: 0 };
  member.frame("m1", { kind: "pulse", load: 0, positions: [position] });
  member.frame("m1", { kind: "genesis", genesis: made.signed, vcvs: [] });
  return member
    .of("trace", member.effects.slice(before))
    .some(({ event }) => event.kind === "hosting" && event.job === made.job);
}

/** Its disk, with marks of jobs that it gave up. */
const marks = (count: number, expiresMs: (index: number) => number, source = ""): StoredRecord[] =>
  Array.from({ length: count }, (_, index) => {
    const record = { expiresMs: expiresMs(index), rememberedMs: 0, withdrawal: new Uint8Array(0), source };
    return { job: hashOf(index) as JobId, slot: SLOT.retired, bytes: encodeRetired(record) };
  });

test("a job that a member voted in and gave up is never begun anew, however many it gave up since", () => {
  const member = new DrivenAgent("m0", { skills: [] }, [], NOW_MS);
  const first = jobOf("owner", { counter: NOW_MS });
  expect(takes(member, first)).toBe(true);
  member.pass(10_000);
  expect(member.of("persist").some(({ job, slot }) => job === first.job && slot === SLOT.vote)).toBe(true);
  withdraw(member, "owner", first);
  for (let i = 1; i <= 300; i++) {
    const next = jobOf("owner", { counter: NOW_MS + i });
    member.host(next);
    withdraw(member, "owner", next);
  }
  expect(takes(member, first)).toBe(false);
  expect(takes(new DrivenAgent("m0", { skills: [] }, member.records(), member.nowMs), first)).toBe(false);
});

test("what it forgets of jobs that it gave up is too old to be begun, across restarts too", () => {
  const old = jobOf("owner", { counter: NOW_MS - 3 * DAY_MS });
  const disk = [
    ...marks(limits.retiredJobs - 1, (index) => NOW_MS - DAY_MS - index),
    { ...marks(1, () => NOW_MS - DAY_MS)[0]!, job: old.job },
  ];
  const member = new DrivenAgent("m0", { skills: [] }, disk, NOW_MS);
  const next = jobOf("owner", { counter: NOW_MS });
  expect(takes(member, next)).toBe(true);
  member.pass(10_000);
  withdraw(member, "owner", next);
  expect(member.of("forget").length).toBeGreaterThan(limits.retiredJobs);
  expect(takes(member, old)).toBe(false);
  const kept = member.records();
  expect(kept.length).toBeLessThan(10);
  const again = new DrivenAgent("m0", { skills: [] }, kept, NOW_MS);
  expect(takes(again, old)).toBe(false);
  expect(takes(again, next)).toBe(false);
  expect(takes(again, jobOf("owner", { counter: NOW_MS + 1 }))).toBe(true);
});

test("a job in which a member never voted has no mark", () => {
  const member = new DrivenAgent("m0", { skills: [] }, [], NOW_MS);
  for (let i = 1; i <= 50; i++) {
    const made = jobOf("owner", { counter: NOW_MS + i });
    expect(takes(member, made)).toBe(true);
    withdraw(member, "owner", made);
    expect(takes(member, made)).toBe(false);
  }
  expect(member.records()).toEqual([]);
});

test("a source that makes a member vote and give up, again and again, fills the marks of its part only", () => {
  const left = limits.retiredJobs - limits.retiredJobs / 8;
  const half = left / 2;
  const disk = marks(half, () => NOW_MS + DAY_MS, "192.0.2.0/24");
  const member = new DrivenAgent("m0", { skills: [] }, disk, NOW_MS);
  for (const name of ["fresh", "fresher"]) member.input({ kind: "connected", agent: id(name), origin: "192.0.2.0/24" });
  expect(takes(member, jobOf("fresh", { counter: NOW_MS }))).toBe(false);
  expect(takes(member, jobOf("fresher", { counter: NOW_MS }))).toBe(false);
  expect(takes(member, jobOf("owner", { counter: NOW_MS }))).toBe(true);
});

test("a mark goes when its job's deadline has passed", () => {
  const member = new DrivenAgent("m0", { skills: [] }, [], NOW_MS);
  const made = jobOf("owner", { counter: NOW_MS, deadlineMs: 60_000 });
  expect(takes(member, made)).toBe(true);
  member.pass(10_000);
  withdraw(member, "owner", made);
  const [mark] = member.records();
  expect(readRetired(mark!.bytes)).toMatchObject({ expiresMs: NOW_MS + 60_000 + CLOCK_SLACK_MS, source: "owner" });
});

test("marks of the version before are kept for a day and longer", () => {
  const former = struct({ createdMs: uint(), rememberedMs: uint(), withdrawal: bytes(64) });
  const stored = encode(former, { createdMs: NOW_MS, rememberedMs: 5, withdrawal: new Uint8Array(64) });
  const later = DAY_MS + CLOCK_SLACK_MS;
  expect(readRetired(stored)).toMatchObject({ expiresMs: NOW_MS + later, rememberedMs: 5 + later });
});

test("who is flooded with jobs to give up takes no more of them until the next day, rather than forget", () => {
  const member = new DrivenAgent(
    "m0",
    { skills: [] },
    marks(limits.retiredJobs, () => NOW_MS + DAY_MS),
    NOW_MS,
  );
  expect(takes(member, jobOf("owner", { counter: NOW_MS }))).toBe(false);
  member.nowMs += DAY_MS + 1;
  expect(takes(member, jobOf("owner", { counter: member.nowMs }))).toBe(true);
  // A job of the day after tomorrow would have a mark until then.
  expect(takes(member, jobOf("owner", { counter: member.nowMs + 2 * DAY_MS }))).toBe(false);
});

test("a draw that its owner gave up is begun by nobody's word but its own or that of one who keeps it", () => {
  const made = jobOf("owner");
  const position = { job: made.job, height: 1, round: 0, step: 0, awards: 0 };
  const asked = (): DrivenAgent => {
    const member = new DrivenAgent("m0", { skills: [] });
    member.frame("owner", { kind: "invite", genesis: made.signed, vcvs: [] });
    return member;
  };
  const start = (member: DrivenAgent, from: string): void => void member.frame(from, { kind: "start", job: made.job });
  const pulse = (member: DrivenAgent, from: string): void =>
    void member.frame(from, { kind: "pulse", load: 0, positions: [position] });
  const hand = (member: DrivenAgent, from: string): void => {
    pulse(member, from);
    member.frame(from, { kind: "genesis", genesis: made.signed, vcvs: [] });
  };
  const begins = (member: DrivenAgent): boolean => member.of("trace").some(({ event }) => event.kind === "hosting");
  for (const say of [start, pulse, hand]) {
    const member = asked();
    say(member, "stranger");
    expect(begins(member), say.name).toBe(false);
    say(member, "m1");
    expect(begins(member), say.name).toBe(true);
  }
  // What it had agreed to is forgotten after a crash.
  const again = new DrivenAgent("m0", { skills: [] });
  hand(again, "stranger");
  expect(begins(again)).toBe(false);
  again.nowMs += 2_000;
  hand(again, "m1");
  expect(begins(again)).toBe(true);
});

test("members that said yes to a draw that was given up cannot be made to begin it by one of them", () => {
  const made = jobOf("owner");
  const owner = new DrivenAgent("owner", { skills: [], hosts: false });
  const member = new DrivenAgent("m0", { skills: [] });
  carry(owner.sent(owner.input(submissionOf(made.genesis))), owner, member);
  for (const name of ["m0", "m1", "m2"])
    owner.frame(name, { kind: "inviteReply", job: made.job, yes: true, reason: "" });
  const out = owner.sent(owner.frame("m3", { kind: "inviteReply", job: made.job, yes: false, reason: "busy" }));
  expect(out.map(({ to, message }) => `${message.kind} ${to}`)).toEqual(["withdraw m0", "withdraw m1", "withdraw m2"]);
  carry(out, owner, member);
  expect(member.records()).toEqual([]); // it did not vote: who asks and withdraws fills no disk
  const position = { job: made.job, height: 1, round: 0, step: 0, awards: 0 };
  member.frame("m1", { kind: "pulse", load: 0, positions: [position] });
  member.frame("m1", { kind: "genesis", genesis: made.signed, vcvs: [] });
  expect(member.of("trace").some(({ event }) => event.kind === "hosting")).toBe(false);
});

test("only who acts for the owner follows a job, and its newest connections do", () => {
  const member = new DrivenAgent("m0", { skills: [] });
  const made = jobOf("owner");
  member.host(made);
  const follow = (from: string): void =>
    void member.frame(from, { kind: "follow", job: made.job, from: { height: 1, blocks: true } });
  const pulsed = (): Set<string> => {
    member.effects = [];
    member.pass(1_500);
    return new Set(
      member
        .sent()
        .flatMap(({ to, message }) =>
          message.kind === "pulse" && !made.genesis.committee.some(({ agent }) => agent === to) ? [to] : [],
        ),
    );
  };
  for (let i = 0; i < 200; i++) follow(`stranger${i}`);
  expect(pulsed()).toEqual(new Set());
  const clients = Array.from({ length: limits.followers + 1 }, (_, i) => `client${i}`);
  for (const name of clients) {
    const content = { mesh: MESH, connectionKey: id(name), wallMs: member.nowMs };
    member.frame(name, { kind: "delegation", ...delegate(crypto, signerOf("owner"), content) });
    follow(name);
  }
  expect(pulsed()).toEqual(new Set(clients.slice(1)));
});

// --- submissions --------------------------------------------------------------------------------------

test("a job that goes wrong in the step of its first block is said to have gone wrong", () => {
  const context = new StepContext(configOf("owner"));
  const outcomes: string[] = [];
  const directory = new Directory(MESH, crypto, id("owner"), context.config);
  const invitations = new Invitations(context, directory, new Acquaintances(), {
    refusal: () => null,
    begin: () => {},
    withdraw: () => {},
    onTaken: () => outcomes.push("taken"),
    onNotTaken: (_, reason) => outcomes.push(reason),
  });
  const onDiverged = (job: JobId): void => invitations.drop(job);
  const containment = new Containment(context, { factsOf: () => null, envelopesOf: () => [], onDiverged });
  const invite = (counter: number, fails: boolean): void => {
    const made = jobOf("owner", { counter, committee: ["owner"] });
    invitations.invite(made);
    containment.within(made.job, undefined, () => {
      invitations.onBlock(made.job);
      if (fails) throw new Error("of our own");
    });
    if (invitations.nextWakeMs() <= context.now.monoMs) invitations.tick();
  };
  invite(1, false);
  invite(2, true);
  expect(outcomes).toEqual(["taken", "it went wrong at this node"]);
});
