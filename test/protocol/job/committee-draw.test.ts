/** The draw of a committee: what newcomers can hold in it, whatever they are and however many. */

import { describe, expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { explainNotCommittee } from "../../../protocol/consensus/committee.ts";
import type { AgentId, Hash, MeshId } from "../../../protocol/core/ids.ts";
import { createPrng } from "../../../protocol/core/prng.ts";
import { type Candidate, describeSafety, drawCommittee } from "../../../protocol/job/committee-draw.ts";
import type { Member } from "../../../protocol/wire/consensus.ts";

const seedOf = (counter: number) => ({
  ...{ meshId: "m" as MeshId, owner: "o" as AgentId, counter, tasks: "0".repeat(64) as Hash },
});
const candidate = (agent: string, changes: Partial<Candidate> = {}): Candidate => ({
  ...{ agent: agent as AgentId, power: 1, isKnown: false, origin: "" },
  ...changes,
});
const many = (prefix: string, count: number, changes: (i: number) => Partial<Candidate> = () => ({})): Candidate[] =>
  Array.from({ length: count }, (_, i) => candidate(`${prefix}${i}`, changes(i)));
const known = (count: number, powers: readonly number[] = [1]): Candidate[] =>
  many("k", count, (i) => ({ isKnown: true, power: powers[i % powers.length]! }));
const RULES = { size: null as number | null, standbysMax: null, boundsNewcomers: true, answered: 0 };
const draw = (candidates: readonly Candidate[], counter = 1, rules: Partial<typeof RULES> = {}) =>
  drawCommittee(hasher, seedOf(counter), candidates, { ...RULES, ...rules });
function drawn(...given: Parameters<typeof draw>) {
  const made = draw(...given);
  if (typeof made === "string") throw new Error(made);
  return made;
}
const powerIn = (members: readonly Member[], are: (agent: string) => boolean = () => true): number =>
  members.filter(({ agent }) => are(agent)).reduce((sum, { power }) => sum + power, 0);
const isSybil = (agent: string): boolean => agent.startsWith("s");

describe("newcomers", () => {
  test("hold less than a third with their standbys, however many come and whatever their power", () => {
    const prng = createPrng("newcomers");
    let seated = 0;
    for (let counter = 0; counter < 300; counter++) {
      const hosts = known(3 + prng.below(12), [1 + prng.below(4), 1 + prng.below(4), 1 + prng.below(4)]);
      const sybils = many("s", prng.below(200), () => ({ power: 1 + prng.below(4) }));
      const made = draw([...hosts, ...sybils], counter);
      if (made === "few-known") continue;
      const { committee, standbys } = made as Exclude<typeof made, string>;
      expect(explainNotCommittee(committee)).toBeNull();
      expect(3 * powerIn([...committee, ...standbys], isSybil)).toBeLessThan(powerIn(committee));
      seated += powerIn(committee, isSybil);
    }
    expect(seated).toBeGreaterThan(100); // or nobody would ever become known
  });

  test("are drawn like anybody where the owner knows too few hosts, or lets strangers in", () => {
    const { committee } = drawn([...known(4), ...many("s", 500)], 1, { boundsNewcomers: false });
    expect(committee.length).toBe(7);
    expect(powerIn(committee, isSybil)).toBeGreaterThan(3);
  });

  test("make room where known hosts refuse: a smaller committee, or a refusal where the owner named its size", () => {
    const few = [...known(3), ...many("s", 500)];
    expect(drawn(few).committee.length).toBe(4);
    expect(draw(few, 1, { size: 7 })).toBe("few-known");
    const { committee } = drawn([...known(2), ...many("s", 500)]);
    expect(committee).toEqual([{ agent: expect.stringMatching(/^k/), power: 1 }]);
    expect(draw(many("s", 500))).toBe("few-known");
    expect(draw([])).toBe("few-hosts");
    expect(draw(known(3), 1, { size: 7 })).toBe("few-hosts");
  });
});

test("a mesh of which some are full still gets its own size of committee, while enough are willing", () => {
  expect(drawn(known(9)).committee.length).toBe(4);
  expect(drawn(known(9), 1, { answered: 11 }).committee.length).toBe(7);
  expect(drawn(known(9), 1, { answered: 11 }).standbys.length).toBe(2);
  expect(drawn(known(6), 1, { answered: 11 }).committee.length).toBe(4);
  expect(drawn(known(3), 1, { answered: 11 }).committee.length).toBe(1);
});

describe("origins", () => {
  const from = (network: number) => ({ origin: `192.0.${network}.0/24` });

  test("a network has one seat, and no standby, while others stand", () => {
    const rented = many("s", 1_000, () => from(0));
    const honest = many("h", 9, (i) => from(i + 1));
    for (let counter = 0; counter < 20; counter++) {
      const { committee, standbys } = drawn([...rented, ...honest], counter, { boundsNewcomers: false });
      expect([committee.length, standbys.length]).toEqual([7, 3]);
      expect(powerIn([...committee, ...standbys], isSybil)).toBeLessThanOrEqual(1);
    }
  });

  test("a mesh of one network has a committee all the same, and so has a private one", () => {
    for (const origin of ["192.0.2.0/24", ""]) {
      const { committee, standbys } = drawn(
        many("h", 14, () => ({ origin })),
        1,
        { boundsNewcomers: false },
      );
      expect([committee.length, standbys.length]).toEqual([7, 7]);
    }
  });
});

test("nobody holds a third: the greatest loses power until it is so", () => {
  const { committee } = drawn(known(4, [4, 1, 1, 1]), 1, { size: 4 });
  expect(committee.map(({ power }) => power)).toEqual([1, 1, 1, 1]);
  const strong = drawn(known(7, [4, 4, 2, 2, 1, 1, 1]), 1, { size: 7 });
  expect(powerIn(strong.committee)).toBe(15);
  expect(Math.max(...strong.committee.map(({ power }) => power))).toBe(4);
});

describe("what the submitter is told", () => {
  const members = (...powers: readonly number[]): Member[] =>
    powers.map((power, i) => ({ agent: `m${i}` as AgentId, power }));
  const told = (
    powers: readonly number[],
    facts: { agents?: number; known?: readonly string[]; isBounded?: boolean },
  ) =>
    describeSafety(members(...powers), {
      ...{ agents: facts.agents ?? 12, isBounded: facts.isBounded ?? false },
      known: new Set((facts.known ?? []) as AgentId[]),
    }).join("\n");

  test("in a fresh mesh: everybody is new, and what a few agents of one person would do", () => {
    expect(told([1, 1, 1, 1, 1, 1, 1], {})).toBe(
      "committee of 7: safe with any 2 Byzantine\nall 7 members are new to you: no job of yours met them on several days in more than a week; if one person ran 3 of the 12 agents that host jobs, a draw would be unsafe in 15.9 % of cases",
    );
  });

  test("with known hosts: what newcomers hold, by actual powers", () => {
    const text = told([3, 3, 2, 2, 1], { known: ["m0", "m1", "m2"], isBounded: true });
    expect(text).toContain("committee of 5 with power 3 + 3 + 2 + 2 + 1: safe with any 1 Byzantine");
    expect(text).toContain("newcomers hold 3 of 11 power");
  });

  test("of one member, and of uneven powers without a bound: no probability that would not be true", () => {
    expect(told([1], {})).toContain("rests on that one agent");
    expect(told([2, 1, 1, 1, 1], { known: ["m1"] })).not.toContain("%");
    expect(told([2, 1, 1, 1, 1], { known: ["m1"] })).toContain("4 of 5 members are new to you");
  });
});

test.each([1, 2, 3])("a committee of %i, in which each holds a third, has power 1 for each", (size) => {
  const { committee } = drawn(known(size, [4, 2]), 1, { size });
  expect(committee.map(({ power }) => power)).toEqual(Array.from({ length: size }, () => 1));
});
