/** Runs of a scenario on all cores, from what the command line says to their results. What run and sweep share. */

import { readTextFile } from "../../node/platform/files/file-error.ts";
import { commandLine } from "../../node/platform/terminal/command-line.ts";
import { type CliContext, EXIT } from "../../node/platform/terminal/context.ts";
import { writeMs } from "../../node/platform/text/quantities.ts";
import { findScenario } from "../batch/library.ts";
import { runSeeds } from "../batch/run-seeds.ts";
import type { PoolOutcome, SeedCrash, SeedTask } from "../batch/seed-pool.ts";
import { type LoadedScenario, loadScenarioText } from "../load/load-scenario.ts";
import { type Override, parseOverride } from "../load/overrides.ts";
import { IDEAL, OWN, readPreset } from "../load/service-costs.ts";
import type { SimHost } from "../model/host.ts";
import type { RunResult } from "../model/result.ts";
import type { Scenario } from "../model/scenario.ts";
import { INTERRUPTED, RunsProgress } from "./progress.ts";
import { checkFolder, type OutputFolder } from "./run-files.ts";

/** Options that run and sweep have in common, as commander gives them. */
export interface BatchOptions {
  readonly seed?: number;
  readonly runs: number;
  readonly set?: readonly string[];
  readonly mechanismOff?: boolean;
  readonly workers?: number;
  readonly force?: boolean;
  readonly out?: string;
  readonly report?: string;
  readonly messagesAround?: number;
  /** Preset of service costs, or a file. */
  readonly costs?: string;
}

/** A scenario file with the options of the command line. */
export interface Batch {
  readonly host: SimHost;
  /** As it was named, and where it is. */
  readonly given: string;
  readonly file: string;
  readonly text: string;
  readonly overrides: readonly Override[];
  readonly options: BatchOptions;
}

export async function openBatch(host: SimHost, given: string, options: BatchOptions): Promise<Batch> {
  if (options.out !== undefined) checkFolder(options.out, options);
  const file = findScenario(given);
  const overrides = [
    ...(options.costs === undefined ? [] : await costOverrides(options.costs)),
    ...(options.set ?? []).map((text) => parseOverride("--set", text)),
  ];
  return { host, given, file, text: await readTextFile(file), overrides, options };
}

/** The preset's figures rather than its name: all runs have the same, whatever becomes of its file meanwhile. */
async function costOverrides(preset: string): Promise<Override[]> {
  const { forcedWriteMs, ...always } = await readPreset(preset);
  const figures = { preset, ...always, ...(forcedWriteMs > 0 ? { forcedWriteMs } : {}) };
  return Object.entries(figures).map(([name, value]) => ({ path: `network.service.${name}`, value }));
}

/** The scenario with these overrides beside those of the whole batch. */
export function loadPoint(batch: Batch, overrides: readonly Override[] = []): Promise<LoadedScenario> {
  const { host, file, text, options } = batch;
  return loadScenarioText(file, text, host, {
    overrides: [...batch.overrides, ...overrides],
    mechanismOff: options.mechanismOff,
  });
}

export const seedsFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

interface BatchRun {
  readonly batch: Batch;
  /** The point that takes the most memory. */
  readonly largest: LoadedScenario;
  readonly tasks: readonly SeedTask[];
  readonly noun: string;
}

/** Runs everything, with progress; an interruption ends the runs under way as they are. */
export async function runBatch(context: CliContext, { batch, largest, tasks, noun }: BatchRun): Promise<PoolOutcome> {
  const { host, file, text, options } = batch;
  const source = { file, content: { yaml: text } };
  const progress = new RunsProgress(context, noun);
  try {
    return await runSeeds({
      host,
      sources: [{ source, mechanismOff: options.mechanismOff, messagesAroundMs: options.messagesAround }],
      tasks: tasks.map((task) => ({ ...task, overrides: [...batch.overrides, ...task.overrides] })),
      largest: largest.scenario,
      workers: options.workers,
      force: options.force,
      signal: context.signal,
      onInterrupt: () => context.note(INTERRUPTED),
      onPlan: (words) => context.note(words),
      onProgress: (news) => progress.update(news),
    });
  } finally {
    progress.end();
  }
}

export const finished = (results: readonly (RunResult | null)[]): RunResult[] =>
  results.filter((result) => result !== null);

/** What repeats a batch, as typed: `meshwork sim run FILE --seed 7 …`. */
export function commandOf(
  batch: Batch,
  name: string,
  seed: number,
  {
    more = [],
    costs = batch.options.costs,
  }: { readonly more?: readonly string[]; readonly costs?: string | undefined } = {},
): string {
  const { given, options } = batch;
  const words = ["sim", name, given, ...more, "--seed", String(seed)];
  // A sweep does several by default; a replay is of one seed, and takes no number of them.
  if (name === "sweep" || options.runs > 1) words.push("--runs", String(options.runs));
  for (const text of options.set ?? []) words.push("--set", text);
  if (costs !== undefined) words.push("--costs", costs);
  if (options.mechanismOff === true) words.push("--mechanism-off");
  if (options.messagesAround !== undefined) words.push("--messages-around", writeMs(options.messagesAround));
  return commandLine(words);
}

/** Keeps a copy of measured costs among the run's files, and returns its path: the file that it names may change later. */
export function keepCosts(folder: OutputFolder, { network }: Pick<Scenario, "network">): string | undefined {
  const { service } = network;
  if (service === null || service.preset === IDEAL || service.preset === OWN) return undefined;
  const { baseMs, perKibMs, forcedWriteMs } = service;
  return folder.writeJson("costs.json", { baseMs, perKibMs, forcedWriteMs });
}

/** A crash in words, with what repeats it: a bug of ours, or too little memory. */
export function tellCrash(context: CliContext, batch: Batch, crash: SeedCrash): void {
  const { task, cause, message } = crash;
  const sets = task.overrides.flatMap(({ path, value }) => ["--set", `${path}=${JSON.stringify(value)}`]);
  const off = batch.options.mechanismOff === true ? ["--mechanism-off"] : [];
  const costs = batch.options.costs === undefined ? [] : ["--costs", batch.options.costs];
  const words = ["sim", "run", batch.given, "--seed", String(task.seed), ...costs, ...sets, ...off];
  context.note(`meshwork: the simulation crashed: ${message.replace(/\s+/g, " ")}`);
  if (cause instanceof Error && cause.stack !== undefined) context.note(cause.stack);
  context.note(`repeat it: ${commandLine(words)}`);
}

/** `isBroken`: an invariant broke in some run. */
export function exitCode(outcome: PoolOutcome, isInterrupted: boolean, isBroken: boolean, isPass: boolean): number {
  if (outcome.crash !== null || isBroken) return EXIT.bug;
  if (isInterrupted) return EXIT.interrupted;
  return isPass ? EXIT.ok : EXIT.no;
}
