/**
 * What a member says in a job's log about agents that seem dead. It says only what the log does not know yet, only if
 * something depends on it, and nothing twice.
 *
 * Source: protocol.md 8.
 */

import type { AgentId } from "../core/ids.ts";
import { matters } from "../job/committee-changes.ts";
import { suspicionKey } from "../job/keys.ts";
import type { Replica } from "../job/replica.ts";
import type { StateView } from "../job/state.ts";
import type { CommandBody } from "../wire/command.ts";
import type { Context } from "./context.ts";

/** Whether this member says so already, and a block is to take it. */
function isPooled({ pool }: Replica, self: AgentId, target: AgentId, suspected: boolean): boolean {
  for (const { command } of pool.entries()) {
    const { author, body } = command;
    if (author === self && body.kind === "suspicion" && body.target === target && body.suspected === suspected)
      return true;
  }
  return false;
}

export function newSuspicions(
  replica: Replica,
  { self, now }: Pick<Context, "self" | "now">,
  targets: Iterable<AgentId>,
  isSuspect: (agent: AgentId) => boolean,
): CommandBody[] {
  const { decided } = replica;
  const bodies: CommandBody[] = [];
  for (const target of targets) {
    const suspected = isSuspect(target);
    if (suspected && !matters(decided, target)) continue;
    const said = decided.state.suspicionCounters.get(suspicionKey(self, target)) !== undefined;
    if ((!suspected && !said) || isPooled(replica, self, target, suspected)) continue;
    const body = { kind: "suspicion" as const, target, suspected };
    const command = { job: decided.job, author: self, counter: Number.MAX_SAFE_INTEGER, body };
    if (replica.judge(now, command) === null) bodies.push(body);
  }
  return bodies;
}

/** Agents that hold work of a job, or offer for some: its members hear from them. */
export function atWork({ agents, offers }: StateView, wallMs: number): Set<AgentId> {
  const found = new Set<AgentId>();
  for (const [agent, record] of agents.sorted()) if (record.live > 0) found.add(agent);
  for (const [, standing] of offers.sorted())
    for (const { agent, validUntilMs } of standing) if (validUntilMs > wallMs) found.add(agent);
  return found;
}
