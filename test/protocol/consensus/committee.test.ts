/** Weights, quorums and the proposer rotation (protocol.md 4, 5). */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/crypto.ts";
import { createCommittee, explainNotCommittee } from "../../../protocol/consensus/committee.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import type { CommitteeMembers } from "../../../protocol/wire/consensus.ts";

const membersOf = (powers: readonly number[]): CommitteeMembers =>
  powers.map((power, index) => ({ agent: `m${index}` as AgentId, power }));
const powersArbitrary = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 12 })
  .filter((powers) => explainNotCommittee(membersOf(powers)) === null);

describe("quorums", () => {
  test("of four equal members three are a quorum and two hold an honest one", () => {
    const committee = createCommittee(hasher, membersOf([1, 1, 1, 1]));
    expect([2, 3].map(committee.isQuorum)).toEqual([false, true]);
    expect([1, 2].map(committee.hasHonest)).toEqual([false, true]);
  });

  test("exactly two thirds is no quorum, exactly one third holds nobody honest for sure", () => {
    const committee = createCommittee(hasher, membersOf([2, 2, 2, 1, 1, 1]));
    expect(committee.isQuorum(6)).toBe(false);
    expect(committee.isQuorum(7)).toBe(true);
    expect(committee.hasHonest(3)).toBe(false);
    expect(committee.hasHonest(4)).toBe(true);
  });

  test("any two quorums share more than a third of the power", () => {
    fc.assert(
      fc.property(powersArbitrary, fc.nat(), fc.nat(), (powers, a, b) => {
        const committee = createCommittee(hasher, membersOf(powers));
        const pick = (mask: number) => committee.members.filter((_, index) => (mask >> index) & 1);
        const power = (members: CommitteeMembers): number => members.reduce((sum, member) => sum + member.power, 0);
        const [first, second] = [pick(a), pick(b)];
        if (!committee.isQuorum(power(first)) || !committee.isQuorum(power(second))) return true;
        return committee.hasHonest(power(first.filter((member) => second.includes(member))));
      }),
    );
  });
});

describe("the rotation", () => {
  test("gives each member its share of the turns in every period", () => {
    fc.assert(
      fc.property(powersArbitrary, fc.nat({ max: 1000 }), fc.nat({ max: 50 }), (powers, height, round) => {
        const committee = createCommittee(hasher, membersOf(powers));
        const turns = Array.from({ length: committee.total }, (_, turn) => committee.proposer(height, round + turn));
        for (const { agent, power } of committee.members) {
          expect(turns.filter((turn) => turn === agent)).toHaveLength(power);
        }
      }),
    );
  });

  test("is indexed by height + round", () => {
    const committee = createCommittee(hasher, membersOf([3, 2, 2, 1]));
    expect(committee.proposer(4, 3)).toBe(committee.proposer(7, 0));
  });
});

test.each([
  [[], "committee-empty"],
  [[1, 1], "committee-of-two-or-three"],
  [[1, 1, 1], "committee-of-two-or-three"],
  [[1, 1, 1, 3], "committee-member-too-powerful"],
  [[0, 1, 1, 1], "committee-member-without-power"],
  [[1], null],
  [[1, 1, 1, 1], null],
])("powers %j: %s", (powers, code) => {
  expect(explainNotCommittee(membersOf(powers))).toBe(code);
});

test("nobody twice", () => {
  const twice = [...membersOf([1, 1, 1]), { agent: "m0" as AgentId, power: 1 }];
  expect(explainNotCommittee(twice)).toBe("committee-member-twice");
});
