/**
 * `meshwork demo`: a mesh of agents surveys a folder, survives a killed agent and a lying one, and ends with a
 * certified answer.
 */

import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { createPrng } from "../../protocol/core/prng.ts";
import { PACKAGE_ROOT } from "../platform/own-files.ts";
import { usualFolder } from "../platform/runs.ts";
import { integer } from "../platform/terminal/context.ts";
import { counted, groupDigits } from "../platform/terminal/terminal-text.ts";
import { formatSize } from "../platform/text/quantities.ts";
import { agentNames } from "../run/agent-names.ts";
import { DemoFaults } from "../run/demo-faults.ts";
import { RunFolder } from "../run/run-folder.ts";
import { endWords, finishRun, followJob, submitLocally } from "../run/run-job.ts";
import type { RunContext } from "../run/run-page.ts";
import { surveyJob } from "../run/survey-job.ts";
import { type JoinTraces, withLocalMesh } from "../run/with-local-mesh.ts";
import type { SurveyReport } from "../skills/survey.ts";
import { LOCAL_AGENTS_MAX, PER_PROCESS_OPTION, type Register } from "./context.ts";

interface DemoOptions {
  readonly input?: string;
  readonly agents: number;
  readonly perProcess?: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly seed?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork demo
  $ meshwork demo --input ~/papers --agents 9
  $ meshwork demo --json | jq .status`;

/** Agents of which one is killed, where agents share processes. */
const KILLABLE = 3;

export const registerDemo: Register = (program, act) => {
  program
    .command("demo")
    .description("survey a folder with a mesh of agents, one of which is killed and one of which lies")
    .option("--input <dir>", "the folder to survey (default: this repository)")
    .option("--agents <n>", "how many agents the mesh has", integer(5, LOCAL_AGENTS_MAX), 7)
    .option(...PER_PROCESS_OPTION)
    .option("--out <dir>", "where to write the files of the run (default: .meshwork/runs/<time>-<seed>)")
    .option("--force", "replace what an earlier run left in --out")
    .option("--seed <n>", "chooses the names and the agents that fail (default: random)", integer(0, 2 ** 32 - 1))
    .option("--json", "print the summary as one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runDemo));
};

/** The folders of a checkout that git ignores and a walk would not skip by itself: what was built. A package has no .gitignore. */
function builtFolders(folder: string): readonly string[] {
  const file = join(folder, ".gitignore");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split(/\r?\n/);
  return lines.flatMap((line) => /^\/?([\w.-]+)\/$/.exec(line.trim())?.[1] ?? []);
}

async function runDemo(context: RunContext, options: DemoOptions): Promise<number> {
  const startedAt = Date.now();
  const seed = options.seed ?? startedAt % 1_000_000;
  const input = resolve(options.input ?? PACKAGE_ROOT);
  const survey = await surveyJob(input, options.input === undefined ? builtFolders(input) : []);
  const folder = new RunFolder(options.out ?? usualFolder(startedAt, seed), options);
  const prng = createPrng(`demo/${seed}`);
  const names = agentNames(seed, options.agents);
  const liar = prng.pick(names);
  const title = `survey of ${relative(process.cwd(), input) || "this folder"}`;
  const bytes = survey.files.reduce((sum, file) => sum + file.size, 0);
  context.note(
    `${counted(survey.files.length, "file")}, ${formatSize(bytes)}, in ${counted(survey.batches, "batch", "batches")}; starting ${options.agents} agents …`,
  );
  const { perProcess = 1 } = options;
  // One agent is killed: those that may be it share no process, or others would end with it.
  const mayBeKilled = new Set(names.filter((name) => name !== liar).slice(0, KILLABLE));
  const agents = names.map((name) => ({ name, lies: name === liar, isAlone: mayBeKilled.has(name) }));
  if (perProcess > 1)
    context.note(`${KILLABLE} agents have processes of their own: one of them is killed; the others share`);
  return withLocalMesh(
    { context, folder, agents, perProcess, args: [], startedAt },
    async ({ mesh, owner, onLost, messages }) => {
      const handle = await submitLocally(context, owner, survey.job);
      const faults = new DemoFaults({ mesh, owner, handle, prng, batches: survey.batches });
      const run = await followJob({
        context,
        owner,
        handle,
        agents: mesh.agents,
        title,
        isLocal: true,
        onLost,
        onStart: (watch) => faults.start(watch),
        onBlock: () => faults.onBlock(),
      });
      faults.stop();
      const highlights =
        run.outcome?.status === "certified" ? highlightsOf(run.outcome.result as unknown as SurveyReport) : [];
      const command = ["demo", "--agents", String(options.agents), "--seed", String(seed)];
      if (perProcess > 1) command.push("--per-process", String(perProcess));
      if (options.input !== undefined) command.push("--input", options.input);
      const ending = { context, run, handle, folder, title, command, highlights };
      const finish = async (joinTraces: JoinTraces): Promise<number> =>
        finishRun({ ...ending, joinTraces, messages: await messages() });
      return { words: endWords(run), finish };
    },
  );
}

function highlightsOf({ totals, topWords, duplicates }: SurveyReport): string[] {
  const words = topWords.slice(0, 5).map(([word, count]) => `${word} ${groupDigits(count)}`);
  return [
    `${counted(totals.files, "file")}, ${formatSize(totals.bytes)}, ${groupDigits(totals.lines)} lines, ${groupDigits(totals.words)} words`,
    `most frequent: ${words.join(", ")}`,
    `${counted(duplicates.length, "group")} of equal files`,
  ];
}
