/** Skills of a YAML file: built-in ones under another name or price, and commands if the operator allows them. */

import { z } from "zod";
import { limits } from "../../protocol/core/limits.ts";
import { creditsSchema, durationSchema, nameSchema, sizeSchema } from "../job-file/schema.ts";
import { parseWith, parseYaml, type YamlSource } from "../platform/files/yaml-source.ts";
import { nearest } from "../platform/text/nearest.ts";
import { formatCredits } from "../platform/text/quantities.ts";
import { builtInSkills } from "./built-in.ts";
import { checkTogether } from "./check-together.ts";
import { commandProblem } from "./command-arguments.ts";
import { COMMAND_DEFAULTS, commandSkill } from "./command-skill.ts";
import type { Skill } from "./skill.ts";
import { SKILL_ERROR_CODES } from "./skill-error.ts";

/** What may be said about a built-in skill and about a command alike. */
const common = {
  price: creditsSchema(limits.price).optional().describe("Credits for one task."),
  expected: durationSchema.optional().describe("How long one task usually takes."),
};

const builtInSchema = z
  .strictObject({
    use: z.string(),
    name: nameSchema.optional(),
    description: z.string().min(1).max(limits.textBytes).optional(),
    ...common,
  })
  .describe("A built-in skill, with another name or price if wanted.");

const commandSchema = z
  .strictObject({
    name: nameSchema,
    description: z.string().min(1).max(limits.textBytes),
    command: z
      .array(z.string())
      .min(1)
      .describe(
        'Program and arguments. "{input}" in an argument stands for the input; put "--" before it. There is no shell.',
      ),
    stdin: z.enum(["json", "text", "none"]).optional().describe("What the program reads. Default json."),
    stdout: z
      .enum(["json", "text", "reply"])
      .optional()
      .describe(
        'How its output is read. Default json. reply: {"output": …}, with confidence, cost and usage beside it if wanted.',
      ),
    exits: z
      .record(
        z.string().regex(/^(?:[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/, "an exit code is a number from 1 to 255"),
        z.enum(SKILL_ERROR_CODES),
      )
      .optional()
      .describe(
        "Exit codes by which the program says why it gives no answer. Default {65: invalid-input, 69: unavailable, 75: busy}; all others are errors.",
      ),
    path: z.string().optional().describe("Where to look for programs. Default /usr/local/bin:/usr/bin:/bin."),
    timeout: durationSchema.optional().describe("Default 30s."),
    output: sizeSchema.optional().describe("The most that it may write. Default 1MiB."),
    env: z
      .array(z.string().regex(/^[A-Za-z_]\w*$/, "use names of variables, like API_KEY"))
      .optional()
      .describe(
        "Variables that the program gets from the environment of the node. Default: none. PATH comes from `path`.",
      ),
    memory: sizeSchema
      .optional()
      .describe("The most data in memory for each of its processes; enforced on Linux only. Default 1GiB."),
    ...common,
  })
  .describe("A command. Commands are off unless allowed.");

export const skillsFileSchema = z
  .strictObject({
    allowCommands: z.boolean().optional().describe("Whether skills of this file may run commands. Default false."),
    skills: z.array(z.union([builtInSchema, commandSchema])).min(1),
  })
  .describe("The skills of an agent: built-in ones, and commands.");

type CommandEntry = z.output<typeof commandSchema>;
type BuiltInEntry = z.output<typeof builtInSchema>;

export function parseSkillsYaml(
  file: string,
  text: string,
  options: { readonly allowCommands?: boolean } = {},
): readonly Skill[] {
  const source = parseYaml(file, text);
  const config = parseWith(source, skillsFileSchema);
  const allowed = options.allowCommands === true || config.allowCommands === true;
  const skills = config.skills.map((entry, i) => {
    if ("use" in entry) return builtIn(source, entry, i);
    if (allowed) return command(source, entry, i);
    const remedy = "write allowCommands: true at the top of the file, or start with --allow-commands";
    throw source.error(["skills", i, "command"], `skill "${entry.name}" runs a command, and commands are off`, remedy);
  });
  checkTogether(skills, (i) => (what, remedy) => source.error(["skills", i], what, remedy));
  return skills;
}

/** Micro-credits of the file as credits of a skill. */
const credits = (micro: number): number => Number(formatCredits(micro));

function builtIn(source: YamlSource, entry: BuiltInEntry, index: number): Skill {
  const skill = builtInSkills.find((candidate) => candidate.name === entry.use);
  if (skill === undefined) {
    const names = builtInSkills.map((candidate) => candidate.name);
    const close = nearest(entry.use, names);
    const remedy = close === null ? `there are: ${names.join(", ")}` : `did you mean "${close}"?`;
    throw source.error(["skills", index, "use"], `there is no built-in skill "${entry.use}"`, remedy);
  }
  return {
    ...skill,
    name: entry.name ?? skill.name,
    description: entry.description ?? skill.description,
    price: entry.price === undefined ? skill.price : credits(entry.price),
    expectedMs: entry.expected ?? skill.expectedMs,
  };
}

function command(source: YamlSource, entry: CommandEntry, index: number): Skill {
  const problem = commandProblem(entry.command);
  if (problem !== null)
    throw source.error(["skills", index, "command"], `skill "${entry.name}": ${problem.what}`, problem.remedy);
  const unset = (entry.env ?? []).findIndex((name) => process.env[name] === undefined);
  if (unset >= 0) {
    const what = `skill "${entry.name}": the environment has no ${entry.env![unset]}`;
    throw source.error(["skills", index, "env", unset], what, "set it before the node starts, or take it out");
  }
  return commandSkill({
    name: entry.name,
    description: entry.description,
    command: entry.command as [string, ...string[]],
    stdin: entry.stdin ?? COMMAND_DEFAULTS.stdin,
    stdout: entry.stdout ?? COMMAND_DEFAULTS.stdout,
    exits: entry.exits ?? COMMAND_DEFAULTS.exits,
    path: entry.path ?? COMMAND_DEFAULTS.path,
    env: entry.env ?? COMMAND_DEFAULTS.env,
    timeoutMs: entry.timeout ?? COMMAND_DEFAULTS.timeoutMs,
    outputBytesMax: entry.output ?? COMMAND_DEFAULTS.outputBytesMax,
    memoryBytesMax: entry.memory ?? COMMAND_DEFAULTS.memoryBytesMax,
    price: entry.price === undefined ? COMMAND_DEFAULTS.price : credits(entry.price),
    expectedMs: entry.expected ?? COMMAND_DEFAULTS.expectedMs,
  });
}
