/** `meshwork status`: what an agent knows of its mesh and its jobs; or which agents host a job, or where an agent is. */

import { MeshworkError } from "../../protocol/core/errors.ts";
import { agentsOf, isPart, type JobStatus, type KnownAgent, type NodeStatus } from "../node-status.ts";
import { LAST } from "../platform/runs.ts";
import { type CliContext, EXIT, type Shown, show } from "../platform/terminal/context.ts";
import { columnsOf, hang, padEnd, plainText } from "../platform/terminal/terminal-text.ts";
import { shownUsage, usageWords } from "../platform/terminal/usage-text.ts";
import { ambiguous, type Nameable } from "../platform/text/pick-one.ts";
import { formatDuration } from "../platform/text/quantities.ts";
import { type Client, type HostedJobStatus, hostedJobs, pickJob, withClient } from "./client.ts";
import { address, MESH_OPTION, type Register } from "./context.ts";

interface StatusOptions {
  readonly to: string;
  readonly mesh: string;
  readonly key?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork status --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork status --to ADDR --json | jq .jobs
  $ meshwork status 3f9c --to ADDR      which agents host the job whose id begins like this
  $ meshwork status ada --to ADDR       what is known of the agent of that name`;

export const registerStatus: Register = (program, act) => {
  program
    .command("status")
    .argument("[what]", "a job (its id, the first digits of it, or last), or an agent (its name or id)")
    .description("show the agents and jobs that an agent knows")
    .requiredOption("--to <addr>", "an agent of the mesh (required)", address)
    .option(...MESH_OPTION)
    .option("--key <file>", "the owner's key (default: ~/.config/meshwork/owner.key, if there is one)")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runStatus));
};

async function runStatus(context: CliContext, what: string | undefined, options: StatusOptions): Promise<number> {
  const width = columnsOf(process.stdout, 100) - 1;
  const shown = await withClient(context, options, async (client) => {
    if (what !== undefined) return find(client, what, width);
    const status = await client.node.status(client.target);
    return { document: status, lines: describe(status as unknown as NodeStatus, width) };
  });
  show(context, shown);
  return EXIT.ok;
}

async function find(client: Client, what: string, width: number): Promise<Shown> {
  const kept = await hostedJobs(client);
  if (what === LAST) return shownJob(pickJob(client.node.owner, what, kept), width);
  const agents = agentsOf(await client.node.status(client.target)).filter(isPart);
  const found = jobOrAgent(what, kept, agents);
  if ("job" in found) return shownJob(found, width);
  return { document: found, lines: [...agentLines(found, width), ...addressLines(found)] };
}

/** The one job or agent that a word means. What is called so comes before what only has an id of that kind. */
export function jobOrAgent(
  what: string,
  kept: readonly HostedJobStatus[],
  agents: readonly KnownAgent[],
): HostedJobStatus | KnownAgent {
  const all = [
    ...kept.map((one) => ({ id: one.job.job, name: one.job.name, about: one.job.status, one })),
    ...agents.map((one) => ({ id: one.agent, name: one.name, about: "agent", one })),
  ];
  const called = all.filter(({ id, name }) => id === what || name === what);
  const digits = what.toLowerCase(); // of a job's id; ids of agents tell capitals from small letters
  const isPartOfId = ({ id, about }: Nameable): boolean =>
    about === "agent" ? id.startsWith(what) || id.endsWith(what) : id.startsWith(digits);
  const meant = called.length > 0 ? called : all.filter(isPartOfId);
  const [first] = meant;
  if (first === undefined) {
    const remedy = "agents further away and jobs that were forgotten are not found: ask another agent with --to";
    throw new MeshworkError("refused", `no job or agent that can be asked about is called "${what}"`, remedy);
  }
  if (meant.length > 1) throw ambiguous("jobs and agents", what, meant);
  return first.one;
}

const addressLines = ({ addresses }: KnownAgent): string[] => addresses.map((at) => `${INDENT}${plainText(at)}`);

/** A job and its hosts, from which it can be fetched. */
function shownJob({ job, hosts }: HostedJobStatus, width: number): Shown {
  const by = hosts.map(({ agent, name, addresses }) => ({ agent, name, addresses }));
  const lines = hosts.flatMap((host) => [
    `  ${padEnd(plainText(host.name), NAME)}${host.agent}`,
    ...addressLines(host),
  ]);
  return { document: { ...job, keptBy: by }, lines: [...jobLines(job, width), "hosts:", ...lines] };
}

const SKILLS_SHOWN = 4;
const NAME = 14;
const INDENT = " ".repeat(NAME + 2);

/** With a third of a committee silent, a job is stuck. */
function silentWords({ silent, committee, status }: JobStatus): string {
  if (silent.length === 0 || status !== "running") return "";
  const names = silent.map((agent) => committee.find((member) => member.agent === agent)?.name || agent.slice(-8));
  const stuck = 3 * silent.length >= committee.length ? "; it is stuck until some of them are back" : "";
  return `no word from ${plainText(names.join(", "))}, of ${committee.length} members${stuck}`;
}

function reachOf({ reach, why, heardMs }: KnownAgent): string {
  if (reach === "self") return "this is the agent that was asked";
  const heard = heardMs === null ? "" : `, last heard ${formatDuration(heardMs)} ago`;
  if (reach === "connected") return `reachable (connected)${heard}`;
  return `${reach === "unreachable" ? `not reachable: ${plainText(why)}` : "not dialled yet"}${heard}`;
}

function agentLines(known: KnownAgent, width: number): string[] {
  const { agent, name, skills, hosts } = known;
  const names = skills.slice(0, SKILLS_SHOWN).map((skill) => skill.name);
  const more = skills.length > SKILLS_SHOWN ? ` and ${skills.length - SKILLS_SHOWN} more` : "";
  const able = skills.length === 0 ? "no skills" : `${names.join(", ")}${more}`;
  return [
    `  ${padEnd(plainText(name), NAME)}${agent}`,
    ...indentedText(able, width),
    ...indentedText(`${hosts ? "hosts jobs" : "hosts no jobs"}; ${reachOf(known)}`, width),
  ];
}

const indentedText = (text: string, width: number, indent = INDENT): string[] =>
  hang(plainText(text), width - indent.length).map((line) => `${indent}${line}`);

function jobLines(job: JobStatus, width: number): string[] {
  const { accepted, total, running } = job.tasks;
  const took = formatDuration(Math.max(0, job.timeMs - job.startedMs));
  const why = job.reason === "" ? "" : ` (${job.reason})`;
  const words = `${job.status}${why}, ${accepted} of ${total} tasks accepted, ${running} under way, ${job.height} blocks in ${took}`;
  const silent = silentWords(job);
  const used = job.usage == null ? "" : `used: ${usageWords(shownUsage(job.usage))}`;
  return [
    `  ${job.job}`,
    ...indentedText(job.name, width, "    "),
    ...indentedText(`${job.role}: ${words}`, width, "    "),
    ...(used === "" ? [] : indentedText(used, width, "    ")),
    ...(silent === "" ? [] : indentedText(silent, width, "    ")),
  ];
}

/** What `meshwork status` prints. */
export function describe(status: NodeStatus, width: number): string[] {
  const working = status.agents.filter(isPart);
  const watching = status.agents.length - working.length;
  // A large mesh is split into shards, of which it hears one.
  const beyond = status.meshAgents > status.agents.length ? `, of about ${status.meshAgents} in the mesh` : "";
  const who = `agents it knows: ${working.length}${watching === 0 ? "" : `, and ${watching} that only ask`}${beyond} (one that ends without a good-bye is forgotten within ten minutes)`;
  const hosted = `jobs it hosts: ${status.jobs.length}${working.length > 1 ? " (others may host more: name a job, and status says who hosts it)" : ""}`;
  const leftOut = status.leftOut?.agents ?? 0;
  const diverged = (status.diverged ?? []).flatMap(({ job, name, reason, isMarked }) => [
    `  ${job}`,
    ...indentedText(name, width, "    "),
    ...indentedText(`${isMarked ? "diverged" : "set aside"}: ${reason}`, width, "    "),
  ]);
  return [
    ...hang(`agent ${plainText(status.name)} (${status.agent}) of mesh "${plainText(status.meshId)}"`, width, 2),
    ...hang(plainText(status.reach.detail), width, 2),
    ...(status.clock === undefined || status.clock === "" ? [] : hang(plainText(status.clock), width, 2)),
    ...hang(who, width, 2),
    ...working.flatMap((known) => agentLines(known, width)),
    ...(leftOut === 0 ? [] : [`  and ${leftOut} more, for which its answer had no room`]),
    ...hang(hosted, width, 2),
    ...status.jobs.flatMap((job) => jobLines(job, width)),
    ...(diverged.length === 0 ? [] : [`jobs that it no longer takes part in: ${status.diverged!.length}`, ...diverged]),
  ];
}
