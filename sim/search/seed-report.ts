/**
 * A failed seed as text: what broke, what to run again, the plan, the last events.
 */

import type { TraceEntry } from "../virtual/trace.ts";
import type { SeedResult } from "./seed-run.ts";

/** An event in one short line: hashes by their first digits. */
const shorten = (event: unknown): string =>
  JSON.stringify(event)
    .replace(/"job":"[0-9a-f]+",/g, "")
    .replace(/([0-9a-f]{6})[0-9a-f]{58}/g, "$1")
    .slice(0, 400);

/** An entry of the trace in one line. */
export const describeEntry = ({ atMs, step, agent, event }: TraceEntry): string =>
  `${atMs} #${step} ${agent} ${shorten(event)}`;

/** With the newest `events` entries of the trace. */
export function describeFailure({ seed, failure, plan }: SeedResult, events = 30): string {
  if (failure === null) return `seed ${seed}: no failure`;
  const { job, ...rest } = plan;
  const shape = job.nodes.map((node) => `${node.id}:${node.generator.kind}:${node.policy.accept.kind}`).join(" ");
  const lines = events === 0 ? [] : failure.recent.slice(-events).map(describeEntry);
  const stack = failure.property === "no exception" ? `\n${failure.stack}` : "";
  return [
    `seed ${seed}: ${failure.message}${stack}`,
    `plan ${JSON.stringify({ ...rest, job: { ...job, nodes: shape } })}`,
    ...lines,
  ].join("\n");
}
