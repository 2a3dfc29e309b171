/** `meshwork data`: which jobs take how much of a node's data folder, and deleting those that are over. */

import { InvalidArgumentError } from "commander";
import { MeshworkError } from "../../protocol/core/errors.ts";
import { DataFolder, type KeptJob } from "../data-folder.ts";
import { type CliContext, EXIT } from "../platform/terminal/context.ts";
import { columnsOf, counted, plainText, table, uncolored } from "../platform/terminal/terminal-text.ts";
import { formatSize, parseAge, parseSize } from "../platform/text/quantities.ts";
import { compactStore } from "../store/compact-store.ts";
import type { Register } from "./context.ts";

interface DataOptions {
  readonly data: string;
  readonly older?: number;
  readonly toSize?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const DATA = ["--data <dir>", "the data folder of a node that does not run now"] as const;

const EXAMPLES = `
Examples:
  $ meshwork data list --data ~/agent
  $ meshwork data prune --data ~/agent --older 30d --dry-run
  $ meshwork data prune --data ~/agent --to-size 1GiB

Only jobs that are over go: those that ended, and those whose deadline has passed. A mark of some hundred bytes stays of each,
so that the agent never votes in it again. A running node does the same by its limits.`;

function age(text: string): number {
  const ms = parseAge(text);
  if (ms === null) throw new InvalidArgumentError("it must be an age such as 30d or 12h");
  return ms;
}

function size(text: string): number {
  const bytes = parseSize(text);
  if (bytes === null) throw new InvalidArgumentError("it must be a size such as 1GiB or 500MiB");
  return bytes;
}

export const registerData: Register = (program, act) => {
  const data = program
    .command("data")
    .description("what takes how much of a node's data folder; delete jobs that are over")
    .addHelpText("after", EXAMPLES);
  data
    .command("list")
    .description("list the jobs of which the folder holds anything, the largest first")
    .requiredOption(...DATA)
    .option("--json", "print one JSON document")
    .action(act(list));
  data
    .command("prune")
    .description("delete jobs that are over, the oldest first")
    .requiredOption(...DATA)
    .option("--older <age>", "those that ended longer ago than this", age)
    .option("--to-size <size>", "until all jobs together take at most this", size)
    .option("--dry-run", "delete nothing, only say what would go")
    .option("--json", "print one JSON document")
    .action(act(prune));
};

const bytesOf = (jobs: readonly KeptJob[]): number => jobs.reduce((sum, { bytes }) => sum + bytes, 0);
const inAll = (jobs: readonly KeptJob[]): string => `${counted(jobs.length, "job")}, ${formatSize(bytesOf(jobs))}`;

function linesOf(jobs: readonly KeptJob[]): string[] {
  const rows = jobs.map(({ job, name, owner, state, timeMs, bytes }) => [
    plainText(name === "" ? "·" : name),
    job.slice(0, 12),
    plainText(owner.slice(-6)),
    state,
    timeMs === 0 ? "·" : new Date(timeMs).toISOString().slice(0, 16).replace("T", " "),
    formatSize(bytes),
  ]);
  const columns = [
    { title: "name", isElastic: true },
    { title: "job" },
    { title: "owner" },
    { title: "state" },
    { title: "last block (UTC)" },
    { title: "size", align: "right" as const },
  ];
  return table(columns, rows, uncolored(columnsOf(process.stdout, 100) - 1));
}

async function list(context: CliContext, { data }: DataOptions): Promise<number> {
  const folder = new DataFolder(data);
  try {
    const jobs = folder.list();
    if (context.json) context.printJson({ jobs, bytes: bytesOf(jobs) });
    else if (jobs.length === 0) context.print(`${data} holds no jobs`);
    else for (const line of [...linesOf(jobs), inAll(jobs)]) context.print(line);
    return EXIT.ok;
  } finally {
    folder.close();
  }
}

async function prune(context: CliContext, { data, older, toSize, dryRun = false }: DataOptions): Promise<number> {
  if (older === undefined && toSize === undefined)
    throw new MeshworkError("usage", "nothing says which jobs are to go", "add --older 30d, --to-size 1GiB, or both");
  const folder = new DataFolder(data);
  let gone: KeptJob[];
  try {
    gone = await folder.prune({
      bytesMax: toSize ?? Number.MAX_SAFE_INTEGER,
      endedBeforeMs: older === undefined ? 0 : Date.now() - older,
      isDry: dryRun,
    });
  } finally {
    folder.close();
  }
  const unused = dryRun ? null : compactStore(data);
  const stays = unused?.neededBytes == null ? null : unused;
  if (context.json)
    context.printJson({ jobs: gone, bytes: bytesOf(gone), isDeleted: !dryRun, unusedBytes: stays?.bytes ?? 0 });
  else if (gone.length === 0) context.print("no job that is over has to go");
  else
    for (const line of [...linesOf(gone), `${dryRun ? "would delete" : "deleted"} ${inAll(gone)}`]) context.print(line);
  if (stays !== null && !context.json) context.print(unusedLine(stays));
  return EXIT.ok;
}

const unusedLine = ({ bytes, neededBytes }: { readonly bytes: number; readonly neededBytes: number | null }): string =>
  `the database keeps its size: ${formatSize(bytes)} in it are free for new records. To give them back to the disk, make ${formatSize(neededBytes ?? 0)} free and prune again.`;
