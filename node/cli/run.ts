/** `meshwork run`: a local mesh for one job file. */

import { resolve } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { committeeSize } from "../../protocol/job/draft.ts";
import { readJobFile } from "../job-file/parse-job.ts";
import { usualFolder } from "../platform/runs.ts";
import { integer } from "../platform/terminal/context.ts";
import { counted } from "../platform/terminal/terminal-text.ts";
import { agentNames } from "../run/agent-names.ts";
import { RunFolder } from "../run/run-folder.ts";
import { endWords, finishRun, followJob, submitLocally } from "../run/run-job.ts";
import type { RunContext } from "../run/run-page.ts";
import { type JoinTraces, withLocalMesh } from "../run/with-local-mesh.ts";
import { EMBEDDER_HELP, embedderFrom } from "../search/choose-embedder.ts";
import { builtInSkills } from "../skills/built-in.ts";
import { loadSkills } from "../skills/process/load-skills.ts";
import { type AnySkill, priceOf, schemasOf } from "../skills/skill.ts";
import { LOCAL_AGENTS_MAX, PER_PROCESS_OPTION, type Register, SKILLS_MEMORY_OPTION } from "./context.ts";

interface RunCommandOptions {
  readonly agents: number;
  readonly perProcess?: number;
  readonly skills?: string;
  readonly allowCommands?: boolean;
  readonly skillsMemory?: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork run JOB.yaml
  $ meshwork run JOB.yaml --agents 4 --skills skills.mjs
  $ meshwork run JOB.yaml --agents 100 --per-process 10
  $ meshwork run JOB.yaml --json | jq .tasks`;

export const registerRun: Register = (program, act) => {
  program
    .command("run <job>")
    .description("run one job file on a local mesh")
    .option("--agents <n>", "how many agents the mesh has", integer(1, LOCAL_AGENTS_MAX), 5)
    .option(...PER_PROCESS_OPTION)
    .option("--skills <file>", "skills of the agents in addition to the built-in ones")
    .option("--allow-commands", "let skills of the skills file run commands")
    .option(...SKILLS_MEMORY_OPTION)
    .option("--out <dir>", "where to write the files of the run (default: .meshwork/runs/<time>-<seed>)")
    .option("--force", "replace what an earlier run left in --out")
    .option("--json", "print the summary as one JSON document")
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", EMBEDDER_HELP)
    .action(act(runJob));
};

/** The skills that the agents will load. They are loaded once here, in a process that ends right away. */
async function skillsOf(context: RunContext, options: RunCommandOptions): Promise<readonly AnySkill[]> {
  if (options.skills === undefined) return [];
  const { allowCommands = false } = options;
  const memory = options.skillsMemory === undefined ? {} : { memoryBytes: options.skillsMemory };
  const loaded = await loadSkills(options.skills, { allowCommands, signal: context.signal, ...memory });
  await loaded.close();
  return loaded.skills;
}

/** The options about skills as arguments. `toPath`: makes the path of the skills file. */
function skillArguments(options: RunCommandOptions, toPath = (file: string) => file): string[] {
  const { skills, allowCommands, skillsMemory } = options;
  return [
    ...(skills === undefined ? [] : ["--skills", toPath(skills)]),
    ...(allowCommands === true ? ["--allow-commands"] : []),
    ...(skillsMemory === undefined ? [] : ["--skills-memory", String(skillsMemory)]),
  ];
}

async function runJob(context: RunContext, jobFile: string, options: RunCommandOptions): Promise<number> {
  const startedAt = Date.now();
  const seed = startedAt % 1_000_000;
  // All problems with the files are reported before anything is started or written.
  const skills = [...builtInSkills, ...(await skillsOf(context, options))];
  const prices = new Map(skills.map((skill) => [skill.name, priceOf(skill)]));
  const outputs = new Map(skills.map((skill) => [skill.name, schemasOf(skill).output]));
  const embedder = embedderFrom(context.io.env);
  const job = await readJobFile(jobFile, { prices, outputs, embedder });
  const size = committeeSize(job.committee, options.agents);
  if (size > options.agents) {
    const problem = `${jobFile} asks for a committee of ${size}, the mesh has ${options.agents} agents`;
    throw new MeshworkError("usage", problem, `give --agents ${size}, or more`);
  }
  const folder = new RunFolder(options.out ?? usualFolder(startedAt, seed), options);
  const agents = agentNames(seed, options.agents).map((name) => ({ name, lies: false }));
  const args = skillArguments(options, resolve);
  const { perProcess = 1 } = options;
  context.note(`starting ${counted(options.agents, "agent")} …`);
  return withLocalMesh(
    { context, folder, agents, perProcess, args, startedAt },
    async ({ mesh, owner, onLost, messages }) => {
      const handle = await submitLocally(context, owner, job);
      const run = await followJob({
        context,
        owner,
        handle,
        agents: mesh.agents,
        title: job.name,
        isLocal: true,
        onLost,
      });
      const command = ["run", jobFile, "--agents", String(options.agents)];
      if (perProcess > 1) command.push("--per-process", String(perProcess));
      command.push(...skillArguments(options));
      const ending = { context, run, handle, folder, title: job.name, command };
      const finish = async (joinTraces: JoinTraces): Promise<number> =>
        finishRun({ ...ending, joinTraces, messages: await messages() });
      return { words: endWords(run), finish };
    },
  );
}
