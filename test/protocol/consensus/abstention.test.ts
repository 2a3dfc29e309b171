/** How high a member may have voted before it lost its votes (protocol.md 8). */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { Abstention } from "../../../protocol/consensus/abstention.ts";
import { createCommittee } from "../../../protocol/consensus/committee.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const id = (name: string): AgentId => name as AgentId;
const committeeOf = (powers: Record<string, number>) =>
  createCommittee(
    hasher,
    Object.entries(powers).map(([agent, power]) => ({ agent: id(agent), power })),
  );
const FOUR = committeeOf({ me: 1, a: 1, b: 1, c: 1 });

function abstaining(): { abstention: Abstention; known: number[] } {
  const known: number[] = [];
  return { abstention: new Abstention(id("me"), null, (height) => void known.push(height)), known };
}

test("until members with more than two thirds of the power said where they are, it votes nowhere", () => {
  const { abstention, known } = abstaining();
  for (const [agent, height] of [
    ["a", 3],
    ["b", 4],
    ["me", 9],
    ["stranger", 9],
    ["c", 0],
  ] as const)
    abstention.note(FOUR, id(agent), height);
  abstention.look(FOUR, 20);
  expect(known).toEqual([]);
  expect([1, 100].map((height) => abstention.covers(height))).toEqual([true, true]);
  abstention.note(FOUR, id("c"), 4);
  abstention.look(FOUR, 20);
  expect(known).toEqual([5]);
  expect([4, 5, 6].map((height) => abstention.covers(height))).toEqual([true, true, false]);
});

test("those that are ahead of its own log count when it has their blocks; one that lies of its height does not count", () => {
  const { abstention, known } = abstaining();
  const seven = committeeOf({ me: 1, a: 1, b: 1, c: 1, d: 1, e: 1, liar: 1 });
  for (const name of ["a", "b", "c", "d", "e"]) abstention.note(seven, id(name), 8);
  abstention.note(seven, id("liar"), 1_000_000);
  for (let height = 1; height < 8; height++) abstention.look(seven, height);
  expect(known).toEqual([]);
  abstention.look(seven, 8);
  expect(known).toEqual([9]);
});

test("what they said first counts, since the vote was cast before", () => {
  const { abstention, known } = abstaining();
  for (const height of [5, 6, 7]) for (const name of ["a", "b", "c"]) abstention.note(FOUR, id(name), height);
  abstention.look(FOUR, 7);
  expect(known).toEqual([6]);
});

test("power counts, not heads", () => {
  const { abstention, known } = abstaining();
  const uneven = committeeOf({ me: 1, a: 4, b: 4, c: 4, d: 1, e: 1 });
  for (const name of ["a", "b", "d", "e"]) abstention.note(uneven, id(name), 2);
  abstention.look(uneven, 2);
  expect(known).toEqual([]); // 10 of 15
  abstention.note(uneven, id("c"), 2);
  abstention.look(uneven, 2);
  expect(known).toEqual([3]);
});
