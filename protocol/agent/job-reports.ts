/** What an agent tells its operator and its trace about each block that it applied, and about a job that has ended. */

import type { AgentId, JobId } from "../core/ids.ts";
import type { LocalEvent } from "../effect.ts";
import type { Decided, Replica } from "../job/replica.ts";
import { reportTally } from "../job/tally-report.ts";
import type { Genesis } from "../wire/genesis.ts";
import type { Context } from "./context.ts";
import { chosen } from "./explanations.ts";
import type { HostedJobEvents } from "./hosted-job-events.ts";

export function reportBlock(context: Context, job: JobId, replica: Replica, { block, ...decided }: Decided): void {
  const { config, self } = context;
  const { header, commands } = block;
  const { events, choices, tallies, lost } = decided.outcome;
  const { height, timeMs } = header;
  const round = decided.commit[0]?.round ?? 0;
  const state = config.traceState === true ? replica.changesDigest : "";
  context.emit({
    kind: "trace",
    event: { kind: "applied", job, height, round, block: decided.hash, timeMs, state, commands, events },
  });
  // All members compute the same choices and tallies: the proposer reports them.
  if (header.proposer === self && config.traceChoices === true) {
    for (const choice of choices) context.emit({ kind: "trace", event: chosen(job, height, choice) });
    for (const tally of tallies)
      context.emit({
        kind: "trace",
        event: { kind: "tallied", job, height, task: tally.task, tally: reportTally(tally) },
      });
    for (const award of lost) context.emit({ kind: "trace", event: { kind: "lost", job, height, ...award } });
  }
  context.emit({ kind: "event", event: { kind: "block", job, height, timeMs, events, tallies, lost } });
}

/** What a job taught, with the names and the origins of the agents that it is about. */
export function taughtEvent(
  { job, genesis, replica }: { readonly job: JobId; readonly genesis: Genesis; readonly replica: Replica },
  { nameOf, originOf }: Pick<HostedJobEvents<never>, "nameOf" | "originOf">,
): Extract<LocalEvent, { kind: "taught" }> {
  const { lessons } = replica;
  const names = new Map<AgentId, string>();
  for (const { agent } of [...lessons.records, ...lessons.hosts]) {
    const name = nameOf(agent);
    if (name !== "") names.set(agent, name);
  }
  const origins = new Map(lessons.hosts.map(({ agent }) => [agent, originOf(agent)]));
  return { kind: "taught", job, owner: genesis.owner, lessons, names, origins };
}
