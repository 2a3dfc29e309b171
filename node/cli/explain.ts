/** `meshwork explain`: why a task's workers were chosen: who was there, what was known of them, and the scores. */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { JobId, TaskId } from "../../protocol/core/ids.ts";
import type { ExplainedCandidate, ExplainedChoice } from "../explained.ts";
import { formatCredits, formatDuration } from "../job-file/duration.ts";
import { openTrace } from "../trace-reader.ts";
import { COMMAND } from "../version.ts";
import { keeperOf, withClient } from "./client.ts";
import { address, type CliContext, EXIT, jobId, type Register, shortName } from "./context.ts";
import { counted, padEnd, padStart, plainText, tenths } from "./terminal-text.ts";

interface ExplainOptions {
  readonly to?: string;
  readonly run?: string;
  readonly mesh: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork explain JOB report --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork explain JOB count/3 --run .meshwork/runs/2026-01-01T12-00-00-7

A task is named as traces and status do: the node of the job file, and for one of many its number from 0. Agents that
keep a job remember its newest tasks only; a run's folder has them all.`;

export const registerExplain: Register = (program, act) => {
  program
    .command("explain")
    .argument("<job>", "the job's id, 64 hexadecimal digits", jobId)
    .argument("<task>", "the task, e.g. report or count/3")
    .description("show why a task went to the agents that it went to")
    .option("--to <addr>", "ask this agent of the mesh", address)
    .option("--run <dir>", "read it from the folder of a run, or from a trace file")
    .option("--mesh <name>", "the mesh of that agent", shortName, "default")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(explain));
};

interface Explained {
  readonly choices: readonly ExplainedChoice[];
  nameOf(agent: string): string;
}

async function explain(context: CliContext, job: string, task: string, options: ExplainOptions): Promise<number> {
  const { to, run } = options;
  if ((to === undefined) === (run === undefined))
    throw new MeshworkError("usage", "say where to look: --to ADDR or --run DIR", `see ${COMMAND} explain --help`);
  const { choices, nameOf } =
    to !== undefined ? await ask(context, job, task, { ...options, to }) : await readRun(run!, job, task);
  if (choices.length === 0) {
    const remedy =
      "compare the ids; tasks are called as in the job file, those of a map or chain with a number: report, count/3";
    throw new MeshworkError("refused", `nothing is known of how workers of ${task} were chosen`, remedy);
  }
  if (context.json) context.printJson({ job, task, choices });
  else for (const line of choices.flatMap((choice) => ["", ...describe(choice, nameOf)]).slice(1)) context.print(line);
  return EXIT.ok;
}

async function ask(
  context: CliContext,
  job: string,
  task: string,
  options: ExplainOptions & { readonly to: string },
): Promise<Explained> {
  return withClient(context, options, async (client) => {
    const { node } = client;
    const choices = await node.explanation(job as JobId, task as TaskId, await keeperOf(client, job as JobId));
    const { agents } = (await node.status()) as unknown as { agents: readonly { agent: string; name: string }[] };
    const names = new Map(agents.map(({ agent, name }) => [agent, name]));
    return { choices, nameOf: (agent) => names.get(agent) ?? agent };
  });
}

/** From what the makers of blocks wrote into the trace. */
async function readRun(path: string, job: string, task: string): Promise<Explained> {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "trace.jsonl") : path;
  const reader = await openTrace(file);
  const names = new Map(reader.head.agents.map(({ agent, name }) => [agent as string, name]));
  const choices: ExplainedChoice[] = [];
  try {
    for (; reader.entry !== null; await reader.advance()) {
      const { entry } = reader;
      if (entry.kind !== "chosen" || entry.job !== job || entry.task !== task) continue;
      const { attempt, height } = entry;
      choices.push({ ...(entry.choice as ExplainedChoice), attempt, height });
    }
  } finally {
    await reader.close();
  }
  return { choices, nameOf: (agent) => names.get(agent) ?? agent };
}

const WHY: ReadonlyMap<string, string> = new Map([
  ["best", "expected to be best"],
  ["explore", "doubt: it may be better than it seems"],
  ["newcomer", "new, given a try"],
  ["draw", "drawn by lot"],
  ["cheapest", "cheapest: the budget allowed no other"],
]);

const number = (value: number | null): string => (value === null ? "·" : value.toFixed(3));

const COLUMNS: readonly (readonly [title: string, width: number, cell: (candidate: ExplainedCandidate) => string])[] = [
  ["score", 8, ({ score }) => number(score)],
  ["expected", 10, ({ mean }) => number(mean)],
  ["doubt", 8, ({ bonus }) => number(bonus)],
  ["near", 7, ({ known }) => number(known.similarity)],
  ["right", 7, ({ known }) => tenths(known.accepted + known.acceptedBefore)],
  ["wrong", 7, ({ known }) => tenths(known.rejected + known.rejectedBefore)],
  ["late", 6, ({ known }) => tenths(known.timeouts)],
  ["busy", 7, ({ known }) => `${known.live}/${known.slots}`],
  ["price", 8, ({ known }) => formatCredits(known.price)],
  ["takes", 8, ({ known }) => formatDuration(known.expectedMs)],
];

/** Why it was picked, where the others leave it open: of as many offers as seats, and of equals. */
function whyOf(candidate: ExplainedCandidate, candidates: readonly ExplainedCandidate[]): string {
  if (candidate.picked === null) return "";
  const left = candidates.filter(({ picked }) => picked === null);
  if (left.length === 0) return "no more offers than seats";
  if (candidate.picked === "best" && left.some(({ score }) => score === candidate.score)) return "by lot among equals";
  return WHY.get(candidate.picked) ?? plainText(candidate.picked);
}

function describe({ attempt, height, candidates }: ExplainedChoice, nameOf: (agent: string) => string): string[] {
  const picked = candidates.filter((candidate) => candidate.picked !== null);
  const screened = candidates.filter(({ place }) => place === null).length;
  const left = screened === 0 ? "" : `, ${screened} of them left out by the screening`;
  const width = Math.min(24, Math.max(6, ...candidates.map(({ agent }) => plainText(nameOf(agent)).length))) + 2;
  // Tasks that name a skill are offered that skill.
  const columns = COLUMNS.filter(([title]) => title !== "near" || candidates.some(({ known }) => known.similarity < 1));
  return [
    `attempt ${attempt}, block ${height}: ${counted(picked.length, "seat")}, ${counted(candidates.length, "offer")}${left}`,
    `  ${padEnd("agent", width)}${columns.map(([title, size]) => padStart(title, size)).join("")}`,
    ...candidates.map((candidate) => {
      const cells = columns.map(([, size, cell]) => padStart(cell(candidate), size)).join("");
      const name = padEnd(plainText(nameOf(candidate.agent)).slice(0, width - 2), width);
      const why = whyOf(candidate, candidates);
      return `${candidate.picked === null ? "  " : "> "}${name}${cells}${why === "" ? "" : `  ${why}`}`;
    }),
  ];
}
