/** `meshwork sim run`: a scenario with one seed or several, to a verdict. */

import { join } from "node:path";
import type { Command } from "commander";
import { usualFolder } from "../../node/platform/runs.ts";
import { type CliContext, collect, integer } from "../../node/platform/terminal/context.ts";
import { pageOf } from "../../node/platform/terminal/terminal-text.ts";
import { packageVersion } from "../../node/platform/version.ts";
import type { LoadedScenario } from "../load/load-scenario.ts";
import type { RunResult, Summary } from "../model/result.ts";
import { rowsCsv, seriesCsv } from "../run/csv.ts";
import { hasBrokenInvariant, judge } from "../run/judge.ts";
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
import { momentMs, type Register } from "./context.ts";
import { unitsOf } from "./figures.ts";
import { renderSummary } from "./render-summary.ts";
import { OutputFolder, writeWhole } from "./run-files.ts";

const EXAMPLES = `
Examples:
  $ meshwork sim run half-killed                   one of the library (meshwork sim list)
  $ meshwork sim run mine.yaml --runs 10           ten seeds, with confidence intervals
  $ meshwork sim run mine.yaml --seed 42           another seed than the file's
  $ meshwork sim run mine.yaml --messages-around 14s    who sent what to whom then, in the page
  $ meshwork sim run mine.yaml --costs calibrated  with this machine's costs (meshwork sim calibrate)
  $ meshwork sim run mine.yaml --set 'faults[0].kill.share=0.3' --json | jq .verdict

Exit codes: 0 the verdict is pass; 1 it is fail; 2 the scenario or the usage is wrong; 3 an invariant broke, or a
crash; 130 interrupted, with a partial report.`;

/** Seeds are numbers of 32 bits, and so are those after the first. */
const SEED_MAX = 0xffffffff;
const RUNS_MAX = 100_000;

/** What run and sweep have in common. */
export const withBatchOptions = (command: Command, runs: number): Command =>
  command
    .option("--seed <n>", "the first seed (default: the file's)", integer(0, SEED_MAX - RUNS_MAX))
    .option("--runs <k>", "how many seeds to run, counting up from the first", integer(1, RUNS_MAX), runs)
    .option("--set <path=value>", "change the file first, e.g. workload.jobs.count=5; repeatable", collect(String))
    .option("--costs <preset>", "what inputs cost: ideal, calibrated (by sim calibrate), or a file that it wrote")
    .option("--mechanism-off", "switch off what the file's mechanism.off names; the verdict should be fail")
    .option("--out <dir>", "where to write the files (default: .meshwork/runs/<time>-<name>)")
    .option("--report <file>", "where to write the report page (default: report.html among the files)")
    .option("--workers <n>", "how many runs at the same time (default: one per core)", integer(1, 256))
    .option("--force", "start even if the memory seems too small, and replace what an earlier run left in --out")
    .option("--json", "print the summary as one JSON document");

export const registerRun: Register = (sim, act, host) => {
  withBatchOptions(sim.command("run <file>"), 1)
    .option("--messages-around <time>", "draw who sent what to whom around that moment, e.g. 12.5s", momentMs)
    .description("run a scenario: verdict, figures, plots")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, given: string, options: BatchOptions) =>
        runScenario(context, await openBatch(await host(), given, options)),
      ),
    );
};

async function runScenario(context: CliContext, batch: Batch): Promise<number> {
  const startedMs = Date.now();
  const loaded = await loadPoint(batch);
  const { scenario } = loaded;
  const { options } = batch;
  const firstSeed = options.seed ?? scenario.seed;
  const seeds = seedsFrom(firstSeed, options.runs);
  const tasks = seeds.map((seed) => ({ overrides: [], seed }));
  const outcome = await runBatch(context, { batch, largest: loaded, tasks, noun: "seeds" });
  const results = finished(outcome.results);
  const summary = judge(scenario, results, { partial: results.length < seeds.length });
  const folder = new OutputFolder(options.out ?? usualFolder(startedMs, scenario.name));
  const command = commandOf(batch, "run", firstSeed, { costs: keepCosts(folder, scenario) ?? options.costs });
  const files = await writeFiles(context, { batch, loaded, results, summary, folder, command });
  if (context.json) context.printJson(summary);
  else {
    const page = pageOf(process.stdout, context.io.env);
    const units = unitsOf(loaded.registry.metrics.values());
    const shown = { page, units, files, command, asked: seeds.length };
    for (const line of renderSummary(scenario, results, summary, shown)) context.print(line);
  }
  if (outcome.crash !== null) tellCrash(context, batch, outcome.crash);
  return exitCode(outcome, context.signal.aborted, hasBrokenInvariant(summary), summary.verdict === "pass");
}

interface Written {
  readonly batch: Batch;
  readonly loaded: LoadedScenario;
  readonly results: readonly RunResult[];
  readonly summary: Summary;
  readonly folder: OutputFolder;
  readonly command: string;
}

/** Returns what to show of them: the folder, and the page. */
async function writeFiles(context: CliContext, written: Written): Promise<string[]> {
  const { batch, loaded, results, summary, folder, command } = written;
  folder.write("scenario.yaml", batch.text);
  folder.writeJson("summary.json", summary);
  folder.write("rows.csv", rowsCsv([{ labels: new Map(), results }]));
  folder.write("series.csv", seriesCsv(results));
  const folderLine = `${folder.path}/ (summary.json, rows.csv, series.csv)`;
  const page = batch.options.report ?? join(folder.path, "report.html");
  try {
    // Plots come with a large library: loaded only when there is something to draw.
    const { renderReport } = await import("../report/page.ts");
    writeWhole(page, renderReport(loaded.scenario, results, summary, { command, version: packageVersion() }));
    return [folderLine, page];
  } catch (error) {
    // The figures are there; a page that cannot be drawn is not worth losing them for.
    context.note(`meshwork: the report page could not be made: ${error instanceof Error ? error.message : error}`);
    return [folderLine];
  }
}
