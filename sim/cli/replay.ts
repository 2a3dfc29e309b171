/**
 * `meshwork sim replay`: one seed of a scenario again, or what explore wrote down: with its whole trace as a file, the
 * messages around a moment, and the last events before what breaks.
 */

import { join } from "node:path";
import { usualFolder } from "../../node/platform/runs.ts";
import { type CliContext, collect, EXIT, integer } from "../../node/platform/terminal/context.ts";
import { pageOf } from "../../node/platform/terminal/terminal-text.ts";
import { packageVersion } from "../../node/platform/version.ts";
import type { LoadedScenario } from "../load/load-scenario.ts";
import type { SimHost } from "../model/host.ts";
import type { RunResult } from "../model/result.ts";
import { hasBrokenInvariant, judge } from "../run/judge.ts";
import { simulate } from "../run/simulate.ts";
import { SimTraceWriter } from "../traces/trace-writer.ts";
import type { RunTap } from "../world/options.ts";
import { describeEntry, type TraceEntry } from "../world/trace.ts";
import { commandOf, loadPoint, openBatch } from "./batch.ts";
import { momentMs, type Register } from "./context.ts";
import { unitsOf } from "./figures.ts";
import { RunsProgress } from "./progress.ts";
import { renderSummary } from "./render-summary.ts";
import { writeWhole } from "./run-files.ts";

interface Options {
  readonly seed?: number;
  readonly set?: readonly string[];
  readonly mechanismOff?: boolean;
  readonly trace?: string;
  readonly messages?: boolean;
  readonly messagesAround?: number;
  readonly report?: string;
  readonly events: number;
}

const EXAMPLES = `
Examples:
  $ meshwork sim replay repro-seed-17.yaml                               what explore wrote down, with its last events
  $ meshwork sim replay half-killed --seed 7 --trace run.jsonl           one seed of a scenario, and its whole trace
  $ meshwork sim replay half-killed --messages-around 14s                who sent what to whom then, as a page
  $ meshwork sim check run.jsonl; meshwork sim diff run.jsonl other.jsonl

Exit codes: 0 nothing broke; 1 the scenario's verdict is fail; 2 a file or the usage is wrong; 3 an invariant broke.`;

/** Seeds are numbers of 32 bits. */
const SEED_MAX = 0xffffffff;

export const registerReplay: Register = (sim, act, host) => {
  sim
    .command("replay <file>")
    .description("repeat a run that explore wrote down, or one seed of a scenario, with a trace")
    .option("--seed <n>", "which seed of a scenario (default: the file's)", integer(0, SEED_MAX))
    .option("--set <path=value>", "change the scenario first; repeatable", collect(String))
    .option("--mechanism-off", "switch off what the scenario's mechanism.off names")
    .option(
      "--trace <file>",
      "write what every agent decided and stored: JSON lines, or msgpack if its name ends with .msgpack",
    )
    .option("--messages", "include every message in the trace")
    .option("--messages-around <time>", "draw who sent what to whom around that moment, e.g. 12.5s", momentMs)
    .option(
      "--report <file>",
      "where to write the page with the messages (default: .meshwork/runs/<time>-<name>/report.html)",
    )
    .option("--events <n>", "how many of the last events to show for a failure", integer(0, 400), 60)
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, file: string, options: Options) => {
        const loaded = await host();
        const writer = options.trace === undefined ? null : new SimTraceWriter(options.trace);
        const tap = writer?.tap({ messages: options.messages ?? false }) ?? {};
        const run = { context, file, options, tap, host: loaded };
        try {
          return await replay(run);
        } finally {
          writer?.close();
          if (writer !== null) context.note(`trace: ${options.trace} (${writer.entries} entries)`);
        }
      }),
    );
};

interface Replay {
  readonly context: CliContext;
  readonly file: string;
  readonly options: Options;
  readonly tap: RunTap;
  readonly host: SimHost;
}

/** The newest entries of a trace, in words. */
class LastEvents {
  readonly #most: number;
  readonly #entries: TraceEntry[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  add(entry: TraceEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > this.#most) this.#entries.shift();
  }

  get lines(): string[] {
    return this.#entries.map(describeEntry);
  }
}

const pagePath = ({ report }: Options, name: string): string =>
  report ?? join(usualFolder(Date.now(), name), "report.html");

/** Runs the seed; null if the program failed in it, which is printed with the last events before. */
function simulateSeed(
  { context, options, tap, host }: Replay,
  loaded: LoadedScenario,
  last: LastEvents,
): RunResult | null {
  const { scenario, registry, files } = loaded;
  const seed = options.seed ?? scenario.seed;
  const progress = new RunsProgress(context, "runs");
  const sinceMs = performance.now();
  try {
    return simulate(scenario, {
      seed,
      onProgress: (share, simulatedMs) => {
        const tookMs = performance.now() - sinceMs;
        const leftMs = share > 0 ? tookMs / share - tookMs : null;
        progress.update({ done: 0, total: 1, share, simulatedMs, leftMs });
      },
      host,
      registry,
      files,
      messagesAroundMs: options.messagesAround ?? null,
      tap: {
        ...tap,
        onEntry(entry) {
          tap.onEntry?.(entry);
          last.add(entry);
        },
      },
      wallClock: () => performance.now(),
    });
  } catch (error) {
    const { message, stack = message } = error as Error;
    context.print([...last.lines, stack].join("\n"));
    context.note(`meshwork: seed ${seed}: ${message.replace(/\s+/g, " ")}`);
    return null;
  } finally {
    progress.end();
  }
}

async function replay(asked: Replay): Promise<number> {
  const { context, file, options, host } = asked;
  const batch = await openBatch(host, file, { ...options, runs: 1 });
  const loaded = await loadPoint(batch);
  const { scenario, registry } = loaded;
  const last = new LastEvents(options.events);
  const result = simulateSeed(asked, loaded, last);
  if (result === null) return EXIT.bug;
  const summary = judge(scenario, [result], { partial: result.partial });
  const command = commandOf(batch, "replay", options.seed ?? scenario.seed);
  const pages: string[] = [];
  if (options.messagesAround !== undefined || options.report !== undefined) {
    const { renderReport } = await import("../report/page.ts");
    const page = renderReport(scenario, [result], summary, { command, version: packageVersion() });
    pages.push(writeWhole(pagePath(options, scenario.name), page));
  }
  if (context.json) context.printJson(summary);
  else {
    const page = pageOf(process.stdout, context.io.env);
    const units = unitsOf(registry.metrics.values());
    const shown = { page, units, files: pages, command, asked: 1 };
    const broken = hasBrokenInvariant(summary) ? last.lines : [];
    for (const line of [...broken, ...renderSummary(scenario, [result], summary, shown)]) context.print(line);
  }
  if (hasBrokenInvariant(summary)) return EXIT.bug;
  return summary.verdict === "pass" ? EXIT.ok : EXIT.no;
}
