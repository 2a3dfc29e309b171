/** Candidates, requests and draws for tests of selectors. */

import { hasher } from "../../node/platform/crypto.ts";
import type { AgentId, Hash, JobId, TaskId } from "../../protocol/core/ids.ts";
import { typicalPrice } from "../../protocol/selection/context.ts";
import type { Candidate, ChoiceRequest, Draw } from "../../protocol/selection/selector.ts";

const NEUTRAL: Omit<Candidate, "agent"> = {
  similarity: 1,
  isNewcomer: false,
  price: 10,
  expectedMs: 250,
  live: 0,
  slots: 4,
  load: 0,
  awards: 0,
  accepted: 0,
  rejected: 0,
  acceptedBefore: 0,
  rejectedBefore: 0,
  timeouts: 0,
  idleMs: Number.POSITIVE_INFINITY,
  affinity: 0,
};

export const candidateOf = (agent: string, changes: Partial<Candidate> = {}): Candidate => ({
  agent: agent as AgentId,
  ...NEUTRAL,
  ...changes,
});

/** The draw of a task. Each agent is hashed once. */
export function drawOf(task: string): Draw {
  const drawn = new Map<string, Hash>();
  return (agent) => {
    let drawnHash = drawn.get(agent);
    if (drawnHash === undefined) drawn.set(agent, (drawnHash = hasher(new TextEncoder().encode(`${task}|${agent}`))));
    return drawnHash;
  };
}

export const requestOf = (candidates: readonly Candidate[], changes: Partial<ChoiceRequest> = {}): ChoiceRequest => ({
  of: { job: "job" as JobId, task: "task" as TaskId, attempt: 1 },
  skill: "work",
  candidates,
  draw: drawOf("task"),
  targetMs: 1_000,
  typicalPrice: typicalPrice(candidates),
  ...changes,
});
