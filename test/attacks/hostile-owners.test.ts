/** Greedy owners: invitations, starts and geneses that take a node's places. */

import { expect, test } from "vitest";
import { limits } from "../../protocol/core/limits.ts";
import { DEFAULT_QUOTAS } from "../../protocol/core/quotas.ts";
import { awardItem, crypto, DrivenAgent, jobOf } from "../support/driven-agent.ts";

const DAY_MS = 24 * 3_600_000;

test("jobs that never come to a first block do not take a node's places for ever", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  const places = DEFAULT_QUOTAS.hosting.jobs - DEFAULT_QUOTAS.hosting.reserved;
  for (let i = 0; i < places; i++) {
    const committee = ["m0", "ghost1", "ghost2", "ghost3"];
    m0.host(jobOf(`sybil${i % 4}`, { counter: i, committee, deadlineMs: 60_000 }));
  }
  expect(m0.of("trace").filter(({ event }) => event.kind === "hosting").length).toBe(places);
  m0.nowMs += 60 * DAY_MS;
  const { signed } = jobOf("honest", { committee: ["m0"] });
  const out = m0.frame("honest", { kind: "invite", genesis: signed, vcvs: [] });
  expect(m0.sent(out).map(({ message }) => message)).toContainEqual(
    expect.objectContaining({ kind: "inviteReply", yes: true }),
  );
});

test("the quota of an owner holds when all its invitations come before the first start", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  const jobs = Array.from({ length: 40 }, (_, i) => jobOf("mallory", { counter: i }));
  for (const { signed } of jobs) m0.frame("mallory", { kind: "invite", genesis: signed, vcvs: [] });
  for (const { job } of jobs) m0.frame("mallory", { kind: "start", job });
  const hosting = m0.of("trace").filter(({ event }) => event.kind === "hosting");
  expect(hosting.length).toBe(DEFAULT_QUOTAS.hosting.perOwner);
});

test("a genesis that nobody asked for costs no signature check", () => {
  let verified = 0;
  const counting = {
    ...crypto,
    verify: (...args: Parameters<typeof crypto.verify>) => {
      verified++;
      return crypto.verify(...args);
    },
  };
  const agent = new DrivenAgent("agent", { crypto: counting });
  verified = 0;
  const { signed } = jobOf("mallory", { committee: ["mallory"] });
  agent.frame("mallory", { kind: "genesis", genesis: signed, vcvs: [] });
  expect(verified).toBe(0);
});

test("a worker that holds work for as many jobs as it may know takes note of no more", () => {
  const worker = new DrivenAgent("worker", { slots: limits.slots });
  const { jobs, reservedJobs } = DEFAULT_QUOTAS.work;
  for (let i = 0; i < jobs + 100; i++) {
    const made = jobOf("mallory", { counter: i, committee: ["mallory"] });
    worker.learn("mallory", made);
    worker.frame("mallory", { kind: "notice", job: made.job, items: [awardItem("a")] });
  }
  expect(worker.of("work").length).toBe(jobs - reservedJobs);
});
