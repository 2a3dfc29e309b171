/** `meshwork sim sweep`: a scenario at every point of a grid of parameters, with the same seeds at each. */

import { join } from "node:path";
import { usualFolder } from "../../node/platform/runs.ts";
import { type CliContext, collect } from "../../node/platform/terminal/context.ts";
import { pageOf } from "../../node/platform/terminal/terminal-text.ts";
import { packageVersion } from "../../node/platform/version.ts";
import type { Value } from "../../protocol/wire/value.ts";
import type { LoadedScenario } from "../load/load-scenario.ts";
import { gridOf, type Override, parseVariation, type Variation, writeValue } from "../load/overrides.ts";
import { countAgents } from "../load/parse-agents.ts";
import type { RunResult } from "../model/result.ts";
import type { SweepPoint } from "../report/sweep-page.ts";
import { rowsCsv } from "../run/csv.ts";
import { hasBrokenInvariant, judge } from "../run/judge.ts";
import { type Axis, axesOf } from "./axes.ts";
import {
  type Batch,
  type BatchOptions,
  commandOf,
  exitCode,
  finished,
  keepCosts,
  loadPoint,
  openBatch,
  runBatch,
  seedsFrom,
  tellCrash,
} from "./batch.ts";
import type { Register } from "./context.ts";
import { unitsOf } from "./figures.ts";
import { renderSweepTables } from "./render-sweep.ts";
import { withBatchOptions } from "./run.ts";
import { OutputFolder, writeWhole } from "./run-files.ts";

interface SweepOptions extends BatchOptions {
  readonly vary: readonly string[];
  readonly all?: boolean;
  readonly label?: readonly string[];
}

const EXAMPLES = `
Examples:
  $ meshwork sim sweep half-killed --vary 'faults[0].kill.share=0.1,0.3,0.5'
  $ meshwork sim sweep mine.yaml --vary 'agents[0].count=20,40' --vary network.lossPct=0,1,5 --runs 10
  $ meshwork sim sweep mine.yaml --vary 'workload.policy={redundancy: 1},{redundancy: 3}'
  $ meshwork sim sweep mine.yaml --vary network.lossPct=0,1,5 --label 'network.lossPct=lost frames [%]'

The same seeds run at every point. Exit codes as of sim run: 1 if the verdict is fail at some point.`;

export const registerSweep: Register = (sim, act, host) => {
  withBatchOptions(sim.command("sweep <file>"), 5)
    .description("run a scenario at every point of a grid: one table and one plot per metric")
    .requiredOption("--vary <path=a,b,c>", "values for one part of the file; repeat it for a grid", collect(String))
    .option("--label <path=name>", "name an axis, e.g. 'network.lossPct=lost frames [%]'; repeatable", collect(String))
    .option("--all", "print all metrics that change, not only the expected ones")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, given: string, options: SweepOptions) => {
        const batch = await openBatch(await host(), given, options);
        return sweep(context, batch, options);
      }),
    );
};

interface Point {
  readonly overrides: readonly Override[];
  readonly loaded: LoadedScenario;
}

async function sweep(context: CliContext, batch: Batch, options: SweepOptions): Promise<number> {
  const startedMs = Date.now();
  const variations = options.vary.map((text) => parseVariation("--vary", text));
  // Every point is checked before the first one runs.
  const points: Point[] = [];
  for (const overrides of gridOf(variations)) points.push({ overrides, loaded: await loadPoint(batch, overrides) });
  const { scenario, registry } = points[0]!.loaded;
  const axes = axesOf(variations, options.label ?? [], scenario);
  const titleOf = new Map(axes.map(({ path, title }) => [path, title]));
  const firstSeed = options.seed ?? scenario.seed;
  const seeds = seedsFrom(firstSeed, options.runs);
  const tasks = points.flatMap(({ overrides }) => seeds.map((seed) => ({ overrides, seed })));
  const sizeOf = ({ loaded }: Point): number => countAgents(loaded.scenario.agents);
  const largest = points.reduce((best, point) => (sizeOf(point) > sizeOf(best) ? point : best)).loaded;
  const outcome = await runBatch(context, { batch, largest, tasks, noun: "runs" });

  const swept = points.map((point, index) => {
    const results = finished(outcome.results.slice(index * seeds.length, (index + 1) * seeds.length));
    const summary = judge(point.loaded.scenario, results, { partial: results.length < seeds.length });
    return {
      results,
      summary,
      params: new Map(point.overrides.map(({ path, value }) => [titleOf.get(path) ?? path, value])),
    };
  });
  const done = swept.filter(({ results }) => results.length > 0);
  const vary = options.vary.flatMap((text) => ["--vary", text]);
  const named = (options.label ?? []).flatMap((text) => ["--label", text]);
  const folder = new OutputFolder(options.out ?? usualFolder(startedMs, `${scenario.name}-sweep`));
  const costs = keepCosts(folder, scenario) ?? options.costs;
  const command = commandOf(batch, "sweep", firstSeed, { more: [...vary, ...named], costs });
  const page = options.report ?? join(folder.path, "report.html");
  const document = documentOf(scenario.name, axes, variations, seeds, done, context.signal.aborted);
  folder.write("scenario.yaml", batch.text);
  folder.writeJson("sweep.json", document);
  folder.write("rows.csv", rowsCsv(done.map(({ params, results }) => ({ labels: labelsOf(params), results }))));
  // Plots come with a large library: loaded only when there is something to draw.
  const { renderSweep } = await import("../report/sweep-page.ts");
  writeWhole(page, renderSweep(scenario, done, { command, version: packageVersion() }));

  if (context.json) context.printJson(document);
  else {
    const shown = {
      page: pageOf(process.stdout, context.io.env),
      units: unitsOf(registry.metrics.values()),
      files: [`${folder.path}/ (sweep.json, rows.csv)`, page],
      command,
      asked: points.length,
      isAll: options.all ?? false,
    };
    for (const line of renderSweepTables(scenario, done, shown)) context.print(line);
  }
  if (outcome.crash !== null) tellCrash(context, batch, outcome.crash);
  const isBroken = done.some(({ summary }) => hasBrokenInvariant(summary));
  const isPass = done.every(({ summary }) => summary.verdict === "pass");
  return exitCode(outcome, context.signal.aborted, isBroken, isPass);
}

const labelsOf = (params: ReadonlyMap<string, Value>): Map<string, string> =>
  new Map([...params].map(([path, value]) => [path, writeValue(value)]));

interface Swept extends SweepPoint {
  readonly results: readonly RunResult[];
}

/** `sweep.json`, and what `--json` prints. */
function documentOf(
  scenario: string,
  axes: readonly Axis[],
  variations: readonly Variation[],
  seeds: readonly number[],
  points: readonly Swept[],
  partial: boolean,
): object {
  const params = Object.fromEntries(variations.map(({ path, values }) => [path, values]));
  // By their paths, as they were asked for: titles are for readers.
  const byPath = (point: Swept): object =>
    Object.fromEntries(axes.map(({ path, title }) => [path, point.params.get(title)]));
  const all = points.map((point) => ({ params: byPath(point), summary: point.summary }));
  return { scenario, simulated: true, partial, axes, params, seeds, points: all };
}
