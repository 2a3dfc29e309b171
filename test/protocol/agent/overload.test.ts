/**
 * Whoever has too much to do is not given more for that: cores that are four times slower make a mesh slower, and do not
 * make it say more. Virtual cores; nothing here depends on the machine's.
 */

import { expect, test } from "vitest";
import { AnswerTime, backOffMs } from "../../../protocol/core/back-off.ts";
import type { Hash, TaskId } from "../../../protocol/core/ids.ts";
import type { Message } from "../../../protocol/wire/message.ts";
import {
  awardItem,
  envelope as commandsOf,
  DrivenAgent,
  jobOf,
  MEMBERS,
  offerBody,
  resultBody,
} from "../../support/driven-agent.ts";

// --- what is not settled ----------------------------------------------------------------------------------

/** A worker that has done a task for a committee that says nothing of it. */
function unsettled() {
  const worker = new DrivenAgent("worker");
  const made = jobOf("owner", { committee: MEMBERS });
  const { job } = made;
  worker.learn("m0", made);
  for (const member of MEMBERS.slice(0, 2)) worker.frame(member, { kind: "notice", job, items: [awardItem("a")] });
  const [work] = worker.of("work");
  worker.input({
    kind: "workDone",
    award: work!.award,
    output: new Uint8Array([1]),
    confidencePpm: 0,
    cost: 0,
    usage: null,
    nonce: new Uint8Array(16),
  });
  const [first] = worker.sent().filter(({ message }) => message.kind === "envelopes");
  const envelope = first?.message.kind === "envelopes" ? first.message.envelopes[0]! : null;
  worker.effects = [];
  return { worker, job, command: envelope!.hashes[0]!, envelope: envelope! };
}

const questions = (worker: DrivenAgent) => worker.sent().filter(({ message }) => message.kind === "unsettled");
const to = (worker: DrivenAgent) => questions(worker).map((sent) => sent.to);

test("a worker asks how a command stands, later each time, and says the command itself only to who lacks it", () => {
  const { worker, job, command, envelope } = unsettled();
  const times: number[] = [];
  for (let i = 0; i < 1_200; i++) {
    worker.effects = [];
    worker.pass(50);
    if (questions(worker).length > 0) times.push(worker.nowMs);
    expect(worker.sent().filter(({ message }) => message.kind === "envelopes")).toEqual([]);
  }
  const waits = times.slice(1).map((atMs, i) => atMs - times[i]!);
  expect(times.length).toBeGreaterThan(3);
  expect(times.length).toBeLessThan(9); // in a minute; 60 before
  for (const [i, waitMs] of waits.slice(1, 4).entries()) expect(waitMs).toBeGreaterThan(1.2 * waits[i]!);
  const out = worker.frame("m2", { kind: "fetchCommands", job, hashes: [command] });
  expect(worker.sent(out)).toEqual([
    expect.objectContaining({ to: "m2", message: { kind: "envelopes", job, envelopes: [envelope] } }),
  ]);
  expect(worker.sent(worker.frame("stranger", { kind: "fetchCommands", job, hashes: [command] }))).toEqual([]);
});

test("a member that holds a command is not asked for a while, until it is connected anew", () => {
  const { worker, job, command } = unsettled();
  for (const member of MEMBERS.slice(0, 3)) worker.frame(member, { kind: "held", job, hashes: [command] });
  worker.pass(1_500);
  expect(to(worker)).toEqual(["m3"]);
  worker.frame("m3", { kind: "held", job, hashes: [command] });
  worker.effects = [];
  worker.pass(1_000);
  expect(to(worker)).toEqual([]);
  worker.input({ kind: "disconnected", agent: "m1" as never });
  worker.input({ kind: "connected", agent: "m1" as never, origin: "" });
  worker.pass(4_000);
  expect(to(worker)[0]).toBe("m1");
});

test("a member answers with what it knows: that it holds a command, that it lacks it, or that all is over", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  const made = jobOf("owner", { committee: ["m0"] });
  const { job } = made;
  m0.host(made);
  const { command } = unsettled();
  const said = commandsOf("worker", job, [resultBody("a")]);
  const ask = (asked: Hash): Message[] => {
    const items = [{ task: "a" as TaskId, attempt: 1, command: asked }];
    return m0.sent(m0.frame("worker", { kind: "unsettled", job, items })).map(({ message }) => message);
  };
  expect(ask(command)).toEqual([]); // the job does not know it yet
  m0.commands("worker", job, [offerBody()]);
  m0.pass(2_000);
  expect(ask(said.hashes[0]!)).toEqual([{ kind: "fetchCommands", job, hashes: said.hashes }]);
  m0.frame("worker", { kind: "envelopes", job, envelopes: [said] });
  expect(ask(said.hashes[0]!)).toMatchObject([{ kind: "notice", items: [{ kind: "closed", task: "a", attempt: 1 }] }]);
});

// --- timers ---------------------------------------------------------------------------------------------

test("an answer is late after what answers took of late, within bounds", () => {
  const time = new AnswerTime(100, 5_000);
  expect(time.lateMs).toBe(100);
  for (let i = 0; i < 50; i++) time.observe(1_000);
  expect(time.lateMs).toBeGreaterThanOrEqual(1_000);
  expect(time.lateMs).toBeLessThan(1_100);
  for (let i = 0; i < 50; i++) time.observe(100_000);
  expect(time.lateMs).toBe(5_000);
});

test("waits double up to their bound, and differ from agent to agent", () => {
  const waits = Array.from({ length: 12 }, (_, turn) => backOffMs(100, turn, 1_600, "a"));
  for (const [turn, waitMs] of waits.entries()) {
    const middle = Math.min(1_600, 100 * 2 ** turn);
    expect(waitMs).toBeGreaterThanOrEqual(0.75 * middle);
    expect(waitMs).toBeLessThanOrEqual(1.25 * middle);
  }
  const first = new Set(Array.from({ length: 20 }, (_, i) => backOffMs(100, 3, 1_600, `agent ${i}`)));
  expect(first.size).toBeGreaterThan(15);
});
