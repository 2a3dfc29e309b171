/** Hosting for ever; a block that throws out of `build`; forged certificates. */
import { expect, test } from "vitest";
import { hasher } from "../../node/crypto.ts";
import { signVote } from "../../protocol/consensus/ballots.ts";
import type { AgentId, Hash } from "../../protocol/core/ids.ts";
import { leafHash, merklePath, merkleRoot } from "../../protocol/core/merkle.ts";
import { hashOfResult, verify } from "../../protocol/job/certificate.ts";
import { encodeEvent } from "../../protocol/job/event.ts";
import { chainEvents } from "../../protocol/job/ledger.ts";
import type { Certificate } from "../../protocol/wire/certificate.ts";
import { blockHash, type CommitteeMembers, committeeHash, type Header } from "../../protocol/wire/consensus.ts";
import { buildGenesis, single } from "../../sim/workloads/job-builder.ts";
import { Driven, id, MESH, sign, table } from "../support/attack.ts";

test("jobs that never came to a block do not take a node's places for ever", () => {
  const victim = new Driven("m0", { skills: [] });
  for (let i = 0; i < 64; i++) {
    const { signed, job } = sign(
      buildGenesis(MESH, {
        owner: `sybil${i % 4}`,
        counter: i,
        nodes: [single("a", 1)],
        committee: ["m0", "ghost1", "ghost2", "ghost3"],
        deadlineMs: 60_000,
      }),
    );
    victim.frame("mallory", { kind: "invite", genesis: signed, vcvs: [] });
    victim.frame("mallory", { kind: "start", job });
  }
  victim.nowMs += 60 * 24 * 3_600_000; // two months later; their deadlines were a minute
  const honest = sign(buildGenesis(MESH, { owner: "honest", nodes: [single("a", 1)], committee: ["m0"] }));
  const out = victim.frame("honest", { kind: "invite", genesis: honest.signed, vcvs: [] });
  const reply = victim.sent(out).find(({ message }) => message.kind === "inviteReply")?.message;
  expect(reply).toMatchObject({ yes: true });
});

// --- certificates -------------------------------------------------------------------------------------

const zero = "0".repeat(64) as Hash;
const OLD: CommitteeMembers = ["m0", "m1", "m2", "m3"].map((agent) => ({ agent: id(agent), power: 1 }));
const MID: CommitteeMembers = ["s0", "m1", "m2", "m3"].map((agent) => ({ agent: id(agent), power: 1 }));
const NEW: CommitteeMembers = ["s0", "s1", "m2", "m3"].map((agent) => ({ agent: id(agent), power: 1 }));
const { genesis, signed, job } = sign(
  buildGenesis(MESH, {
    owner: "owner",
    nodes: [single("a", 1)],
    committee: ["m0", "m1", "m2", "m3"],
    standbys: ["s0", "s1"],
  }),
);
const other = sign(
  buildGenesis(MESH, {
    owner: "owner",
    counter: 2,
    nodes: [single("a", 1)],
    committee: ["m0", "m1", "m2", "m3"],
    standbys: ["s0", "s1"],
  }),
);
void genesis;
const header = (height: number, now: CommitteeMembers, next: CommitteeMembers, eventsHash = zero): Header => ({
  job,
  height,
  round: 0,
  proposer: now[0]!.agent,
  parent: zero,
  timeMs: height,
  commandsHash: zero,
  eventsHash,
  committeeHash: committeeHash(hasher, now),
  nextCommitteeHash: committeeHash(hasher, next),
  stateHash: null,
});
const votes = (h: Header, voters: readonly string[]) =>
  voters.map((voter) =>
    signVote(MESH, table.crypto, table.signer(voter as AgentId), {
      kind: "precommit",
      job: h.job,
      height: h.height,
      round: 0,
      block: blockHash(hasher, h),
      voter: voter as AgentId,
    }),
  );
const done = (answer: Hash) =>
  encodeEvent({ kind: "completed", status: "certified", reason: "", node: "a", answer, shape: "value" });
const right = hashOfResult({ hash: hasher }, "value", 42)!;
const wrong = hashOfResult({ hash: hasher }, "value", 43)!;
const leaves = [leafHash(hasher, done(right)), leafHash(hasher, encodeEvent({ kind: "dead", agent: id("m0") }))];
const last = header(9, NEW, NEW, chainEvents(hasher, zero, merkleRoot(hasher, leaves)));
const h1 = header(3, OLD, MID);
const h2 = header(5, MID, NEW);
const good: Certificate = {
  genesis: signed,
  changes: [
    { header: h1, commit: votes(h1, ["m0", "m1", "m2"]), next: MID },
    { header: h2, commit: votes(h2, ["s0", "m1", "m2"]), next: NEW },
  ],
  header: last,
  commit: votes(last, ["s0", "s1", "m2"]),
  event: done(right),
  parentEvents: zero,
  index: 0,
  count: 2,
  path: merklePath(hasher, leaves, 0),
};
const check = (certificate: Certificate, trust?: string[]) =>
  verify(table.crypto, certificate, { result: 42, ...(trust ? { trust: new Set(trust as AgentId[]) } : {}) });

test("forged certificates do not verify", () => {
  expect(check(good).ok).toBe(true);
  const bad: Record<string, Certificate> = {
    "a change cut out": { ...good, changes: good.changes.slice(1) },
    "the last change cut out": { ...good, changes: good.changes.slice(0, 1) },
    reordered: { ...good, changes: [...good.changes].reverse() },
    "said twice": { ...good, changes: [good.changes[0]!, good.changes[0]!, good.changes[1]!] },
    "a signer twice": { ...good, commit: votes(last, ["s0", "s1", "s1"]) },
    strangers: { ...good, commit: votes(last, ["s0", "s1", "x1", "x2", "x3"]) },
    "replaced members": { ...good, commit: votes(last, ["m0", "m1", "m2", "m3"]) },
    "of mixed rounds": { ...good, commit: [...votes(last, ["s0", "s1"]), { ...votes(last, ["m2"])[0]!, round: 1 }] },
    "another job's genesis": { ...good, genesis: other.signed },
    "another event": { ...good, event: done(wrong) },
    "another place": { ...good, index: 1 },
    "another count": { ...good, count: 3 },
    "a huge count": { ...good, count: Number.MAX_SAFE_INTEGER },
    "another parent": { ...good, parentEvents: right },
    "a committee of one's own": { ...good, changes: [{ ...good.changes[0]!, next: NEW }] },
    "no votes": { ...good, commit: [] },
    "a path too long": { ...good, path: [...good.path, zero] },
  };
  for (const [name, certificate] of Object.entries(bad)) expect([name, check(certificate).ok]).toEqual([name, false]);
  expect(check(good, ["m2", "m3"]).ok).toBe(true);
  expect(check(good, ["m0", "m1"]).ok).toBe(false); // of the last committee nobody is trusted
  expect(check(good, ["s0", "s1"]).ok).toBe(false); // of the first one nobody
  expect(verify(table.crypto, good, { result: 43 }).ok).toBe(false);
});
