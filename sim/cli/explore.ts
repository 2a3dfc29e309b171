/**
 * `meshwork sim explore`: looks among random meshes, jobs and faults for one that breaks a property; makes what it finds
 * small, and writes a file that repeats it. Also says how often each fault, adversary and branch occurred: a search that
 * is too tame fails.
 */

import { join } from "node:path";
import { describeFailure } from "../explore/seed-report.ts";
import { runSeed, type SeedResult } from "../explore/seed-run.ts";
import { shrink } from "../explore/shrink.ts";
import { Tameness } from "../explore/tameness.ts";
import { counted } from "../report/format.ts";
import { type CliContext, EXIT, integer, type Register, type SimPlatform } from "./context.ts";
import { plain } from "./figures.ts";
import { leftText } from "./progress.ts";
import { writeRepro } from "./repro-file.ts";
import { makeFolder } from "./run-files.ts";

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly minutes?: number;
  readonly failures: number;
  readonly events: number;
  readonly shrink: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork sim explore --seeds 1000              a thousand random meshes, jobs and fault plans
  $ meshwork sim explore --minutes 30 --from 5000
  $ meshwork sim replay repro-seed-17.json         a failure that was written down

Exit codes: 0 nothing broke; 2 wrong usage; 3 a property broke, or the search was too tame; 130 interrupted.`;

/** Runs that a failure may take to become small. */
const SHRINK_RUNS = 300;
/** Between two lines of progress, ms. */
const SAY_MS = 5_000;

export const registerExplore: Register = (sim, act, platform) => {
  sim
    .command("explore")
    .description("look for a broken property among random meshes, jobs and faults")
    .option("--seeds <n>", "how many seeds", integer(1, 10_000_000), 100)
    .option("--from <k>", "the first of them", integer(0, 0xffffffff), 1)
    .option("--minutes <m>", "end after so long", integer(1, 10_000))
    .option("--failures <n>", "end after so many failed seeds", integer(1, 10_000), 5)
    .option("--events <n>", "how many of the last events a failure shows", integer(0, 400), 30)
    .option("--no-shrink", "leave failing plans as they were drawn")
    .option("--out <dir>", "where files that repeat failures are written (default: here)")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(async (context, options: Options) => explore(context, options, await platform())));
};

async function explore(context: CliContext, options: Options, platform: SimPlatform): Promise<number> {
  const { from, seeds, failures } = options;
  const { hasher, createMachine } = platform.host;
  const startedMs = performance.now();
  const endMs = options.minutes === undefined ? Number.POSITIVE_INFINITY : startedMs + options.minutes * 60_000;
  const tameness = new Tameness();
  const failed: number[] = [];
  let done = 0;
  let steps = 0;
  let saidMs = startedMs;
  while (done < seeds && failed.length < failures && performance.now() < endMs && !context.signal.aborted) {
    const result = runSeed(from + done, { hasher, createMachine });
    done++;
    steps += result.steps;
    tameness.note(result.coverage);
    if (result.failure !== null) {
      failed.push(result.seed);
      context.note(describeFailure(result, options.events));
      keepFailure(context, result, options, platform);
    }
    const nowMs = performance.now();
    if (nowMs - saidMs < SAY_MS && done < seeds) continue;
    saidMs = nowMs;
    const leftMs = ((nowMs - startedMs) / done) * (seeds - done);
    const found = failed.length === 0 ? "none failed" : `failed: ${failed.join(" ")}`;
    context.note(`${done} of ${plain(counted(seeds, "seed"))}${leftText(leftMs)}, ${found}`);
    await new Promise((resolve) => setImmediate(resolve)); // Ctrl-C is heard
  }
  const tooTame = tameness.tooTame();
  const isInterrupted = context.signal.aborted && done < seeds;
  const shares = Object.fromEntries(tameness.shares());
  const counts = { seeds: done, failed: failed.length, steps, tooTame: tooTame.length };
  if (context.json) context.printJson({ from, counts, failed, tooTame, shares, partial: isInterrupted });
  else {
    context.print(
      `${plain(counted(done, "seed"))} from ${from}, ${plain(counted(steps, "step"))}: ${failed.length === 0 ? "nothing broke" : `broken in ${failed.join(" ")}`}`,
    );
    for (const [name, share] of tameness.shares())
      context.print(`  ${(100 * share).toFixed(1).padStart(5)} %  ${name}`);
    if (tooTame.length > 0) context.print(`too tame: fewer than one seed in a hundred had ${tooTame.join(", ")}`);
  }
  if (isInterrupted) return EXIT.interrupted;
  return failed.length > 0 || tooTame.length > 0 ? EXIT.broken : EXIT.pass;
}

/** A file that repeats a failure, as small as it can be made. */
function keepFailure(context: CliContext, result: SeedResult, options: Options, { host, command }: SimPlatform): void {
  const { hasher, createMachine } = host;
  const { property } = result.failure!;
  let { plan } = result;
  if (options.shrink) {
    const small = shrink(plan, {
      budget: SHRINK_RUNS,
      fails: (candidate) =>
        !context.signal.aborted &&
        runSeed(result.seed, { hasher, createMachine, alter: () => candidate }).failure?.property === property,
      onSmaller: ({ faults, byzantine, workers }, what) =>
        context.note(
          plain(
            `  smaller (${what}): ${counted(faults.length, "fault")}, ${counted(byzantine.length, "liar")}, ${counted(workers.length, "worker")}`,
          ),
        ),
    });
    plan = small.plan;
  }
  const folder = options.out ?? ".";
  makeFolder(folder);
  const file = join(folder, `repro-seed-${result.seed}.json`);
  writeRepro(file, { seed: result.seed, property, plan });
  context.note(`repeat it:  ${command} sim replay ${file}`);
}
