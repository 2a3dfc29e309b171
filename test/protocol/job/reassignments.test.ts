/** One meaning of a reassigned seat: given to somebody else after an award ended without a result. */

import { describe, expect, test } from "vitest";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import type { EndReason, LedgerEvent } from "../../../protocol/job/event.ts";
import { describeCauses, Reassignments } from "../../../protocol/job/reassignments.ts";

const seat = { task: "m/0" as never, attempt: 1, serial: 1 };
const award = (worker: string, attempt = 1): LedgerEvent => ({
  kind: "award",
  ...{ ...seat, attempt, worker: worker as AgentId, price: 1, leaseEndsMs: 9 },
});
const ended = (worker: string, reason: EndReason): LedgerEvent => ({
  kind: "ended",
  ...{ ...seat, worker: worker as AgentId, reason },
});
const result = (worker: string): LedgerEvent => ({
  kind: "result",
  ...{ ...seat, worker: worker as AgentId, output: "" as Hash, paid: 1, usage: null },
});

const countsOf = (events: readonly LedgerEvent[]): Reassignments => {
  const reassignments = new Reassignments();
  for (const event of events) reassignments.note(event);
  return reassignments;
};

describe("a seat", () => {
  test.each<[EndReason, string]>([
    ["timeout", "expired"],
    ["dead", "gone"],
    ["busy", "busy"],
    ["error", "failed"],
    ["crashed", "failed"],
    ["refused", "refused"],
    ["lost-input", "refused"],
    ["invalid-input", "refused"],
    ["unavailable", "failed"],
    ["wrong-answer", "failed"],
  ])("that %s left free is reassigned when somebody else gets it, and only then", (reason, cause) => {
    expect(countsOf([award("a"), ended("a", reason)]).total).toBe(0);
    const { total, counts } = countsOf([award("a"), ended("a", reason), award("b")]);
    expect([total, counts[cause as keyof typeof counts]]).toEqual([1, 1]);
  });

  test.each<EndReason>(["not-needed", "late", "unrevealed"])("is not reassigned after %s", (reason) => {
    expect(countsOf([award("a"), award("b"), ended("a", reason), award("c", 2)]).total).toBe(0);
  });

  test("that its own agent gets again, or takes again with a late result, is not reassigned", () => {
    expect(countsOf([award("a"), ended("a", "busy"), award("a")]).total).toBe(0);
    expect(countsOf([award("a"), ended("a", "timeout"), result("a"), award("b", 2)]).total).toBe(0);
  });

  test("beside a late one is a hedge: it was not free", () => {
    expect(countsOf([award("a"), award("hedge"), ended("a", "late")]).total).toBe(0);
  });

  test("of a batch that was asked for because answers differ is no reassignment", () => {
    const undecided: LedgerEvent = { kind: "undecided", task: seat.task, attempt: 1, more: 1, posterior: 0 };
    expect(countsOf([award("a"), ended("a", "timeout"), undecided, award("b", 2)]).total).toBe(0);
  });

  test("is none of what ends when its batch has what it wanted", () => {
    const opened: LedgerEvent = { kind: "opened", task: seat.task, attempt: 1, revealByMs: 9 };
    const undecided: LedgerEvent = { kind: "undecided", task: seat.task, attempt: 1, more: 2, posterior: 0 };
    const surplus = [award("a"), award("hedge"), opened, undecided, award("b", 2), ended("a", "dead"), award("c", 2)];
    expect(countsOf(surplus).total).toBe(0);
  });

  test("of a batch that is tried once more keeps why it was free", () => {
    const { counts } = countsOf([award("a"), ended("a", "crashed"), award("b", 2)]);
    expect(describeCauses(counts)).toBe("work failed 1");
  });

  test("is one of each task", () => {
    const other = { ...award("b"), task: "m/1" as never } as LedgerEvent;
    expect(countsOf([award("a"), ended("a", "timeout"), other]).total).toBe(0);
  });
});
