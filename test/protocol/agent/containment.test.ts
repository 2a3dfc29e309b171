/** What a step of a job leaves behind when it fails: the mark, and nothing that it had said before. */

import { expect, test } from "vitest";
import { Containment } from "../../../protocol/agent/containment.ts";
import { StepContext } from "../../../protocol/agent/context.ts";
import { SLOT } from "../../../protocol/agent/job-records.ts";
import type { JobId } from "../../../protocol/core/ids.ts";
import { configOf, hashOf, id } from "../../support/driven-agent.ts";

const JOB = hashOf(1) as JobId;
const OTHER = hashOf(2) as JobId;

function contained() {
  const context = new StepContext(configOf("m0"));
  const diverged: JobId[] = [];
  const containment = new Containment(context, {
    factsOf: () => null,
    envelopesOf: () => [],
    onDiverged: (job) => void diverged.push(job),
  });
  return { context, containment, diverged };
}

const bytes = new Uint8Array([1]);

test("a vote and its record that a failing step had said are taken back together", () => {
  const { context, containment, diverged } = contained();
  containment.within(OTHER, undefined, () => context.send(id("m1"), { kind: "over", job: OTHER }));
  const said = containment.within(JOB, "otherwise", () => {
    context.emit({ kind: "persist", job: JOB, slot: SLOT.vote, bytes, durable: true });
    context.send(id("m1"), { kind: "over", job: JOB });
    throw new RangeError("of our own");
  });
  expect(said).toBe("otherwise");
  expect(diverged).toEqual([JOB]);
  expect(context.takeEffects()).toMatchObject([
    { kind: "send" }, // of the other job
    { kind: "persist", job: JOB, slot: SLOT.mark, durable: true },
    { kind: "trace", event: { kind: "diverged", job: JOB } },
    {
      kind: "event",
      event: { kind: "diverged", job: JOB, isMarked: true, detail: expect.stringContaining("RangeError") },
    },
  ]);
});

test("the worker's part in a member's step fails with the whole of it", () => {
  const { context, containment } = contained();
  containment.within(JOB, undefined, () => {
    containment.within(JOB, undefined, () => {
      throw new Error("inside");
    });
    context.emit({ kind: "persist", job: JOB, slot: SLOT.vote, bytes, durable: true });
  });
  expect(context.takeEffects().filter((effect) => effect.kind === "persist")).toMatchObject([{ slot: SLOT.mark }]);
});

test("nothing is done in a job that went wrong, and everything in others", () => {
  const { containment } = contained();
  containment.within(JOB, undefined, () => {
    throw new Error("first");
  });
  const act = (job: JobId) => containment.within(job, "refused", () => "done");
  expect([act(JOB), act(OTHER)]).toEqual(["refused", "done"]);
});
