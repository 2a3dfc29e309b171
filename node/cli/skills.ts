/** `meshwork skills`: what agents can do out of the box, or what a skills file adds to it. */

import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { columnsOf, plainText, wrap } from "../platform/terminal/terminal-text.ts";
import { formatDuration } from "../platform/text/quantities.ts";
import { builtInSkills } from "../skills/built-in.ts";
import { loadSkills } from "../skills/process/load-skills.ts";
import { type AnySkill, type JsonSchema, schemasOf } from "../skills/skill.ts";
import type { Register } from "./context.ts";

const EXAMPLES = `
Examples:
  $ meshwork skills
  $ meshwork skills skills.mjs
  $ meshwork skills --json | jq -r '.skills[].name'`;

export const registerSkills: Register = (program, act) => {
  program
    .command("skills")
    .argument("[file]", "a skills file: a module or YAML (default: the built-in skills)")
    .description("list the built-in skills, or those of a skills file")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(listSkills));
};

/** What people read of a schema. */
const readable = ({ $schema: _, ...schema }: JsonSchema): JsonSchema => schema;

/** `file`: skills of commands are listed, not run, so that they need not be allowed. */
async function skillsOf(context: CliContext, file: string | undefined): Promise<readonly AnySkill[]> {
  if (file === undefined) return builtInSkills;
  const log = (message: string): void => context.note(`${file}: ${message}`);
  const loaded = await loadSkills(file, { allowCommands: true, signal: context.signal, log });
  await loaded.close();
  return loaded.skills;
}

async function listSkills(context: CliContext, file: string | undefined): Promise<number> {
  const skills = await skillsOf(context, file);
  if (context.json) {
    const documents = skills.map((skill) => {
      const { name, description, price, expectedMs } = skill;
      const { input, output } = schemasOf(skill);
      return { name, description, price, expectedMs, input: readable(input), output: readable(output) };
    });
    context.printJson({ skills: documents });
    return EXIT.ok;
  }
  const width = columnsOf(process.stdout, 100) - 1;
  for (const skill of skills) for (const line of describe(skill, width)) context.print(line);
  return EXIT.ok;
}

function describe(skill: AnySkill, width: number): string[] {
  const { name, description, price, expectedMs } = skill;
  const takes = describeType(schemasOf(skill).input);
  const facts = `input: ${takes}; ${price} credits, about ${formatDuration(expectedMs)}`;
  const indented = [description, facts].flatMap((text) => wrap(plainText(text), width - 2));
  return [plainText(name), ...indented.map((line) => `  ${line}`)];
}

const NAMES: ReadonlyMap<unknown, string> = new Map([
  ["string", "text"],
  ["integer", "whole number"],
  ["number", "number"],
  ["boolean", "true or false"],
  ["null", "nothing"],
]);

const PLURALS: ReadonlyMap<string, string> = new Map([
  ["text", "texts"],
  ["whole number", "whole numbers"],
  ["number", "numbers"],
  ["file", "files"],
]);

function listOf(schema: JsonSchema): string {
  const item = describeType(schema);
  return `list of ${PLURALS.get(item) ?? item}`;
}

/** A schema in a few words: `text or file`, `list of numbers`. */
export function describeType(schema: JsonSchema): string {
  const branches = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined;
  if (branches !== undefined) return [...new Set(branches.map(describeType))].join(" or ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => NAMES.get(type) ?? String(type)).join(" or ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (schema.type === "array") return listOf((schema.items ?? {}) as JsonSchema);
  if (schema.type !== "object") return NAMES.get(schema.type) ?? "anything";
  const keys = Object.keys((schema.properties ?? {}) as object);
  if (keys.join() === "path,data") return "file";
  return keys.length === 0 ? "map" : `{ ${keys.join(", ")} }`;
}
