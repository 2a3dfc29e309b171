/**
 * `meshwork sim replay`: a run again, with its whole trace as a file and the messages around a moment. Of a failure that
 * explore wrote down, or of one seed of a scenario.
 */

import { join } from "node:path";
import { hasBrokenInvariant, judge } from "../run/judge.ts";
import { MessageLog } from "../run/message-log.ts";
import { simulate } from "../run/simulate.ts";
import { describeEntry } from "../search/seed-report.ts";
import { SimTraceWriter } from "../trace-files/trace-writer.ts";
import type { RunTap } from "../virtual/options.ts";
import type { TraceEntry } from "../virtual/trace.ts";
import { commandOf, loadPoint, openBatch } from "./batch.ts";
import { type CliContext, collect, EXIT, integer, momentMs, type Register, type SimPlatform } from "./context.ts";
import { unitsOf } from "./figures.ts";
import { ProgressLine } from "./progress.ts";
import { renderSummary } from "./render-summary.ts";
import { readRepro } from "./repro.ts";
import { defaultFolder, writeWhole } from "./run-files.ts";
import { openSubject } from "./subjects.ts";
import { pageOf } from "./text.ts";

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
  $ meshwork sim replay repro-seed-17.json                               what explore wrote down, with its last events
  $ meshwork sim replay half-killed --seed 7 --trace run.jsonl           one seed of a scenario, and its whole trace
  $ meshwork sim replay half-killed --messages-around 14s                who sent what to whom then, as a page
  $ meshwork sim check run.jsonl; meshwork sim diff run.jsonl other.jsonl

Exit codes: 0 nothing broke; 1 the scenario's verdict is fail; 2 a file or the usage is wrong; 3 an invariant broke.`;

/** Seeds are numbers of 32 bits. */
const SEED_MAX = 0xffffffff;

export const registerReplay: Register = (sim, act, platform) => {
  sim
    .command("replay <file>")
    .description("run again what explore wrote down, or a seed of a scenario, with its trace")
    .option("--seed <n>", "which seed of a scenario (default: the file's)", integer(0, SEED_MAX))
    .option("--set <path=value>", "change the scenario first; repeatable", collect)
    .option("--mechanism-off", "with what the scenario's mechanism.off says")
    .option("--trace <file>", "write what every agent decided and stored to this file")
    .option("--messages", "with every message in it")
    .option("--messages-around <time>", "draw who sent what to whom around that moment, e.g. 12.5s", momentMs)
    .option("--report <file>", "the page with them (default: .meshwork/runs/<time>-<name>/report.html)")
    .option("--events <n>", "how many of the last events of a failure are shown", integer(0, 400), 60)
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, file: string, options: Options) => {
        const writer = options.trace === undefined ? null : new SimTraceWriter(options.trace);
        const tap = writer?.tap({ messages: options.messages ?? false }) ?? {};
        const run = { context, file, options, tap, platform: await platform() };
        try {
          return await (file.endsWith(".json") ? replaySeed(run) : replayScenario(run));
        } finally {
          writer?.close();
          if (writer !== null) context.note(`trace: ${options.trace} (${writer.lines} entries)`);
        }
      }),
    );
};

interface Replay {
  readonly context: CliContext;
  readonly file: string;
  readonly options: Options;
  readonly tap: RunTap;
  readonly platform: SimPlatform;
}

const pagePath = ({ report }: Options, name: string): string =>
  report ?? join(defaultFolder(Date.now(), name), "report.html");

async function replaySeed({ context, file: path, options, tap, platform }: Replay): Promise<number> {
  const { seed, property, file, plan } = readRepro(path);
  const { host } = platform;
  const source = file === null ? null : { file, content: { yaml: await host.readText(file) } };
  const subject = await openSubject(source, host);
  const { messagesAround: aroundMs, events } = options;
  const log = aroundMs === undefined ? null : new MessageLog(aroundMs);
  const recent: TraceEntry[] = [];
  let endedMs = 0;
  const watched: RunTap = {
    ...tap,
    onFrame(...frame) {
      log?.note(...frame);
      tap.onFrame?.(...frame);
    },
    onEntry(entry) {
      tap.onEntry?.(entry);
      endedMs = entry.atMs;
      recent.push(entry);
      if (recent.length > events) recent.shift();
    },
  };
  const { failure, digest } = subject.run(seed, plan, events, () => false, watched)!;
  if (context.json) context.printJson({ seed, expected: property, failure: failure?.message ?? null, digest });
  else context.print(failure === null ? `seed ${seed}: nothing breaks any more` : failure.text);
  if (log !== null && aroundMs !== undefined) {
    const { renderReplay } = await import("../report/replay-page.ts");
    const words = ["sim", "replay", path, "--messages-around", `${aroundMs}ms`];
    const page = renderReplay({
      ...{ seed, failure, endedMs, aroundMs },
      messages: log.rows(),
      entries: failure === null ? [] : recent.map(describeEntry),
      command: platform.commandLine(words),
      version: platform.version,
    });
    context.note(`page: ${writeWhole(pagePath(options, `seed-${seed}`), page)}`);
  }
  return failure === null ? EXIT.pass : EXIT.broken;
}

async function replayScenario({ context, file, options, tap, platform }: Replay): Promise<number> {
  const batch = await openBatch(platform, file, { ...options, runs: 1 });
  const { scenario, registry, files } = await loadPoint(batch);
  const seed = options.seed ?? scenario.seed;
  const messagesAroundMs = options.messagesAround ?? null;
  const { host, version } = platform;
  const progress = new ProgressLine(context, "runs");
  const sinceMs = performance.now();
  const result = simulate(scenario, {
    seed,
    onProgress: (share, simulatedMs) => {
      const tookMs = performance.now() - sinceMs;
      const leftMs = share > 0 ? tookMs / share - tookMs : null;
      progress.update({ done: 0, total: 1, share, simulatedMs, leftMs });
    },
    host,
    registry,
    files,
    messagesAroundMs,
    tap,
    wallClock: () => performance.now(),
  });
  progress.end();
  const summary = judge(scenario, [result], { partial: result.partial });
  const command = commandOf(batch, "replay", seed);
  const pages: string[] = [];
  if (messagesAroundMs !== null || options.report !== undefined) {
    const { renderReport } = await import("../report/page.ts");
    pages.push(
      writeWhole(pagePath(options, scenario.name), renderReport(scenario, [result], summary, { command, version })),
    );
  }
  if (context.json) context.printJson(summary);
  else {
    const page = pageOf(process.stdout, context.io.env);
    const units = unitsOf(registry.metrics.values());
    const shown = { page, units, files: pages, command, asked: 1 };
    for (const line of renderSummary(scenario, [result], summary, shown)) context.print(line);
  }
  if (hasBrokenInvariant(summary)) return EXIT.broken;
  return summary.verdict === "pass" ? EXIT.pass : EXIT.fail;
}
