/**
 * A worker that was busy and is given the same seat again. Seen in scenario half-killed with seed 7: the notices of the
 * slower members made it decline twice, the second time another award; and an award that followed one that had ended
 * was ignored until its lease ran out.
 */

import { expect, test } from "vitest";
import type { Message } from "../../../protocol/wire/message.ts";
import { firstPolicy, single } from "../../../sim/parts/workloads/job-builder.ts";
import { Book } from "../../support/book.ts";
import { awardItem, DrivenAgent, jobOf } from "../../support/driven-agent.ts";

const members = ["m0", "m1", "m2", "m3"];
const made = jobOf("owner", { committee: members });
const notice = (...items: Extract<Message, { kind: "notice" }>["items"]): Message => ({
  kind: "notice",
  job: made.job,
  items,
});

/** Its one slot is taken by task a. */
function busyWorker(): DrivenAgent {
  const worker = new DrivenAgent("worker", { slots: 1 });
  worker.learn("m0", made);
  for (const member of members) worker.frame(member, notice(awardItem("a", { serial: 1 })));
  return worker;
}

const failuresOf = (worker: DrivenAgent): number =>
  worker.sent().filter(({ to, message }) => to === "m0" && message.kind === "envelopes").length;

test("it says once that it is busy, however many members tell it of the award", () => {
  const worker = busyWorker();
  for (const member of members) {
    worker.frame(member, notice(awardItem("b", { serial: 2 })));
    worker.pass(200);
  }
  expect(worker.of("work").length).toBe(1);
  expect(failuresOf(worker)).toBe(1);
});

test("it takes the seat when that is given to it again, whatever became of the award before", () => {
  const worker = busyWorker();
  for (const member of members) worker.frame(member, notice(awardItem("b", { serial: 2 })));
  for (const member of members)
    worker.frame(member, notice({ kind: "closed", task: "a", attempt: 1, serial: 1 } as never));
  for (const member of members)
    worker.frame(member, notice({ kind: "closed", task: "b", attempt: 1, serial: 2 } as never));
  for (const member of members) worker.frame(member, notice(awardItem("b", { serial: 3 })));
  expect(worker.of("work").map(({ award }) => award.task)).toEqual(["a", "b"]);
  // What the slowest member has still to say of the award before does not stop it.
  worker.effects = [];
  for (const member of members)
    worker.frame(member, notice({ kind: "closed", task: "b", attempt: 1, serial: 2 } as never));
  expect(worker.of("stopWork")).toEqual([]);
});

test("a failure that arrives late does not end the award that followed", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ timeoutMs: 30_000 }) })]);
  book.block([]);
  book.block([book.offer("w", 1)]);
  const late = [book.failure("w", "a", 1, "busy"), book.failure("w", "a", 1, "busy")];
  book.block([late[0]!]);
  book.block([book.offer("w", 1)], 1_000);
  expect(book.task("a")!.awards).toMatchObject([{ worker: "w", status: "live" }]);
  expect(book.ledger.judge(late[1]!.command, book.timeMs)).toBe("no-live-award");
});

// --- a "busy" that was lost -------------------------------------------------------------------------

/** Its one slot is taken by task a; it said "busy" for task b, and that went nowhere: the connections were cut. */
function workerWhoseBusyWasLost(): DrivenAgent {
  const worker = busyWorker();
  for (const member of members) worker.frame(member, notice(awardItem("b", { serial: 2 })));
  worker.pass(100);
  worker.effects = []; // lost on the way
  return worker;
}

const saysAnythingOfB = (worker: DrivenAgent): boolean =>
  worker.of("work").some(({ award }) => award.task === "b") ||
  worker.sent().some(({ message }) => message.kind === "envelopes");

test("members that say the award again (after a reconnection, or because pulses differ) are answered", () => {
  const worker = workerWhoseBusyWasLost();
  for (let again = 0; again < 5; again++) {
    for (const member of members) worker.frame(member, notice(awardItem("b", { serial: 2 })));
    worker.pass(2_000);
  }
  expect(saysAnythingOfB(worker)).toBe(true);
});

test("what follows in the ledger: the honest worker is treated as one that lets leases run out, and the job fails", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ timeoutMs: 5_000 }) })]);
  book.block([]);
  book.block([book.offer("w", 1)]);
  book.block([], 5_100); // the lease ends: its "busy" never arrived
  expect(book.state.agents.get("w" as never)).toMatchObject({ timeouts: 1, results: 0 });
  // From here on it says truly that it is busy with other jobs, and is free again half a minute later.
  const busy = book.offer("w", 1, 1, { load: 1_000_000, lifeMs: 60_000 });
  book.block([busy], 10);
  for (let i = 0; i < 60 && book.state.status.get() === "running"; i++) book.block([], 500);
  expect(book.end).toBe("running");
});
