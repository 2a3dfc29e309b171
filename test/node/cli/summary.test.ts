/** The summary of a run: what it says in terminals of any size, with the answer last. */

import { describe, expect, test } from "vitest";
import { COMMAND } from "../../../node/platform/terminal/command-line.ts";
import { displayWidth } from "../../../node/platform/terminal/terminal-text.ts";
import { type RunSummary, renderSummary } from "../../../node/run/summary.ts";
import { stripColors } from "../../support/strip-colors.ts";

describe("the summary", () => {
  const reassignedBy = { expired: 0, gone: 2, busy: 0, failed: 0, refused: 0 };
  const agent = (name: string, parts: Partial<RunSummary["agents"][number]> = {}): RunSummary["agents"][number] => ({
    agent: `id-${name}`,
    name,
    offers: 1,
    expected: null,
    awards: 30,
    results: 29,
    accepted: 29,
    rejected: 0,
    timeouts: 0,
    usage: null,
    ...parts,
  });
  const summary: RunSummary = {
    job: "ab".repeat(32),
    status: "certified",
    reason: "",
    tasks: { total: 40, accepted: 40, failed: 0, cancelled: 0, unfinished: 0, reassigned: 2, reassignedBy, hedged: 0 },
    committee: ["ada", "bob", "cyd", "dee"].map((name) => ({ agent: `id-${name}`, power: 1 })),
    agents: [
      agent("ada"),
      agent("bob", { timeouts: 2 }),
      agent("cyd"),
      agent("dee"),
      agent("eve", { accepted: 0, rejected: 17 }),
    ],
    faults: [
      { atMs: 0, agent: "id-eve", name: "eve", kind: "lying" },
      { atMs: 3_200, agent: "id-bob", name: "bob", kind: "killed" },
    ],
    blocks: 190,
    wallMs: 8_420,
    messages: { gossip: 1_204, direct: 44_310, bytes: 13_002_000, by: "all 5 agents and this command" },
    certificate: "certificate.json",
    explained: "count/3",
    usage: null,
    answers: { isRedacted: false, tasks: [], leftOut: 0 },
    report: "report.html",
  };
  const options = {
    width: 80,
    color: false,
    title: "corpus survey",
    directory: "out",
    isLocal: true,
    highlights: ["9 files"],
  };

  test("says what the work used, if anybody says", () => {
    const used = { inputTokens: 12_000, outputTokens: 1, usd: 0.0123, counters: { searches: 3 } };
    const lines = renderSummary({ ...summary, usage: { ...used, byTask: {}, leftOut: 0 } }, options);
    expect(lines).toContain(" used        12,000 input tokens, 1 output token, $0.0123, searches 3");
    expect(renderSummary(summary, options).some((line) => line.startsWith(" used"))).toBe(false);
  });

  test("reads in ten seconds", () => {
    expect(renderSummary(summary, options)).toEqual([
      "",
      " agent           awards   results  accepted  rejected  timeouts",
      " ada                 30        29        29         ·         ·",
      " bob                 30        29        29         ·         2",
      " cyd                 30        29        29         ·         ·",
      " dee                 30        29        29         ·         ·",
      " eve                 30        29         ·        17         ·",
      "",
      " ✓ CERTIFIED  corpus survey in 8.4 s",
      "",
      " answer      9 files",
      " tasks       40 of 40 accepted, 2 handed to another agent (agent gone 2)",
      " agreed by   a committee of 4, safe with any 1 Byzantine: ada, bob, cyd, dee",
      " survived    eve: lying at 0 ms, 17 results rejected",
      "             bob: killed at 3.2 s, its work went to others",
      " traffic     sent by all 5 agents and this command: 44,310 direct and 1,204",
      "             gossip messages, 12.4 MiB; 190 blocks",
      " files       out/",
      ` check it    ${COMMAND} verify out/certificate.json --result out/result.json`,
      "             (offline: it needs no network and no agent)",
      ` explain it  ${COMMAND} explain ${"ab".repeat(6)} count/3 --run out`,
      "",
    ]);
  });

  test.each([80, 120])(
    "the answer stays in sight in 24 lines of %i columns, however many agents there are",
    (width) => {
      const many = Array.from({ length: 60 }, (_, i) => agent(`agent-${i}`));
      const lines = renderSummary({ ...summary, agents: many }, { ...options, width, highlights: ["1", "2", "3"] });
      const from = lines.findIndex((line) => line.includes("CERTIFIED"));
      const rows = lines.slice(from).map((line) => Math.max(1, Math.ceil(displayWidth(line) / width)));
      expect(rows.reduce((sum, one) => sum + one, 0)).toBeLessThan(24);
    },
  );

  test("shows what the selector expects of each agent, where it expects something", () => {
    const agents = [agent("ada", { expected: 0.934 }), agent("eve", { expected: -0.2 }), agent("new")];
    const lines = renderSummary({ ...summary, agents }, { ...options, width: 100 });
    expect(lines.filter((line) => / (agent|ada|eve|new) +/.test(line.slice(0, 8)))).toEqual([
      " agent           awards   results  accepted  rejected  timeouts  expected",
      " ada                 30        29        29         ·         ·      0.93",
      " eve                 30        29        29         ·         ·     -0.20",
      " new                 30        29        29         ·         ·         ·",
    ]);
  });

  test("says why there is no answer, and claims no certificate", () => {
    const failed = {
      ...summary,
      status: "stalled" as const,
      reason: "no block for 30 s",
      certificate: null,
      report: null,
      tasks: { ...summary.tasks, accepted: 3, failed: 1 },
    };
    const text = renderSummary(failed, options).join("\n");
    expect(text).toContain("✗ STALLED");
    expect(text).toContain("reason      no block for 30 s");
    expect(text).toContain("3 of 40 accepted, 1 failed");
    expect(text).not.toContain("verify");
  });

  test("wraps a long reason instead of cutting it", () => {
    const reason = `task count/0 failed: ${"a word that matters ".repeat(12)}the end`;
    const failed = { ...summary, status: "failed" as const, reason };
    for (const width of [60, 80]) {
      const lines = renderSummary(failed, { ...options, width, highlights: [] });
      const from = lines.findIndex((line) => line.includes("reason "));
      const to = lines.findIndex((line) => line.includes(" tasks "));
      const words = lines.slice(from, to).map((line) => line.replace(/^ reason/, "").trim());
      expect(words.join(" ")).toBe(reason);
      for (const line of lines.slice(from, to)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  test.each([
    [80, ["awards", "results", "accepted", "rejected", "timeouts"]],
    [60, ["awards", "results", "accepted", "rejected", "timeouts"]],
    [50, ["results", "accepted", "rejected", "timeouts"]],
    [40, ["results", "accepted", "rejected"]],
    [30, ["accepted", "rejected"]],
  ])("the table of agents fits %i columns", (width, heads) => {
    const lines = renderSummary(summary, { ...options, width });
    const from = lines.findIndex((line) => line.startsWith(" agent "));
    expect(lines[from]!.trim().split(/\s+/).slice(1)).toEqual(heads);
    for (const line of lines.slice(from, from + 6)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(lines[from + 5]).toMatch(/^ eve .* 17( |$)/);
  });

  test("how many Byzantine members are safe comes from their powers", () => {
    const line = (powers: readonly number[]): string =>
      renderSummary({ ...summary, committee: powers.map((power, i) => ({ agent: `p${i}`, power })) }, options).find(
        (text) => text.includes("agreed by"),
      )!;
    expect(line([1])).toContain("one agent alone, which must be trusted");
    expect(line([1, 1, 1, 1, 1, 1, 1])).toContain("safe with any 2 Byzantine");
    expect(line([2, 1, 1, 1])).toContain("a committee of 4, each of which must be trusted");
    expect(line([2, 2, 1, 1, 1])).toContain("safe with any 1 Byzantine");
  });

  test("colours change nothing but colours", () => {
    expect(renderSummary(summary, { ...options, color: true }).map(stripColors)).toEqual(
      renderSummary(summary, options),
    );
  });
});
