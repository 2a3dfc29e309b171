/** Whose clock is off, by the clocks of neighbours, and the messages about it. */

import { expect, test } from "vitest";
import {
  type ClockOffset,
  clockProblem,
  describeClocks,
  describeOtherClock,
  judgeClocks,
} from "../../../node/network/clock-findings.ts";
import { describeNews, tellNews } from "../../../node/network/news.ts";
import { CLOCK_SLACK_MS } from "../../../protocol/capability/directory.ts";
import type { AgentId } from "../../../protocol/core/ids.ts";

const HOUR_MS = 3_600_000;
const agrees: ClockOffset = { offMs: 4, unsureMs: 2, differs: false };
const ahead: ClockOffset = { offMs: HOUR_MS, unsureMs: 2, differs: true };
const behind: ClockOffset = { offMs: -400, unsureMs: 2, differs: true };
const among = (...offsets: readonly ClockOffset[]) =>
  judgeClocks(new Map(offsets.map((offset, i) => [`agent-${i}` as AgentId, offset])));

test.each([
  [[], "none", 0],
  [[agrees, agrees], "none", 0],
  [[ahead], "either", -HOUR_MS],
  [[ahead, agrees], "either", -HOUR_MS],
  [[ahead, ahead], "own", -HOUR_MS],
  [[ahead, ahead, agrees], "own", -HOUR_MS],
  [[ahead, agrees, agrees], "other", 0],
  [[ahead, behind], "either", -HOUR_MS],
  [[behind, behind, behind, agrees], "own", 400],
])("%j: %s", (offsets, whose, offMs) => {
  expect(among(...offsets)).toMatchObject({ whose, offMs });
});

test("a status says it in one line", () => {
  expect(describeClocks(among())).toBe("clock: not compared with anybody's yet");
  expect(describeClocks(among(agrees, agrees))).toBe("clock: within 6 ms of 2 agents");
  expect(describeClocks(among(ahead, agrees, agrees))).toContain("within 6 ms of 2 of 3 agents");
  expect(describeClocks(among(ahead))).toContain("1 h 00 m behind 1 of 1 agent; which one is off is not known");
  expect(describeClocks(among(behind, behind))).toContain(
    "this machine's clock is 400 ms ahead of those of all 2 agents",
  );
});

test("what is told says by how much, on which side, and what follows from it", () => {
  const other = describeOtherClock("X", HOUR_MS, 3);
  expect(other).toContain("the clock of X is 1 h 00 m ahead of this machine's, which agrees with 3 others");
  expect(other).toContain("take no notice of each other");
  expect(describeOtherClock("X", -2_000, 0)).toBe(
    "the clock of X is 2.0 s behind this machine's, or this one is wrong: set both by a time service (NTP)",
  );
  const news = { kind: "own-clock", agents: 4, differing: 4, offMs: HOUR_MS } as const;
  const logged: string[] = [];
  tellNews(news, undefined, { warn: (text: string) => void logged.push(text) } as never);
  expect(logged).toEqual([describeNews(news)]);
  expect(describeNews(news)).toContain("1 h 00 m ahead of those of all 4 agents");
});

test("it explains that nobody is heard only where it is true", () => {
  expect(clockProblem(among(ahead))?.message).toContain("this machine's clock is 1 h 00 m behind that of the agent");
  expect(clockProblem(among(ahead, agrees, agrees))).toBeNull();
  expect(clockProblem(among(behind, behind))).toBeNull();
  expect(clockProblem(among({ ...ahead, offMs: CLOCK_SLACK_MS }))).toBeNull();
});
