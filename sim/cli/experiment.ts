/** `meshwork experiment`: questions about the mesh that come with it, each with its figures and a page of plots. */

import type { Command } from "commander";
import { usualFolder } from "../../node/platform/runs.ts";
import { commandLine } from "../../node/platform/terminal/command-line.ts";
import { type Act, type CliContext, EXIT, integer } from "../../node/platform/terminal/context.ts";
import { pageOf } from "../../node/platform/terminal/terminal-text.ts";
import { nearest } from "../../node/platform/text/nearest.ts";
import { packageVersion } from "../../node/platform/version.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { type ExperimentOutcome, runExperiment } from "../batch/experiment-run.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { documentOf, measure, rangedMetrics, samplesCsv } from "../experiments/results.ts";
import type { SimHost } from "../model/host.ts";
import { seedsFrom } from "./batch.ts";
import type { LoadHost } from "./context.ts";
import { INTERRUPTED, RunsProgress } from "./progress.ts";
import { printNamed } from "./reference.ts";
import { renderTables } from "./render-experiment.ts";
import { checkFolder, OutputFolder } from "./run-files.ts";

interface Options {
  readonly list?: boolean;
  readonly seeds?: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly disks?: string;
  readonly driver?: string;
}

const EXAMPLES = `
Examples:
  $ meshwork experiment --list
  $ meshwork experiment lying-workers
  $ meshwork experiment lying-workers --seeds 20 --out figures
  $ meshwork experiment drift --seeds 3       a first look: all its seeds take minutes
  $ meshwork experiment hanoi --disks 8 --driver libp2p --seeds 1
  $ meshwork experiment lying-workers --json | jq '.rows[] | {liars, redundancy, wrongAccepted}'

Exit codes: 0 done; 2 wrong usage; 3 an invariant broke, or a crash; 130 interrupted, with what was done until then.`;

const SEEDS_MAX = 10_000;

/** The experiments that come with the simulator. */
const CATALOG = new URL(`../experiments/catalog.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url)
  .href;

/** `catalogUrl`: a module with other `EXPERIMENTS`. */
export function registerExperiment(program: Command, act: Act, host: LoadHost, catalogUrl = CATALOG): void {
  program
    .command("experiment [name]")
    .description("run an experiment that comes with Meshwork: figures with intervals, and plots")
    .option("--list", "list the experiments")
    .option("--seeds <n>", "how many runs at each point (default: the experiment's)", integer(1, SEEDS_MAX))
    .option("--disks <n>", "hanoi: how many disks the tower has, 2 to 20 (default: 10)")
    .option("--driver <name>", "hanoi: virtual, or libp2p for real nodes (default: virtual)")
    .option("--out <dir>", "where to write the files (default: .meshwork/runs/<time>-<name>)")
    .option("--force", "replace what an earlier run left in --out")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, name: string | undefined, options: Options) => {
        const { EXPERIMENTS } = (await import(catalogUrl)) as { readonly EXPERIMENTS: readonly Experiment[] };
        if (options.list === true) return list(context, EXPERIMENTS);
        const loaded = await host();
        const experiment = withSettings(find(EXPERIMENTS, name), options);
        return run(context, { experiment, options, host: loaded, catalogUrl });
      }),
    );
}

function list(context: CliContext, experiments: readonly Experiment[]): number {
  if (context.json) context.printJson(experiments.map(({ name, summary, seeds }) => ({ name, summary, seeds })));
  else
    printNamed(
      context,
      experiments.map(({ name, summary }) => ({ name, text: summary })),
    );
  return EXIT.ok;
}

function find(experiments: readonly Experiment[], name: string | undefined): Experiment {
  const names = experiments.map((experiment) => experiment.name);
  const found = experiments.find((experiment) => experiment.name === name);
  if (found !== undefined) return found;
  const listed = "meshwork experiment --list names them";
  if (name === undefined) throw new MeshworkError("usage", "which experiment?", listed);
  const near = nearest(name, names);
  const remedy = near === null ? listed : `did you mean "${near}"?`;
  throw new MeshworkError("usage", `there is no experiment "${name}"`, remedy);
}

/** The options that set a parameter of an experiment. */
const SETTINGS = ["disks", "driver"] as const;

function withSettings(experiment: Experiment, options: Options): Experiment {
  let params = experiment.params as object;
  for (const name of SETTINGS) {
    const given = options[name];
    if (given === undefined) continue;
    const allowed = experiment.settings?.[name];
    if (allowed === undefined)
      throw new MeshworkError("usage", `${experiment.name} has no --${name}`, `leave --${name} out`);
    const value = allowed.find((one) => String(one) === given);
    const remedy = `take ${typeof allowed[0] === "number" ? `${allowed[0]} to ${allowed.at(-1)}` : allowed.join(" or ")}`;
    if (value === undefined) throw new MeshworkError("usage", `--${name} cannot be ${given}`, remedy);
    params = { ...params, [name]: value };
  }
  return { ...experiment, params };
}

/** The options of `withSettings` as they were typed. */
const settingsOf = (options: Options): string[] =>
  SETTINGS.flatMap((name) => (options[name] === undefined ? [] : [`--${name}`, options[name]]));

interface Asked {
  readonly experiment: Experiment;
  readonly options: Options;
  readonly host: SimHost;
  readonly catalogUrl: string;
}

async function run(context: CliContext, { experiment, options, host, catalogUrl }: Asked): Promise<number> {
  const startedMs = Date.now();
  if (options.out !== undefined) checkFolder(options.out, options);
  const seeds = seedsFrom(experiment.firstSeed ?? 1, options.seeds ?? experiment.seeds);
  const progress = new RunsProgress(context, "runs");
  const outcome = await runExperiment(experiment, {
    host,
    catalogUrl,
    seeds,
    signal: context.signal,
    onInterrupt: () => context.note(INTERRUPTED),
    onProgress: (news) => progress.update(news),
  }).finally(() => progress.end());
  const rows = measure(outcome.samples, rangedMetrics(experiment));
  const document = documentOf(experiment, seeds, rows, outcome.isPartial);
  const command = commandLine(["experiment", experiment.name, ...settingsOf(options), "--seeds", String(seeds.length)]);
  const folder = new OutputFolder(options.out ?? usualFolder(startedMs, experiment.name));
  folder.writeJson("experiment.json", document);
  folder.write("rows.csv", samplesCsv(outcome.samples));
  // Plots come with a large library: loaded only when there is something to draw.
  const { renderExperiment } = await import("../report/experiment-page.ts");
  const shown = { seeds, isPartial: outcome.isPartial, command, version: packageVersion() };
  const plots = folder.write("report.html", renderExperiment(experiment, rows, shown));
  if (context.json) context.printJson(document);
  else {
    const files = [`${folder.path}/ (experiment.json, rows.csv)`, plots];
    const page = pageOf(process.stdout, context.io.env);
    for (const line of renderTables(experiment, rows, { document, files, command, page })) context.print(line);
  }
  return exitCode(context, outcome, command);
}

function exitCode(context: CliContext, { broken, crash }: ExperimentOutcome, command: string): number {
  if (broken !== null) context.note(`meshwork: an invariant broke: ${broken.replace(/\s+/g, " ")}`);
  if (crash !== null) {
    context.note(`meshwork: the experiment crashed: ${crash.message.replace(/\s+/g, " ")}`);
    if (crash.cause instanceof Error && crash.cause.stack !== undefined) context.note(crash.cause.stack);
    context.note(`repeat it: ${command}`);
  }
  if (broken !== null || crash !== null) return EXIT.bug;
  return context.signal.aborted ? EXIT.interrupted : EXIT.ok;
}
