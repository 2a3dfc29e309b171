/**
 * Skills from a file of the operator: a module (.ts, .mts, .js, .mjs) or YAML.
 *
 * A module exports by default a list of skills, or a function `({ z, defineSkill }) => list`: with it a skills
 * file needs nothing installed beside it. A YAML file names built-in skills, and commands where they are allowed.
 *
 * Responsible for: loading, checking, and one line for each problem. What a skill is stands in skill.ts.
 */

import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { MeshworkError } from "../../protocol/core/errors.ts";
import { limits } from "../../protocol/core/limits.ts";
import { formatCredits } from "../job-file/duration.ts";
import { nearest, suggest } from "../job-file/nearest.ts";
import { creditsSchema, durationSchema, nameSchema, sizeSchema } from "../job-file/schema.ts";
import { fileError, parseWith, parseYaml, readTextFile, unreadable, type YamlSource } from "../job-file/yaml-source.ts";
import { builtInSkills } from "./built-in.ts";
import { COMMAND_DEFAULTS, commandSkill } from "./command-skill.ts";
import { lineOfThrow } from "./line-of-throw.ts";
import { defineSkill, type Skill, skillShape } from "./skill.ts";

export interface LoadOptions {
  /** Whether skills that run commands may be used at all. Default false; a YAML file may also allow its own. */
  readonly allowCommands?: boolean;
}

const MODULE_ENDINGS = [".ts", ".mts", ".js", ".mjs"];
const YAML_ENDINGS = [".yaml", ".yml"];

/** Throws a MeshworkError about the first problem. */
export async function loadSkills(file: string, options: LoadOptions = {}): Promise<readonly Skill[]> {
  const ending = extname(file);
  if (YAML_ENDINGS.includes(ending)) return parseSkillsYaml(file, await readTextFile(file), options);
  if (MODULE_ENDINGS.includes(ending)) return loadModule(file);
  throw fileError(
    file,
    null,
    `a skills file cannot end in "${ending}"`,
    `use ${[...MODULE_ENDINGS, ...YAML_ENDINGS].join(", ")}`,
  );
}

// --- modules ------------------------------------------------------------------------------------------

async function loadModule(file: string): Promise<readonly Skill[]> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const url = pathToFileURL(resolve(file)).href;
  const exported = await importDefault(file, url);
  const list = typeof exported === "function" ? await callModule(file, exported) : exported;
  if (!Array.isArray(list)) {
    const remedy = "export default [ … ], or a function ({ z, defineSkill }) => [ … ]";
    throw fileError(file, null, "it has no list of skills as its default export", remedy);
  }
  const skills = list.map((item: unknown, i) => checkSkill(file, text, item, i));
  checkTogether(skills, (i) => fileErrorAt(file, lineOfText(text, skills[i]?.name ?? "export default")));
  return skills;
}

async function importDefault(file: string, url: string): Promise<unknown> {
  try {
    const module = (await import(url)) as { readonly default?: unknown };
    return module.default;
  } catch (error) {
    throw moduleProblem(file, error, "it cannot be loaded");
  }
}

async function callModule(file: string, make: unknown): Promise<unknown> {
  try {
    return await (make as (tools: { z: typeof z; defineSkill: typeof defineSkill }) => unknown)({ z, defineSkill });
  } catch (error) {
    throw moduleProblem(file, error, "its function threw");
  }
}

function moduleProblem(file: string, error: unknown, what: string): MeshworkError {
  const line = lineOfThrow(file, error);
  const message = error instanceof Error ? error.message : String(error);
  const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
  const remedy = missing ? "install it beside the file, or export a function ({ z }) => [ … ]" : "correct the module";
  return fileError(file, line, `${what}: ${message.split("\n")[0]}`, remedy);
}

/** The line on which `word` stands, if it stands on one only; a module does not tell where its parts are. */
function lineOfText(text: string, word: string): number | null {
  const lines = text.split("\n").flatMap((line, i) => (line.includes(word) ? [i + 1] : []));
  return lines.length === 1 ? lines[0]! : null;
}

const fileErrorAt =
  (file: string, line: number | null) =>
  (what: string, remedy: string): MeshworkError =>
    fileError(file, line, what, remedy);

function checkSkill(file: string, text: string, item: unknown, index: number): Skill {
  const parsed = skillShape.safeParse(item);
  if (parsed.success) return item as Skill; // as it is: `run` may use `this`
  const given = typeof item === "object" && item !== null && "name" in item ? ` "${String(item.name)}"` : "";
  const skill = `skill ${index + 1}${given}`;
  const issue = parsed.error.issues[0]!;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const remedy = suggest(key, Object.keys(skillShape.shape));
    throw fileError(file, lineOfText(text, key), `${skill} has an unknown key "${key}"`, remedy);
  }
  const key = issue.path.length === 0 ? null : String(issue.path[0]);
  if (key !== null && !(key in (item as object))) {
    throw fileError(
      file,
      null,
      `${skill} has no "${key}"`,
      `add it; a skill has ${Object.keys(skillShape.shape).join(", ")}`,
    );
  }
  throw fileError(file, null, `${skill}${key === null ? "" : `: ${key}`} – ${issue.message}`, "correct it");
}

function checkTogether(
  skills: readonly Skill[],
  errorAt: (index: number) => (what: string, remedy: string) => MeshworkError,
): void {
  if (skills.length === 0) throw errorAt(0)("there are no skills in it", "add one");
  if (skills.length > limits.skills) throw errorAt(0)(`more than ${limits.skills} skills`, "use several agents");
  const names = new Set<string>();
  for (const [i, skill] of skills.entries()) {
    if (names.has(skill.name)) throw errorAt(i)(`two skills are called "${skill.name}"`, "rename one of them");
    names.add(skill.name);
  }
}

// --- YAML ---------------------------------------------------------------------------------------------

/** What may be said about a built-in skill and about a command alike. */
const common = {
  price: creditsSchema(limits.price).optional().describe("Credits for one task."),
  expected: durationSchema.optional().describe("How long one task takes as a rule."),
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
      .describe('Program and arguments; "{input}" in one stands for the input. No shell.'),
    stdin: z.enum(["json", "text", "none"]).optional().describe("What the program reads. Default json."),
    stdout: z.enum(["json", "text"]).optional().describe("What its output is. Default json."),
    path: z.string().optional().describe("Where programs are looked for. Default /usr/local/bin:/usr/bin:/bin."),
    timeout: durationSchema.optional().describe("Default 30s."),
    output: sizeSchema.optional().describe("The most that it may write. Default 1MiB."),
    memory: sizeSchema.optional().describe("Address space, enforced on Linux only. Default 512MiB."),
    ...common,
  })
  .describe("A command. Off unless allowed.");

export const skillsFileSchema = z
  .strictObject({
    allowCommands: z.boolean().optional().describe("Whether skills of this file may run commands. Default false."),
    skills: z.array(z.union([builtInSchema, commandSchema])).min(1),
  })
  .describe("The skills of an agent: built-in ones, and commands.");

type CommandEntry = z.output<typeof commandSchema>;
type BuiltInEntry = z.output<typeof builtInSchema>;

export function parseSkillsYaml(file: string, text: string, options: LoadOptions = {}): readonly Skill[] {
  const source = parseYaml(file, text);
  const config = parseWith(source, skillsFileSchema);
  const allowed = options.allowCommands === true || config.allowCommands === true;
  const skills = config.skills.map((entry, i) => {
    if ("use" in entry) return builtIn(source, entry, i);
    if (allowed) return command(entry);
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

function command(entry: CommandEntry): Skill {
  return commandSkill({
    name: entry.name,
    description: entry.description,
    command: entry.command as [string, ...string[]],
    stdin: entry.stdin ?? COMMAND_DEFAULTS.stdin,
    stdout: entry.stdout ?? COMMAND_DEFAULTS.stdout,
    path: entry.path ?? COMMAND_DEFAULTS.path,
    timeoutMs: entry.timeout ?? COMMAND_DEFAULTS.timeoutMs,
    outputBytesMax: entry.output ?? COMMAND_DEFAULTS.outputBytesMax,
    memoryBytesMax: entry.memory ?? COMMAND_DEFAULTS.memoryBytesMax,
    price: entry.price === undefined ? COMMAND_DEFAULTS.price : credits(entry.price),
    expectedMs: entry.expected ?? COMMAND_DEFAULTS.expectedMs,
  });
}
