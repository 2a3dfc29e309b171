/** `meshwork submit`: hands a job to a mesh. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { describeSafety } from "../../protocol/job/committee-draw.ts";
import { isBounded } from "../../protocol/job/draft.ts";
import { knownHosts } from "../../protocol/selection/hosts.ts";
import { describeLeftOut } from "../committee-report.ts";
import { type ParsedJob, readJobFile } from "../job-file/parse-job.ts";
import { readKnowledge } from "../knowledge.ts";
import { isPart, type KnownAgent } from "../node-status.ts";
import { usualFolder } from "../platform/runs.ts";
import { commandLine, meshWords } from "../platform/terminal/command-line.ts";
import { EXIT } from "../platform/terminal/context.ts";
import { plainText } from "../platform/terminal/terminal-text.ts";
import { RunFolder } from "../run/run-folder.ts";
import { finishRun, followJob } from "../run/run-job.ts";
import type { RunContext } from "../run/run-page.ts";
import { EMBEDDER_HELP, embedderFrom } from "../search/choose-embedder.ts";
import { agentsKnown, type Client, ownerIdentity, ownerKnowledge, withClient } from "./client.ts";
import { address, MESH_OPTION, type Register } from "./context.ts";

interface SubmitCommandOptions {
  readonly to: string;
  readonly mesh: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly strangers?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork submit JOB.yaml --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork submit JOB.yaml --to ADDR --wait --out results`;

const LEARNING = `
Your jobs teach you about agents while a command or a node waits for them (--wait): who answered well, and who hosts
well. Once you know three hosts, those that you do not know hold less than a third of a committee; --strangers lifts that.`;

export const registerSubmit: Register = (program, act) => {
  program
    .command("submit <job>")
    .description("submit a job file to a mesh; prints the job id")
    .requiredOption("--to <addr>", "an agent of the mesh", address)
    .option(...MESH_OPTION)
    .option("--key <file>", "the owner's key (default: owner.key in your configuration folder, made on first use)")
    .option("--wait", "wait until the job ends")
    .option("--out <dir>", "with --wait: where to write the result (default: .meshwork/runs/<time>-<seed>)")
    .option("--force", "replace what an earlier run left in --out")
    .option("--strangers", "let agents that your jobs do not know hold any part of the committee's power")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .addHelpText("after", LEARNING)
    .addHelpText("after", EMBEDDER_HELP)
    .action(act(runSubmit));
};

/** A client that just connected learns of the agents within about this time, ms. */
const SETTLE_MS = 15_000;

/** After waiting this long, the command says what it waits for, ms. */
const PATIENCE_MS = 2_000;

async function runSubmit(context: RunContext, jobFile: string, options: SubmitCommandOptions): Promise<number> {
  const startedAt = Date.now();
  if (options.out !== undefined && options.wait !== true)
    throw new MeshworkError(
      "usage",
      "--out is for --wait",
      `add --wait, or fetch the result later: ${laterCommand(options)}`,
    );
  const embedder = embedderFrom(context.io.env);
  await readJobFile(jobFile, { embedder }); // what is wrong with the file is said before anybody is called
  // If the result cannot be stored, no job is submitted.
  const given = options.out === undefined ? null : new RunFolder(options.out, options);
  const owner = ownerIdentity(context, options.key);
  const knowledge = ownerKnowledge(context, options.key);
  return withClient(context, { ...options, owner, knowledge }, async (client) => {
    const agents = await agentsKnown(client, SETTLE_MS);
    const named = agents.filter(isPart).map(({ agent, name }) => ({ id: agent, name }));
    const read = await readJobFile(jobFile, { prices: pricesOf(agents), embedder, agents: named });
    const job = options.strangers === true ? withStrangers(read) : read;
    return submitJob(context, options, { client, job, agents, given, startedAt });
  });
}

/** Throws `usage` where the job file names the members: nothing is drawn. */
function withStrangers(job: ParsedJob): ParsedJob {
  const { committee } = job;
  if (committee.kind === "drawn") return { ...job, committee: { ...committee, strangers: true } };
  throw new MeshworkError("usage", "--strangers is for committees that are drawn", "the job file names its members");
}

const laterCommand = ({ to, mesh, out = "DIR" }: SubmitCommandOptions): string =>
  commandLine(["result", "JOB", "--to", to, ...meshWords(mesh), "--out", out]);

function pricesOf(agents: readonly KnownAgent[]): Map<string, number> {
  const prices = new Map<string, number>();
  for (const { skills } of agents) {
    for (const { name, price } of skills) prices.set(name, Math.min(price, prices.get(name) ?? price));
  }
  return prices;
}

interface Submission {
  readonly client: Client;
  readonly job: ParsedJob;
  readonly agents: readonly KnownAgent[];
  /** The folder of `--out`. */
  readonly given: RunFolder | null;
  readonly startedAt: number;
}

async function submitJob(
  context: RunContext,
  options: SubmitCommandOptions,
  { client, job, agents, given, startedAt }: Submission,
): Promise<number> {
  const path = usualFolder(startedAt, startedAt % 1_000_000);
  const folder = given ?? (options.wait === true ? new RunFolder(path) : null);
  const told = setTimeout(() => context.note("waiting for a committee to take the job …"), PATIENCE_MS);
  const onRedraw = (reason: string): void => context.note(`drawing another committee: ${plainText(reason)}`);
  const handle = await client.node.submit(job, { onRedraw }).finally(() => clearTimeout(told));
  const { hosts } = readKnowledge(ownerKnowledge(context, options.key));
  const facts = { agents: agents.filter((agent) => agent.hosts).length, known: knownHosts(hosts) };
  const isBounding = isBounded(job.committee, { hosts });
  for (const line of describeSafety(handle.genesis.committee, { ...facts, isBounded: isBounding })) context.note(line);
  for (const line of describeLeftOut(handle.leftOut)) context.note(`  left out: ${line}`);
  if (folder === null) {
    if (context.json)
      context.printJson({ job: handle.id, committee: handle.genesis.committee, leftOut: handle.leftOut });
    else {
      context.print(handle.id);
      for (const line of whatGoesOn(handle.id, options)) context.note(line);
      context.note("it teaches you nothing about its agents: that takes --wait");
    }
    return EXIT.ok;
  }
  context.note(`job ${handle.id}`);
  const named = agents.filter(isPart).map(({ agent, name }) => ({ id: agent, name }));
  const watched = { context, owner: client.node, handle, agents: named, title: job.name, isLocal: false };
  const run = await followJob(watched).catch((error: unknown) => {
    if (context.signal.aborted)
      for (const line of ["the job continues without you", ...whatGoesOn(handle.id, options)]) context.note(line);
    throw error;
  });
  const { sent } = client.node.stats().network;
  return finishRun({
    context,
    run,
    handle,
    folder,
    title: job.name,
    messages: { ...sent, by: "this command" },
    command: null,
    joinTraces: null,
  });
}

/** What can be done about a job that nobody waits for here. */
function whatGoesOn(job: string, { to, mesh, key }: SubmitCommandOptions): string[] {
  const where = [job, "--to", to, ...meshWords(mesh)];
  const owner = key === undefined ? [] : ["--key", key];
  return [
    `fetch its result:  ${commandLine(["result", ...where])}`,
    `end it:            ${commandLine(["cancel", ...where, ...owner])}`,
  ];
}
