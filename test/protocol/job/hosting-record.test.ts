/** Who kept its turns, counted from headers alone, the same by whoever replays them. */

import { expect, test } from "vitest";
import { hasher } from "../../../node/platform/crypto.ts";
import { createCommittee } from "../../../protocol/consensus/committee.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";
import { HostingRecord } from "../../../protocol/job/hosting-record.ts";
import type { Header } from "../../../protocol/wire/consensus.ts";

const committee = createCommittee(
  hasher,
  ["a", "b", "c", "d"].map((agent, i) => ({ agent: agent as AgentId, power: i === 0 ? 2 : 1 })),
);
const header = (height: number, round: number): Header => ({ height, round }) as unknown as Header;

test("the proposers of the rounds before lost a turn, and the one of the block's round kept its own", () => {
  const record = new HostingRecord();
  const [first, second, third] = [0, 1, 2].map((round) => committee.proposer(1, round));
  record.onDecided(committee, header(1, 2), []);
  const by = new Map(record.turns(true).map(({ agent, kept, lost }) => [agent, [kept, lost]]));
  const expected = new Map<AgentId, [number, number]>();
  for (const agent of [first!, second!]) expected.set(agent, [0, (expected.get(agent)?.[1] ?? 0) + 1]);
  expected.set(third!, [1, expected.get(third!)?.[1] ?? 0]);
  expect(by).toEqual(expected);
});

test("a round in the billions is counted without walking there", () => {
  const record = new HostingRecord();
  record.onDecided(committee, header(1, 4_000_000_001), []);
  const turns = record.turns(true);
  expect(turns.reduce((sum, { lost }) => sum + lost, 0)).toBe(4_000_000_001);
  expect(turns.find(({ agent }) => agent === "a")!.lost).toBeGreaterThanOrEqual(1_600_000_000);
});

test("of a job without a result only equivocation counts", () => {
  const record = new HostingRecord();
  record.onDecided(committee, header(1, 1), [
    { kind: "replaced", out: "b" as AgentId, in: "s" as AgentId, reason: "equivocation" },
  ]);
  expect(record.turns(false)).toEqual([{ agent: "b", kept: 0, lost: 0, equivocated: true }]);
  expect(record.turns(true).length).toBeGreaterThan(1);
  record.onDecided(committee, header(2, 0), [{ kind: "convicted", agent: "c" as AgentId }]);
  expect(record.turns(false).map(({ agent }) => agent)).toEqual(["b", "c"]);
});
