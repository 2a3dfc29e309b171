/** `meshwork status`: what an agent knows of its mesh and its jobs. */

import type { Value } from "../../protocol/wire/value.ts";
import { formatDuration } from "../job-file/duration.ts";
import { isPart, type KnownAgent } from "../known-agent.ts";
import { withClient } from "./client.ts";
import { address, type CliContext, EXIT, type Register, shortName } from "./context.ts";
import { padEnd, plainText } from "./terminal-text.ts";

export interface StatusOptions {
  readonly to: string;
  readonly mesh: string;
  readonly key?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ meshwork status --to /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…
  $ meshwork status --to ADDR --json | jq .jobs`;

export const registerStatus: Register = (program, act) => {
  program
    .command("status")
    .description("show the agents and jobs that an agent knows")
    .requiredOption("--to <addr>", "an agent of the mesh", address)
    .option("--mesh <name>", "the mesh of that agent", shortName, "default")
    .option("--key <file>", "the owner's key (default: owner.key in your configuration folder, if there is one)")
    .option("--json", "print one JSON document")
    .addHelpText("after", EXAMPLES)
    .action(act(runStatus));
};

/** What a node tells of a job (protocol/agent/status.ts), as far as commands read it. */
export interface JobStatus {
  readonly job: string;
  readonly name: string;
  readonly owner: string;
  readonly role: string;
  readonly status: string;
  readonly reason: string;
  readonly height: number;
  readonly startedMs: number;
  readonly timeMs: number;
  /** Members that the agent that was asked does not hear. */
  readonly silent: readonly string[];
  readonly committee: readonly { readonly agent: string; readonly name: string }[];
  readonly tasks: {
    readonly total: number;
    readonly accepted: number;
    readonly running: number;
    readonly ready: number;
  };
  readonly agents: readonly {
    readonly agent: string;
    readonly name: string;
    readonly offers: number;
    readonly live: number;
  }[];
}

interface NodeStatus {
  readonly agent: string;
  readonly name: string;
  readonly meshId: string;
  readonly meshAgents: number;
  readonly agents: readonly KnownAgent[];
  /** What a reply had no room for. Agents of an earlier version do not say. */
  readonly leftOut?: { readonly agents: number };
  /** Whether others can dial the agent that was asked. */
  readonly reach: { readonly state: "works" | "fails" | "unknown"; readonly detail: string };
  /** How the clock of its machine compares with those of others. Agents of an earlier version do not say. */
  readonly clock?: string;
  readonly jobs: readonly JobStatus[];
  /** Jobs that went wrong there. Agents of an earlier version do not report them. */
  readonly diverged?: readonly {
    readonly job: string;
    readonly name: string;
    readonly reason: string;
    readonly isMarked: boolean;
  }[];
}

export const jobsOf = (status: Value): readonly JobStatus[] => (status as unknown as NodeStatus).jobs;

async function runStatus(context: CliContext, options: StatusOptions): Promise<number> {
  const status = await withClient(context, options, ({ node, target }) => node.status(target));
  if (context.json) context.printJson(status);
  else for (const line of describe(status as unknown as NodeStatus)) context.print(line);
  return EXIT.ok;
}

const SKILLS_SHOWN = 4;

/** With a third of a committee silent, a job is stuck. */
function silentLines({ silent, committee, status }: JobStatus): string[] {
  if (silent.length === 0 || status !== "running") return [];
  const names = silent.map((agent) => committee.find((member) => member.agent === agent)?.name || agent.slice(-8));
  const stuck = 3 * silent.length >= committee.length ? "; it is stuck until some of them are back" : "";
  return [`    no word from ${plainText(names.join(", "))}, of ${committee.length} members${stuck}`];
}

function reachOf({ reach, why, heardMs }: KnownAgent): string {
  if (reach === "self") return "this is the agent that was asked";
  const heard = heardMs === null ? "" : `, last heard ${formatDuration(heardMs)} ago`;
  if (reach === "connected") return `reachable (connected)${heard}`;
  return `${reach === "unreachable" ? `not reachable: ${plainText(why)}` : "not dialled yet"}${heard}`;
}

function describe(status: NodeStatus): string[] {
  const working = status.agents.filter(isPart);
  const watching = status.agents.length - working.length;
  // A large mesh is split into shards, of which it hears one.
  const beyond = status.meshAgents > status.agents.length ? `, of about ${status.meshAgents} in the mesh` : "";
  const agents = working.flatMap((known) => {
    const { agent, name, skills } = known;
    const names = skills.slice(0, SKILLS_SHOWN).map((skill) => skill.name);
    const more = skills.length > SKILLS_SHOWN ? ` and ${skills.length - SKILLS_SHOWN} more` : "";
    const able = skills.length === 0 ? "no skills" : `${names.join(", ")}${more}`;
    return [
      `  ${padEnd(plainText(name), 14)}${agent}  ${able}`,
      `  ${padEnd("", 14)}${known.hosts ? "keeps jobs" : "keeps no jobs"}; ${reachOf(known)}`,
    ];
  });
  const jobs = status.jobs.map((job) => {
    const { accepted, total, running } = job.tasks;
    const took = formatDuration(Math.max(0, job.timeMs - job.startedMs));
    const words = `${job.status}${job.reason === "" ? "" : ` (${plainText(job.reason)})`}, ${accepted} of ${total} tasks accepted, ${running} under way, ${job.height} blocks in ${took}`;
    return [`  ${job.job}  ${plainText(job.name)}`, `    ${job.role}: ${words}`, ...silentLines(job)];
  });
  const diverged = (status.diverged ?? []).map(({ job, name, reason, isMarked }) => [
    `  ${job}  ${plainText(name)}`,
    `    ${isMarked ? "diverged" : "set aside"}: ${plainText(reason)}`,
  ]);
  return [
    `agent ${plainText(status.name)} (${status.agent}) of mesh "${plainText(status.meshId)}"`,
    plainText(status.reach.detail),
    ...(status.clock === undefined || status.clock === "" ? [] : [plainText(status.clock)]),
    `agents it knows: ${working.length}${watching === 0 ? "" : `, and ${watching} that only ask`}${beyond} (one that ends without a good-bye is forgotten within ten minutes)`,
    ...agents,
    ...((status.leftOut?.agents ?? 0) === 0
      ? []
      : [`  and ${status.leftOut!.agents} more, for which its answer had no room`]),
    `jobs it keeps: ${jobs.length}${working.length > 1 ? " (others may keep more: `result JOB` asks them, too)" : ""}`,
    ...jobs.flat(),
    ...(diverged.length === 0 ? [] : [`jobs that it no longer takes part in: ${diverged.length}`, ...diverged.flat()]),
  ];
}
