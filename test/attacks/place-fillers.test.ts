/** Strangers who fill a host's places under fresh names (protocol.md 9). */

import { describe, expect, test } from "vitest";
import { statementMessage } from "../../protocol/core/crypto.ts";
import { DEFAULT_QUOTAS, type Quotas } from "../../protocol/core/quotas.ts";
import { DrivenAgent, id, type Job, jobOf, MESH, signerOf } from "../support/driven-agent.ts";

const { hosting } = DEFAULT_QUOTAS;
const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
const GUESTS = hosting.jobs - hosting.reserved;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const knows = (...known: string[]): { quotas: Quotas } => ({
  quotas: { ...DEFAULT_QUOTAS, owners: { known: known.map(id), allow: null } },
});

/** What the host says to an invitation; "": yes. */
function ask(host: DrivenAgent, { signed, genesis }: Job): string {
  const out = host.sent(host.frame(genesis.owner, { kind: "invite", genesis: signed, vcvs: [] }));
  const replies = out.flatMap(({ message }) => (message.kind === "inviteReply" ? [message] : []));
  expect(replies).toHaveLength(1);
  return replies[0]!.yes ? "" : replies[0]!.reason;
}

const hosted = (host: DrivenAgent): Set<string> => {
  const running = new Set<string>();
  for (const { event } of host.of("trace")) {
    if (event.kind === "hosting") running.add(event.job);
    else if (event.kind === "retired") running.delete(event.job);
  }
  return running;
};

let counter = 0;
const jobFor = (owner: string, deadlineMs = DAY_MS): Job => jobOf(owner, { counter: ++counter, deadlineMs });

/** `keys` fresh names with 16 jobs each; nobody decides a block of them. */
function fill(host: DrivenAgent, keys = 4): Job[] {
  const jobs = range(keys * hosting.perOwner).map((i) => jobFor(`fresh${i % keys}`));
  for (const made of jobs) host.host(made);
  return jobs;
}

describe("four fresh keys with jobs that wait for 30 days", () => {
  test("are refused in words", () => {
    const host = new DrivenAgent("m0", { skills: [] });
    const says = ask(host, jobFor("fresh", 30 * DAY_MS));
    expect(says).toBe("its deadline is longer than 7 days, the longest that this node hosts for guests");
  });

  test("leave places to owners that the operator knows, and to others as many as they have themselves", () => {
    const host = new DrivenAgent("m0", { skills: [], ...knows("ada") });
    fill(host);
    expect(hosted(host).size).toBe(GUESTS);
    const honest = range(hosting.perOwner).map(() => jobFor("honest"));
    for (const made of honest) host.host(made);
    const left = honest.filter(({ job }) => hosted(host).has(job)).length;
    expect(left).toBeGreaterThanOrEqual(Math.floor(GUESTS / 5));
    expect(ask(host, jobFor("honest"))).toBe(`full: it hosts ${GUESTS} jobs`);
    for (const _ of range(hosting.perOwner)) {
      const made = jobFor("ada", 30 * DAY_MS);
      expect(ask(host, made)).toBe("");
      host.frame("ada", { kind: "start", job: made.job });
    }
    expect(hosted(host).size).toBe(hosting.jobs);
  });

  test("of as many networks as there are places fill them, and lose them after a minute", () => {
    const host = new DrivenAgent("m0", { skills: [] });
    for (const i of range(GUESTS)) host.host(jobFor(`fresh${i}`));
    expect(ask(host, jobFor("honest"))).toBe(`full: it hosts ${GUESTS} jobs`);
    host.pass(MINUTE_MS, 1_000);
    expect(ask(host, jobFor("honest"))).toBe("");
  });

  test("lose the places of jobs that bring nothing, those of whoever has most of them first", () => {
    const host = new DrivenAgent("m0", { skills: [] });
    const first = fill(host)[0]!;
    host.pass(MINUTE_MS, 1_000);
    const honest = jobFor("honest");
    host.host(honest);
    expect(hosted(host).has(honest.job)).toBe(true);
    expect(hosted(host).size).toBe(GUESTS);
    expect(hosted(host).has(first.job)).toBe(false);
  });

  test("from one network are one source, whatever their names", () => {
    const host = new DrivenAgent("m0", { skills: [] });
    for (const i of range(8)) host.input({ kind: "connected", agent: id(`fresh${i}`), origin: "192.0.2.0/24" });
    fill(host, 8);
    expect(hosted(host).size).toBe(hosting.perSource);
    expect(ask(host, jobFor("honest"))).toBe("");
    const again = new DrivenAgent("m0", { skills: [] }, host.records(), host.nowMs);
    again.input({ kind: "connected", agent: id("fresh9"), origin: "192.0.2.0/24" });
    expect(ask(again, jobFor("fresh9"))).toMatch(/^full: it hosts 16 jobs of guests from where/);
  });
});

test("jobs of an owner that an operator knows have no longest deadline", () => {
  const host = new DrivenAgent("m0", { skills: [], ...knows("ada") });
  expect(ask(host, jobFor("ada", 30 * DAY_MS))).toBe("");
});

test("jobs that strangers brought to another host have a small part, and leave its own to that host", () => {
  const host = new DrivenAgent("m0", { skills: [], ...knows("ada") });
  const hear = (made: Job): void => {
    const position = { job: made.job, height: 1, round: 0, step: 0, awards: 0 };
    host.frame("m1", { kind: "pulse", load: 0, positions: [position] });
    host.frame("m1", { kind: "genesis", genesis: made.signed, vcvs: [] });
  };
  for (const i of range(hosting.perSource)) {
    hear(jobFor(`fresh${i}`));
    host.pass(1_000, 1_000);
  }
  expect(hosted(host).size).toBe(hosting.perSource / 4);
  const known = jobFor("ada");
  hear(known);
  expect(hosted(host).has(known.job)).toBe(true);
  for (const _ of range(hosting.perSource)) host.host(jobFor("m1"));
  expect(hosted(host).size).toBe(hosting.perSource / 4 + 1 + hosting.perSource);
});

test("who invites to thousands of jobs, and withdraws each, is looked into a few times a second", () => {
  const host = new DrivenAgent("m0", { skills: [], ...knows("ada") });
  const yesses = (owner: string, count: number): number => {
    let yes = 0;
    for (const made of range(count).map(() => jobFor(owner))) {
      if (ask(host, made) === "") yes++;
      host.frame(owner, {
        kind: "withdraw",
        job: made.job,
        signature: signerOf(owner).sign(statementMessage(MESH, "withdraw", made.job)),
      });
    }
    return yes;
  };
  expect(yesses("mallory", 300)).toBe(128);
  expect(yesses("honest", 10)).toBe(10);
  expect(yesses("ada", 300)).toBe(300);
  host.pass(1_000);
  expect(yesses("mallory", 300)).toBe(8);
});
