/**
 * A fault reports how many agents it should hit and how many it hit; a fault that falls short fails the scenario, unless it says
 * `upTo`. So do jobs that the workload asks for and that never come.
 */

import { describe, expect, test } from "vitest";
import { rowsCsv } from "../../../sim/run/csv.ts";
import { runText, SMALL } from "../../support/run-scenario-text.ts";

const faults = (...lines: readonly string[]): string =>
  `${SMALL}  jobs: { count: 2, arrival: { every: 1s } }\nfaults:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;

describe("a fault that asks for more than may be hit", () => {
  const tooMany = "at: 6s, kill: { share: 0.8, which: non-members }";

  test("fails the scenario, with both numbers and why", async () => {
    const { result, summary } = await runText(faults(tooMany));
    expect(result.faults).toMatchObject([{ place: 0, asked: 10, hit: 8, tookEffect: true, upTo: false }]);
    expect(summary).toMatchObject({
      verdict: "fail",
      faults: [{ fault: tooMany, asked: [10], hit: [8] }],
      shortfalls: [
        {
          what: tooMany,
          why: "asked for 10, hit 8: only 8 agents were in no committee at 6s: members of committees are spared",
          isNothing: false,
        },
      ],
    });
  });

  test("does not where it says upTo, and the numbers are there all the same", async () => {
    const { result, summary } = await runText(faults(tooMany.replace("non-members", "non-members, upTo: true")));
    expect(result.faults).toMatchObject([{ asked: 10, hit: 8, upTo: true }]);
    expect(summary.shortfalls).toEqual([]);
    expect(summary.verdict).toBe("pass");
    const [head, row] = rowsCsv([{ labels: new Map(), results: [result] }]).split("\n");
    const cellOf = (column: string): string => row!.split(",")[head!.split(",").indexOf(column)]!;
    expect([cellOf("faults[0].asked"), cellOf("faults[0].hit")]).toEqual(["10", "8"]);
  });

  test("upTo is for some, not for none", async () => {
    const { summary } = await runText(faults("at: 2s, pause: { count: 1, which: workers, upTo: true, for: 1s }"));
    expect(summary.shortfalls).toMatchObject([{ isNothing: true }]);
  });

  test.each([
    ["restart", "at: 6s, restart: { share: 0.8, which: non-members }", 8],
    ["pause", "at: 6s, pause: { share: 0.8, which: non-members, for: 1s }", 8],
    ["slow", "at: 6s, slow: { share: 0.8, which: non-members, for: 1s }", 8],
    ["leave", "at: 6s, leave: { share: 0.8, which: non-members }", 8],
    ["oneWay", "at: 6s, oneWay: { count: 5, which: members, for: 1s }", 4],
    ["dropConnections", "at: 6s, dropConnections: { count: 5, which: members }", 4],
    ["fullDisk", "at: 6s, fullDisk: { count: 5, which: members, for: 1s }", 4],
    ["clock", "at: 6s, clock: { count: 5, which: members, skewMs: 5, for: 1s }", 4],
    ["clockJump", "at: 6s, clockJump: { count: 5, which: members, byMs: 5 }", 4],
    ["skillChange", "at: 6s, skillChange: { count: 5, which: members, accuracy: 0.5, for: 1s }", 4],
  ])("is told of every kind: %s", async (_, line, hit) => {
    const { result, summary } = await runText(faults(line));
    expect(result.faults[0]).toMatchObject({ hit });
    expect(summary.shortfalls).toHaveLength(1);
  });
});

describe("whom a fault hits", () => {
  test("not the dead: a second kill takes others, and falls short where there are none", async () => {
    const { result } = await runText(
      faults("at: 6s, kill: { count: 5, which: [worker] }", "at: 7s, kill: { count: 5, which: [worker] }"),
    );
    expect(result.faults.map(({ hit }) => hit)).toEqual([5, 3]);
    expect(result.shortfalls.map(({ why }) => why)).toEqual([
      "asked for 5, hit 3: 3 of the 8 that it names were running at 7s",
    ]);
  });

  test("hosts that lose their stores come back, and the jobs end without a vote that was cast twice", async () => {
    const line = "at: 6s, storeLost: { which: members, count: 1, downMs: 200 }";
    const { result, summary } = await runText(faults(line));
    expect(result.faults).toMatchObject([{ asked: 1, hit: 1 }]);
    expect(summary.verdict).toBe("pass");
  });

  test("one after the other: the run waits until all had their turn", async () => {
    const { result } = await runText(faults("at: 6s, restart: { which: [worker], downMs: 500, staggerMs: 5000 }"));
    expect(result.faults).toMatchObject([{ asked: 8, hit: 8, shortBecause: null }]);
    expect(result.endedMs).toBeGreaterThan(6_000 + 7 * 5_000);
  });

  test("nobody after the end of the run", async () => {
    const line = "at: 6s, restart: { which: [worker], downMs: 500, staggerMs: 5000 }";
    const { result } = await runText(`maxTime: 20s\n${faults(line)}`);
    expect(result.faults).toMatchObject([{ asked: 8, hit: 3 }]);
    expect(result.shortfalls[0]!.why).toBe("asked for 8, hit 3: the run had ended at 20s, before it was through");
  });

  test("a group of a partition that is nobody", async () => {
    const line = "at: 6s, partition: { groups: [0.5, 0.49, 0.01], for: 1s }";
    await expect(runText(faults(line))).rejects.toThrow("a group of 0.01 of 12 agents: that is none");
    const { result } = await runText(faults(line.replace("for:", "upTo: true, for:")));
    expect(result.faults[0]!.shortBecause).toBe("of 12 agents a group of 0.01 has none");
    expect(result.shortfalls).toEqual([]);
  });

  test("what lasts longer than the run is refused, unless it may end with it", async () => {
    const line = "at: 6s, loss: { frames: 0.01, for: 60s }";
    await expect(runText(`maxTime: 20s\n${faults(line)}`)).rejects.toThrow("lasts to 66s, and the run to 20s");
    await expect(runText(`maxTime: 20s\n${faults(line.replace("for:", "upTo: true, for:"))}`)).resolves.toBeDefined();
  });
});

describe("jobs that were asked for and never came", () => {
  const short = `maxTime: 12s\n${SMALL}  jobs: { count: 40, arrival: { every: 1s } }\n`;

  test("fail the scenario, however well the others went", async () => {
    const { summary } = await runText(short);
    expect(summary.shortfalls).toMatchObject([
      { what: "workload.jobs.count: 40", why: "the run ended at 12s, before 32 of 40 jobs were submitted" },
    ]);
    expect(summary.verdict).toBe("fail");
  });

  test("do not where as many as come are enough", async () => {
    const { summary } = await runText(short.replace("count: 40,", "count: 40, upTo: true,"));
    expect(summary.shortfalls).toEqual([]);
  });

  test("a job that asks for more members than there are is refused, as a node refuses it", async () => {
    const lines = faults("at: 1s, kill: { which: [keeper4] }");
    const { result } = await runText(lines);
    expect(result.timeline.map(({ text }) => text).join()).toContain(
      "a committee of 4 was asked for, and this mesh has 3 agents",
    );
  });
});
