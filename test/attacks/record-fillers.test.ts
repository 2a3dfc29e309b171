/** Guests' jobs whose blocks fill the disks of their hosts (protocol.md 9). */

import { expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { createAgent } from "../../protocol/agent/agent.ts";
import { DEFAULT_QUOTAS, type Quotas } from "../../protocol/core/quotas.ts";
import { buildJob, firstPolicy, inline, map, single, submissionOf } from "../../sim/parts/workloads/job-builder.ts";
import { createWorld } from "../../sim/world/world.ts";
import { DrivenAgent, id, type Job, jobOf, offerBody, resultBody } from "../support/driven-agent.ts";

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const OUTPUT = "x".repeat(10_000);

const quotas = (hosting: Partial<Quotas["hosting"]>): Quotas => ({
  ...DEFAULT_QUOTAS,
  owners: { known: [id("ada")], allow: null },
  hosting: { ...DEFAULT_QUOTAS.hosting, ...hosting },
});

const jobFor = (owner: string): Job =>
  jobOf(owner, { committee: ["solo"], standbys: [], nodes: range(8).map((i) => single(`n${i}`, 1)) });

/** The job's tasks get large answers, one after the other. */
function fill(solo: DrivenAgent, { job }: Job, tasks: readonly number[]): void {
  solo.commands("w", job, [offerBody({ validUntilMs: solo.nowMs + 60_000, slots: 8 })]);
  solo.pass(1_000);
  for (const i of tasks) {
    solo.frame("w", { kind: "pulse", load: 0, positions: [] }); // it is alive
    solo.commands("w", job, [resultBody(`n${i}`, { data: inline(OUTPUT) })]);
    solo.pass(500);
  }
}

const givenUp = (agent: DrivenAgent): string[] =>
  agent.of("event").flatMap(({ event }) => (event.kind === "gaveUp" ? [event.job] : []));

test("a guest's job with more blocks than its operator allows is given up in words, for good; a known owner's is not", () => {
  const solo = new DrivenAgent("solo", { skills: [], quotas: quotas({ jobRecordBytes: 35_000 }) });
  const [guest, known] = [jobFor("mallory"), jobFor("ada")];
  for (const made of [known, guest]) {
    solo.host(made);
    fill(solo, made, range(6));
  }
  expect(givenUp(solo)).toEqual([guest.job]);
  const slots = solo.records().flatMap(({ job, slot }) => (job === guest.job ? [slot] : []));
  expect(slots).toEqual(["retired"]);
  solo.host(guest);
  expect(solo.records().filter(({ job }) => job === guest.job)).toHaveLength(1);
});

test("of all guests' jobs together the largest goes", () => {
  const solo = new DrivenAgent("solo", { skills: [], quotas: quotas({ guestRecordBytes: 60_000 }) });
  const [large, small] = [jobFor("mallory"), jobFor("guest")];
  solo.host(large);
  fill(solo, large, range(4));
  expect(givenUp(solo)).toEqual([]);
  solo.host(small);
  fill(solo, small, range(3));
  expect(givenUp(solo)).toEqual([large.job]);
});

test("a job goes on without a member that gave it up", () => {
  const members = range(4).map((i) => `n${i}`);
  const ad = { name: "work", description: "", price: 1, expectedMs: 100, schemas: null };
  const events: string[] = [];
  const world = createWorld({
    seed: 1,
    hasher,
    create: createAgent,
    agents: [
      ...members.map((name) => ({
        name,
        skill: () => ({ afterMs: 100, output: OUTPUT }),
        config: { skills: [ad], ...(name === "n0" ? { quotas: quotas({ jobRecordBytes: 100_000 }) } : {}) },
      })),
      { name: "owner", config: { hosts: false } },
    ],
    network: { latencyMs: { min: 1, max: 5 } },
    trace: {
      onEntry: ({ agent, event }) => {
        if (event.kind === "retired") events.push(`retired ${agent}`);
        if (event.kind !== "applied") return;
        for (const one of event.events as readonly { readonly kind: string }[])
          if (one.kind === "completed") events.push(`completed ${agent}`);
      },
    },
  });
  world.run(3_000);
  const nodes = [map("work", range(40), { policy: firstPolicy({ timeoutMs: 5_000 }) })];
  const { genesis } = buildJob(world, {
    committee: members,
    windowMs: 500,
    deadlineMs: 600_000,
    nodes,
    owner: "owner",
  });
  world.inject("owner", submissionOf(genesis, 1));
  world.run(() => events.includes("completed n3"), { withinMs: 300_000 });
  world.run(5_000);
  expect([...new Set(events)].sort()).toEqual([
    "completed n1",
    "completed n2",
    "completed n3",
    "completed owner",
    "retired n0",
  ]);
});
