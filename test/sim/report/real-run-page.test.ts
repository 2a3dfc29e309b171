/** The page of a run of real nodes: what stands in it, what is left out, and that nothing in it can break it. */

import { expect, test } from "vitest";
import type { TraceLine } from "../../../protocol/core/trace.ts";
import { type RealRun, renderRealRun } from "../../../sim/report/real-run-page.ts";
import { RunFigures } from "../../../sim/traces/run-figures.ts";
import { answeredTask } from "../../support/answer-fixture.ts";
import { sectionsOf, textOf, unbalanced } from "../../support/page-text.ts";
import { realRunFixture, realRunLines } from "../../support/real-run-fixture.ts";

test("status first, then what happened, who did what, and what holds", () => {
  const page = renderRealRun(realRunFixture());
  const text = textOf(page);
  expect(text).toContain("real nodes, not simulated");
  expect(text.indexOf("Status: CERTIFIED")).toBeLessThan(text.indexOf("Timeline"));
  expect(sectionsOf(page)).toEqual(["timeline", "answers", "agents", "invariants", "over-time", "setup"]);
  expect(text).toContain("30 of 30 accepted, 1 seat handed on");
  expect(text).toContain("6 held, none broken");
  expect(text).toContain("not decided by a trace 11 liveness it is not in a trace");
  expect(text).toContain("meshwork demo --agents 7 --seed 7");
  expect(text).toContain("Completion, accepted of known tasks");
  expect(text).toContain("Group mesh: lies on purpose 1 agent");
  expect(text).not.toMatch(/virtual|Seed 0|simulated world|language model/);
  expect(page).not.toMatch(/\bNaN\b|undefined|Infinity/);
  expect(unbalanced(page)).toEqual([]);
  expect(renderRealRun(realRunFixture())).toBe(page);
});

test("what a trace of real nodes cannot tell has no panel", () => {
  const text = textOf(renderRealRun(realRunFixture()));
  expect(text).not.toMatch(/Regret|Reputation|No series recorded|Messages around|Jobs/);
});

test("what never happened in a run has no panel either", () => {
  const text = textOf(renderRealRun(realRunFixture()));
  expect(text).toContain("Seats that went to somebody else");
  const run = realRunFixture();
  const series = run.result.series.filter(({ metric }) => !/^(?:reassigned|timeouts)PerSecond$/.test(metric));
  expect(textOf(renderRealRun({ ...run, result: { ...run.result, series } }))).not.toContain("Seats that went");
  const figures = new RunFigures({ agents: [], faults: [], startedMs: 0 });
  for (const line of realRunLines().slice(0, 12)) figures.onLine({ ...line, t: line.t - realRunLines()[0]!.t });
  expect(new Set(figures.series().map(({ metric }) => metric))).not.toContain("reassignedPerSecond");
});

test("agents' answers stand side by side: what won is marked, and why; what was flagged, silent, lost or failed says so", () => {
  const run = realRunFixture();
  const section = renderRealRun(run).match(/<section id="answers".*?<\/section>/s)![0];
  const text = textOf(section).replaceAll("&quot;", '"');
  expect(section).toMatch(/<th scope="col">ada<\/th><th scope="col">alan<\/th><th scope="col">yara<\/th>/);
  expect(text).toContain('✓ accepted: "paris."');
  expect(text).not.toContain('✓ accepted: "Lyon"');
  expect(text).toContain("2 of 3 results, probability");
  expect(text).toContain("says 99 %, worth 79 %");
  expect(text).toContain("flagged (too-large)");
  expect(text).toContain("silent: it sealed a result and did not show it");
  expect(text).toContain("error the model <gpt> is overloaded");
  expect(text).toContain("disagreement : of 3 results 1 says");
  expect(text).toContain("used 1,200 tokens");
  expect(text).toContain("1 task with one result and nothing lost");
  expect(text).toContain("Of 24 later tasks nothing is told here.");
  expect(text).not.toContain("The job is redacted");
});

test("many agents make a list of each task, not columns; and a redacted job shows hashes", () => {
  const said = Array.from({ length: 12 }, (_, i) => [`agent-${i}`, i < 9 ? "secret" : "lie"] as const);
  const rows = [{ ...answeredTask("t", said, { redact: true }), used: "" }];
  const page = renderRealRun({ ...realRunFixture(), answers: { isRedacted: true, rows, leftOut: 0 } });
  expect(page).toContain('<table class="answers list">');
  const text = textOf(page);
  expect(text).toContain("The job is redacted: hashes stand for outputs.");
  expect(text.match(/✓ accepted: output [0-9a-f]{8}/g)).toHaveLength(9);
  expect(page).not.toContain("secret");
});

test("a broken invariant takes the certificate's colour away, and says where", () => {
  const text = textOf(renderRealRun(realRunFixture({ broken: "1 agreement" })));
  expect(text).toContain("Invariant 1 agreement broke.");
  expect(text).toContain("BROKEN 1 agreement height 7: ada decided 3fa1, alan b77e (ada, line 812, 3.214 s)");
  expect(text).toContain("1 broken");
});

test("a run that nobody disturbed, and one without an answer", () => {
  const calm = realRunFixture({ hasFaults: false });
  expect(textOf(renderRealRun(calm))).toContain("Nothing was broken on purpose.");
  const failed: RealRun = {
    ...calm,
    status: "stalled",
    reason: "no block for 30 s with work pending",
    highlights: [],
    commands: { ...calm.commands, verify: null },
    result: { series: [], timeline: [], agents: [], endedMs: 1 },
  };
  const page = renderRealRun(failed);
  expect(textOf(page)).toContain("Status: STALLED");
  expect(textOf(page)).toContain("no block for 30 s");
  expect(sectionsOf(page)).not.toContain("over-time");
  expect(page).not.toContain("Check the certificate");
});

test("nothing that a job says becomes markup", () => {
  const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
  const run = realRunFixture({ title: evil, broken: "1 agreement" });
  const hostile: RealRun = {
    ...run,
    reason: evil,
    highlights: [evil],
    committee: [{ name: evil, power: 2 }],
    commands: { repeat: evil, verify: evil, check: evil },
    result: { ...run.result, agents: run.result.agents.map((row) => ({ ...row, agent: evil })) },
    checked: {
      ...run.checked,
      invariants: run.checked.invariants.map((invariant) => ({ ...invariant, note: evil })),
    },
  };
  const page = renderRealRun(hostile);
  expect(page).not.toContain("<img");
  expect(page).not.toContain("<script>alert");
  expect(unbalanced(page)).toEqual([]);
});

test("figures count each block once, whoever applied it, from the job's submission on", () => {
  const lines = realRunLines();
  const agents = ["ada", "yara"].map((name) => ({ agent: `12D3KooW${name}`, name }));
  const startedMs = lines[0]!.t - 500;
  const figuresOf = (given: readonly TraceLine[]): RunFigures => {
    const figures = new RunFigures({ agents, faults: [], startedMs });
    for (const line of given) figures.onLine(line);
    return figures;
  };
  const all = figuresOf(lines);
  const once = figuresOf(lines.filter(({ agent }) => agent === "ada"));
  expect(all.rows()).toEqual(once.rows());
  expect(all.series()).toEqual(once.series());
  const accepted = lines.filter(
    (line) =>
      line.kind === "applied" &&
      line.agent === "ada" &&
      line.events.some((event) => (event as { kind: string }).kind === "accepted"),
  ).length;
  const series = all.series();
  const of = (metric: string): number[] => series.filter((s) => s.metric === metric).map(({ value }) => value);
  const stepS = all.endedMs / 1_000 / of("throughput").length;
  expect(of("throughput").reduce((sum, value) => sum + value * stepS, 0)).toBeCloseTo(accepted, 6);
  expect(of("tasks.completion").at(-1)).toBeCloseTo(accepted / 30, 6);
  expect(series.at(-1)?.tMs).toBe(all.endedMs);
});
