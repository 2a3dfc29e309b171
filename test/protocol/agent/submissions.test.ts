/** What an owner's agent does between a draft and the first block: it waits, draws, has the draw asked, and draws again. */

import { expect, test } from "vitest";
import type { AgentId } from "../../../protocol/core/ids.ts";
import type { LocalEvent } from "../../../protocol/effect.ts";
import { type CommitteeWish, type JobDraft, makeGenesis } from "../../../protocol/job/draft.ts";
import type { HostRecord } from "../../../protocol/selection/hosts.ts";
import { EMPTY_WORLD } from "../../../protocol/selection/knowledge.ts";
import { encodeGenesis } from "../../../protocol/wire/genesis.ts";
import { single } from "../../../sim/parts/workloads/job-builder.ts";
import { signedVcv } from "../../support/capability-vectors.ts";
import { crypto, DrivenAgent, id, MESH } from "../../support/driven-agent.ts";

const HOSTS = ["a", "b", "c", "d", "e", "f"];

const DRAFT: JobDraft = {
  ...{ name: "job", nodes: [single("t", 1)], output: "t", budget: 1_000, deadlineMs: 60_000, labels: [] },
  ...{ selector: "least-loaded", windowMs: 500, committee: { kind: "drawn", size: null, standbysMax: null } },
};

const probes = (owner: DrivenAgent) =>
  owner.sent().flatMap(({ to, message }) => (message.kind === "probe" ? [{ to, id: message.id }] : []));

/** Everybody who was asked says whether it would host the job; "": it would. */
function answer(owner: DrivenAgent, say: (agent: string) => string | null = () => ""): void {
  for (const { to, id } of probes(owner)) {
    const reason = say(to);
    if (reason !== null) owner.frame(to, { kind: "probed", id, reason });
  }
}

function ask(owner: DrivenAgent, changes: Partial<JobDraft> = {}, ticket = 1, known = EMPTY_WORLD): void {
  owner.input({ kind: "submit", ticket, draft: { ...DRAFT, ...changes }, known, counter: null });
}

function submit(owner: DrivenAgent, changes: Partial<JobDraft> = {}, ticket = 1): void {
  ask(owner, changes, ticket);
  answer(owner);
}

const learn = (owner: DrivenAgent, names: readonly string[] = HOSTS): void =>
  owner.hear(names.map((name) => signedVcv(name, owner.nowMs)));

const ownerThatKnows = (names: readonly string[] = HOSTS): DrivenAgent => {
  const owner = new DrivenAgent("owner", { hosts: false });
  learn(owner, names);
  return owner;
};

type Told<K extends LocalEvent["kind"]> = Extract<LocalEvent, { kind: K }>;
const told = <K extends LocalEvent["kind"]>(owner: DrivenAgent, kind: K): Told<K>[] =>
  owner
    .of("event")
    .map(({ event }) => event)
    .filter((event): event is Told<K> => event.kind === kind);

function refuse(owner: DrivenAgent, from: AgentId, { job }: Told<"drawn">): void {
  owner.frame(from, { kind: "inviteReply", job, yes: false, reason: "it is full" });
  answer(owner);
}

test("the genesis is that of job/draft.ts, signed by the owner, and its members are asked", () => {
  const owner = ownerThatKnows();
  submit(owner);
  const [drawn] = told(owner, "drawn");
  const { genesis } = drawn!;
  const hosts = HOSTS.map((name) => ({ agent: id(name), power: 1, isKnown: false, origin: "" }));
  const draw = { meshId: MESH, owner: id("owner"), counter: genesis.counter, known: EMPTY_WORLD, hosts };
  expect(genesis).toEqual(makeGenesis(crypto.hash, DRAFT, draw));
  expect(genesis.committee.length).toBe(4);
  expect(drawn!.job).toBe(crypto.hash(encodeGenesis(genesis)));
  const invited = owner.sent().filter(({ message }) => message.kind === "invite");
  expect(invited.map(({ to }) => to).sort()).toEqual(
    [...genesis.committee.map(({ agent }) => agent), ...genesis.standbys.map(({ agent }) => agent)].sort(),
  );
});

test("those that are asked are no guests of the owner", () => {
  const owner = ownerThatKnows();
  submit(owner);
  const invited = owner.sent().flatMap(({ to, message }) => (message.kind === "invite" ? [to] : []));
  owner.pass(1_000);
  expect([...owner.of("sharing").at(-1)!.agents].sort()).toEqual(invited.sort());
});

test("two equal drafts in the same moment are two jobs", () => {
  const owner = ownerThatKnows();
  submit(owner);
  submit(owner, {}, 2);
  const [one, two] = told(owner, "drawn");
  expect(one!.job).not.toBe(two!.job);
});

test("whoever refused is not in the next draw, and who said yes is drawn again under the same number", () => {
  const owner = ownerThatKnows();
  submit(owner);
  const [first] = told(owner, "drawn");
  const [refusing, ...willing] = first!.genesis.committee.map(({ agent }) => agent);
  for (const agent of [...willing, ...first!.genesis.standbys.map((standby) => standby.agent)])
    owner.frame(agent, { kind: "inviteReply", job: first!.job, yes: true, reason: "" });
  refuse(owner, refusing!, first!);
  const [, second] = told(owner, "drawn");
  expect(second!.after).toContain("it is full");
  expect(second!.genesis.counter).toBe(first!.genesis.counter);
  const members = second!.genesis.committee.map(({ agent }) => agent);
  expect(members).not.toContain(refusing);
  expect(members).toEqual(expect.arrayContaining(willing));
  expect(told(owner, "submitted")).toEqual([]);
});

test("named members are asked once, and nobody in their place", () => {
  const owner = ownerThatKnows();
  const members = ["a", "b", "c", "d"].map((agent, i) => ({ agent: id(agent), power: i === 0 ? 1 : 2 }));
  submit(owner, { committee: { kind: "named", members, standbys: [{ agent: id("e"), power: 2 }] } });
  const [drawn] = told(owner, "drawn");
  expect(drawn!.genesis).toMatchObject({ committee: members, standbys: [{ agent: "e", power: 2 }] });
  for (const agent of ["a", "b", "c", "d", "e"]) refuse(owner, id(agent), drawn!);
  expect(told(owner, "drawn").length).toBe(1);
  expect(told(owner, "submitted")).toMatchObject([{ ticket: 1, problem: "not-taken" }]);
});

test("it ends after twelve draws, however many agents are left", () => {
  const many = Array.from({ length: 200 }, (_, i) => `h${i}`);
  const owner = ownerThatKnows(many);
  submit(owner);
  for (let draws = 1; told(owner, "submitted").length === 0; draws++) {
    expect(told(owner, "drawn").length).toBe(draws);
    const drawn = told(owner, "drawn").at(-1)!;
    for (const agent of [
      ...drawn.genesis.committee.map((member) => member.agent),
      ...drawn.genesis.standbys.map((standby) => standby.agent),
    ])
      refuse(owner, agent, drawn);
  }
  expect(told(owner, "drawn").length).toBe(12);
  expect(told(owner, "submitted")[0]!.declined.size).toBeGreaterThan(100);
});

const wish = (size: number): CommitteeWish => ({ kind: "drawn", size, standbysMax: null });

test("a committee that the mesh is too small for is not drawn smaller", () => {
  const owner = ownerThatKnows();
  submit(owner, { committee: wish(7) });
  expect(told(owner, "submitted")).toMatchObject([
    { problem: "few-hosts", reason: "a committee of 7 was asked for, and this mesh has 6 agents that host jobs" },
  ]);
  submit(owner, { committee: { kind: "drawn", size: 4, standbysMax: 1 } }, 2);
  expect(told(owner, "drawn").at(-1)!.genesis).toMatchObject({ standbys: [{ agent: expect.any(String), power: 1 }] });
});

test("it waits for the first agent that keeps jobs, and gives up after ten seconds", () => {
  const waits = new DrivenAgent("owner", { hosts: false });
  submit(waits);
  waits.pass(5_000);
  expect(told(waits, "submitted")).toEqual([]);
  learn(waits);
  waits.pass(1_000);
  answer(waits);
  expect(told(waits, "drawn").length).toBe(1);
  const alone = new DrivenAgent("owner", { hosts: false });
  submit(alone);
  alone.pass(11_000);
  expect(told(alone, "submitted")).toMatchObject([{ problem: "no-hosts" }]);
});

test("an owner that nobody hears because of its clock learns that after two seconds", () => {
  const owner = new DrivenAgent("owner", { hosts: false });
  owner.input({ kind: "clock", detail: "an hour ahead", isUnheard: true });
  submit(owner);
  owner.pass(1_900);
  expect(told(owner, "submitted")).toEqual([]);
  owner.pass(1_000);
  expect(told(owner, "submitted")).toMatchObject([{ problem: "unheard" }]);
});

test("only agents that say that they would host the job are drawn, and each is asked once", () => {
  const owner = ownerThatKnows();
  ask(owner);
  expect(probes(owner).map(({ to }) => to)).toEqual(expect.arrayContaining(HOSTS.map(id)));
  answer(owner, (agent) => (["a", "b"].includes(agent) ? "it hosts too many jobs" : ""));
  const [drawn] = told(owner, "drawn");
  const members = [...drawn!.genesis.committee, ...drawn!.genesis.standbys].map(({ agent }) => agent as string);
  expect(members.sort()).toEqual(["c", "d", "e", "f"]);
  expect(probes(owner).length).toBe(HOSTS.length);
});

test("where all refuse, the owner is told how many said what", () => {
  const owner = ownerThatKnows();
  ask(owner);
  answer(owner, (agent) => (agent === "a" ? "it is old" : "full: it hosts 64 jobs"));
  const reason = "all 6 agents that were asked to host it refuse: full: it hosts 64 jobs (5), it is old (1)";
  expect(told(owner, "submitted")).toMatchObject([{ problem: "few-hosts", reason }]);
  expect(told(owner, "drawn")).toEqual([]);
});

test("who does not answer is waited for, but not for long where others would host the job", () => {
  const owner = ownerThatKnows();
  ask(owner);
  answer(owner, (agent) => (agent === "a" ? null : ""));
  owner.pass(900);
  expect(told(owner, "drawn")).toEqual([]);
  owner.pass(200);
  expect(told(owner, "drawn").length).toBe(1);
  expect(told(owner, "drawn")[0]!.genesis.committee.length).toBe(4);
});

test("2,000 vectors without an agent behind them use up neither the questions nor the time of a submission", () => {
  const owner = ownerThatKnows();
  for (let part = 0; part < 20; part++)
    learn(
      owner,
      Array.from({ length: 100 }, (_, i) => `made-up-${part}-${i}`),
    );
  for (const name of HOSTS) owner.input({ kind: "connected", agent: id(name), origin: "" });
  ask(owner);
  for (let ms = 0; ms < 5_100; ms += 100) {
    answer(owner, (agent) => (HOSTS.includes(agent) ? "" : null));
    owner.pass(100);
  }
  const [drawn] = told(owner, "drawn");
  const members = [...drawn!.genesis.committee, ...drawn!.genesis.standbys].map(({ agent }) => agent as string);
  expect(members.sort()).toEqual(HOSTS);
  expect(new Set(probes(owner).map(({ to }) => to)).size).toBeLessThanOrEqual(64);
});

test("hosts that came a moment ago are not drawn where enough others are settled, by the word of a neighbour too", () => {
  const committeeOf = (metS: (name: string) => number, newcomers: readonly string[]): string[] => {
    const owner = ownerThatKnows();
    owner.input({ kind: "connected", agent: id("a"), origin: "" });
    const vcvs = [...HOSTS, ...newcomers].map((name) => signedVcv(name, owner.nowMs, { version: 9 }));
    owner.frame("a", { kind: "vcvs", vcvs, metS: vcvs.map(({ agent }) => metS(agent)) });
    ask(owner);
    for (let ms = 0; ms < 3_000; ms += 100) {
      answer(owner);
      owner.pass(100);
    }
    const { committee, standbys } = told(owner, "drawn")[0]!.genesis;
    return [...committee, ...standbys].map(({ agent }) => agent as string);
  };
  const fresh = ["x1", "x2", "x3"];
  const drawn = committeeOf((name) => (HOSTS.includes(name) ? 3_600 : 2), fresh);
  expect(drawn.filter((name) => fresh.includes(name))).toEqual([]);
  expect(drawn.length).toBeGreaterThanOrEqual(4);
  // In a mesh that was just started nobody is settled.
  expect(committeeOf(() => 2, fresh).length).toBe(8);
});

const known = (agent: string, changes: Partial<HostRecord> = {}): HostRecord => ({
  ...{ agent: id(agent), kept: 100, lost: 0, equivocated: false, power: 2, sinceMs: 0, days: 9, lastDay: 9 },
  ...{ knownSinceMs: 1, origin: "", ...changes },
});

test("known hosts have their power, newcomers less than a third, and an equivocator is not drawn", () => {
  const owner = ownerThatKnows();
  const hosts = ["a", "b", "c", "d"].map((name) => known(name));
  ask(owner, {}, 1, { ...EMPTY_WORLD, hosts: [...hosts, known("e", { equivocated: true, knownSinceMs: null })] });
  answer(owner);
  const { committee, standbys } = told(owner, "drawn")[0]!.genesis;
  const all = [...committee, ...standbys];
  expect(all.map(({ agent }) => agent as string).sort()).toEqual(["a", "b", "c", "d", "f"]);
  for (const { agent, power } of all) expect(power, agent).toBe(agent === id("f") ? 1 : 2);
});

test("where known hosts refuse, a committee of a named size is refused in words, and strangers may be let in", () => {
  const world = { ...EMPTY_WORLD, hosts: ["a", "b", "c"].map((name) => known(name)) };
  const refusing = (agent: string): string => (agent === "c" ? "it is full" : "");
  const owner = ownerThatKnows();
  ask(owner, { committee: wish(4) }, 1, world);
  answer(owner, refusing);
  const [submitted] = told(owner, "submitted");
  expect(submitted).toMatchObject({
    problem: "few-known",
    reason: expect.stringMatching(/^2 of the 3 hosts .* it is full/),
  });
  ask(owner, { committee: { ...wish(4), strangers: true } as CommitteeWish }, 2, world);
  answer(owner, refusing);
  expect(told(owner, "drawn").at(-1)!.genesis.committee.length).toBe(4);
});

test("a known host that does not answer is waited for a little longer than others", () => {
  const owner = ownerThatKnows();
  ask(owner, {}, 1, { ...EMPTY_WORLD, hosts: ["a", "b", "c"].map((name) => known(name)) });
  answer(owner, (agent) => (agent === "a" ? null : ""));
  owner.pass(2_400);
  expect(told(owner, "drawn")).toEqual([]);
  owner.pass(200);
  expect(told(owner, "drawn").length + told(owner, "submitted").length).toBe(1);
});
