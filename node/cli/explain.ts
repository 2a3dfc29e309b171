/**
 * `meshwork explain`: why a task's workers were chosen - the candidates, what was known about them, and the scores - and
 * how it came to its answer: who said what, and what each counted for.
 */

import { ANY_TASK } from "../../protocol/agent/explanations.ts";
import { MeshworkError } from "../../protocol/core/errors.ts";
import type { TaskId } from "../../protocol/core/ids.ts";
import { UsageSum } from "../../protocol/wire/usage.ts";
import { checkOf, type LostReport } from "../answer-reports.ts";
import type { ExplainedCandidate, ExplainedChoice } from "../explained-choices.ts";
import { agentsOf } from "../node-status.ts";
import { LAST } from "../platform/runs.ts";
import { tallyLines } from "../platform/terminal/answer-text.ts";
import { type CliContext, EXIT, type Shown, show } from "../platform/terminal/context.ts";
import {
  columnsOf,
  counted,
  displayWidth,
  formatAnswers,
  hang,
  plainText,
  table,
  uncolored,
} from "../platform/terminal/terminal-text.ts";
import { shownUsage, usageWords } from "../platform/terminal/usage-text.ts";
import { pickOne } from "../platform/text/pick-one.ts";
import { formatCredits, formatDuration } from "../platform/text/quantities.ts";
import { openTrace } from "../platform/traces/trace-reader.ts";
import { TracedEnds } from "../traced-ends.ts";
import { type Client, findJob, withClient } from "./client.ts";
import { address, MESH_OPTION, type Register } from "./context.ts";
import { JOB_ARGUMENT, jobName } from "./job-name.ts";

interface ExplainOptions {
  readonly to?: string;
  readonly run?: string;
  readonly mesh: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork explain JOB report --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork explain JOB --to ADDR        which of its tasks can be explained
  $ meshwork explain last                 those of the newest run of this folder
  $ meshwork explain last count/3
  $ meshwork explain JOB count/3 --run .meshwork/runs/2026-01-01T12-00-00-7

A task has the name that traces and status show: the task of the job file, and the number, from 0, if there are many. The
beginning of the name is enough if no other name begins with it. The hosts of a job remember only its newest tasks; the
folder of a run has them all.

Under the choice stands what its workers answered: how sure each says that it is, what that is worth by its record, and
the weight that this adds to its answer, in log-odds. > marks the answer that won. Of a job with \`redact: true\` the
beginning of the output's hash is shown.`;

export const registerExplain: Register = (program, act) => {
  program
    .command("explain")
    .argument("<job>", JOB_ARGUMENT, jobName)
    .argument("[task]", "the task, e.g. report or count/3 (default: list them)")
    .description("show why a task went to its agents, what they said, and why one answer won")
    .option("--to <addr>", "ask this agent of the mesh", address)
    .option(
      "--run <dir>",
      "read it from the folder of a run, or from a trace file (default, without --to: last, the newest)",
    )
    .option(...MESH_OPTION)
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(explain));
};

interface Explained {
  readonly job: string;
  /** All tasks of the job that are known, by name; the newest last. */
  readonly tasks: ReadonlyMap<string, TaskChoices>;
  nameOf(agent: string): string;
}

interface TaskChoices {
  /** How often workers were chosen; null if the agent does not say. */
  readonly times: number | null;
  readonly newest: ExplainedChoice;
  all(): Promise<readonly ExplainedChoice[]>;
}

async function explain(
  context: CliContext,
  given: string,
  task: string | undefined,
  options: ExplainOptions,
): Promise<number> {
  const { to, run = given === LAST && to === undefined ? LAST : undefined } = options;
  if ((to === undefined) === (run === undefined))
    throw new MeshworkError("usage", "say where to look: --to ADDR or --run DIR", "see meshwork explain --help");
  const width = columnsOf(process.stdout, 100) - 1;
  const render = async ({ job, tasks, nameOf }: Explained): Promise<Shown> => {
    if (tasks.size === 0)
      throw new MeshworkError("refused", `nothing is known of how workers of job ${job} were chosen`);
    if (task === undefined) return listOf(job, tasks, nameOf, width);
    const { id } = pickOne(
      "task",
      task,
      [...tasks.keys()].map((known) => ({ id: known })),
    );
    const choices = await tasks.get(id)!.all();
    const checks = (await tasks.get(checkOf(id) ?? "")?.all()) ?? [];
    const lines = choices.flatMap((choice) => ["", ...describeChoice(choice, nameOf, width)]).slice(1);
    for (const { tally, attempt } of checks)
      if (tally != null) lines.push("", `check ${attempt}, by verifiers:`, ...tallyLines(tally, nameOf, width));
    const used = new UsageSum();
    for (const { usage } of choices) used.add(usage ?? null);
    const usage = used.sum === null ? null : shownUsage(used.sum);
    const total = usage === null ? [] : ["", ...hang(`the task used ${usageWords(usage)}`, width, 2)];
    return {
      document: { job, task: id, usage, choices, ...(checks.length > 0 && { checks }) },
      lines: [...lines, ...total],
    };
  };
  const shown =
    to !== undefined
      ? await withClient(context, { ...options, to }, async (client) => render(await ask(client, given, task)))
      : await render(await readRun(run!, given));
  show(context, shown);
  return EXIT.ok;
}

/** What there is to explain. */
function listOf(job: string, tasks: Explained["tasks"], nameOf: Explained["nameOf"], width: number): Shown {
  const rows = [...tasks].map(([task, { times, newest }]) => {
    const workers = newest.candidates.filter(({ picked }) => picked !== null).map(({ agent }) => agent);
    return { task, times, attempt: newest.attempt, workers };
  });
  // An agent that is asked lists only the newest choice of each task.
  const areCounted = rows.every(({ times }) => times !== null);
  const cells = rows.map(({ task, times, workers }) => [
    plainText(task),
    ...(areCounted ? [String(times)] : []),
    workers.map((agent) => plainText(nameOf(agent))).join(", "),
  ]);
  const columns = [
    { title: "task" },
    ...(areCounted ? [{ title: "choices", align: "right" as const }] : []),
    { title: "newest workers", isElastic: true },
  ];
  return { document: { job, tasks: rows }, lines: table(columns, cells, uncolored(width)) };
}

/** From a host of the job. */
async function ask(client: Client, given: string, task: string | undefined): Promise<Explained> {
  const { node } = client;
  const { job, host } = await findJob(client, given);
  const names = new Map(agentsOf(await node.status()).map(({ agent, name }) => [agent as string, name]));
  const listed = await node.explanation(job, ANY_TASK, host);
  const tasks = new Map<string, TaskChoices>();
  for (const newest of listed) {
    const all = () => node.explanation(job, newest.task as TaskId, host);
    tasks.set(newest.task ?? "", { times: null, newest, all });
  }
  if (task !== undefined && !tasks.has(task)) {
    // It lists its newest ones only, or it is of a version that lists none.
    const choices = await node.explanation(job, task as TaskId, host);
    const newest = choices.at(-1);
    if (newest !== undefined) tasks.set(task, { times: choices.length, newest, all: () => Promise.resolve(choices) });
  }
  return { job, tasks, nameOf: (agent) => names.get(agent) ?? agent };
}

/** From what the makers of blocks wrote into the trace. */
async function readRun(path: string, given: string): Promise<Explained> {
  const reader = await openTrace(path);
  const names = new Map(reader.head.agents.map(({ agent, name }) => [agent as string, name]));
  const jobs = new Map<string, Map<string, ExplainedChoice[]>>();
  const ends = new TracedEnds();
  try {
    for (; reader.entry !== null; await reader.advance()) {
      const { entry } = reader;
      ends.note(entry);
      if (entry.kind !== "chosen") continue;
      const { job, task, attempt, height } = entry;
      const tasks = jobs.get(job) ?? new Map<string, ExplainedChoice[]>();
      jobs.set(
        job,
        tasks.set(task, [...(tasks.get(task) ?? []), { ...(entry.choice as ExplainedChoice), attempt, height }]),
      );
    }
  } finally {
    await reader.close();
  }
  if (jobs.size === 0) throw new MeshworkError("refused", `${path}: no workers were chosen in this run`);
  const all = [...jobs.keys()].map((id) => ({ id }));
  const job = given === LAST ? all.at(-1)!.id : pickOne("job of this run", given, all).id;
  const tasks = [...jobs.get(job)!].map(([task, made]): [string, TaskChoices] => {
    const choices = made.map((choice) => ends.ofChoice(job, task, choice, made));
    return [task, { times: choices.length, newest: choices.at(-1)!, all: () => Promise.resolve(choices) }];
  });
  return { job, tasks: new Map(tasks), nameOf: (agent) => names.get(agent) ?? agent };
}

const WHY: ReadonlyMap<string, string> = new Map([
  ["best", "expected to be best"],
  ["explore", "doubt: it may be better than it seems"],
  ["newcomer", "new, given a try"],
  ["draw", "drawn at random"],
  ["cheapest", "cheapest: the budget allowed no other"],
]);

const number = (value: number | null): string => (value === null ? "·" : value.toFixed(3));

const COLUMNS: readonly (readonly [title: string, cell: (candidate: ExplainedCandidate) => string])[] = [
  ["score", ({ score }) => number(score)],
  ["expected", ({ mean }) => number(mean)],
  ["doubt", ({ bonus }) => number(bonus)],
  ["near", ({ known }) => number(known.similarity)],
  ["right", ({ known }) => formatAnswers(known.accepted + known.acceptedBefore)],
  ["wrong", ({ known }) => formatAnswers(known.rejected + known.rejectedBefore)],
  ["late", ({ known }) => formatAnswers(known.timeouts)],
  ["busy", ({ known }) => `${known.live}/${known.slots}`],
  ["price", ({ known }) => formatCredits(known.price)],
  ["takes", ({ known }) => formatDuration(known.expectedMs)],
];

/** Why it was picked if the comparison does not say so: there were as many offers as seats, or equal ones. */
function whyOf(candidate: ExplainedCandidate, candidates: readonly ExplainedCandidate[]): string {
  if (candidate.picked === null) return "";
  const left = candidates.filter(({ picked }) => picked === null);
  if (left.length === 0) return "no more offers than seats";
  if (candidate.picked === "best" && left.some(({ score }) => score === candidate.score))
    return "at random among equals";
  return WHY.get(candidate.picked) ?? plainText(candidate.picked);
}

/** `carol brought nothing: error, model overloaded`. */
const lostText = ({ worker, reason, message }: LostReport, nameOf: (agent: string) => string): string =>
  plainText(`${nameOf(worker)} brought nothing: ${reason}${message === "" ? "" : `, ${message}`}`);

/** Reasons have a column if there is room, else they follow the table. What became of the workers follows. */
export function describeChoice(
  { attempt, height, candidates, usage, lost = [], tally }: ExplainedChoice,
  nameOf: (agent: string) => string,
  width: number,
): string[] {
  const picked = candidates.filter((candidate) => candidate.picked !== null);
  const screened = candidates.filter(({ place }) => place === null).length;
  const left = screened === 0 ? "" : `, ${screened} of them left out by the screening`;
  const head = `attempt ${attempt}, block ${height}: ${counted(picked.length, "seat")}, ${counted(candidates.length, "offer")}${left}`;
  // Tasks that name a skill are offered that skill.
  const shown = COLUMNS.filter(([title]) => title !== "near" || candidates.some(({ known }) => known.similarity < 1));
  const named = (candidate: ExplainedCandidate): string => plainText(nameOf(candidate.agent));
  const after = [
    ...(usage == null ? [] : hang(`  used: ${usageWords(shownUsage(usage))}`, width, 4)),
    ...lost.flatMap((award) => hang(`  ${lostText(award, nameOf)}`, width, 4)),
    ...(tally == null ? [] : ["", ...tallyLines(tally, nameOf, width)]),
  ];
  const columns = [
    { title: "  agent", isElastic: true },
    ...shown.map(([title]) => ({ title, align: "right" as const })),
  ];
  const rows = candidates.map((candidate) => [
    `${candidate.picked === null ? "  " : "> "}${named(candidate)}`,
    ...shown.map(([, cell]) => cell(candidate)),
  ]);
  const whys = candidates.map((candidate) => whyOf(candidate, candidates));
  const whole = table(
    [...columns, { title: "" }],
    rows.map((row, i) => [...row, whys[i]!]),
    uncolored(Number.POSITIVE_INFINITY),
  );
  if (whole.every((line) => displayWidth(line) <= width)) return [...hang(head, width, 2), ...whole, ...after];
  const reasons = picked.map((candidate) => `${named(candidate)}: ${whyOf(candidate, candidates)}`);
  return [
    ...hang(head, width, 2),
    ...table(columns, rows, uncolored(width)),
    ...reasons.flatMap((line) => hang(line, width - 2, 2).map((part) => `  ${part}`)),
    ...after,
  ];
}
