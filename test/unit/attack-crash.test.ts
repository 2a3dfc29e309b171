/** Anything a remote peer can send that throws out of `step` (the driver then ends the node). */
import { expect, test } from "vitest";
import { hasher } from "../../node/crypto.ts";
import { signVote } from "../../protocol/consensus/ballots.ts";
import type { TaskId } from "../../protocol/core/ids.ts";
import { limits } from "../../protocol/core/limits.ts";
import { blockHash, committeeHash } from "../../protocol/wire/consensus.ts";
import { buildGenesis, firstPolicy, inline, map, single } from "../../sim/workloads/job-builder.ts";
import { Driven, envelope, id, MESH, sign, table } from "../support/attack.ts";

test("an invitation whose graph has a long cycle does not end the node that is asked", () => {
  const victim = new Driven("victim");
  const names = Array.from({ length: 40 }, (_, i) => `n${i}`.padEnd(60, "x"));
  const nodes = names.map((name, i) => single(name, 1, { needs: [names[(i + 1) % names.length]!] }));
  const { signed } = sign(buildGenesis(MESH, { owner: "mallory", nodes, committee: ["victim"] }));
  expect(() => victim.frame("mallory", { kind: "invite", genesis: signed, vcvs: [] })).not.toThrow();
});

test.each([
  [
    "a member twice",
    [
      { agent: id("mallory"), power: 1 },
      { agent: id("mallory"), power: 1 },
    ],
  ],
  ["nobody", []],
])("a new committee of %s, signed by the old one, does not end a worker", (_, next) => {
  const victim = new Driven("victim");
  const { signed, job } = sign(
    buildGenesis(MESH, { owner: "mallory", nodes: [single("a", 1)], committee: ["mallory"] }),
  );
  victim.frame("mallory", { kind: "notice", job, items: [] }); // it asks for the genesis
  expect(victim.sent().some(({ message }) => message.kind === "fetchGenesis")).toBe(true);
  victim.frame("mallory", { kind: "genesis", genesis: signed });
  const zero = "0".repeat(64) as never;
  const header = {
    job,
    height: 1,
    round: 0,
    proposer: id("mallory"),
    parent: job,
    timeMs: 1,
    commandsHash: zero,
    eventsHash: zero,
    committeeHash: committeeHash(hasher, [{ agent: id("mallory"), power: 1 }]),
    nextCommitteeHash: committeeHash(hasher, next),
    stateHash: null,
  };
  const vote = signVote(MESH, table.crypto, table.signer(id("mallory")), {
    kind: "precommit",
    job,
    height: 1,
    round: 0,
    block: blockHash(hasher, header),
    voter: id("mallory"),
  });
  expect(() =>
    victim.frame("mallory", { kind: "committee", job, header, commit: [vote], committee: next }),
  ).not.toThrow();
});

test("thousands of offers of a stranger, each in an envelope of its own, do not end a member when it forwards them", () => {
  const victim = new Driven("m0");
  const { signed, job } = sign(
    buildGenesis(MESH, { owner: "owner", nodes: [single("a", 1)], committee: ["m0", "m1", "m2", "m3"] }),
  );
  victim.frame("owner", { kind: "invite", genesis: signed, vcvs: [] });
  victim.frame("owner", { kind: "start", job });
  for (let i = 0; i < 3_000; i++) {
    const body = {
      kind: "offer" as const,
      skill: "work",
      price: 1,
      slots: 1,
      labels: [],
      load: 0,
      expectedMs: i,
      validUntilMs: victim.nowMs + 60_000,
    };
    victim.frame("mallory", { kind: "envelopes", job, envelopes: [envelope("mallory", job, [body])] });
  }
  expect(() => victim.pass(300)).not.toThrow();
});

test("a failure whose message is cut in the middle of a character does not end the worker", () => {
  const victim = new Driven("victim");
  const { signed, job } = sign(
    buildGenesis(MESH, { owner: "mallory", nodes: [single("a", 1)], committee: ["mallory"] }),
  );
  victim.frame("mallory", { kind: "notice", job, items: [] });
  victim.frame("mallory", { kind: "genesis", genesis: signed });
  // What task-input.ts makes of a path that the input does not have: `the input has nothing at "${path}"`.
  const path = `x${"😀".repeat(200)}`;
  const task = "a" as TaskId;
  const item = {
    kind: "award" as const,
    task,
    attempt: 1,
    skill: "work",
    input: { kind: "value" as const, data: inline(1), path },
    leaseEndsMs: 2_000_000,
    price: 1,
    sealed: false,
  };
  const out = victim.frame("mallory", { kind: "notice", job, items: [item] });
  expect(out.some((effect) => effect.kind === "work")).toBe(true);
  const message = `the input has nothing at "${path}"`;
  expect(() =>
    victim.input({ kind: "workFailed", award: { job, task, attempt: 1 }, reason: "refused", message }),
  ).not.toThrow();
});

test("a worker with many awards that reconnects is told of them in frames that may be sent", () => {
  const victim = new Driven("m0", { skills: [] });
  const items = Array.from({ length: 55 }, (_, i) => "x".repeat(16_000) + i);
  const nodes = ["a", "b", "c", "d", "e", "f"].map((name) => single(name, 1)); // placeholders, replaced below
  void nodes;
  const { signed, job } = sign(
    buildGenesis(MESH, {
      owner: "owner",
      committee: ["m0"],
      windowMs: 2_500,
      // 55 literals of 16 kB, and six maps that hand each of them on
      nodes: ["a", "b", "c", "d", "e", "f"].flatMap((name, i) =>
        i === 0
          ? [map("a", items.slice(0, 55), { policy: firstPolicy({ timeoutMs: 1_000_000 }) })]
          : [map(name, { from: "a" }, { policy: firstPolicy({ timeoutMs: 1_000_000 }) })],
      ),
    }),
  );
  victim.frame("owner", { kind: "invite", genesis: signed, vcvs: [] });
  victim.frame("owner", { kind: "start", job });
  const offer = () => ({
    kind: "offer" as const,
    skill: "work",
    price: 1,
    slots: 1_024,
    labels: [],
    load: 0,
    expectedMs: 100_000,
    validUntilMs: victim.nowMs + 600_000,
  });
  victim.frame("w", { kind: "envelopes", job, envelopes: [envelope("w", job, [offer()])] });
  victim.pass(500);
  for (let i = 0; i < 55; i += 10) {
    const bodies = Array.from({ length: Math.min(10, 55 - i) }, (_, k) => ({
      kind: "result" as const,
      task: `a/${i + k}` as TaskId,
      attempt: 1,
      data: inline(items[i + k]!),
      confidence: 0,
      cost: 0,
      nonce: null,
    }));
    victim.frame("w", { kind: "envelopes", job, envelopes: [envelope("w", job, bodies)] });
    victim.pass(200);
  }
  victim.effects = [];
  const out = victim.input({ kind: "connected", agent: id("w") });
  const sizes = out.flatMap((effect) => (effect.kind === "send" ? [effect.bytes.length] : []));
  expect(Math.max(...sizes)).toBeGreaterThan(100_000); // it was told of its awards
  expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.frameBytes);
});
