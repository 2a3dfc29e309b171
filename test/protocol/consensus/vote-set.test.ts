/** What votes add up to: first votes, quorums, and votes kept against earlier ones (protocol.md A2). */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/crypto.ts";
import { createCommittee } from "../../../protocol/consensus/committee.ts";
import { createVoteSet } from "../../../protocol/consensus/vote-set.ts";
import type { AgentId, Hash } from "../../../protocol/core/ids.ts";
import type { Vote } from "../../../protocol/wire/consensus.ts";

const JOB = "0".repeat(64) as Hash;
const A = "a".repeat(64) as Hash;
const B = "b".repeat(64) as Hash;
const powers = [1, 2, 2, 2];
const committee = createCommittee(
  hasher,
  powers.map((power, index) => ({ agent: `m${index}` as AgentId, power })),
);
const vote = (voter: number, block: Hash | null): Vote => ({
  kind: "prevote",
  job: JOB,
  height: 1,
  round: 0,
  block,
  voter: `m${voter}` as AgentId,
  signature: new Uint8Array(64),
});

describe("a set of votes", () => {
  test("has a quorum above two thirds of the power, not at it", () => {
    const set = createVoteSet(committee);
    set.add(vote(1, A));
    set.add(vote(2, A));
    expect(set.quorum).toBeUndefined();
    set.add(vote(0, A));
    expect(set.quorum).toBe(A);
  });

  test("counts a vote once, however often it comes", () => {
    const set = createVoteSet(committee);
    for (let i = 0; i < 5; i++) set.add(vote(1, A));
    expect(set.power(A)).toBe(2);
    expect(set.anyPower).toBe(2);
  });

  test("nil is a value of its own", () => {
    const set = createVoteSet(committee);
    for (const voter of [1, 2, 3]) set.add(vote(voter, null));
    expect(set.quorum).toBeNull();
    expect(set.power(A)).toBe(0);
  });

  test("a second vote counts for its own value, and once for 'any'", () => {
    const set = createVoteSet(committee);
    set.add(vote(1, A));
    set.add(vote(1, B));
    expect([set.power(A), set.power(B), set.anyPower]).toEqual([2, 2, 2]);
    expect(set.of("m1" as AgentId)?.block).toBe(A);
    expect(set.firstVotes()).toHaveLength(1);
  });

  test("shows a quorum in committee order and no more than one needs", () => {
    const set = createVoteSet(committee);
    for (const voter of [3, 2, 1, 0]) set.add(vote(voter, A));
    const shown = set.quorumVotes(A).map((one) => one.voter);
    expect(shown).toEqual(["m0", "m1", "m2"]);
    expect(committee.isQuorum(committee.powerOf(shown))).toBe(true);
  });
});
