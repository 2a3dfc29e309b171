/**
 * Certificates that somebody put together or changed: none verifies (protocol.md 10, invariant 4), and `trust` needs
 * more than a third of every committee.
 */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { signVote } from "../../../protocol/consensus/ballots.ts";
import { statementMessage } from "../../../protocol/core/crypto.ts";
import { type AgentId, type Hash, ZERO_HASH } from "../../../protocol/core/ids.ts";
import { RULES_VERSION } from "../../../protocol/core/limits.ts";
import { leafHash, merklePath, merkleRoot } from "../../../protocol/core/merkle.ts";
import { hashOfResult, verify } from "../../../protocol/job/certificate.ts";
import { encodeEvent } from "../../../protocol/job/event.ts";
import { chainEvents } from "../../../protocol/job/ledger.ts";
import type { Certificate } from "../../../protocol/wire/certificate.ts";
import { decode } from "../../../protocol/wire/codec.ts";
import { blockHash, type CommitteeMembers, committeeHash, type Header } from "../../../protocol/wire/consensus.ts";
import { encodeGenesis, genesisCodec } from "../../../protocol/wire/genesis.ts";
import { crypto, id, jobOf, MESH, signerOf } from "../../support/driven-agent.ts";

const OLD: CommitteeMembers = ["m0", "m1", "m2", "m3"].map((agent) => ({ agent: id(agent), power: 1 }));
const MID: CommitteeMembers = ["s0", "m1", "m2", "m3"].map((agent) => ({ agent: id(agent), power: 1 }));
const NEW: CommitteeMembers = ["s0", "s1", "m2", "m3"].map((agent) => ({ agent: id(agent), power: 1 }));
const { signed, job } = jobOf("owner", { standbys: ["s0", "s1"] });
const other = jobOf("owner", { counter: 2, standbys: ["s0", "s1"] });
const header = (height: number, now: CommitteeMembers, next: CommitteeMembers, eventsHash = ZERO_HASH): Header => ({
  job,
  height,
  round: 0,
  proposer: now[0]!.agent,
  parent: ZERO_HASH,
  timeMs: height,
  commandsHash: ZERO_HASH,
  eventsHash,
  committeeHash: committeeHash(hasher, now),
  nextCommitteeHash: committeeHash(hasher, next),
  stateHash: null,
});
const votes = (h: Header, voters: readonly string[]) =>
  voters.map((voter) =>
    signVote(MESH, crypto, signerOf(voter), {
      kind: "precommit",
      job: h.job,
      height: h.height,
      round: 0,
      block: blockHash(hasher, h),
      voter: voter as AgentId,
    }),
  );
const done = (answer: Hash) =>
  encodeEvent({ kind: "completed", status: "certified", reason: "", node: "a", answer, shape: "value", unproven: 0 });
const right = hashOfResult({ hash: hasher }, "value", 42)!;
const wrong = hashOfResult({ hash: hasher }, "value", 43)!;
const leaves = [leafHash(hasher, done(right)), leafHash(hasher, encodeEvent({ kind: "dead", agent: id("m0") }))];
const last = header(9, NEW, NEW, chainEvents(hasher, ZERO_HASH, merkleRoot(hasher, leaves)));
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
  parentEvents: ZERO_HASH,
  index: 0,
  count: 2,
  path: merklePath(hasher, leaves, 0),
};
const check = (certificate: Certificate, trust?: string[]) =>
  verify(crypto, certificate, { result: 42, ...(trust ? { trust: new Set(trust as AgentId[]) } : {}) });

const forged: Record<string, Certificate> = {
  "a change cut out": { ...good, changes: good.changes.slice(1) },
  "the last change cut out": { ...good, changes: good.changes.slice(0, 1) },
  "changes in another order": { ...good, changes: [...good.changes].reverse() },
  "a change said twice": { ...good, changes: [good.changes[0]!, good.changes[0]!, good.changes[1]!] },
  "a signer twice": { ...good, commit: votes(last, ["s0", "s1", "s1"]) },
  "signatures of strangers": { ...good, commit: votes(last, ["s0", "s1", "x1", "x2", "x3"]) },
  "signatures of replaced members": { ...good, commit: votes(last, ["m0", "m1", "m2", "m3"]) },
  "votes of two rounds": { ...good, commit: [...votes(last, ["s0", "s1"]), { ...votes(last, ["m2"])[0]!, round: 1 }] },
  "another job's genesis": { ...good, genesis: other.signed },
  "another event": { ...good, event: done(wrong) },
  "another place": { ...good, index: 1 },
  "another count": { ...good, count: 3 },
  "a huge count": { ...good, count: Number.MAX_SAFE_INTEGER },
  "another parent": { ...good, parentEvents: right },
  "a committee of one's own": { ...good, changes: [{ ...good.changes[0]!, next: NEW }] },
  "no votes": { ...good, commit: [] },
  "a path too long": { ...good, path: [...good.path, ZERO_HASH] },
};

test("the certificate that the others are made from verifies, for its result only", () => {
  expect(check(good).ok).toBe(true);
  expect(verify(crypto, good, { result: 43 }).ok).toBe(false);
});

test.each(Object.entries(forged))("%s does not verify", (_, certificate) => {
  expect(check(certificate).ok).toBe(false);
});

test.each([
  [["m2", "m3"], true],
  [["m0", "m1"], false], // of the last committee nobody is trusted
  [["s0", "s1"], false], // of the first one nobody
])("whoever trusts %j: %s", (trust, ok) => {
  expect(check(good, trust).ok).toBe(ok);
});

test("the keys of replaced members are named as what the proof rests on, with what helps", () => {
  const said = check(good);
  if (!said.ok) throw new Error(said.message);
  expect([...said.replaced].sort()).toEqual(["m0", "m1"]);
  const words = said.basis.find((line) => line.includes("can sign another result later"))!;
  for (const part of ["m0", "m1", "--trust", "an agent that hosts the job"]) expect(words).toContain(part);
  const trusting = check(good, ["m2", "m3"]);
  if (!trusting.ok) throw new Error(trusting.message);
  expect(trusting.basis.join(" ")).toContain("would take keys of agents that you trust");
});

test("an earlier committee can sign another result later: it verifies, and --trust is what refuses it", () => {
  const leavesOfOther = [leafHash(hasher, done(wrong))];
  const block = header(4, OLD, OLD, chainEvents(hasher, ZERO_HASH, merkleRoot(hasher, leavesOfOther)));
  const second: Certificate = {
    ...{ genesis: signed, changes: [], header: block, commit: votes(block, ["m0", "m1", "m3"]), event: done(wrong) },
    ...{ parentEvents: ZERO_HASH, index: 0, count: 1, path: [] },
  };
  expect(verify(crypto, second, { result: 43 }).ok).toBe(true);
  expect(verify(crypto, second, { result: 43, trust: new Set(["m2", "s0", "s1"].map(id)) }).ok).toBe(false);
});

test("a genesis whose form and rules do not go together is refused", () => {
  const genesis = decode(genesisCodec, signed.bytes);
  if (!genesis.ok) throw new Error(genesis.code);
  const codeAt = (rulesVersion: number): unknown => {
    const bytes = encodeGenesis({ ...genesis.value, rulesVersion });
    const signature = signerOf("owner").sign(statementMessage(MESH, "genesis", hasher(bytes)));
    const verified = check({ ...good, genesis: { bytes, signature } });
    return verified.ok ? "ok" : verified.code;
  };
  expect(codeAt(RULES_VERSION + 1)).toBe("bad-genesis");
  expect(codeAt(RULES_VERSION - 1)).toBe("bad-genesis");
  expect(codeAt(RULES_VERSION)).not.toMatch(/genesis/); // its id is the same
});
