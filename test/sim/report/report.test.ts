/** The report page: what stands in it, that nothing of a scenario can break it, and that it is the same every time. */

import { expect, test } from "vitest";
import { createPrng } from "../../../protocol/core/prng.ts";
import { reliabilityOf } from "../../../protocol/selection/reliability.ts";
import type { RunResult } from "../../../sim/model/result.ts";
import { renderReport } from "../../../sim/report/page.ts";
import { renderSweep } from "../../../sim/report/sweep-page.ts";
import { sectionsOf, textOf, unbalanced } from "../../support/page-text.ts";
import {
  messagesOf,
  type ReportFixture,
  reportFixture,
  summaryOf,
  sweepFixture,
} from "../../support/report-fixture.ts";

const OPTIONS = { command: "meshwork sim run half-killed.yaml --seed 7", version: "1.2.3" };

const render = ({ scenario, results, summary }: ReportFixture): string =>
  renderReport(scenario, results, summary, OPTIONS);

const many = reportFixture({ seeds: [7, 8, 9, 10, 11, 12, 13, 14] });

test("verdict first, then what it rests on", () => {
  const page = render(reportFixture({ completionMin: 0.9 }));
  const text = textOf(page);
  expect(text.indexOf("Verdict: PASS")).toBeGreaterThan(0);
  expect(text.indexOf("Verdict: PASS")).toBeLessThan(text.indexOf("Expectations and invariants"));
  expect(text).toContain("not a language model");
  expect(text).toContain(OPTIONS.command);
  expect(text).toContain("completion >= 0.9 100 % \u2265 90 %");
  expect(text).toContain("6 invariants held");
  expect(text).toContain("20 s");
  expect(sectionsOf(page)).toEqual(["expectations", "timeline", "over-time", "answers", "agents", "metrics", "setup"]);
  expect(unbalanced(page)).toEqual([]);
});

test("a failed expectation names its worst seed, its failed seeds and how far off", () => {
  const text = textOf(render(many));
  const { failedSeeds } = many.summary.expectations[0]!;
  expect(failedSeeds.length).toBeGreaterThan(0);
  expect(text).toContain("Verdict: FAIL");
  expect(text).toContain(`does not hold on ${failedSeeds.length} of 8 seeds`);
  expect(text).toContain(`FAIL completion >= 0.99 95.0 % \u2265 99 % ${failedSeeds[0]} ${failedSeeds.join(", ")}`);
  expect(text).toContain(`Shown is seed ${failedSeeds[0]}, the first seed that failed an expectation`);
});

test("a broken invariant stands at the top, with the messages around it before the timeline", () => {
  const page = render(reportFixture({ seeds: [7, 8, 9], violationSeed: 8, completionMin: 0.9 }));
  const text = textOf(page);
  expect(text).toContain("Invariant 1 agreement broke.");
  expect(text).toContain("BROKEN 1 agreement a2 decided 3fa1 and a5 decided b77e at height 41 94.812 s 8");
  expect(text).toContain("A run ends where an invariant breaks");
  expect(sectionsOf(page).slice(0, 3)).toEqual(["expectations", "messages", "timeline"]);
  expect(text).toContain("violation: 1 agreement: a2 decided");
  expect(text).toContain("precommit h41 r0");
});

test("a fault without effect fails in plain words", () => {
  const { scenario, results } = reportFixture({ completionMin: 0.9 });
  const fault = { what: scenario.faults[1]!.text, why: "nobody was there", isNothing: true };
  const idle = results.map((result): RunResult => ({ ...result, shortfalls: [fault] }));
  const text = textOf(render({ scenario, results: idle, summary: summaryOf(scenario, idle) }));
  expect(text).toContain(`${fault.what} never took effect: nobody was there.`);
  expect(text).toContain("1 of 3 less than asked for");
});

test("nothing that a scenario says becomes markup", () => {
  const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{b}&amp;\u0000`;
  const { scenario, results } = reportFixture({ agents: 12, liars: 2, seeds: [7, 8], violationSeed: 7, name: evil });
  const hostile = results.map(
    (result): RunResult => ({
      ...result,
      digest: evil,
      timeline: result.timeline.map((entry) => ({ ...entry, text: evil, agents: [evil] })),
      agents: result.agents.map((row) => ({ ...row, agent: row.agent + evil, group: evil, behaviour: evil })),
      messages: result.messages.map((row) => ({ ...row, from: row.from + evil, kind: evil, text: evil })),
      series: [
        ...result.series,
        { tMs: 1_000, metric: evil, value: 1 },
        { tMs: 1_000, metric: `${evil}:a1`, value: 1 },
      ],
      metrics: { ...result.metrics, [evil]: 3 },
      shortfalls: [{ what: evil, why: evil, isNothing: true }],
    }),
  );
  const badly = {
    ...scenario,
    description: evil,
    expect: scenario.expect.map((expectation) => ({ ...expectation, expression: evil })),
    agents: scenario.agents.map((group) => ({ ...group, name: evil, skills: [evil] })),
  };
  const page = renderReport(badly, hostile, summaryOf(badly, hostile), { command: evil, version: evil });
  expect(page).not.toContain("<img");
  expect(page).not.toContain("<script>alert");
  expect(page).not.toContain("\u0000");
  expect(unbalanced(page)).toEqual([]);
  // As data for the script, too, it ends no element.
  for (const [, data] of page.matchAll(/<script type="application\/json">([\s\S]*?)<\/script>/g))
    expect(() => JSON.parse(data!)).not.toThrow();
});

test("the same input gives the same bytes, whatever was drawn before", () => {
  const first = render(many);
  render(reportFixture({ agents: 10, liars: 1 }));
  expect(render(many)).toBe(first);
  const { scenario, points } = sweepFixture();
  expect(renderSweep(scenario, points, OPTIONS)).toBe(renderSweep(scenario, points, OPTIONS));
});

test("the page needs nothing but itself, and its ids are its own", () => {
  const page = render(many);
  expect([...page.matchAll(/\b(?:src|href|action)="([^#"][^"]*)"/g)].map(([, url]) => url)).toEqual(["data:,"]);
  expect(page).not.toMatch(/@import|url\((?!#)|https?:\/\//);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, id] of page.matchAll(/(?:url\(#|aria-(?:labelledby|describedby)=")([^")]+)/g))
    expect(ids).toContain(id);
  expect(page).not.toMatch(/\bNaN\b|undefined|Infinity|zr\d/);
});

test("every series of a run is a line of its plot", () => {
  const page = render(reportFixture());
  const lines = (id: string): number =>
    [
      ...page
        .split(`<svg id="${id}"`)[1]!
        .split("</svg>")[0]!
        .matchAll(/<path [^>]*stroke="var\(--s\d\)"/g),
    ].length;
  // Throughput, completion, two of latency, agents that are up.
  expect(lines("timeline-wide")).toBe(5);
  expect(lines("timeline-narrow")).toBe(5);
  expect(lines("over-time-1")).toBe(3);
  // Each agent, and the medians of honest ones and liars.
  expect(lines("family-0")).toBe(42);
});

test("every picture says in words what it shows", () => {
  const pictures = [
    ...render(many).matchAll(/<svg [^>]*>(?:<title[^>]*>([^<]+)<\/title><desc[^>]*>([^<]+)<\/desc>)?/g),
  ];
  const spoken = pictures.filter(([opening]) => !opening.includes('aria-hidden="true"'));
  expect(spoken.length).toBeGreaterThan(8);
  for (const [, title, description] of spoken) expect(title && description).toBeTruthy();
});

test("a run without series shows its faults and says so", () => {
  const page = render(reportFixture({ hasSeries: false, completionMin: 0.9 }));
  expect(textOf(page)).toContain("No time series were recorded");
  expect(page).toContain('id="timeline-wide"');
  expect(sectionsOf(page)).not.toContain("over-time");
});

test("no runs, no faults, no expectations: still a page", () => {
  const { scenario, summary } = reportFixture();
  const empty = { ...summary, expectations: [], invariants: [], metrics: {}, seeds: [], traceDigests: [] };
  const page = renderReport({ ...scenario, faults: [], expect: [] }, [], empty, OPTIONS);
  expect(textOf(page)).toContain("The scenario expects nothing in particular");
  expect(page).not.toMatch(/\bNaN\b|undefined|Infinity/);
  const quiet = reportFixture({ hasSeries: false });
  const still = quiet.results.map((result) => ({ ...result, timeline: [], agents: [], metrics: {} }));
  const calm = renderReport({ ...quiet.scenario, faults: [] }, still, quiet.summary, OPTIONS);
  expect(textOf(calm)).toContain("The scenario has no faults.");
});

test("a partial run says that it is, and counts the faults that came", () => {
  const text = textOf(render(reportFixture({ isPartial: true, completionMin: 0.9 })));
  expect(text).toContain("Partial. The run was ended before its time");
  expect(text).toContain("2 of 3 before the end");
  expect(text).not.toContain("90 s \u2013 105 s");
});

test("stated confidence stands beside what was accepted, the worst first", () => {
  const fixture = reportFixture({ agents: 10 });
  expect(textOf(render(fixture))).not.toContain("Stated confidence");
  const none = { accepted: 0, rejected: 0, stated: 0 };
  const statedOf = (accepted: number, rejected: number) =>
    reliabilityOf([none, none, none, none, none, { accepted, rejected, stated: accepted + rejected }])!;
  const stated = [
    { agent: "a2", skill: "work", reliability: statedOf(30, 0) },
    { agent: "a1", skill: "work", reliability: statedOf(5, 15) },
  ];
  const page = render({ ...fixture, results: fixture.results.map((result) => ({ ...result, stated })) });
  expect(unbalanced(page)).toEqual([]);
  const text = textOf(page).replaceAll(/\s+/g, " ");
  expect(text).toMatch(/a1 work 20 0\.750 0\.750 .* 25 % ?100 % of 20 a2 work 30 0\.000 0\.000/);
});

test("a thousand agents become groups and the twenty that stand out", () => {
  const fixture = reportFixture({ agents: 1_000, liars: 200, completionMin: 0.9 });
  const odd = fixture.results[0]!.agents.map((row, index) =>
    index === 321 ? { ...row, results: 40, rejected: 40, accepted: 0 } : row,
  );
  const results = fixture.results.map((result) => ({ ...result, agents: odd }));
  const page = render({ ...fixture, results });
  const text = textOf(page);
  expect(text).toContain("a: honest 800");
  expect(text).toContain("mallory: liar 200");
  expect(text).toContain("The 20 that stand out most");
  expect(text).toMatch(/a322 a: honest (?:up|down) rejected 100 % of its results/);
  expect(page.length).toBeLessThan(400_000);
});

test("a diagram of too much shows the nearest of it and says what is left out", () => {
  const fixture = reportFixture({ seeds: [7], violationSeed: 7, completionMin: 0.9 });
  const names = Array.from({ length: 20 }, (_, index) => `a${index + 1}`);
  const messages = messagesOf(createPrng("many"), 94_812.4, names);
  const page = render({ ...fixture, results: fixture.results.map((result) => ({ ...result, messages })) });
  const text = textOf(page);
  expect(messages.length).toBeGreaterThan(1_000);
  expect(text).toMatch(/Of 2,\d{3} messages recorded, the \d{2,3} nearest to the moment are shown\./);
  expect(text).toContain("9 agents share the last column");
});

test("a sweep: verdicts as a grid, a plot for each metric that changes, the bounds in it", () => {
  const { scenario, points } = sweepFixture();
  const page = renderSweep(scenario, points, OPTIONS);
  const text = textOf(page);
  expect(text).toContain("of 21 pass");
  expect(text).toContain("5 metrics that change");
  expect(text).toContain("FAIL completion, wrongAccepted");
  expect(text).toContain("The same at every point: detectionMs.p95");
  expect([...page.matchAll(/<svg id="sweep-\d+"/g)]).toHaveLength(5);
  expect(page).not.toMatch(/\bNaN\b|undefined|Infinity|zr\d/);
  expect(unbalanced(page)).toEqual([]);
  expect(renderSweep(scenario, [], OPTIONS)).toContain("No point was run");
});
