/** What a keeper tells its operator and its trace: of a block that it applied, and at the job's end what it taught. */

import type { AgentId, JobId } from "../core/ids.ts";
import type { LocalEvent } from "../effect.ts";
import type { Decided, Replica } from "../job/replica.ts";
import type { Context } from "./context.ts";
import { chosen } from "./explanations.ts";
import type { JobHost } from "./job-host.ts";
import type { JobHostEvents } from "./job-host-events.ts";

export function reportBlock(context: Context, job: JobId, replica: Replica, { block, ...decided }: Decided): void {
  const { config, self } = context;
  const { header, commands } = block;
  const { events, choices } = decided.outcome;
  const { height, timeMs } = header;
  const round = decided.commit[0]?.round ?? 0;
  const state = config.traceState === true ? replica.ledger.changesDigest : "";
  context.emit({
    kind: "trace",
    event: { kind: "applied", job, height, round, block: decided.hash, timeMs, state, commands, events },
  });
  // All members come to the same: one says it.
  if (header.proposer === self && config.traceChoices === true)
    for (const choice of choices) context.emit({ kind: "trace", event: chosen(job, height, choice) });
  context.emit({ kind: "event", event: { kind: "block", job, height, timeMs, events } });
}

/** With the names of the agents that it is about. */
export function taughtBy(
  { job, genesis, replica }: JobHost,
  { nameOf }: Pick<JobHostEvents, "nameOf">,
): Extract<LocalEvent, { kind: "taught" }> {
  const { lessons } = replica.ledger;
  const names = new Map<AgentId, string>();
  for (const { agent } of lessons.records) {
    const name = nameOf(agent);
    if (name !== "") names.set(agent, name);
  }
  return { kind: "taught", job, owner: genesis.owner, lessons, names };
}
