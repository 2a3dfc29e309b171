/** `meshwork record`: writes what the agents of a real run answered, so that simulated agents answer as they did. */

import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { writeFileAtomic } from "../platform/files/atomic-write.ts";
import { LAST, newestRun, summaryIn, traceIn, traceOfRun } from "../platform/runs.ts";
import { type CliContext, collect, EXIT, show } from "../platform/terminal/context.ts";
import { progressLine } from "../platform/terminal/progress-line.ts";
import { counted, pageOf, plainText, table } from "../platform/terminal/terminal-text.ts";
import { suggest } from "../platform/text/nearest.ts";
import { formatDuration } from "../platform/text/quantities.ts";
import { openTrace } from "../platform/traces/trace-reader.ts";
import { RecordedRun, type RecordedTask } from "../run/recorded-run.ts";
import { TruthFile } from "../run/truth-file.ts";
import type { Register } from "./context.ts";

interface RecordOptions {
  readonly truth?: string;
  readonly task?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const FILE = "answers.jsonl";
const FILE_MODE = 0o644;

const EXAMPLES = `
Examples:
  $ meshwork record last                                 answers.jsonl in the folder of the newest run
  $ meshwork record last --truth right.yaml --out answers.jsonl
  $ meshwork record .meshwork/runs/2026-01-01T12-00-00-7 --task translate
  $ meshwork record last --json | jq .agents

A scenario takes the file for a group of agents: profile: { replay: { file: answers.jsonl, agent: NAME } }. Without --truth
an answer is right if the run accepted it; where all agents agree on a wrong one, nobody notices. The file of right answers has an
entry for each task of the job file, and of a task with many items a list: { count: [3, 5, 8] }. Tasks that it leaves out are not
recorded.`;

export const registerRecord: Register = (program, act) => {
  program
    .command("record <run>")
    .description("write what the agents of a run answered, for the simulator to replay")
    .option("--truth <file>", "the right answers, as YAML or JSON (default: those that the run accepted)")
    .option("--task <name>", "only the answers to this task of the job file; may be repeated", collect(String))
    .option("--out <file>", `where to write them (default: ${FILE} in the folder of the run)`)
    .option("--force", "replace the file")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(record));
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** The trace of a run, which users name by its folder, its trace, the beginning of its job's id, or as the newest one. */
function traceOf(given: string): string {
  if (given === LAST && !existsSync(given)) return traceOfRun(given);
  const isMeant = (summary: object): boolean =>
    "job" in summary && typeof summary.job === "string" && summary.job.startsWith(given.toLowerCase());
  const isId = /^[0-9a-f]{4,64}$/i.test(given) && !existsSync(given);
  const path = isId ? newestRun(isMeant) : given;
  if (path === null || !existsSync(path)) {
    const what = isId ? `no run of a job ${given} was begun here` : `there is no run ${given}`;
    throw new MeshworkError("usage", what, `name the folder of one, the id of its job, or ${LAST}`);
  }
  if (!isFolder(path)) return path;
  const trace = traceIn(path);
  if (existsSync(trace)) return trace;
  if (existsSync(join(path, "agents"))) {
    const what = `the run ${path} has not ended, or was ended by force: its agents' traces are not joined yet`;
    throw new MeshworkError("refused", what, "try again when it has ended, or name a run that did");
  }
  if (summaryIn(path) === null)
    throw new MeshworkError("usage", `${path} is no folder of a run: it has no summary.json`, `name one, or ${LAST}`);
  const what = `the run ${path} left no trace: the agents of a mesh that it was submitted to keep their own`;
  throw new MeshworkError("refused", what, "run the job on a local mesh: meshwork run JOB.yaml");
}

/** The job of a run: the one that its summary names, or the newest of the trace. */
async function readRun(context: CliContext, trace: string): Promise<RecordedRun> {
  const summary = summaryIn(dirname(trace));
  const wanted = summary !== null && "job" in summary ? summary.job : null;
  const reader = await openTrace(trace);
  const names = new Map(reader.head.agents.map(({ agent, name }) => [agent as string, name]));
  const progress = progressLine(context);
  const runs = new Map<string, RecordedRun>();
  try {
    if (reader.head.simulated !== null)
      throw new MeshworkError(
        "refused",
        `${trace} is of a simulation`,
        "name a run of demo or run: a model's answers are real",
      );
    for (; reader.entry !== null; await reader.advance()) {
      const { entry } = reader;
      if (!("job" in entry) || (typeof wanted === "string" && entry.job !== wanted)) continue;
      const run = runs.get(entry.job) ?? new RecordedRun(entry.job, names);
      runs.set(entry.job, run);
      run.note(entry);
      progress.show(`${Math.floor(reader.share * 100)} % of ${trace} read`);
    }
  } finally {
    progress.end();
    await reader.close();
  }
  const run = [...runs.values()].at(-1);
  if (run === undefined) throw new MeshworkError("refused", `${trace}: no job was begun in this run`);
  return run;
}

/** What is known of one agent's answers, or of the mesh's. */
interface Score {
  readonly name: string;
  readonly answers: number;
  readonly right: number;
}

interface AgentScore extends Score {
  /** Means. */
  readonly confidence: number;
  readonly latencyMs: number;
}

function agentScores(tasks: readonly RecordedTask[]): AgentScore[] {
  const byAgent = Map.groupBy(
    tasks.flatMap(({ answers }) => answers),
    ({ agent }) => agent,
  );
  return [...byAgent]
    .map(([name, answers]) => ({
      name,
      answers: answers.length,
      right: answers.filter(({ right }) => right).length,
      confidence: answers.reduce((sum, { confidence }) => sum + confidence, 0) / answers.length,
      latencyMs: answers.reduce((sum, { latencyMs }) => sum + latencyMs, 0) / answers.length,
    }))
    .sort((a, b) => b.right / b.answers - a.right / a.answers);
}

function meshScore(tasks: readonly RecordedTask[]): Score {
  const accepted = tasks.filter(({ isMeshRight }) => isMeshRight !== null);
  return { name: "mesh", answers: accepted.length, right: accepted.filter(({ isMeshRight }) => isMeshRight).length };
}

async function record(context: CliContext, given: string, options: RecordOptions): Promise<number> {
  const truth = options.truth === undefined ? null : await TruthFile.read(options.truth);
  const trace = traceOf(given);
  const out = options.out ?? join(dirname(trace), FILE);
  if (existsSync(out) && options.force !== true)
    throw new MeshworkError("usage", `${out} exists`, "choose another --out, or replace it with --force");
  const run = await readRun(context, trace);
  for (const task of options.task ?? [])
    if (!run.nodes.includes(task))
      throw new MeshworkError("usage", `the job has no task "${task}"`, suggest(task, run.nodes));
  const tasks = run.tasks(new Set(options.task ?? run.nodes), truth?.truthOf(run.nodes) ?? null);
  const answers = tasks.flatMap((task) => task.answers);
  if (answers.length === 0) {
    const what = truth === null ? "the run accepted no answer" : "nobody answered a task whose right answer is known";
    throw new MeshworkError("refused", `${trace}: ${what}`, "name another run, or say what is right with --truth FILE");
  }
  writeFileAtomic(out, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(""), FILE_MODE);
  const agents = agentScores(tasks);
  const mesh = meshScore(tasks);
  const share = ({ answers: all, right }: Score): string => (all === 0 ? "·" : `${((100 * right) / all).toFixed(1)} %`);
  const rows = agents.map((agent) => [
    ...[plainText(agent.name), String(agent.answers), String(agent.right), share(agent)],
    ...[agent.confidence.toFixed(2), formatDuration(agent.latencyMs)],
  ]);
  const columns = [
    { title: "agent", isElastic: true },
    ...["answers", "right", "share", "says", "takes"].map((title) => ({ title, align: "right" as const })),
  ];
  const page = pageOf(process.stdout, context.io.env);
  const last = [`the mesh`, String(mesh.answers), String(mesh.right), share(mesh), "", ""];
  show(context, {
    document: { job: run.job, file: out, tasks: tasks.length, agents, mesh },
    lines: [
      ...table(columns, [...rows, last], page),
      "",
      `${counted(answers.length, "answer")} to ${counted(tasks.length, "task")} in ${plainText(out)}`,
      ...(truth === null ? ["right: what the run accepted (--truth FILE says it better)"] : []),
    ],
  });
  return EXIT.ok;
}
