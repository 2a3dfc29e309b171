/** What an agent tells of its jobs and of the agents that it knows: plain data for `meshwork status`. */

import { compareText } from "../core/bytes.ts";
import type { AgentId } from "../core/ids.ts";
import { tasksToCome } from "../job/graph.ts";
import type { AgentRecord } from "../job/state.ts";
import type { Acquaintance } from "../membership/acquaintances.ts";
import type { Vcv } from "../wire/capability.ts";
import { agentsOf } from "../wire/consensus.ts";
import type { Usage } from "../wire/usage.ts";
import type { Value } from "../wire/value.ts";
import type { DivergedJob } from "./containment.ts";
import type { HostedJob } from "./hosted-job.ts";

const TASKS_SHOWN = 1_000;

/** A job as one object that JSON can hold, with at most `most` of its nodes and of its agents; the rest is counted. */
export function describeJob(hosted: HostedJob, nameOf: (agent: string) => string, most: number): Value {
  const { state } = hosted.replica.decided;
  const { stats } = hosted;
  const nodes = hosted.genesis.nodes.map((spec) => {
    const node = state.nodes.get(spec.id)!;
    return { node: spec.id, skill: spec.skill, status: node.status, tasks: node.total, accepted: node.done };
  });
  let ready = 0;
  let running = 0;
  for (const [, task] of state.tasks.sorted()) {
    if (task.awards.some((award) => award.status !== "ended")) running++;
    else ready++;
  }
  const shown = Math.min(TASKS_SHOWN, most);
  const opened = nodes.filter(({ status }) => status !== "waiting").map(({ node, tasks }) => [node, tasks] as const);
  const total = tasksToCome(hosted.genesis.nodes, new Map(opened));
  const outcome = state.outcome.get();
  return {
    job: hosted.job,
    name: hosted.genesis.name,
    owner: hosted.genesis.owner,
    role: hosted.role,
    status: state.status.get(),
    reason: outcome?.reason ?? "",
    height: state.height.get(),
    timeMs: state.timeMs.get(),
    startedMs: state.startedMs.get(),
    deadlineMs: state.startedMs.get() + hosted.genesis.deadlineMs,
    budget: hosted.genesis.budget,
    spent: state.spent.get(),
    reserved: state.reserved.get(),
    usage: describeUsage(stats.usage.job.sum),
    committee: state.committee
      .get()
      .map((member) => ({ agent: member.agent, name: nameOf(member.agent), power: member.power })),
    standbys: agentsOf(state.standbys.get()),
    silent: [...hosted.facts.silent],
    tasks: {
      total,
      ready,
      running,
      accepted: stats.accepted,
      failed: stats.failed,
      reassigned: stats.reassignments.total,
      reassignedBy: stats.reassignments.counts,
      undecided: stats.undecided,
      unproven: state.unproven.get(),
    },
    nodes: nodes.slice(0, shown),
    leftOut: { nodes: Math.max(0, nodes.length - shown), agents: Math.max(0, state.agents.size - most) },
    agents: state.agents
      .sorted()
      .slice(0, most)
      .map(([agent, record]) => ({
        ...{ agent, name: nameOf(agent), ...describeRecord(record) },
        usage: describeUsage(stats.usage.of(agent)),
      })),
  };
}

/** As plain data; null where nobody says what was used. */
const describeUsage = (usage: Usage | null): Value => usage as Value;

function describeRecord(record: AgentRecord): { readonly [field: string]: Value } {
  const { offers, awards, results, accepted, rejected, timeouts, failures, live, earned, dead } = record;
  return { offers, awards, results, accepted, rejected, timeouts, failures, live, earned, dead };
}

/** At most `most` of the jobs that went wrong here, the newest first. */
export function describeDiverged(diverged: Iterable<DivergedJob>, most: number): Value {
  const newest = [...diverged].sort((a, b) => b.atMs - a.atMs || compareText(a.job, b.job));
  const shown = newest.slice(0, Math.min(TASKS_SHOWN, most));
  return shown.map(({ job, name, owner, reason, atMs, isMarked }) => ({ job, name, owner, reason, atMs, isMarked }));
}

/** `reach`: whether `self` could reach it. `heardMs`: how long ago something came from it, null if nothing did. */
export function describeAgent(vcv: Vcv, self: AgentId, seen: Acquaintance, monoMs: number): Value {
  const { agent, name, slots, labels, addresses, hosts, rulesVersion } = vcv;
  const skills = vcv.skills.map((skill) => ({
    name: skill.name,
    description: skill.description,
    price: skill.price,
    expectedMs: skill.expectedMs,
  }));
  const isHere = agent === self;
  const reach = isHere ? "self" : seen.isConnected ? "connected" : seen.unreachable === "" ? "unknown" : "unreachable";
  const heardMs = isHere || seen.heardMs === null ? null : Math.max(0, Math.floor(monoMs - seen.heardMs));
  const why = reach === "unreachable" ? seen.unreachable : "";
  return {
    agent,
    name,
    skills,
    slots,
    labels: [...labels],
    addresses: [...addresses],
    hosts,
    rulesVersion,
    reach,
    why,
    heardMs,
  };
}
