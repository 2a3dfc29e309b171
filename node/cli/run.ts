/** `meshwork run`: a local mesh for one job file. */

import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { committeeSize } from "../../protocol/job/draft.ts";
import { readJobFile } from "../job-file/parse-job.ts";
import { usualFolder } from "../platform/runs.ts";
import { collect, integer } from "../platform/terminal/context.ts";
import { counted } from "../platform/terminal/terminal-text.ts";
import { NAME_PATTERN } from "../platform/text/name-pattern.ts";
import { agentNames } from "../run/agent-names.ts";
import type { LocalAgentOptions } from "../run/local-agent.ts";
import { RunFolder } from "../run/run-folder.ts";
import { endWords, finishRun, followJob, submitLocally } from "../run/run-job.ts";
import type { RunContext } from "../run/run-page.ts";
import { type JoinTraces, withLocalMesh } from "../run/with-local-mesh.ts";
import { EMBEDDER_HELP, embedderFrom } from "../search/choose-embedder.ts";
import { builtInSkills } from "../skills/built-in.ts";
import { loadSkills } from "../skills/process/load-skills.ts";
import { type AnySkill, priceOf, schemasOf } from "../skills/skill.ts";
import { LOCAL_AGENTS_MAX, PER_PROCESS_OPTION, type Register, SKILLS_MEMORY_OPTION } from "./context.ts";

/** An agent with a name and a skills file of its own. */
interface NamedAgent {
  readonly name: string;
  readonly skills: string;
}

interface RunCommandOptions {
  readonly agents: number;
  readonly agent?: readonly NamedAgent[];
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
  $ meshwork run JOB.yaml --agent small=small.mjs --agent large=large.mjs   two agents that do the same in different ways
  $ meshwork run JOB.yaml --json | jq .tasks`;

export const registerRun: Register = (program, act) => {
  program
    .command("run <job>")
    .description("run one job file on a local mesh")
    .option("--agents <n>", "how many agents the mesh has", integer(1, LOCAL_AGENTS_MAX), 5)
    .option(...PER_PROCESS_OPTION)
    .option("--skills <file>", "skills of the agents in addition to the built-in ones")
    .option(
      "--agent <name=file>",
      "one of the agents has this name, and the skills of this file instead of --skills; may be repeated",
      collect(namedAgent),
    )
    .option("--allow-commands", "let skills of the skills file run commands")
    .option(...SKILLS_MEMORY_OPTION)
    .option("--out <dir>", "where to write the files of the run (default: .meshwork/runs/<time>-<seed>)")
    .option("--force", "replace what an earlier run left in --out")
    .option("--json", "print the summary as one JSON document")
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", EMBEDDER_HELP)
    .action(act(runJob));
};

/** `NAME=FILE`, for commander. */
function namedAgent(text: string): NamedAgent {
  const [name, ...rest] = text.split("=");
  const skills = rest.join("=");
  if (!NAME_PATTERN.test(name!) || name!.length > 64 || skills === "")
    throw new InvalidArgumentError("it must be a name of letters, digits, dots and dashes, then = and a skills file");
  return { name: name!, skills };
}

/** All agents of the mesh: first those that the user named. */
function agentsOf(seed: number, { agents, agent: named = [] }: RunCommandOptions): LocalAgentOptions[] {
  const names = named.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new MeshworkError("usage", `--agent names two agents "${twice}"`, "give each a name of its own");
  if (named.length > agents) {
    const problem = `--agent names ${named.length} agents, the mesh has ${agents}`;
    throw new MeshworkError("usage", problem, `give --agents ${named.length}, or more`);
  }
  const others = agentNames(seed, agents).filter((name) => !names.includes(name));
  return [
    ...named.map(({ name, skills }) => ({ name, lies: false, args: ["--skills", resolve(skills)] })),
    ...others.slice(0, agents - named.length).map((name) => ({ name, lies: false })),
  ];
}

/** The skills that the agents will load. They are loaded once here, in processes that end right away. */
async function skillsOf(context: RunContext, options: RunCommandOptions): Promise<readonly AnySkill[]> {
  const { allowCommands = false, agent: named = [] } = options;
  const files = new Set([options.skills, ...named.map((agent) => agent.skills)]);
  const memory = options.skillsMemory === undefined ? {} : { memoryBytes: options.skillsMemory };
  const skills: AnySkill[] = [];
  for (const file of files) {
    if (file === undefined) continue;
    const loaded = await loadSkills(file, { allowCommands, signal: context.signal, ...memory });
    await loaded.close();
    skills.push(...loaded.skills);
  }
  return skills;
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
  const agents = agentsOf(seed, options);
  // All problems with the files are reported before anything is started or written.
  const skills = [...builtInSkills, ...(await skillsOf(context, options))];
  const prices = new Map<string, number>();
  // Agents of several files may ask different prices for a skill: the lowest is what it costs at least.
  for (const skill of skills) prices.set(skill.name, Math.min(priceOf(skill), prices.get(skill.name) ?? Infinity));
  const outputs = new Map(skills.map((skill) => [skill.name, schemasOf(skill).output]));
  const embedder = embedderFrom(context.io.env);
  const job = await readJobFile(jobFile, { prices, outputs, embedder });
  const size = committeeSize(job.committee, options.agents);
  if (size > options.agents) {
    const problem = `${jobFile} asks for a committee of ${size}, the mesh has ${options.agents} agents`;
    throw new MeshworkError("usage", problem, `give --agents ${size}, or more`);
  }
  const folder = new RunFolder(options.out ?? usualFolder(startedAt, seed), options);
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
      for (const { name, skills: file } of options.agent ?? []) command.push("--agent", `${name}=${file}`);
      command.push(...skillArguments(options));
      const ending = { context, run, handle, folder, title: job.name, command };
      const finish = async (joinTraces: JoinTraces): Promise<number> =>
        finishRun({ ...ending, joinTraces, messages: await messages() });
      return { words: endWords(run), finish };
    },
  );
}
