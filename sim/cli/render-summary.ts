/**
 * What a person reads after a run: the verdict first, why, the main figures, the faults, and where the files
 * are.
 */

import { type Column, cut, type Page, padEnd, table, wrap } from "../../node/platform/terminal/terminal-text.ts";
import type { RunResult, Summary } from "../model/result.ts";
import type { Expectation, Scenario } from "../model/scenario.ts";
import { moment } from "../report/format.ts";
import { hasBrokenInvariant } from "../run/judge.ts";
import { estimateCells, plain, valueText } from "./figures.ts";

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
  "completion.atFault",
  "completion.afterFault",
  "latencyMs.p50.beforeFault",
  "latencyMs.p50.atFault",
  "latencyMs.p50.afterFault",
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

export const SIMULATED = "answers are simulated, not a model's; the protocol is the real one";

/** Two values say almost nothing about the spread of others, and a single one says nothing. */
export const intervalCell = (interval: string, seeds: number): string =>
  interval === "" && seeds > 1 ? "too few runs" : interval;

/** `seed 3`, `seeds 3, 5, …`: the whole list is in the summary. */
function seedList(seeds: readonly number[]): string {
  const shown = seeds.slice(0, 2).join(", ");
  return `seed${seeds.length > 1 ? "s" : ""} ${shown}${seeds.length > 2 ? ", …" : ""}`;
}

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

function verdictWord(summary: Summary, { paint }: Page): string {
  // Half of a run proves nothing, unless an invariant broke in it.
  if (summary.partial && !hasBrokenInvariant(summary)) return paint("■ PARTIAL", "bold", "yellow");
  const isPass = summary.verdict === "pass";
  return paint(isPass ? "✓ PASS" : "✗ FAIL", "bold", isPass ? "green" : "red");
}

function heading(scenario: Scenario, summary: Summary, { page, asked }: SummaryOptions): string[] {
  const { paint, width } = page;
  const { length } = summary.seeds;
  const seeds =
    asked > 1 ? `${length < asked ? `${length} of ` : ""}${asked} seeds` : `seed ${summary.seeds[0] ?? "–"}`;
  const partial = "ended before its time: the figures below are of what had run by then, and no verdict";
  return [
    ` ${verdictWord(summary, page)}  ${paint(scenario.name, "bold")}, ${seeds}`,
    ...(summary.partial ? wrap(partial, width - 2).map((line) => ` ${paint(line, "yellow")}`) : []),
    ...wrap(scenario.description, width - 2).map((line) => ` ${line}`),
    ...wrap(SIMULATED, width - 2).map((line) => ` ${paint(line, "dim")}`),
  ];
}

function expectationLines(scenario: Scenario, summary: Summary, { page, units }: SummaryOptions): string[] {
  const { expectations, seeds } = summary;
  // What half of a run did not reach, it has not failed.
  const isOpen = summary.partial && !hasBrokenInvariant(summary);

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
    valueText(value, unitOf(expression)),
    isOpen
      ? `${pass ? "✓" : "–"} so far`
      : pass
        ? "✓"
        : seeds.length > 1 && failedSeeds.length > 0
          ? `✗ ${seedList(failedSeeds)}`
          : "✗",
  ]);
  const [head = "", ...lines] = table(columns, rows, { ...page, width: page.width - 1 });
  const painted = lines.map((line, index) => (expectations[index]!.pass || isOpen ? line : page.paint(line, "red")));
  return [head, ...(lines.length === rows.length ? painted : lines), ""].map((line) => (line === "" ? "" : ` ${line}`));
}

function problemLines({ invariants, shortfalls, seeds: all }: Summary, { paint, width }: Page): string[] {
  const broken = invariants.filter(({ pass }) => !pass);
  const lines = broken.flatMap(({ id, first }) => [
    ` ${paint(`✗ invariant broken: ${id}`, "bold", "red")}`,
    ...wrap(first ?? "", width - 4).map((line) => `   ${line}`),
  ]);
  if (broken.length === 0 && invariants.length > 0) lines.push(` ${invariants.length} invariants hold`);
  for (const { what, why, isNothing, seeds } of shortfalls) {
    lines.push(` ${paint(cut(`✗ ${isNothing ? "never took effect" : "fell short"}: ${what}`, width - 1), "red")}`);
    const where = all.length > 1 ? `${seedList(seeds)}: ` : "";
    lines.push(...wrap(`${where}${why}`, width - 4).map((line) => `   ${line}`));
  }
  return lines.length === 0 ? [] : [...lines, ""];
}

const JOBS_SHOWN = 5;

/** Jobs that did not end well, and why: the first of them. */
function jobLines(results: readonly RunResult[], { paint, width }: Page): string[] {
  const all = results.flatMap(({ seed, timeline }) =>
    timeline.filter(({ kind }) => kind === "job").map(({ atMs, text }) => ({ seed, atMs, text })),
  );
  if (all.length === 0) return [];
  const shown = all.slice(0, JOBS_SHOWN);
  const lines = shown.flatMap(({ seed, atMs, text }) => {
    const where = results.length > 1 ? `seed ${seed}, ` : "";
    const [first = "", ...more] = wrap(`${where}${plain(moment(atMs))}: ${text}`, width - 3);
    return [` ${first}`, ...more.map((line) => `   ${line}`)];
  });
  const rest = all.length - shown.length;
  return [` ${paint("jobs without an answer", "dim")}`, ...lines, ...(rest > 0 ? [` and ${rest} more`] : []), ""];
}

function metricLines(scenario: Scenario, summary: Summary, { page, units }: SummaryOptions): string[] {
  const names = [...new Set([...scenario.expect.map(({ metric }) => metric), ...MAIN])].filter(
    (name) => summary.metrics[name] !== undefined,
  );
  if (names.length === 0) return [];
  const hasIntervals = summary.seeds.length > 1;
  const columns: Column[] = [
    { title: "metric" },
    { title: hasIntervals ? "mean" : "value", align: "right" },
    { title: "" },
    ...(hasIntervals ? [{ title: "95 % interval" }] : []),
  ];
  const rows = names.map((name) => {
    const { mean, unit, interval } = estimateCells(summary.metrics[name]!, units.get(name) ?? "");
    return [name, mean, unit, ...(hasIntervals ? [intervalCell(interval, summary.seeds.length)] : [])];
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
      const asked = first.faults.find((fault) => fault.text === text)?.asked ?? null;
      const many = asked === null || asked === agents.length ? "" : ` of ${asked} asked for`;
      const hit = agents.length === 0 ? "" : ` (${agents.length === 1 ? agents[0] : `${agents.length} agents`}${many})`;
      const when = padEnd(plain(moment(atMs)), 8);
      const what = text.replace(/^(?:at: [^,]+|between: \[[^\]]*\]), /, "");
      return ` ${when} ${cut(what, Math.max(12, width - 11 - hit.length))}${paint(hit, "dim")}`;
    });
  if (lines.length === 0 && first.partial) return [];
  return [` ${paint(label, "dim")}`, ...(lines.length > 0 ? lines : [" none took effect"]), ""];
}

/** Paths and commands are not cut: they are there to be copied. */
function placeLines({ page: { paint }, files, command }: SummaryOptions): string[] {
  const line = (label: string, text: string): string => ` ${paint(padEnd(label, LABEL), "dim")}${text}`;
  return [...files.map((file, index) => line(index === 0 ? "files" : "", file)), line("repeat it", command)];
}
