/**
 * `meshwork sim explore`: looks among random scenarios, or random variations of one, for one that breaks a property; makes
 * what it finds small, and writes it as a scenario file. Also says how often each fault, adversary and branch occurred: a
 * search that is too tame fails.
 */

import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { readTextFile } from "../../node/platform/files/file-error.ts";
import { commandLine } from "../../node/platform/terminal/command-line.ts";
import { type CliContext, EXIT, integer } from "../../node/platform/terminal/context.ts";
import { findScenario } from "../batch/library.ts";
import { type SearchOutcome, type Subjects, search, shrinkAll } from "../batch/search.ts";
import { writeScenario } from "../load/write-scenario.ts";
import type { SimHost } from "../model/host.ts";
import type { Scenario } from "../model/scenario.ts";
import { openSubject, type Subject } from "../search/subject.ts";
import type { Register } from "./context.ts";
import { INTERRUPTED, RunsProgress } from "./progress.ts";
import { writeWhole } from "./run-files.ts";

interface Options {
  readonly seeds?: number;
  readonly from: number;
  readonly minutes?: number;
  readonly failures: number;
  readonly workers?: number;
  readonly events: number;
  readonly shrink: boolean;
  readonly out: string;
}

const EXAMPLES = `
Examples:
  $ meshwork sim explore --seeds 1000              a thousand random scenarios: meshes, jobs, faults and liars
  $ meshwork sim explore --minutes 30 --from 5000
  $ meshwork sim explore half-killed --seeds 200   random variations of a scenario
  $ meshwork sim run repro-seed-17.yaml            a failure that was written down; sim replay shows its last events

Exit codes: 0 nothing broke; 2 wrong usage; 3 a property broke, or the search was too tame; 130 interrupted.`;

const SEEDS_USUAL = 100;
/** Runs that a failure may take to become small. */
const SHRINK_RUNS = 300;

export const registerExplore: Register = (sim, act, host) => {
  sim
    .command("explore [file]")
    .description("look for a broken property among random scenarios, or variations of one")
    .option(
      "--seeds <n>",
      `how many seeds (default: ${SEEDS_USUAL}, or as many as the minutes hold)`,
      integer(1, 10_000_000),
    )
    .option("--from <k>", "the first seed", integer(0, 0xffffffff), 1)
    .option("--minutes <m>", "end after this time", integer(1, 10_000))
    .option("--failures <n>", "end after this many failed seeds", integer(1, 10_000), 5)
    .option("--workers <n>", "how many runs at the same time (default: one per core)", integer(1, 256))
    .option("--events <n>", "how many of the last events to show for a failure", integer(0, 400), 30)
    .option("--no-shrink", "do not make failing scenarios smaller")
    .option("--out <dir>", "where to write scenarios that fail", ".")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, file: string | undefined, options: Options) => {
        const looked = await subjectsOf(file, await host());
        return new Exploration(context, options, looked).run();
      }),
    );
};

interface Ended {
  readonly isBroken: boolean;
  readonly isInterrupted: boolean;
  readonly isTame: boolean;
}

/** What broke is worth more than that it was interrupted. */
export function exitOf({ isBroken, isInterrupted, isTame }: Ended): number {
  if (isBroken) return EXIT.bug;
  if (isInterrupted) return EXIT.interrupted;
  return isTame ? EXIT.bug : EXIT.ok;
}

interface Looked {
  /** As it was found; null: random scenarios. */
  readonly file: string | null;
  readonly subjects: Subjects;
  readonly subject: Subject;
}

async function subjectsOf(given: string | undefined, host: SimHost): Promise<Looked> {
  const file = given === undefined ? null : findScenario(given);
  const scenario = file === null ? null : { file, content: { yaml: await readTextFile(file) } };
  const subject = await openSubject(scenario, host);
  return { file, subjects: { hostUrl: host.url, machineUrl: null, scenario }, subject };
}

class Exploration {
  readonly #context: CliContext;
  readonly #options: Options;
  readonly #looked: Looked;

  constructor(context: CliContext, options: Options, looked: Looked) {
    this.#context = context;
    this.#options = options;
    this.#looked = looked;
  }

  async run(): Promise<number> {
    const { signal } = this.#context;
    const onAbort = (): void => this.#context.note(INTERRUPTED);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const outcome = await this.#search();
      if (this.#options.shrink && outcome.failed.length > 0) await this.#shrink(outcome);
      return this.#report(outcome);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #search(): Promise<SearchOutcome> {
    const { from, seeds, minutes, failures, workers, events } = this.#options;
    const { subjects, subject } = this.#looked;
    const { occurrences } = subject;
    const progress = new RunsProgress(this.#context, "seeds");
    try {
      return await search({
        ...{ subjects, occurrences, from, failures, workers, events },
        seeds: seeds ?? (minutes === undefined ? SEEDS_USUAL : Number.POSITIVE_INFINITY),
        forMs: minutes === undefined ? Number.POSITIVE_INFINITY : minutes * 60_000,
        signal: this.#context.signal,
        onFailure: (seed, { property, text }) => {
          progress.end();
          this.#context.note(text);
          // At once, as it was drawn: whatever comes after this, the failure can be repeated.
          this.#write(seed, property, subject.draw(seed));
        },
        onProgress: (news) => progress.update(news),
      });
    } finally {
      progress.end();
    }
  }

  #write(seed: number, property: string, scenario: Scenario): void {
    const { file: from, subject } = this.#looked;
    const { out } = this.#options;
    const base = dirname(resolve(from ?? ""));
    const relocate = (path: string): string => (isAbsolute(path) ? path : relative(out, join(base, path)));
    const source = from === null ? "drawn from" : `a variation of ${from}, drawn from`;
    const comments = [`Found by meshwork sim explore, ${source} seed ${seed}: it breaks "${property}".`];
    const text = writeScenario(scenario, { registry: subject.registry, relocate, comments });
    const file = writeWhole(join(out, `repro-seed-${seed}.yaml`), text);
    this.#context.note(`repeat it:  ${commandLine(["sim", "replay", file])}`);
  }

  async #shrink({ failed }: SearchOutcome): Promise<void> {
    const { signal } = this.#context;
    const { workers } = this.#options;
    if (signal.aborted) return;
    this.#context.note(`making ${failed.length === 1 ? "it" : "them"} small`);
    const news = await shrinkAll({ subjects: this.#looked.subjects, failed, runs: SHRINK_RUNS, workers, signal });
    for (const [index, small] of news.entries()) {
      if (small === null) continue;
      const { seed, failure } = failed[index]!;
      this.#context.note(`seed ${seed} with ${small.size} breaks the same`);
      this.#write(seed, failure.property, small.shrunk.scenario);
    }
  }

  #report({ seeds, steps, failed, tameness, isInterrupted, crash }: SearchOutcome): number {
    const { from } = this.#options;
    const context = this.#context;
    const broken = failed.map(({ seed }) => seed);
    // Too few seeds say nothing about what is rare.
    const tooTame = isInterrupted ? [] : tameness.tooTame();
    const shares = tameness.shares();
    if (context.json) {
      const counts = { seeds, failed: failed.length, steps, tooTame: tooTame.length };
      const document = { from, counts, failed: broken, tooTame, shares: Object.fromEntries(shares) };
      context.printJson({ ...document, partial: isInterrupted || crash !== null });
    } else {
      const found = broken.length === 0 ? "nothing broke" : `broken in ${broken.join(" ")}`;
      const partial = isInterrupted ? " (interrupted: a partial result)" : "";
      context.print(`${seeds} seeds from ${from}, ${steps} steps: ${found}${partial}`);
      for (const [name, share] of shares) context.print(`  ${(100 * share).toFixed(1).padStart(5)} %  ${name}`);
      if (tooTame.length > 0) context.print(`too tame: fewer than one seed in a hundred had ${tooTame.join(", ")}`);
    }
    if (crash !== null) context.note(`meshwork: the search crashed: ${crash.message}`);
    return exitOf({ isBroken: crash !== null || broken.length > 0, isInterrupted, isTame: tooTame.length > 0 });
  }
}
