/** `meshwork knowledge`: shows, exports and imports what an owner's jobs taught it about agents. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { type KnownWorld, totalsOf } from "../../protocol/selection/knowledge.ts";
import { reliabilityOf } from "../../protocol/selection/reliability.ts";
import { importKnowledge, KNOWLEDGE_FILE, knowledgeText, parseKnowledge, readKnowledge } from "../knowledge.ts";
import { writeFileAtomic } from "../platform/files/atomic-write.ts";
import { storageError } from "../platform/files/storage-error.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import {
  columnsOf,
  counted,
  formatAnswers,
  hang,
  plainText,
  table,
  uncolored,
} from "../platform/terminal/terminal-text.ts";
import { pickOne } from "../platform/text/pick-one.ts";
import { configFolder, type Register } from "./context.ts";
import { hostLines, ID_END } from "./known-hosts.ts";
import { brierText, reliabilityLines } from "./reliability.ts";

interface KnowledgeCommandOptions {
  readonly data?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const DATA = "data folder of a node (default: your own, which submit uses)";

const EXAMPLES = `
Examples:
  $ meshwork knowledge show
  $ meshwork knowledge show ada                one agent, with how well its stated confidence fits its answers
  $ meshwork knowledge export agents.json --data ~/agent
  $ meshwork knowledge import agents.json --data ~/other-agent

Hosts: turns as a proposer that each kept and lost in your certified jobs, its share, and the power that it has in your next
committees (2 from 50 turns kept, 3 from 500, 4 from 5,000, with a share of 95 %). A host is known a week after you met it first,
if jobs of three days met it; each network has one new known host a day. Newcomers together hold less than a third of the
power of a committee once you know three hosts. Who signed two statements that exclude each other is never drawn.

What a job taught is learned by whoever waits for it: submit --wait, and nodes. A plain submit does not learn, and neither do
demo and run.

brier: the mean squared distance between the confidence that an agent stated and what came out, 0 at best; always
stating 0.5 gets 0.25.`;

export const registerKnowledge: Register = (program, act) => {
  const knowledge = program
    .command("knowledge")
    .description("what your jobs taught about agents; your next job starts from it")
    .addHelpText("after", EXAMPLES);
  knowledge
    .command("show")
    .argument("[agent]", "only this agent: its name, its id or the beginning of its id")
    .description("list what is known about agents, by skill, and as hosts")
    .option("--data <dir>", DATA)
    .option("--json", "print one JSON document")
    .action(act(show));
  knowledge
    .command("export <file>")
    .description("write the knowledge to a file")
    .option("--data <dir>", DATA)
    .option("--force", "replace the file")
    .option("--json", "print one JSON document")
    .action(act(exportKnowledge));
  knowledge
    .command("import <file>")
    .description("start from the knowledge in a file, which counts like your own experience")
    .option("--data <dir>", DATA)
    .option("--force", "replace the knowledge that exists")
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

const recordsIn = ({ records, hosts }: KnownWorld): string =>
  counted(records.length + hosts.length, "record of an agent", "records of agents");

const DAY_MS = 86_400_000;

/** `3 days`: nobody plans by the minute what an agent is known for. */
function ageOf(atMs: number | undefined): string {
  if (atMs === undefined) return "·";
  const days = Math.floor(Math.max(0, Date.now() - atMs) / DAY_MS);
  return days === 0 ? "today" : counted(days, "day");
}

async function show(context: CliContext, given: string | undefined, options: KnowledgeCommandOptions): Promise<number> {
  const { path, world } = readOf(context, options);
  if (context.json) {
    context.printJson(JSON.parse(knowledgeText(world)));
    return EXIT.ok;
  }
  if (world.records.length + world.hosts.length === 0) {
    context.print(`nothing is known yet: submit --wait and nodes write ${path} when a job ends, demo and run do not`);
    return EXIT.ok;
  }
  for (const line of knowledgeLines(world, given, columnsOf(process.stdout, 100) - 1)) context.print(line);
  return EXIT.ok;
}

/** What `meshwork knowledge show` prints. `given`: of one agent, with its whole id. */
export function knowledgeLines(world: KnownWorld, given: string | undefined, width: number): string[] {
  const { seen = {}, learned } = world;
  const agents = [...new Set([...world.records, ...world.hosts].map(({ agent }) => agent as string))];
  const nameables = agents.map((id) => ({ id, name: seen[id]?.name ?? "", about: seen[id]?.mesh ?? "" }));
  const one = given === undefined ? null : pickOne("agent", given, nameables).id;
  const records = [...totalsOf(world)].reverse().filter(({ agent }) => one === null || agent === one);
  const known = records.map((record) => ({ ...record, reliability: reliabilityOf(record.stated) }));
  const isStated = known.some(({ reliability }) => reliability !== null);
  const rows = known.map(({ agent, skill, accepted, rejected, reliability }) => {
    const { name = "", mesh = "·", atMs } = seen[agent] ?? {};
    const cells = [plainText(name === "" ? "·" : name), plainText(agent.slice(-ID_END)), plainText(skill)];
    const answers = [formatAnswers(accepted), formatAnswers(rejected), ...(isStated ? [brierText(reliability)] : [])];
    return [...cells, ...answers, ageOf(atMs), plainText(mesh)];
  });
  const columns = [
    { title: "agent", isElastic: true },
    { title: "id ends in" },
    { title: "skill", isElastic: true },
    { title: "accepted", align: "right" },
    { title: "rejected", align: "right" },
    ...(isStated ? [{ title: "brier", align: "right" } as const] : []),
    { title: "last" },
    { title: "mesh", isElastic: true },
  ] as const;
  const names = Object.keys(learned);
  const curves = known.flatMap(({ skill, reliability }) =>
    one === null || reliability === null ? [] : ["", plainText(skill), ...reliabilityLines(reliability, width)],
  );
  const hosts = hostLines(world, one, width);
  return [
    ...(one === null ? [] : [plainText(one)]),
    ...(rows.length === 0 ? [] : table(columns, rows, uncolored(width))),
    ...(rows.length === 0 || hosts.length === 0 ? [] : [""]),
    ...hosts,
    ...(names.length === 0 ? [] : hang(`selectors that learned: ${plainText(names.join(", "))}`, width, 2)),
    ...curves,
  ];
}

async function exportKnowledge(context: CliContext, file: string, options: KnowledgeCommandOptions): Promise<number> {
  const { world } = readOf(context, options);
  if (existsSync(file) && options.force !== true)
    throw new MeshworkError("usage", `${file} exists already`, "choose another name, or add --force");
  writeFileAtomic(file, knowledgeText(world), 0o600);
  if (context.json) context.printJson({ file, records: world.records.length, hosts: world.hosts.length });
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
  if (context.json) context.printJson({ file: path, records: world.records.length, hosts: world.hosts.length });
  else context.print(`${path}: ${recordsIn(world)}`);
  return EXIT.ok;
}
