/** A job whose members never close an award does not fill its worker for ever. */

import { expect, test } from "vitest";
import { limits } from "../../../protocol/core/limits.ts";
import { encodeValue } from "../../../protocol/wire/value.ts";
import { awardItem, DrivenAgent, jobOf } from "../../support/driven-agent.ts";

function finish(worker: DrivenAgent, job: ReturnType<typeof jobOf>["job"], task: string): void {
  const out = worker.frame("mallory", { kind: "notice", job, items: [awardItem(task)] });
  const [work] = worker.of("work", out);
  if (work === undefined) throw new Error(`declined ${task}`);
  worker.input({
    ...{
      kind: "workDone",
      award: work.award,
      output: encodeValue("x".repeat(8_000)),
      confidencePpm: 1,
      cost: 1,
      usage: null,
    },
    nonce: new Uint8Array(32),
  });
}

test("an hour after the lease ended, results that nobody settles are not said every second", () => {
  // Mallory has more than a third of the power; the others are bystanders that keep no such job.
  const made = jobOf("mallory", { committee: ["mallory"], standbys: [] });
  const worker = new DrivenAgent("worker", { slots: 2 });
  worker.learn("mallory", made);
  for (let i = 0; i < 20; i++) finish(worker, made.job, `t${i}`);
  worker.nowMs += 3_600_000; // leases ended at 1_100_000
  worker.effects = [];
  worker.pass(60_000, 1_000);
  const said = worker.sent().filter(({ message }) => message.kind === "envelopes");
  expect(said.length).toBeLessThan(20 * 10);
});

test("a job whose members are silent does not use up what a worker may hold for others", () => {
  const made = jobOf("mallory", { committee: ["mallory"], standbys: [] });
  const worker = new DrivenAgent("worker", { slots: 2 });
  worker.learn("mallory", made);
  for (let i = 0; i < limits.heldAwards; i++) {
    finish(worker, made.job, `t${i}`);
    worker.effects = [];
  }
  worker.nowMs += 3_600_000;
  const honest = jobOf("owner", { committee: ["m0"] });
  worker.learn("m0", honest);
  const out = worker.frame("m0", {
    kind: "notice",
    job: honest.job,
    items: [awardItem("a", { leaseEndsMs: worker.nowMs + 60_000 })],
  });
  expect(worker.of("work", out).length).toBe(1);
});

test("jobs whose members are gone do not keep a worker from every other job", () => {
  const worker = new DrivenAgent("worker", { slots: 2 });
  for (let i = 0; i < limits.knownJobs; i++) {
    // Jobs of different owners; their one member vanished after the award, or never meant to continue.
    const made = jobOf(`owner ${i}`, { committee: ["mallory"], standbys: [] });
    worker.learn("mallory", made);
    finish(worker, made.job, "a");
    worker.effects = [];
    worker.nowMs += 1_000;
  }
  worker.nowMs += 24 * 3_600_000; // all leases ended a day ago
  const honest = jobOf("owner", { committee: ["m0"] });
  worker.learn("m0", honest);
  const out = worker.frame("m0", {
    kind: "notice",
    job: honest.job,
    items: [awardItem("a", { leaseEndsMs: worker.nowMs + 60_000 })],
  });
  expect(worker.of("work", out).length).toBe(1);
});
