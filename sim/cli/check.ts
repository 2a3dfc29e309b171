/** `meshwork sim check`: traces, of real nodes or of simulations, against the invariants of the protocol. */

import { type CliContext, collect, EXIT } from "../../node/platform/terminal/context.ts";
import { type Page, padEnd, pageOf, wrap } from "../../node/platform/terminal/terminal-text.ts";
import type { SimHost } from "../model/host.ts";
import type { CheckedInvariant, Finding } from "../parts/checkers/trace-check.ts";
import { moment } from "../report/format.ts";
import { type CheckedTraces, checkTraces } from "../traces/check-traces.ts";
import type { Register } from "./context.ts";
import { plain } from "./figures.ts";
import { RunsProgress } from "./progress.ts";

interface Options {
  readonly distrust?: readonly string[];
}

const EXAMPLES = `
Examples:
  $ meshwork sim check last                             the newest run of meshwork demo or meshwork run
  $ meshwork sim check .meshwork/runs/…/trace.jsonl     any of them
  $ meshwork sim check a.jsonl b.jsonl c.jsonl          what several agents wrote (meshwork node --trace FILE)
  $ meshwork sim check trace.jsonl --json | jq .verdict

Exit codes: 0 nothing is broken; 2 a file is missing or is no trace; 3 an invariant is broken.`;

export const registerCheck: Register = (sim, act, host) => {
  sim
    .command("check <traces...>")
    .description("check traces, of simulations or real nodes, against the invariants of the protocol")
    .option(
      "--distrust <agent>",
      "an agent that breaks the protocol on purpose, and whose word is no evidence; repeatable",
      collect(String),
    )
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(
      act(async (context, traces: readonly string[], options: Options) =>
        check(context, traces, options, await host()),
      ),
    );
};

async function check(
  context: CliContext,
  paths: readonly string[],
  { distrust = [] }: Options,
  host: SimHost,
): Promise<number> {
  const progress = new RunsProgress(context, "entries");
  const onShare = (share: number): void => progress.update({ done: 0, total: 1, share, simulatedMs: 0, leftMs: null });
  const checked = await checkTraces({ host, paths, distrust, onShare }).finally(() => progress.end());
  const isBroken = checked.invariants.some(({ verdict }) => verdict === "broken");
  if (context.json) context.printJson(documentOf(checked, isBroken));
  else for (const line of renderCheck(checked, pageOf(process.stdout, context.io.env))) context.print(line);
  return isBroken ? EXIT.bug : EXIT.ok;
}

function documentOf({ invariants, ...checked }: CheckedTraces, isBroken: boolean): object {
  return {
    ...checked,
    verdict: isBroken ? "fail" : "pass",
    invariants: invariants.map(({ id, verdict, note, first }) => {
      if (first === null) return { id, verdict, note };
      const { file, line, step, name, atMs } = first.at;
      return { id, verdict, note, first: { file, line, step, agent: name, atMs } };
    }),
  };
}

const WORDS = { ok: "ok", broken: "BROKEN", undecided: "not decided by a trace" } as const;

/** `trace.jsonl, line 812, 3.2 s, agent yara`: enough to find the entry. */
const placeOf = ({ at }: Finding, isSimulated: boolean): string =>
  `${at.file}, ${at.unit} ${at.line}${isSimulated ? `, step ${at.step}` : ""}, ${plain(moment(at.atMs))}, agent ${at.name}`;

function renderCheck(checked: CheckedTraces, page: Page): string[] {
  const { entries, agents, jobs, invariants, cutOff, isSimulated } = checked;
  const width = Math.max(...invariants.map(({ id }) => id.length));
  const lineOf = (invariant: CheckedInvariant): string[] => {
    const { id, verdict, note, first } = invariant;
    const word = verdict === "broken" ? page.paint(WORDS.broken, "bold", "red") : WORDS[verdict];
    const more = first === null ? note : `${placeOf(first, isSimulated)}: ${note}`;
    return wrap(`${word}: ${more}`, Math.max(30, page.width - width - 3)).map(
      (line, index) => ` ${padEnd(index === 0 ? id : "", width)}  ${line}`,
    );
  };
  const count = (verdict: CheckedInvariant["verdict"]): number =>
    invariants.filter((invariant) => invariant.verdict === verdict).length;
  const broken = count("broken");
  const sign = broken > 0 ? page.paint("✗ BROKEN", "bold", "red") : page.paint("✓ OK", "bold", "green");
  const names = jobs.map(
    ({ name, job, height, status }) => ` ${name || `job ${job.slice(0, 8)}`}: ${status}, ${height} blocks`,
  );
  return [
    "",
    ` ${sign}  ${count("ok")} held, ${broken} broken, ${count("undecided")} not decided`,
    "",
    ...invariants.flatMap(lineOf),
    "",
    ...names,
    ` ${entries} entries of ${agents} agents${isSimulated ? ", simulated" : ""}`,
    ...cutOff.map((path) => ` ${path}: its last entry was cut off, and is left out`),
    "",
  ];
}
