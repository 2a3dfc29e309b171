/** A "busy" that is lost is said again when members say the award again. */

import { expect, test } from "vitest";
import type { Message } from "../../protocol/wire/message.ts";
import { firstPolicy, single } from "../../sim/workloads/job-builder.ts";
import { Book } from "../support/book.ts";
import { awardItem, DrivenAgent, jobOf } from "../support/driven-agent.ts";

const members = ["m0", "m1", "m2", "m3"];
const made = jobOf("owner", { committee: members });
const notice = (...items: Extract<Message, { kind: "notice" }>["items"]): Message => ({
  kind: "notice",
  job: made.job,
  items,
});

/** Its one slot is taken by task a; it said "busy" for task b, and that went nowhere: the connections were cut. */
function workerWhoseBusyWasLost(): DrivenAgent {
  const worker = new DrivenAgent("worker", { slots: 1 });
  worker.learn("m0", made);
  for (const member of members) worker.frame(member, notice(awardItem("a", { serial: 1 })));
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

test("what follows in the ledger: the honest worker is held for one that lets leases run out, and the job fails", () => {
  const book = new Book([single("a", 1, { policy: firstPolicy({ timeoutMs: 5_000 }) })]);
  book.block([]);
  book.block([book.offer("w", 1)]);
  book.block([], 5_100); // the lease ends: its "busy" never arrived
  expect(book.state.agents.get("w" as never)).toMatchObject({ timeouts: 1, results: 0 });
  // From here on it says truly that it is busy with other jobs, and is free again half a minute later.
  const busy = book.command("w", {
    ...{ kind: "offer", skill: "work", price: 1, slots: 1, labels: [], load: 1_000_000, expectedMs: 100 },
    validUntilMs: book.timeMs + 60_000,
  } as never);
  book.block([busy], 10);
  for (let i = 0; i < 60 && book.state.status.get() === "running"; i++) book.block([], 500);
  expect(book.end).toBe("running");
});
