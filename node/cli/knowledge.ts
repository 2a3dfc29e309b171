/** `meshwork knowledge`: what an owner's jobs taught it about agents; shown, taken along, put elsewhere. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { type KnownWorld, totalsOf } from "../../protocol/selection/knowledge.ts";
import { importKnowledge, KNOWLEDGE_FILE, knowledgeText, parseKnowledge, readKnowledge } from "../knowledge.ts";
import { storageError, writeFileAtomic } from "../store/files.ts";
import { type CliContext, configFolder, EXIT, type Register } from "./context.ts";
import { counted, padEnd, padStart, plainText, tenths } from "./terminal-text.ts";

interface KnowledgeCommandOptions {
  readonly data?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const DATA = "data folder of a node (default: your own, which submit uses)";

const EXAMPLES = `
Examples:
  $ meshwork knowledge show
  $ meshwork knowledge export agents.json --data ~/agent
  $ meshwork knowledge import agents.json --data ~/other-agent`;

export const registerKnowledge: Register = (program, act) => {
  const knowledge = program
    .command("knowledge")
    .description("what your jobs taught about agents: the next job begins with it")
    .addHelpText("after", EXAMPLES);
  knowledge
    .command("show")
    .description("list the agents that it knows, by skill")
    .option("--data <dir>", DATA)
    .option("--json", "print one JSON document")
    .action(act(show));
  knowledge
    .command("export <file>")
    .description("write it to a file")
    .option("--data <dir>", DATA)
    .option("--force", "replace the file")
    .option("--json", "print one JSON document")
    .action(act(exportKnowledge));
  knowledge
    .command("import <file>")
    .description("begin with what a file says; it is believed as one's own experience")
    .option("--data <dir>", DATA)
    .option("--force", "replace what is known already")
    .option("--json", "print one JSON document")
    .action(act(runImport));
};

const folderOf = (context: CliContext, { data }: KnowledgeCommandOptions): string =>
  data ?? configFolder(context.io.env);

/** Throws `usage` where `--data` names no folder: a slip would read as "nothing is known". */
function readOf(context: CliContext, options: KnowledgeCommandOptions): { path: string; world: KnownWorld } {
  const { data } = options;
  if (data !== undefined && !existsSync(data)) throw new MeshworkError("usage", `there is no folder ${data}`);
  const path = join(folderOf(context, options), KNOWLEDGE_FILE);
  return { path, world: readKnowledge(path) };
}

const recordsIn = ({ records }: KnownWorld): string =>
  counted(records.length, "record of an agent", "records of agents");

async function show(context: CliContext, options: KnowledgeCommandOptions): Promise<number> {
  const { path, world } = readOf(context, options);
  if (context.json) {
    context.printJson(JSON.parse(knowledgeText(world)));
    return EXIT.ok;
  }
  if (world.records.length === 0) {
    context.print(`nothing is known yet: submit --wait and nodes write ${path} when a job ends, demo and run do not`);
    return EXIT.ok;
  }
  const width = Math.max(5, ...world.records.map(({ skill }) => plainText(skill).length));
  context.print(
    `${padEnd("agent", 54)}${padEnd("skill", width)}${padStart("accepted", 10)}${padStart("rejected", 10)}`,
  );
  for (const { agent, skill, accepted, rejected } of [...totalsOf(world)].reverse()) {
    const counts = padStart(tenths(accepted), 10) + padStart(tenths(rejected), 10);
    context.print(`${padEnd(plainText(agent), 54)}${padEnd(plainText(skill), width)}${counts}`);
  }
  const names = Object.keys(world.learned);
  if (names.length > 0) context.print(`selectors that learned: ${plainText(names.join(", "))}`);
  return EXIT.ok;
}

async function exportKnowledge(context: CliContext, file: string, options: KnowledgeCommandOptions): Promise<number> {
  const { world } = readOf(context, options);
  if (existsSync(file) && options.force !== true)
    throw new MeshworkError("usage", `${file} exists already`, "choose another name, or add --force");
  writeFileAtomic(file, knowledgeText(world), 0o600);
  if (context.json) context.printJson({ file, records: world.records.length });
  else context.print(`${file}: ${recordsIn(world)}`);
  return EXIT.ok;
}

function readGiven(file: string): KnownWorld {
  try {
    return parseKnowledge(readFileSync(file, "utf8"), file);
  } catch (error) {
    throw storageError(`${file} cannot be read`, error);
  }
}

async function runImport(context: CliContext, file: string, options: KnowledgeCommandOptions): Promise<number> {
  const world = readGiven(file);
  const path = join(folderOf(context, options), KNOWLEDGE_FILE);
  const known = importKnowledge(path, world, options.force === true);
  if (known !== null) {
    const remedy = "export it first if it is worth something, then add --force";
    throw new MeshworkError("usage", `${path} holds ${recordsIn(known)} already`, remedy);
  }
  if (context.json) context.printJson({ file: path, records: world.records.length });
  else context.print(`${path}: ${recordsIn(world)}`);
  return EXIT.ok;
}
