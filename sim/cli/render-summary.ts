/**
 * What a person reads after a run: the verdict first, why, the main figures, what went wrong on purpose, and where
 * everything is.
 */

import { estimateText, listed, moment, quantity } from "../report/format.ts";
import { METRICS } from "../run/metric-catalog.ts";
import type { RunResult, Summary } from "../run/result.ts";
import type { Expectation, Scenario } from "../scenario/scenario.ts";
import { type Column, cut, type Page, padEnd, table, wrap } from "./text.ts";

export interface SummaryOptions {
  readonly page: Page;
  /** Units by metric: those of plugins too. */
  readonly units: ReadonlyMap<string, string>;
  /** Where the files are. */
  readonly files: readonly string[];
  /** What repeats the run. */
  readonly command: string;
  /** Seeds that were asked for. */
  readonly asked: number;
}

/** Shown without being asked for; those that are expected come first, the rest is in rows.csv. */
const MAIN = [
  "completion",
  "wrongAccepted",
  "latencyMs.p50",
  "latencyMs.p95",
  "taskLatencyMs.p95",
  "throughput",
  "detectionMs.p95",
  "recoveryMs.p95",
  "reassigned",
  "undecided",
  "replaced",
  "evidence",
  "costPerTask",
  "accuracy",
  "regret",
  "messages.direct",
  "messages.gossip",
  "bytes",
];

const LABEL = 11;

/** No-break spaces are for pages; terminals do not break lines at all. */
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

export const unitsOf = (metrics: Iterable<{ readonly name: string; readonly unit: string }> = METRICS): Map<string, string> =>
  new Map(Array.from(metrics, ({ name, unit }) => [name, unit]));

/** `3, 5 and 2 more`. */
const seedList = (seeds: readonly number[]): string => plain(listed(seeds.map(String), 6));

export function renderSummary(
  scenario: Scenario,
  results: readonly RunResult[],
  summary: Summary,
  options: SummaryOptions,
): string[] {
  const { page } = options;
  return [
    "",
    ...heading(scenario, summary, options),
    "",
    ...expectationLines(scenario, summary, options),
    ...problemLines(summary, page),
    ...jobLines(results, page),
    ...metricLines(scenario, summary, options),
    ...faultLines(scenario, results, page),
    ...placeLines(options),
    "",
  ];
}

function heading(scenario: Scenario, summary: Summary, { page, asked }: SummaryOptions): string[] {
  const { paint, width } = page;
  const isPass = summary.verdict === "pass";
  const word = isPass ? "✓ PASS" : "✗ FAIL";
  const seeds = summary.seeds.length === 1 ? `seed ${summary.seeds[0]}` : `${summary.seeds.length} seeds`;
  const lines = [` ${paint(word, "bold", isPass ? "green" : "red")}  ${paint(scenario.name, "bold")}, ${seeds}`];
  if (summary.partial) {
    const done = summary.seeds.length < asked ? `: ${summary.seeds.length} of ${asked} seeds` : "";
    lines.push(` ${paint(`PARTIAL${done}; runs were ended before their time`, "yellow")}`);
  }
  if (scenario.description !== "") lines.push(...wrap(scenario.description, width - 2).map((line) => ` ${line}`));
  lines.push(` ${paint("answers are simulated, not a model's; the protocol is the real one", "dim")}`);
  return lines;
}

function expectationLines(scenario: Scenario, { expectations, seeds }: Summary, { page, units }: SummaryOptions): string[] {
  if (expectations.length === 0) return [` ${page.paint("nothing is expected: add expect lines", "dim")}`, ""];
  const unitOf = (expression: string): string => {
    const metric = scenario.expect.find((one: Expectation) => one.expression === expression)?.metric;
    return metric === undefined ? "" : (units.get(metric) ?? "");
  };
  const columns: Column[] = [
    { title: "expected", isElastic: true },
    { title: seeds.length > 1 ? "worst" : "value", align: "right" },
    { title: "" },
  ];
  const rows = expectations.map(({ expression, value, pass, failedSeeds }) => [
    expression,
    value === null ? "not measured" : plain(quantity(value, unitOf(expression))),
    pass ? "✓" : seeds.length > 1 && failedSeeds.length > 0 ? `✗ seed ${seedList(failedSeeds)}` : "✗",
  ]);
  const [head = "", ...lines] = table(columns, rows, { ...page, width: page.width - 1 });
  const painted = lines.map((line, index) => (expectations[index]!.pass ? line : page.paint(line, "red")));
  return [head, ...(lines.length === rows.length ? painted : lines), ""].map((line) => (line === "" ? "" : ` ${line}`));
}

function problemLines({ invariants, idleFaults }: Summary, { paint, width }: Page): string[] {
  const broken = invariants.filter(({ pass }) => !pass);
  const lines = broken.flatMap(({ id, first }) => [
    ` ${paint(`✗ invariant broken: ${id}`, "bold", "red")}`,
    ...wrap(first ?? "", width - 4).map((line) => `   ${line}`),
  ]);
  if (broken.length === 0 && invariants.length > 0) lines.push(` ${invariants.length} invariants hold`);
  for (const text of idleFaults) lines.push(` ${paint(cut(`✗ never took effect: ${text}`, width - 1), "red")}`);
  return lines.length === 0 ? [] : [...lines, ""];
}

const JOBS_SHOWN = 5;

/** Jobs that did not end well, and why: the first of them. */
function jobLines(results: readonly RunResult[], { paint, width }: Page): string[] {
  const all = results.flatMap(({ seed, timeline }) =>
    timeline.filter(({ kind }) => kind === "job").map(({ atMs, text }) => ({ seed, atMs, text })),
  );
  if (all.length === 0) return [];
  const lines = all.slice(0, JOBS_SHOWN).map(({ seed, atMs, text }) => {
    const where = results.length > 1 ? `seed ${seed}, ` : "";
    return ` ${cut(`${where}${plain(moment(atMs))}: ${text}`, width - 1)}`;
  });
  const rest = all.length - lines.length;
  return [` ${paint("jobs without an answer", "dim")}`, ...lines, ...(rest > 0 ? [` and ${rest} more`] : []), ""];
}

function metricLines(scenario: Scenario, summary: Summary, { page, units }: SummaryOptions): string[] {
  const names = [...new Set([...scenario.expect.map(({ metric }) => metric), ...MAIN])].filter(
    (name) => summary.metrics[name] !== undefined,
  );
  if (names.length === 0) return [];
  const hasIntervals = summary.seeds.length > 1;
  const columns: Column[] = [
    { title: "metric", isElastic: true },
    { title: hasIntervals ? "mean" : "value", align: "right" },
    { title: "" },
    ...(hasIntervals ? [{ title: "95 % interval" }] : []),
  ];
  const rows = names.map((name) => {
    const { mean, ci95 } = summary.metrics[name]!;
    const text = estimateText(mean, ci95, units.get(name) ?? "");
    return [name, plain(text.mean), plain(text.unit), ...(hasIntervals ? [plain(text.interval)] : [])];
  });
  return [...table(columns, rows, { ...page, width: page.width - 1 }).map((line) => ` ${line}`), ""];
}

/** What took effect in the first run, and on how many. */
function faultLines(scenario: Scenario, results: readonly RunResult[], { paint, width }: Page): string[] {
  const [first] = results;
  if (first === undefined || scenario.faults.length === 0) return [];
  const label = results.length > 1 ? `faults of seed ${first.seed}` : "faults";
  const lines = first.timeline
    .filter(({ kind }) => kind === "fault")
    .map(({ atMs, text, agents }) => {
      const hit = agents.length === 0 ? "" : ` (${agents.length === 1 ? agents[0] : `${agents.length} agents`})`;
      const when = padEnd(plain(moment(atMs)), 8);
      return ` ${when} ${cut(text, Math.max(12, width - 11 - hit.length))}${paint(hit, "dim")}`;
    });
  return [` ${paint(label, "dim")}`, ...(lines.length > 0 ? lines : [" none took effect"]), ""];
}

/** Paths and commands are not cut: they are there to be copied. */
function placeLines({ page: { paint }, files, command }: SummaryOptions): string[] {
  const line = (label: string, text: string): string => ` ${paint(padEnd(label, LABEL), "dim")}${text}`;
  return [...files.map((file, index) => line(index === 0 ? "files" : "", file)), line("repeat it", command)];
}
