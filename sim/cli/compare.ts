/** `meshwork sim compare`: the figures of several runs beside each other. */

import { type CliContext, EXIT } from "../../node/platform/terminal/context.ts";
import { type Column, type Page, pageOf, table } from "../../node/platform/terminal/terminal-text.ts";
import type { Summary } from "../model/result.ts";
import { METRICS } from "../run/metric-catalog.ts";
import type { Register } from "./context.ts";
import { plusMinus } from "./figures.ts";
import { readSummary } from "./run-files.ts";

const EXAMPLES = `
Examples:
  $ meshwork sim compare .meshwork/runs/A .meshwork/runs/B
  $ meshwork sim compare .meshwork/runs/A last
  $ meshwork sim compare before/summary.json after/summary.json --json

A * marks metrics whose 95 % interval does not overlap with that of the first run: the difference is not due to chance.`;

export const registerCompare: Register = (sim, act) => {
  sim
    .command("compare <runs...>")
    .description("show the figures of several runs side by side")
    .option("--all", "also show metrics that are the same in all of them")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, runs: readonly string[], options: { readonly all?: boolean }) =>
        compare(context, runs, options.all ?? false),
      ),
    );
};

async function compare(context: CliContext, runs: readonly string[], isAll: boolean): Promise<number> {
  const summaries = runs.map(readSummary);
  const metrics = compareMetrics(summaries).filter(({ isSame }) => isAll || !isSame);
  if (context.json) {
    const named = runs.map((run, index) => ({ run, ...summaries[index]! }));
    const rows = metrics.map(({ name, differs }) => ({
      metric: name,
      differs,
      values: summaries.map((summary) => summary.metrics[name] ?? null),
    }));
    context.printJson({ runs: named, metrics: rows });
    return EXIT.ok;
  }
  const page = pageOf(process.stdout, context.io.env);
  for (const line of renderComparison(runs, summaries, metrics, page)) context.print(line);
  return EXIT.ok;
}

interface ComparedMetric {
  readonly name: string;
  readonly isSame: boolean;
  /** By run: whether its interval lies apart from the first one's. */
  readonly differs: readonly boolean[];
}

/** Apart beyond chance; with one seed there is no interval to tell by. */
function isApart(a: Summary["metrics"][string] | undefined, b: Summary["metrics"][string] | undefined): boolean {
  if (!a?.ci95 || !b?.ci95) return false;
  return a.ci95[0] > b.ci95[1] || b.ci95[0] > a.ci95[1];
}

export function compareMetrics(summaries: readonly Summary[]): ComparedMetric[] {
  const measured = new Set(summaries.flatMap(({ metrics }) => Object.keys(metrics)));
  const names = [...new Set([...METRICS.map(({ name }) => name), ...measured])].filter((name) => measured.has(name));
  return names.map((name) => {
    const all = summaries.map(({ metrics }) => metrics[name]);
    return {
      name,
      isSame: new Set(all.map((one) => one?.mean)).size === 1,
      differs: all.map((one) => isApart(all[0], one)),
    };
  });
}

export function renderComparison(
  runs: readonly string[],
  summaries: readonly Summary[],
  metrics: readonly ComparedMetric[],
  page: Page,
): string[] {
  const legend = runs.map((run, index) => {
    const { scenario, seeds, verdict, partial } = summaries[index]!;
    const count = seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`;
    return ` [${index + 1}] ${run}: ${scenario}, ${count}, ${verdict}${partial ? ", partial" : ""}`;
  });
  const columns: Column[] = [
    { title: "metric" },
    ...runs.map((_, index): Column => ({ title: `[${index + 1}]`, align: "right" })),
  ];
  const rows = metrics.map(({ name, differs }) => [
    name,
    ...summaries.map(({ metrics: figures }, index) => {
      const measured = figures[name];
      if (measured === undefined) return "–";
      return `${plusMinus(measured, measured.unit)}${differs[index] === true ? " *" : ""}`;
    }),
  ]);
  const body = rows.length === 0 ? ["no metric differs"] : table(columns, rows, page);
  return ["", ...legend, "", ...body.map((line) => ` ${line}`), ""];
}
