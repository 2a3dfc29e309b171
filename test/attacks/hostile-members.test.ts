/** Members of a committee attack the workers of its job: no message of theirs ends, floods or deafens a worker. */

import { expect, test } from "vitest";
import { hasher } from "../../node/platform/crypto.ts";
import { NoticeTally } from "../../protocol/agent/notice-tally.ts";
import { signVote } from "../../protocol/consensus/ballots.ts";
import { createCommittee } from "../../protocol/consensus/committee.ts";
import { ZERO_HASH } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { blockHash, type CommitteeMembers, committeeHash, type Header } from "../../protocol/wire/consensus.ts";
import { firstPolicy, inline, map } from "../../sim/parts/workloads/job-builder.ts";
import {
  awardItem,
  crypto,
  DrivenAgent,
  id,
  jobOf,
  MEMBERS,
  MESH,
  offerBody,
  resultBody,
  signerOf,
} from "../support/driven-agent.ts";

const alone = () => jobOf("mallory", { committee: ["mallory"] });
const member = (name: string) => ({ agent: id(name), power: 1 });

test.each<[string, CommitteeMembers]>([
  ["a member twice", [member("mallory"), member("mallory")]],
  ["nobody", []],
])("a new committee of %s, signed by the old one, is refused", (_, next) => {
  const worker = new DrivenAgent("worker");
  const made = alone();
  const { job } = made;
  worker.learn("mallory", made);
  const header: Header = {
    job,
    height: 1,
    round: 0,
    proposer: id("mallory"),
    parent: job,
    timeMs: 1,
    commandsHash: ZERO_HASH,
    eventsHash: ZERO_HASH,
    committeeHash: committeeHash(hasher, [member("mallory")]),
    nextCommitteeHash: committeeHash(hasher, next),
    stateHash: null,
  };
  const content = { kind: "precommit" as const, job, height: 1, round: 0, voter: id("mallory") };
  const vote = signVote(MESH, crypto, signerOf("mallory"), { ...content, block: blockHash(hasher, header) });
  const out = worker.frame("mallory", { kind: "committee", job, header, commit: [vote], committee: next });
  expect(worker.of("misbehaved", out)).toMatchObject([{ code: "not-a-committee" }]);
});

test("awards beyond its slots are declined once, and not kept", () => {
  const worker = new DrivenAgent("worker", { slots: 1 });
  const made = alone();
  worker.learn("mallory", made);
  for (let k = 0; k < 2; k++) {
    const items = Array.from({ length: limits.blockCommands }, (_, i) => awardItem(`t${k}/${i}`));
    worker.frame("mallory", { kind: "notice", job: made.job, items });
  }
  worker.pass(200);
  expect(worker.of("work").length).toBe(1);
  worker.nowMs += 3_600_000;
  const out = worker.input({ kind: "tick" });
  expect(worker.sent(out).filter(({ message }) => message.kind === "envelopes")).toEqual([]);
});

test("an agent does not work below its price", () => {
  const worker = new DrivenAgent("worker", { slots: 1 });
  const made = alone();
  worker.learn("mallory", made);
  const out = worker.frame("mallory", { kind: "notice", job: made.job, items: [awardItem("a", { price: 0 })] });
  expect(worker.of("work", out)).toEqual([]);
});

test("a failure whose message is cut in the middle of a character can be said", () => {
  const worker = new DrivenAgent("worker");
  const made = alone();
  const { job } = made;
  worker.learn("mallory", made);
  const path = `x${"😀".repeat(200)}`;
  const items = [awardItem("a", { input: { kind: "value", data: inline(1), path } })];
  const [started] = worker.of("work", worker.frame("mallory", { kind: "notice", job, items }));
  const message = `the input has nothing at "${path}"`; // as node/skills/task-input.ts says it
  const out = worker.input({ kind: "workFailed", award: started!.award, reason: "refused", retryMs: 0, message });
  expect(worker.sent(out)).toMatchObject([{ to: "mallory", message: { kind: "envelopes" } }]);
});

test("one lying member cannot make a worker forget what the others say", () => {
  const tally = new NoticeTally();
  const committee = createCommittee(hasher, MEMBERS.map(member));
  expect(tally.add(hasher, committee, id("m1"), awardItem("a"))).toBe(false);
  for (let i = 0; i < 8_192; i++) tally.add(hasher, committee, id("m0"), awardItem(`junk/${i}`));
  expect(tally.add(hasher, committee, id("m2"), awardItem("a"))).toBe(true);
});

test("a worker that comes back to many awards is told of them in frames that may be sent", () => {
  const m0 = new DrivenAgent("m0", { skills: [] });
  const items = Array.from({ length: 55 }, (_, i) => "x".repeat(16_000) + i);
  const policy = firstPolicy({ timeoutMs: 1_000_000 });
  // 55 literals of 16 kB, and five maps that hand each of them on.
  const handedOn = ["b", "c", "d", "e", "f"].map((name) => map(name, { from: "a" }, { policy }));
  const made = jobOf("owner", {
    committee: ["m0"],
    windowMs: 2_500,
    nodes: [map("a", items, { policy }), ...handedOn],
  });
  m0.host(made);
  const offer = offerBody({ slots: limits.slots, expectedMs: 100_000, validUntilMs: m0.nowMs + 600_000 });
  m0.commands("w", made.job, [offer]);
  m0.pass(500);
  for (let i = 0; i < items.length; i += 10) {
    const part = items.slice(i, i + 10);
    const results = part.map((item, k) => resultBody(`a/${i + k}`, { data: inline(item) }));
    m0.commands("w", made.job, results);
    m0.pass(200);
  }
  const sizes = m0.sent(m0.input({ kind: "connected", agent: id("w"), origin: "" })).map(({ bytes }) => bytes);
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(limits.frameBytes); // all its awards
  expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.frameBytes);
});
